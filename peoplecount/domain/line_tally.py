"""The tally of one line: who crossed, by the stretches of the clock that are not closed yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo

from peoplecount.domain.apportion import apportion
from peoplecount.domain.correction import HourCorrection
from peoplecount.domain.event import Quality, worst
from peoplecount.domain.event_body import Place
from peoplecount.domain.figures import Figures
from peoplecount.domain.increment import Increment
from peoplecount.domain.interval import Step
from peoplecount.domain.spread import spread, stretch_of
from peoplecount.domain.told import UNTOLD, Told, sum_of

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)

Coverage = Callable[[datetime, datetime], float | None]
"""The share of a stretch in which a line was read as often as it should be; ``None`` where nobody can say."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What was told of one stretch."""

    figures: Figures
    quality: Quality


class LineTally:
    """What was told of one line. Its buckets lie on grids of the lengths that are asked for, by their beginnings.

    Each grid is filled by itself, just as the roll-ups of the history are: people go to the stretch in which their
    counting ended, and are spread where that took longer than a stretch.
    """

    def __init__(
        self,
        place: Place,
        since: datetime,
        *,
        read_at: datetime | None = None,
        offset: timedelta = timedelta(),
        in_step: bool = True,
        buckets: Mapping[timedelta, Mapping[datetime, Bucket]] | None = None,
    ) -> None:
        self.place = place
        """As the newest count gave it."""
        self.since = since
        """UTC: nothing is known of what was before, unless a bucket says so."""
        self.read_at = read_at or since
        """UTC: its newest count. Readings that changed nothing may have followed."""
        self.offset = offset
        """The camera's wall clock less UTC, at its newest count."""
        self.in_step = in_step
        """Whether that was the offset of its site: then it is taken to change with it."""
        self.buckets = {length: dict(stretches) for length, stretches in (buckets or {}).items()}

    def move(self, place: Place, increment: Increment, of_site: tzinfo) -> None:
        """Where the line is, and what its camera's clock shows, as of a count; ``of_site`` is the zone of its site."""
        self.place = place
        self.read_at = max(self.read_at, increment.ended_at)
        self.offset = _offset_of(increment)
        self.in_step = self.offset == increment.ended_at.astimezone(of_site).utcoffset()

    def zone(self, of_site: tzinfo) -> tzinfo:
        """The zone of the camera's wall clock."""
        return of_site if self.in_step else timezone(self.offset)

    def tell(self, increment: Increment, lengths: Iterable[timedelta]) -> None:
        """People were counted."""
        people = increment.people
        for length in lengths if people else ():
            shift = -self.offset % length
            span = (increment.started_at, increment.ended_at, length, shift)
            entered, left = spread(people.entered, *span), spread(people.left, *span)
            is_long = increment.ended_at - increment.started_at > length
            quality = worst(increment.quality, Quality.ESTIMATED) if is_long else increment.quality
            for begin in _stretches(*span):
                share = Figures(entered.get(begin, 0), left.get(begin, 0))
                self._add(length, begin, Bucket(share, quality))

    def correct(self, correction: HourCorrection, lengths: Iterable[timedelta]) -> None:
        """An hour is known better: what it is replaces whatever it was, in proportion."""
        for length in lengths:
            first = stretch_of(correction.started_at + length, length, -self.offset % length)
            count = max((correction.ended_at - first) // length, 1)
            begins = [first + length * index for index in range(count)]
            stretches = self.buckets.setdefault(length, {})
            old = [stretches[begin].figures if begin in stretches else Figures() for begin in begins]
            entered = apportion(correction.new.entered, [one.entered for one in old])
            left = apportion(correction.new.left, [one.left for one in old])
            # How an hour's people came within it is not known to whoever knows its sum only.
            kept = sum(old, Figures()) == correction.new
            quality = correction.quality if length >= HOUR else worst(correction.quality, Quality.ESTIMATED)
            for begin, went_in, went_out in zip(begins, entered, left, strict=True):
                if not (kept and length < HOUR and begin in stretches):
                    stretches[begin] = Bucket(Figures(went_in, went_out), quality)

    def told(self, begin: datetime, end: datetime, seen: datetime, coverage: Coverage) -> Told:
        """What is known of a stretch, by a line that was last read at ``seen``."""
        if end - begin <= HOUR:
            return self._told_of_part(begin, end, seen, coverage)
        if self._covered(begin, end, seen, coverage) == 1.0:  # the usual day: no need to ask for every hour
            coverage = _always
        parts = [(part, min(part + HOUR, end)) for part in _steps(begin, end, HOUR)]
        return sum_of((self._told_of_part(*part, seen, coverage), (part[1] - part[0]) / HOUR) for part in parts)

    def forget_before(self, hours: datetime, shorter: datetime) -> None:
        """Drop what no interval asks for any more: hours, and shorter stretches, that ended by then."""
        for length, stretches in self.buckets.items():
            limit = hours if length >= HOUR else shorter
            for begin in [begin for begin in stretches if begin + length <= limit]:
                del stretches[begin]

    def _told_of_part(self, begin: datetime, end: datetime, seen: datetime, coverage: Coverage) -> Told:
        covered = self._covered(begin, end, seen, coverage)
        found = self._within(begin, end)
        if found:
            figures = sum((bucket.figures for bucket in found), Figures())
            return Told(figures, worst(*(bucket.quality for bucket in found)), covered)
        return Told(Figures(), Quality.MEASURED, covered) if covered > 0 else UNTOLD

    def _covered(self, begin: datetime, end: datetime, seen: datetime, coverage: Coverage) -> float:
        """The share of a stretch that was covered; the time after the last reading is a gap like any other."""
        known_from, known_to = max(begin, self.since), min(end, seen)
        if known_from >= known_to:
            return 0.0
        share = coverage(known_from, known_to)
        return (1.0 if share is None else share) * ((known_to - known_from) / (end - begin))

    def _within(self, begin: datetime, end: datetime) -> list[Bucket]:
        """The buckets that make up a stretch: of its own grid or, where it lies across that, quarters."""
        length = min(end - begin, HOUR)
        if length == HOUR and stretch_of(begin + HOUR, HOUR, -self.offset % HOUR) != begin:
            length = QUARTER
        return [bucket for start, bucket in self.buckets.get(length, {}).items() if begin <= start < end]

    def _add(self, length: timedelta, begin: datetime, more: Bucket) -> None:
        stretches = self.buckets.setdefault(length, {})
        there = stretches.get(begin)
        if there is not None:
            more = Bucket(there.figures + more.figures, worst(there.quality, more.quality))
        stretches[begin] = more


def grid_lengths(steps: Iterable[Step]) -> tuple[timedelta, ...]:
    """The grids that a tally needs for intervals of these steps: days are sums of hours."""
    asked = {step.length for step in steps if step.length is not None}
    return tuple(sorted(asked | {QUARTER, HOUR}))


def _offset_of(increment: Increment) -> timedelta:
    """The wall clock less UTC, to the quarter hour; what is left of it is a clock that is off."""
    offset = increment.local_time - increment.ended_at.replace(tzinfo=None)
    return (offset + QUARTER / 2) // QUARTER * QUARTER


def _stretches(begin: datetime, end: datetime, length: timedelta, shift: timedelta) -> list[datetime]:
    """The stretches over which people who were counted between two moments are spread, newest first."""
    last = stretch_of(end, length, shift)
    if end - begin <= length:
        return [last]
    return [
        last - length * index
        for index in range(-((begin - last) // length) + 1)
        if last - length * index + length > begin
    ]


def _steps(begin: datetime, end: datetime, length: timedelta) -> Iterator[datetime]:
    while begin < end:
        yield begin
        begin += length


def _always(_begin: datetime, _end: datetime) -> float:
    return 1.0
