"""A counting line in front of a log: people walk, and the events that counting would make are appended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from peoplecount.domain.event_body import Place, Standing, count_event
from peoplecount.domain.increment import Generation, Growth, Increment
from peoplecount.domain.line import LineKey
from peoplecount.eventlog.log import Append, EventLog

EIGHT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
SUMMER_TIME = timedelta(hours=2)


@dataclass
class CountingLine:
    """One line: its totals, and when it was read last."""

    camera_id: str = "cam"
    index: int = 1
    door_id: str = "door"
    site_id: str = "site"
    read_at: datetime = EIGHT
    totals: tuple[int, int] = (0, 0)
    generation: Generation = field(default_factory=lambda: Generation(date(2026, 5, 4)))

    @property
    def key(self) -> LineKey:
        return LineKey(self.camera_id, 0, 1, self.index)

    def count(self, entered: int, left: int = 0, *, after: timedelta = timedelta(seconds=10)):
        """The event of a reading ``after`` the last one, in which so many more had crossed."""
        before, self.totals = self.totals, (self.totals[0] + entered, self.totals[1] + left)
        started_at, self.read_at = self.read_at, self.read_at + after
        increment = Increment(
            key=self.key,
            started_at=started_at,
            ended_at=self.read_at,
            local_time=(self.read_at + SUMMER_TIME).replace(tzinfo=None),
            entered=Growth(self.generation, 0, before[0], self.totals[0]),
            left=Growth(self.generation, 0, before[1], self.totals[1]),
        )
        place = Place(self.site_id, "Site", self.camera_id, "Camera", self.door_id, "Door", "Line")
        return count_event(place, increment, Standing(*self.totals, 0))

    def reset(self) -> None:
        """The camera begins to count from zero."""
        self.totals = (0, 0)
        self.generation = self.generation.next(self.generation.day)


def append(log: EventLog, *events, term: int | None = None) -> None:
    """Append ``events`` as the leader."""
    log.append(log.raise_term() if term is None else term, [Append(tuple(events))], EIGHT)
