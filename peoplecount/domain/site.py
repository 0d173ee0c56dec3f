"""Sites: places with a time zone, a capacity, and thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from peoplecount.domain.threshold import Levels, Threshold, levels_of

DEFAULT_SITE_ID = "default"


@dataclass(frozen=True, slots=True)
class Site:
    """A place people enter and leave."""

    site_id: str
    name: str
    time_zone: str
    """An IANA name such as ``Europe/Zurich``."""

    capacity: int | None = None
    """People allowed inside; ``None`` where nobody has said."""

    reset_time: time = time(0, 0)
    """When, in the site's local time, occupancy starts again from zero each day."""

    opening_hours: str = ""
    """When it is open, as it was entered; empty: nobody has said."""

    busy_from: Threshold | None = None
    """From how many people on it is shown as busy (amber); ``None``: 85 % of what makes it full."""

    full_from: Threshold | None = None
    """From how many people on it is shown as full (red); ``None``: its capacity."""

    @property
    def levels(self) -> Levels:
        """Its thresholds in people."""
        return levels_of(self.busy_from, self.full_from, self.capacity)
