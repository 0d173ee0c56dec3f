"""``CameraClock``: how a camera's clock stands beside ours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from peoplecount.domain.event import EventKind, NewEvent
from peoplecount.domain.event_body import Place, head, new_event


@dataclass(frozen=True, slots=True)
class ClockStanding:
    """A camera's clock as it is told."""

    error: timedelta
    """How far it is ahead of ours, its zone aside; nothing where they may agree."""

    utc_offset: timedelta
    is_synced: bool
    """Whether a time server or a satellite sets it."""

    trend: float | None = None
    """Seconds a day by which it gains on ours; ``None`` as long as that cannot be told."""


def clock_event(place: Place, moment: datetime, standing: ClockStanding) -> NewEvent:
    """A ``CameraClock``, as of the moment (UTC) it was measured."""
    fields = head(EventKind.CAMERA_CLOCK, moment, place) | {
        "clockError": round(standing.error.total_seconds(), 1),
        "utcOffset": offset_text(standing.utc_offset),
        "synced": standing.is_synced,
        "gains": None if standing.trend is None else round(standing.trend, 1),
    }
    return new_event(EventKind.CAMERA_CLOCK, place, place.camera_id, fields)


def read_clock(event: NewEvent) -> ClockStanding:
    """What ``clock_event`` wrote."""
    fields = json.loads(event.body)
    offset = datetime.fromisoformat(f"2000-01-01T00:00{fields['utcOffset']}").utcoffset()
    return ClockStanding(
        timedelta(seconds=fields["clockError"]), offset or timedelta(0), fields["synced"], fields["gains"]
    )


def offset_text(offset: timedelta) -> str:
    """ISO 8601: ``+02:00``."""
    minutes = round(offset / timedelta(minutes=1))
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
