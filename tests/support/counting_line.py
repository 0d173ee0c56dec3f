"""A counting line in front of a log: people walk, and the events that counting would make are appended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from peoplecount.domain.correction import CorrectionReason, HourCorrection
from peoplecount.domain.correction_body import correction_event
from peoplecount.domain.event import Quality
from peoplecount.domain.event_body import Place, Standing, count_event
from peoplecount.domain.figures import Figures
from peoplecount.domain.increment import Generation, Growth, Increment
from peoplecount.domain.interval import ClosedInterval, Scope
from peoplecount.domain.interval_body import interval_event
from peoplecount.domain.line import LineKey
from peoplecount.eventlog.log import Append, EventLog

EIGHT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SUMMER_TIME = timedelta(hours=2)


@dataclass
class CountingLine:
    """One line: its totals, and when it was read last."""

    camera_id: str = "cam"
    index: int = 1
    door_id: str = "door"
    site_id: str = "site"
    swapped: bool = False
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
            swapped=self.swapped,
            key=self.key,
            started_at=started_at,
            ended_at=self.read_at,
            local_time=(self.read_at + SUMMER_TIME).replace(tzinfo=None),
            entered=Growth(self.generation, 0, before[0], self.totals[0]),
            left=Growth(self.generation, 0, before[1], self.totals[1]),
        )
        return count_event(self.place, increment, Standing(*self.totals, 0))

    def correct(
        self,
        start: datetime,
        entered: int,
        left: int = 0,
        *,
        quality: Quality = Quality.CORRECTED,
        coverage: float = 1.0,
        hours: int = 1,
        ahead: timedelta = SUMMER_TIME,
    ):
        """The event that says what an hour of the camera's clock is."""
        correction = HourCorrection(
            self.key,
            start,
            start + hours * HOUR,
            (start + ahead).replace(tzinfo=None),
            Figures(),
            Figures(entered, left),
            Quality.MEASURED,
            quality,
            coverage,
            CorrectionReason.DIFFERENCE,
        )
        return correction_event(self.place, correction, start + 5 * HOUR)

    def close(
        self,
        start: datetime,
        length: timedelta,
        figures: Figures | None,
        *,
        quality: Quality = Quality.MEASURED,
        coverage: float = 1.0,
        scope: Scope = Scope.LINE,
        ahead: timedelta = SUMMER_TIME,
    ):
        """The event that says that an interval of it is over."""
        local = (start + ahead).replace(tzinfo=None)
        interval = ClosedInterval(scope, str(self.key), start, length, local, figures, quality, coverage)
        return interval_event(self.place, interval, start + length)

    @property
    def place(self) -> Place:
        return Place(self.site_id, "Site", self.camera_id, "Camera", self.door_id, "Door", "Line")

    def reset(self) -> None:
        """The camera begins to count from zero."""
        self.totals = (0, 0)
        self.generation = self.generation.next(self.generation.day)


def append(log: EventLog, *events, term: int | None = None) -> None:
    """Append ``events`` as the leader."""
    log.append(log.raise_term() if term is None else term, [Append(tuple(events))], EIGHT)
