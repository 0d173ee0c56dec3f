"""Writing the hour ledger of one camera: what readings tell of its hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from peoplecount.domain.camera_day import (
    HOUR,
    Asked,
    CameraDay,
    ClockSight,
    Gap,
    HourCell,
    LineDay,
    Slots,
    with_gap,
)
from peoplecount.domain.counter import BreakKind, Moment
from peoplecount.domain.counting import LineBreak
from peoplecount.domain.day_history import HOURS_A_DAY
from peoplecount.domain.event import Quality, worst
from peoplecount.domain.figures import Figures
from peoplecount.domain.hour_slots import HourSlots
from peoplecount.domain.increment import Increment
from peoplecount.domain.line import LineKey
from peoplecount.domain.spread import spread

CLOCK_DOUBT = timedelta(seconds=2)
"""How far apart a camera and we may be about where an hour ends: its clock is known to about a second."""

Place = tuple[date, int]
"""A day, and an hour slot of it."""


class HourLedger:
    """The days of one camera that are kept; remembers which of them were changed."""

    def __init__(self, days: Mapping[date, CameraDay], zone: tzinfo | None = None, *, keep: int = 31) -> None:
        """``zone`` is that of the camera's site; ``keep`` the number of days behind the newest that are written."""
        self.days = dict(days)
        self.changed: set[date] = set()
        self._zone = zone
        self._keep = keep

    def slots(self, day: date) -> Slots:
        """The hours of a day."""
        return HourSlots.of(self.days.values(), self._zone).on(day)

    def line(self, day: date, key: LineKey) -> LineDay:
        """A line on a day; empty where nothing is known of it."""
        known = self.days.get(day)
        return known.lines.get(key, LineDay()) if known else LineDay()

    def tell(self, increment: Increment) -> None:
        """An increment was told."""
        sight = ClockSight.of(increment.ended_at, increment.local_time)
        key, offset = increment.key, sight.offset
        started_at, ended_at = sight.by_camera(increment.started_at), sight.by_camera(increment.ended_at)
        end = _place(ended_at, offset)
        self._see(sight)
        for place, people in _shares(increment, started_at, ended_at, offset).items():
            self._change(place, key, _told(increment, people))
        if increment.quality is not Quality.ESTIMATED:
            self._straddle(increment, started_at, ended_at, offset)
        if started_at >= _midnight(end[0], offset):
            people = Figures(increment.entered.people, increment.left.people)
            self._change(end, key, lambda cell: replace(cell, shown=cell.shown + people))

    def begin(self, key: LineKey, moment: Moment, base: Figures) -> None:
        """A line was read for the first time: ``base`` is what its camera had counted since midnight, untold."""
        sight = ClockSight.of(moment.utc, moment.local)
        place = _place(sight.by_camera(moment.utc), sight.offset)
        self.miss(key, _midnight(place[0], sight.offset) - sight.error, moment)
        if base:  # in doubt about which hour it is, the later one: nothing is asked of the history too early
            later = _place(sight.by_camera(moment.utc) + CLOCK_DOUBT, sight.offset)
            place = later if later[0] == place[0] else place
            self._change(place, key, lambda cell: replace(cell, shown=cell.shown + base))

    def miss(self, key: LineKey, since: datetime, moment: Moment) -> None:
        """A line was read at ``moment`` for the first time since ``since``, and that was too long ago."""
        sight = ClockSight.of(moment.utc, moment.local)
        self._see(sight)
        until = sight.by_camera(moment.utc)
        begin = max(sight.by_camera(since), until - self._keep * HOURS_A_DAY * HOUR)
        while begin < until:
            day = (begin.replace(tzinfo=None) + sight.offset).date()
            end = min(_midnight(day + timedelta(days=1), sight.offset), until)
            self._put(day, key, with_gap(self.line(day, key), Gap(begin, end)))
            begin = end

    def breaks(self, broke: LineBreak) -> None:
        """A total stopped growing, somewhere between the reading before and this one."""
        sight = ClockSight.of(broke.moment.utc, broke.moment.local)
        place = _place(sight.by_camera(broke.moment.utc), sight.offset)
        self._see(sight)
        if broke.kind is BreakKind.REPLACED:
            self._bar(broke.key, place)
        if broke.kind is BreakKind.LOWERED:
            gone = _of_direction(broke, broke.total_before - broke.total_after)
            self._change(place, broke.key, lambda cell: replace(cell, shown=cell.shown - gone))
        for doubtful in self._places_of(broke, _place(sight.by_camera(broke.since), sight.offset), place):
            self._change(doubtful, broke.key, lambda cell: replace(cell, broke=True, settled=False))

    @property
    def sight(self) -> ClockSight | None:
        """The newest sight of the camera's clock."""
        return max((day.clock[-1] for day in self.days.values() if day.clock), key=lambda seen: seen.at, default=None)

    def mark_asked(self, day: date, at: datetime, note: str) -> None:
        """The day's history was asked for; ``note`` is what came of it, empty where it was answered."""
        known = self._open(day)
        self._keep_day(replace(known, asked=Asked(known.asked.times + 1 if known.asked else 1, at, note)))

    def settle(self, day: date, lines: Mapping[LineKey, LineDay], *, is_settled: bool) -> None:
        """Keep what settling made of a day; ``is_settled`` once that was the whole day."""
        known = self._open(day)
        lines = {**known.lines, **lines}
        self._keep_day(replace(known, lines=lines, is_settled=known.is_settled or is_settled))

    def drop(self, day: date) -> None:
        """Forget a day."""
        del self.days[day]
        self.changed.discard(day)

    def coverage(self, key: LineKey, begin: datetime, end: datetime) -> float | None:
        """The share of a stretch in which a line was read as often as it should be; ``None`` before its first day.

        A day of which nothing is kept is one on which it was read all the time and nobody came.
        """
        known = [day for day in self.days if key in self.days[day].lines]
        if not known or end <= begin or begin < self.slots(min(known)).bounds[0]:
            return None
        gaps = (gap for day in known for gap in self.days[day].lines[key].gaps)
        unread = sum((gap.overlap(begin, end) for gap in gaps), timedelta(0))
        return 1.0 - min(unread / (end - begin), 1.0)

    def was_known(self, key: LineKey, day: date) -> bool:
        """Whether the line had been read by the end of a day, so that what is not kept of it is a quiet time."""
        return any(kept <= day and key in known.lines for kept, known in self.days.items())

    def _straddle(self, increment: Increment, started_at: datetime, ended_at: datetime, offset: timedelta) -> None:
        """Note whose hour is doubtful: those of a reading across, or within a breath of, the end of an hour."""
        people = Figures(increment.entered.people, increment.left.people)
        first = _place(started_at - CLOCK_DOUBT, offset)
        last = _place(ended_at + CLOCK_DOUBT, offset)
        if people and first[0] == last[0]:
            for hour in range(first[1], last[1]):
                self._change(
                    (first[0], hour), increment.key, lambda cell: replace(cell, straddling=cell.straddling + people)
                )

    def _bar(self, key: LineKey, place: Place) -> None:
        """Keep the new device's history away from the hours of the old one."""
        day, slot = place
        for known in [known for known in self.days.values() if known.day < day and key in known.lines]:
            self._put(known.day, key, replace(known.lines[key], barred=HOURS_A_DAY))
        self._put(day, key, replace(self.line(day, key), barred=slot + 1))

    def _places_of(self, broke: LineBreak, since: Place, until: Place) -> Iterable[Place]:
        """The hours in which there may be people whom no reading showed: up to midnight, or to the reading after."""
        if broke.kind is BreakKind.GLITCH:
            return ()
        if broke.kind is BreakKind.MIDNIGHT:
            until = (until[0] - timedelta(days=1), HOURS_A_DAY - 1)
        return _from_to(max(since, (until[0] - timedelta(days=self._keep), 0)), until)

    def _see(self, sight: ClockSight) -> None:
        known = self._open((sight.at.replace(tzinfo=None) + sight.ahead).date())
        self._keep_day(replace(known, clock=(*known.clock[:1], sight)))

    def _change(self, place: Place, key: LineKey, change: Callable[[HourCell], HourCell]) -> None:
        day, slot = place
        line = self.line(day, key)
        self._put(day, key, replace(line, cells={**line.cells, slot: change(line.cell(slot))}))

    def _open(self, day: date) -> CameraDay:
        return self.days.get(day) or CameraDay(day)

    def _put(self, day: date, key: LineKey, line: LineDay) -> None:
        known = self._open(day)
        self._keep_day(replace(known, lines={**known.lines, key: line}))

    def _keep_day(self, day: CameraDay) -> None:
        self.days[day.day] = day
        self.changed.add(day.day)


def _told(increment: Increment, people: Figures) -> Callable[[HourCell], HourCell]:
    """What becomes of an hour to which so many people of an increment belong."""
    is_long = increment.ended_at - increment.started_at > HOUR  # how they came over that time is a guess
    quality = Quality.ESTIMATED if is_long else increment.quality

    def told(cell: HourCell) -> HourCell:
        return replace(cell, told=cell.told + people, quality=worst(cell.quality, quality), swapped=increment.swapped)

    return told


def _shares(increment: Increment, started_at: datetime, ended_at: datetime, offset: timedelta) -> dict[Place, Figures]:
    """How many of its people belong to which hour; at least the one in which it ended."""
    entered, left = (
        spread(growth.people, started_at, ended_at, HOUR, -offset) for growth in (increment.entered, increment.left)
    )
    begins = entered.keys() | left.keys()
    shares = {begin: Figures(entered.get(begin, 0), left.get(begin, 0)) for begin in sorted(begins)}
    return {_place(begin + datetime.resolution, offset): people for begin, people in shares.items()}


def _place(moment: datetime, offset: timedelta) -> Place:
    """Day and hour of a moment; a moment at the very end of an hour is in it."""
    local = (moment - datetime.resolution).replace(tzinfo=None) + offset
    return local.date(), local.hour


def _midnight(day: date, offset: timedelta) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC) - offset


def _from_to(first: Place, last: Place) -> Iterable[Place]:
    """The hours from one to another."""
    place = first
    while place <= last:
        yield place
        day, slot = place
        place = (day, slot + 1) if slot + 1 < HOURS_A_DAY else (day + timedelta(days=1), 0)


def _of_direction(broke: LineBreak, people: int) -> Figures:
    return Figures(people, 0) if broke.entered else Figures(0, people)
