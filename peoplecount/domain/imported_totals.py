"""Running totals that other software has kept: how many people came when, by the rules everything is counted by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from peoplecount.domain.counter import LATE_RESET, BreakKind, Counter, Moment, advance
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures

LEAP = 30
"""People at once, after a gap: so many never come between two polls, so nobody polled in between."""

GAP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Come:
    """People of one line."""

    index: int
    """The line's, from 1."""

    started_at: datetime
    ended_at: datetime
    """UTC. The same moment where they came between two polls: a row is written at the poll that sees a change."""

    people: Figures
    quality: Quality


@dataclass
class ImportedTotals:
    """One camera's rows, taken in their order."""

    clock: tzinfo
    """Of the dates: the server's zone, or UTC."""

    zone: tzinfo
    """The camera's."""

    _counters: dict[int, tuple[Counter, Counter]] = field(default_factory=dict)
    _last: datetime | None = None
    _resets_daily: bool = False
    """Whether a fall at midnight was seen in its rows."""

    def take(self, dated: datetime, totals: Sequence[int | None]) -> Iterator[Come]:
        """Who came, by a row of ``in1, out1, in2, out2``; the first row is a base, and a fall is never below zero."""
        moment = self._moment(dated)
        for index, (entered, left) in enumerate(zip(totals[::2], totals[1::2], strict=True), start=1):
            if entered is not None and left is not None:
                yield from self._count(index, entered, left, moment)

    def _count(self, index: int, entered: int, left: int, moment: Moment) -> Iterator[Come]:
        known = self._counters.get(index)
        if known is None:
            self._counters[index] = Counter.first(entered, moment), Counter.first(left, moment)
            return
        before = self._after_the_night(known[0], entered, moment), self._after_the_night(known[1], left, moment)
        steps = advance(before[0], entered, moment), advance(before[1], left, moment)
        self._counters[index] = steps[0].counter, steps[1].counter
        people = Figures(steps[0].growth.people, steps[1].growth.people)
        if not people:
            return
        since = min(counter.read_at for counter, step in zip(before, steps, strict=True) if step.growth.people)
        if any(step.broke is BreakKind.MIDNIGHT for step in steps):
            self._resets_daily = True
            since = max(since, _midnight(moment))
        leapt = max(people.entered, people.left) >= LEAP and moment.utc - since > GAP
        quality = Quality.ESTIMATED if leapt else Quality.IMPORTED
        yield Come(index, since if leapt else moment.utc, moment.utc, people, quality)

    def _after_the_night(self, counter: Counter, total: int, moment: Moment) -> Counter:
        """The counter from zero on, where nobody read between two days and the later total is the higher one.

        Of live counting the camera's history tells such a thing, and a new date alone resets nothing; here there is
        none to ask. So it takes a camera that was seen to reset at midnight, and a time at which any has done so.
        """
        is_later_day = moment.day() > counter.read_day and moment.local.time() >= LATE_RESET
        if not (self._resets_daily and is_later_day and counter.fall is None and total > counter.total):
            return counter
        generation = counter.generation.next(moment.day())
        return Counter(generation, start=0, total=0, read_at=_midnight(moment), read_day=moment.day())

    def _moment(self, dated: datetime) -> Moment:
        """The row's moment. In the hour that an autumn night has twice, rows go on in the second one."""
        if dated.tzinfo is not None:
            utc = dated.astimezone(UTC)
        else:
            utc = dated.replace(tzinfo=self.clock).astimezone(UTC)
            again = dated.replace(tzinfo=self.clock, fold=1).astimezone(UTC)
            if self._last is not None and utc < self._last <= again:
                utc = again
        self._last = utc if self._last is None else max(utc, self._last)
        return Moment(utc, utc.astimezone(self.zone).replace(tzinfo=None))


def _midnight(moment: Moment) -> datetime:
    """When the camera's day began, UTC."""
    return moment.utc - (moment.local - moment.local.replace(hour=0, minute=0, second=0, microsecond=0))
