"""Events: what happened, as it stands in the log and leaves the system."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from peoplecount.domain.event_id import EventId


class EventKind(StrEnum):
    """The names of events in log, stream and API. The last four exist in streams only."""

    COUNT = "PeopleCountingUpdate"
    COUNTER_BREAK = "CounterBreak"
    COUNT_CORRECTION = "CountCorrection"
    CAMERA_STATUS = "CameraStatus"
    CAMERA_CLOCK = "CameraClock"
    INTERVAL_CLOSED = "IntervalClosed"
    OCCUPANCY_CHANGED = "OccupancyChanged"
    ALERT = "Alert"
    SNAPSHOT = "snapshot"
    READINGS = "readings"
    GAP = "gap"
    GOODBYE = "goodbye"


class Quality(StrEnum):
    """How a figure was come by."""

    MEASURED = "measured"
    BACK_FILLED = "back-filled"
    CORRECTED = "corrected"
    IMPORTED = "imported"
    """From totals that other software had kept."""

    ESTIMATED = "estimated"
    MISSING = "missing"


WORSE = (
    Quality.MEASURED,
    Quality.BACK_FILLED,
    Quality.CORRECTED,
    Quality.IMPORTED,
    Quality.ESTIMATED,
    Quality.MISSING,
)
"""From best to worst: a sum is as good as the worst of what is in it."""


QUALITIES = {quality.value: quality for quality in Quality}
"""By their values: where there are many, a look is quicker than a call."""


def worst(*qualities: Quality) -> Quality:
    """The quality of a sum of figures of these qualities; ``MEASURED`` of none."""
    return max(qualities, key=WORSE.index, default=Quality.MEASURED)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that is about to be appended: everything but its id."""

    kind: EventKind
    site_id: str
    camera_id: str
    door_id: str
    """Empty where the event is about no door."""

    subject: str
    """What the event gives the newest state of (a line's or a camera's id); the log keeps the last one of each
    kind and subject at hand, however old. Empty: none."""

    body: str
    """A JSON object without ``id``, as ``peoplecount.domain.event_body`` writes it."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An event in the log."""

    event_id: EventId
    appended_at: datetime
    event: NewEvent

    def json(self) -> str:
        """The event as it leaves the system: its body with ``id`` in front."""
        return f'{{"id":"{self.event_id}",{self.event.body[1:]}'


def utc_text(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and ``Z``, as all events write their times."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_utc(text: str) -> datetime:
    """Read what ``utc_text`` wrote. Raises ``ValueError``."""
    return datetime.fromisoformat(text).astimezone(UTC)
