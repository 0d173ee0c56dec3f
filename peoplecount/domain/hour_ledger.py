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
    coverage,
    with_gap,
)
from peoplecount.domain.counter import BreakKind, Moment
from peoplecount.domain.counting import LineBreak
from peoplecount.domain.day_history import HOURS_A_DAY
from peoplecount.domain.event import Quality, worst
from peoplecount.domain.figures import Figures
from peoplecount.domain.hour_slots import HourSlots, offset_of
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
        offset = offset_of(increment.ended_at, increment.local_time)
        key, end = increment.key, _place(increment.ended_at, offset)
        self._see(increment.ended_at, offset)
        for place, people in _shares(increment, offset).items():
            self._change(place, key, _told(increment, people))
        if increment.quality is not Quality.ESTIMATED:
            self._straddle(increment, offset)
        if increment.started_at >= _midnight(end[0], offset):
            people = Figures(increment.entered.people, increment.left.people)
            self._change(end, key, lambda cell: replace(cell, shown=cell.shown + people))

    def begin(self, key: LineKey, moment: Moment, base: Figures) -> None:
        """A line was read for the first time: ``base`` is what its camera had counted since midnight, untold."""
        offset = offset_of(moment.utc, moment.local)
        day = _place(moment.utc, offset)[0]
        self.miss(key, _midnight(day, offset), moment)
        if base:
            self._change(_place(moment.utc, offset), key, lambda cell: replace(cell, shown=cell.shown + base))

    def miss(self, key: LineKey, since: datetime, moment: Moment) -> None:
        """A line was read at ``moment`` for the first time since ``since``, and that was too long ago."""
        offset = offset_of(moment.utc, moment.local)
        self._see(moment.utc, offset)
        begin = max(since, moment.utc - self._keep * HOURS_A_DAY * HOUR)
        while begin < moment.utc:
            day = (begin.replace(tzinfo=None) + offset).date()
            end = min(_midnight(day + timedelta(days=1), offset), moment.utc)
            self._put(day, key, with_gap(self.line(day, key), Gap(begin, end)))
            begin = end

    def breaks(self, broke: LineBreak) -> None:
        """A total stopped growing, somewhere between the reading before and this one."""
        offset = offset_of(broke.moment.utc, broke.moment.local)
        self._see(broke.moment.utc, offset)
        if broke.kind is BreakKind.REPLACED:
            self._bar(broke.key, _place(broke.moment.utc, offset))
        if broke.kind is BreakKind.LOWERED:
            gone = _of_direction(broke, broke.total_before - broke.total_after)
            place = _place(broke.moment.utc, offset)
            self._change(place, broke.key, lambda cell: replace(cell, shown=cell.shown - gone))
        for place in self._places_of(broke, offset):
            self._change(place, broke.key, lambda cell: replace(cell, broke=True, settled=False))

    def mark_asked(self, day: date, at: datetime, note: str) -> None:
        """The day's history was asked for; ``note`` is what came of it, empty where it was answered."""
        known = self._open(day)
        self._keep_day(replace(known, asked=Asked(known.asked.times + 1 if known.asked else 1, at, note)))

    def settle(self, day: date, lines: Mapping[LineKey, LineDay], *, is_settled: bool) -> None:
        """Keep what settling made of a day; ``is_settled`` once that was the whole day."""
        known = self._open(day)
        lines = {**known.lines, **lines}
        self._keep_day(replace(known, lines=lines, is_settled=known.is_settled or is_settled))

    def drop_before(self, day: date) -> tuple[date, ...]:
        """Forget the days before one; which those were."""
        gone = tuple(kept for kept in self.days if kept < day)
        for kept in gone:
            del self.days[kept]
            self.changed.discard(kept)
        return gone

    def coverage(self, key: LineKey, begin: datetime, end: datetime) -> float | None:
        """The share of a stretch in which a line was read; ``None`` where its days are not kept."""
        parts = [
            (slots, day.lines[key])
            for day in self.days.values()
            if key in day.lines and (slots := self.slots(day.day)).bounds[0] < end and begin < slots.bounds[-1]
        ]
        if not parts or end <= begin:
            return None
        covered = sum(
            coverage(line, max(begin, slots.bounds[0]), min(end, slots.bounds[-1]))
            * (min(end, slots.bounds[-1]) - max(begin, slots.bounds[0])).total_seconds()
            for slots, line in parts
        )
        return min(covered / (end - begin).total_seconds(), 1.0)

    def _straddle(self, increment: Increment, offset: timedelta) -> None:
        """Note whose hour is doubtful: those of a reading across, or within a breath of, the end of an hour."""
        people = Figures(increment.entered.people, increment.left.people)
        first = _place(increment.started_at - CLOCK_DOUBT, offset)
        last = _place(increment.ended_at + CLOCK_DOUBT, offset)
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

    def _places_of(self, broke: LineBreak, offset: timedelta) -> Iterable[Place]:
        """The hours in which there may be people whom no reading showed: up to midnight, or to the reading after."""
        if broke.kind is BreakKind.GLITCH:
            return ()
        since, until = _place(broke.since, offset), _place(broke.moment.utc, offset)
        if broke.kind is BreakKind.MIDNIGHT:
            until = (until[0] - timedelta(days=1), HOURS_A_DAY - 1)
        return _from_to(max(since, (until[0] - timedelta(days=self._keep), 0)), until)

    def _see(self, moment: datetime, offset: timedelta) -> None:
        known = self._open((moment.replace(tzinfo=None) + offset).date())
        self._keep_day(replace(known, clock=(*known.clock[:1], ClockSight(moment, offset))))

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


def _shares(increment: Increment, offset: timedelta) -> dict[tuple[date, int], Figures]:
    """How many of its people belong to which hour; at least the one in which it ended."""
    entered, left = (
        spread(growth.people, increment.started_at, increment.ended_at, HOUR, -offset)
        for growth in (increment.entered, increment.left)
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
