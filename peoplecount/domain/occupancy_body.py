"""How an ``OccupancyChanged`` is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from peoplecount.domain.event import EventKind, NewEvent, utc_text
from peoplecount.domain.event_body import Place, head, new_event
from peoplecount.domain.occupancy import Occupancy
from peoplecount.domain.occupancy_estimate import Estimate
from peoplecount.domain.site import Site


class OccupancyReason(StrEnum):
    """Why the occupancy of a site is another one now."""

    CROSSINGS = "people crossed"
    """Also where another day has taught how far the doors drift."""

    HAND_COUNT = "counted by hand"
    RESET = "daily reset"
    CAMERA_REMOVED = "a camera was removed"


@dataclass(frozen=True, slots=True)
class OccupancyNow:
    """The people inside a site at a moment."""

    occupancy: Occupancy
    estimate: Estimate | None
    """``None`` where nothing tells how many people were inside when the day began, or how far the doors drift."""

    def figures(self) -> dict[str, Any]:
        """As events and snapshots give them."""
        return {
            "occupancy": self.occupancy.inside,
            "clamped": self.occupancy.clamped,
            "clampedToday": self.occupancy.unseen,
            "occupancyEstimate": self.estimate.people if self.estimate else None,
            "occupancyLow": self.estimate.low if self.estimate else None,
            "occupancyHigh": self.estimate.high if self.estimate else None,
            "countedByHandAt": utc_text(self.occupancy.counted_at) if self.occupancy.counted_at else None,
        }


def occupancy_event(
    site: Site, now: OccupancyNow, moment: datetime, reason: OccupancyReason, *, left_over: int | None = None
) -> NewEvent:
    """An ``OccupancyChanged``.

    ``left_over`` is what the doors said just before a reset or a count by hand set them right: people who were not
    there or, below zero, people nobody had seen come.
    """
    place = Place(site.site_id, site.name, "", "")
    fields = head(EventKind.OCCUPANCY_CHANGED, moment, place) | {
        **now.figures(),
        "capacity": site.capacity,
        "band": site.levels.fullness(now.occupancy.inside),
        "occupancyDay": now.occupancy.day.isoformat(),
        "leftOver": left_over,
        "reason": reason.value,
    }
    return new_event(EventKind.OCCUPANCY_CHANGED, place, site.site_id, fields)
