"""Writing the hour ledger of one camera: what readings tell of its hours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo

from peoplecount.domain.camera_day import (
    HOUR,
    Asked,
    CameraDay,
    Gap,
    HourCell,
    LineDay,
    Slots,
    with_gap,
)
from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.counter import BreakKind, Moment
from peoplecount.domain.counting import LOSES_PEOPLE, LineBreak
from peoplecount.domain.day_history import HOURS_A_DAY
from peoplecount.domain.event import Quality, worst
from peoplecount.domain.figures import NOBODY, Figures
from peoplecount.domain.hour_places import DAY, HourPlaces, Place, from_to
from peoplecount.domain.hour_slots import HourSlots
from peoplecount.domain.increment import Increment
from peoplecount.domain.line import LineKey
from peoplecount.domain.spread import spread

CLOCK_DOUBT = timedelta(seconds=2)
"""How far apart a camera and we may be about where an hour ends, besides what a reading says of that: clocks drift
between two looks at them, and totals may be a second older than the answer."""

_LOSES_PEOPLE = frozenset({BreakKind.MIDNIGHT, *LOSES_PEOPLE})


class HourLedger:
    """The days of one camera that are kept; remembers which of them were changed."""

    def __init__(self, days: MutableMapping[date, CameraDay], zone: tzinfo | None = None, *, keep: int = 31) -> None:
        """``days`` are copied; ``zone`` is that of the camera's site.

        ``keep`` is the number of days behind the newest that are written.
        """
        self.days = copy(days)
        self.changed: set[date] = set()
        self._zone = zone
        self._keep = keep

    def slots(self, day: date) -> Slots:
        """The hours of a day."""
        return HourSlots.of(self.days.values(), self._zone).on(day)

    def is_sure(self, day: date) -> bool:
        """Whether it is known when the hours of a day were."""
        return HourSlots.of(self.days.values(), self._zone).is_sure(day)

    def line(self, day: date, key: LineKey) -> LineDay:
        """A line on a day; empty where nothing is known of it."""
        known = self.days.get(day)
        return known.lines.get(key, LineDay()) if known else LineDay()

    def told_on(self, day: date, key: LineKey) -> Figures:
        """People of a line on a day so far, in our sense."""
        cells = self.line(day, key).cells.values()
        return sum((cell.told.swapped(cell.swapped) for cell in cells), NOBODY)

    def tell(self, increment: Increment, doubt: timedelta = timedelta(0)) -> None:
        """An increment was told. ``doubt`` is how far off its beginning and its end may be by the camera's clock."""
        sight = increment.sight
        places = HourPlaces.of(sight, self._zone)
        started_at, ended_at = sight.by_camera(increment.started_at), sight.by_camera(increment.ended_at)
        edit = _Edit(self, increment.key, sight)
        for place, people in _shares(increment, started_at, ended_at, places).items():
            edit.cell(place, _told(edit.of(place), increment, people))
        people = Figures(increment.entered.people, increment.left.people)
        doubt += CLOCK_DOUBT
        # How an estimate lies in the hours between its ends is open anyway.
        ends = (started_at, ended_at) if increment.quality is Quality.ESTIMATED else ()
        stretches = [(end - doubt, end + doubt) for end in ends] or [(started_at - doubt, ended_at + doubt)]
        doubtful = {place for begin, end in stretches for place in _doubtful(places.place(begin), places.place(end))}
        for place in doubtful if people else ():
            edit.cell(place, replace(edit.of(place), straddling=edit.of(place).straddling + people))
        end = places.place(ended_at)
        if people and started_at >= places.midnight(end[0]):
            edit.cell(end, replace(edit.of(end), shown=edit.of(end).shown + people))
        edit.keep()

    def begin(self, key: LineKey, moment: Moment, base: Figures) -> None:
        """A line was read for the first time: ``base`` is what its camera had counted since midnight, untold."""
        sight = ClockSight.of(moment.utc, moment.local, self._zone)
        places = HourPlaces.of(sight, self._zone)
        read_at = sight.by_camera(moment.utc)
        place = places.place(read_at)
        self.miss(key, places.midnight(place[0]) - sight.error, moment)
        if base:  # in doubt about which hour it is, the later one: nothing is asked of the history too early
            later = places.place(read_at + CLOCK_DOUBT)
            place = later if later[0] == place[0] else place
            edit = _Edit(self, key, sight)
            edit.cell(place, replace(edit.of(place), shown=edit.of(place).shown + base))
            edit.keep()

    def take_over(self, keys: Collection[LineKey], moment: Moment) -> None:
        """Lines were counted before hours were kept (before 0.2): what they counted then is told already.

        So it is none of the history's business; how it lies in the hours is not known here any more.
        """
        if not keys:
            return
        sight = ClockSight.of(moment.utc, moment.local, self._zone)
        day, slot = HourPlaces.of(sight, self._zone).place(sight.by_camera(moment.utc) + CLOCK_DOUBT)
        earlier = {day - back * DAY for back in range(1, self._keep + 1)}
        unknown = earlier - self.days.keys()
        for key in keys:
            for one in earlier:
                self.put(one, key, replace(self.line(one, key), barred=HOURS_A_DAY))
            self.put(day, key, LineDay(barred=slot + 1), sight)
        for one in unknown & self.days.keys():
            self.settle(one, {}, is_settled=True)

    def miss(self, key: LineKey, since: datetime, moment: Moment) -> None:
        """A line was read at ``moment`` for the first time since ``since``, and that was too long ago."""
        sight = ClockSight.of(moment.utc, moment.local, self._zone)
        places = HourPlaces.of(sight, self._zone)
        until = sight.by_camera(moment.utc)
        begin = max(sight.by_camera(since), until - self._keep * DAY)
        while begin < until:
            day = places.day(begin)
            end = min(places.midnight(day + DAY), until)
            self.put(day, key, with_gap(self.line(day, key), Gap(begin, end)))
            self._reopen(day)
            begin = end
        self.see(sight)

    def breaks(self, broke: LineBreak) -> None:
        """A total stopped growing, somewhere between the reading before and this one."""
        sight = ClockSight.of(broke.moment.utc, broke.moment.local, self._zone)
        places = HourPlaces.of(sight, self._zone)
        since, place = (places.place(sight.by_camera(moment)) for moment in (broke.since, broke.moment.utc))
        if broke.kind is BreakKind.REPLACED:
            self._bar(broke.key, place)
        edit = _Edit(self, broke.key, sight)
        if broke.kind is BreakKind.LOWERED:
            gone = _of_direction(broke, broke.total_before - broke.total_after)
            edit.cell(place, replace(edit.of(place), shown=edit.of(place).shown - gone))
        for doubtful in self._unseen_in(broke, since, place):
            edit.cell(doubtful, replace(edit.of(doubtful), broke=True, settled=False))
        edit.keep()

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

    def coverage(self, key: LineKey, stretches: Sequence[tuple[datetime, datetime]]) -> list[float | None]:
        """The share of each stretch in which a line was read as often as it should be; ``None`` before its first day.

        A day of which nothing is kept is one on which it was read all the time and nobody came.
        """
        known = [day for day in self.days if key in self.days[day].lines]
        if not known or not stretches:
            return [None] * len(stretches)
        since = self.slots(min(known)).bounds[0]
        begins, ends = zip(*stretches, strict=True)
        nearby = range((min(begins) - DAY).date().toordinal(), (max(ends) + DAY).date().toordinal() + 1)
        gaps = [gap for day in known if day.toordinal() in nearby for gap in self.days[day].lines[key].gaps]
        return [_read_share(gaps, begin, end) if since <= begin < end else None for begin, end in stretches]

    def was_known(self, key: LineKey, day: date) -> bool:
        """Whether the line had been read by the end of a day, so that what is not kept of it is a quiet time."""
        return any(kept <= day and key in known.lines for kept, known in self.days.items())

    def put(self, day: date, key: LineKey, line: LineDay, sight: ClockSight | None = None) -> None:
        """Keep a line's day, and what was seen of the camera's clock that day."""
        known = self._open(day)
        clock = known.clock if sight is None else (*known.clock[:1], sight)
        lines = {**known.lines, key: line}
        self._keep_day(CameraDay(day, clock, lines, known.asked, known.is_settled))

    def see(self, sight: ClockSight) -> None:
        """The camera's clock was seen."""
        known = self._open(sight.day)
        self._keep_day(replace(known, clock=(*known.clock[:1], sight)))

    def _reopen(self, day: date) -> None:
        """Something is open on a day that was asked about when other lines were read and this one was not."""
        self._keep_day(replace(self._open(day), asked=None, is_settled=False))

    def _bar(self, key: LineKey, place: Place) -> None:
        """Keep the new device's history away from the hours of the old one."""
        day, slot = place
        for known in [known for known in self.days.values() if known.day < day and key in known.lines]:
            self.put(known.day, key, replace(known.lines[key], barred=HOURS_A_DAY))
        self.put(day, key, replace(self.line(day, key), barred=slot + 1))

    def _unseen_in(self, broke: LineBreak, since: Place, until: Place) -> Iterable[Place]:
        """The hours in which there may be people whom no reading showed: up to midnight, or to the reading after."""
        if broke.kind not in _LOSES_PEOPLE:
            return ()
        if broke.kind is BreakKind.MIDNIGHT:
            until = (until[0] - DAY, HOURS_A_DAY - 1)
        return from_to(max(since, (until[0] - self._keep * DAY, 0)), until)

    def _open(self, day: date) -> CameraDay:
        return self.days.get(day) or CameraDay(day)

    def _keep_day(self, day: CameraDay) -> None:
        self.days[day.day] = day
        self.changed.add(day.day)


class _Edit:
    """Hours of a line under work; kept together, because a reading touches several and comes often."""

    def __init__(self, ledger: HourLedger, key: LineKey, sight: ClockSight) -> None:
        self._ledger = ledger
        self._key = key
        self._sight = sight
        self._cells: dict[date, dict[int, HourCell]] = {}

    def of(self, place: Place) -> HourCell:
        """An hour as it is by now."""
        return self._of_day(place[0]).get(place[1], _EMPTY)

    def cell(self, place: Place, cell: HourCell) -> None:
        """An hour as it is to be."""
        self._of_day(place[0])[place[1]] = cell

    def keep(self) -> None:
        """Into the ledger with it."""
        for day, cells in self._cells.items():
            line = self._ledger.line(day, self._key)
            sight = self._sight if day == self._sight.day else None
            self._ledger.put(day, self._key, LineDay(cells, line.gaps, line.barred, line.refusal), sight)

    def _of_day(self, day: date) -> dict[int, HourCell]:
        if day not in self._cells:
            self._cells[day] = dict(self._ledger.line(day, self._key).cells)
        return self._cells[day]


_EMPTY = HourCell()


def _read_share(gaps: Iterable[Gap], begin: datetime, end: datetime) -> float:
    unread = sum((gap.overlap(begin, end) for gap in gaps if gap.begin < end and begin < gap.end), timedelta(0))
    return 1.0 - min(unread / (end - begin), 1.0)


def _told(cell: HourCell, increment: Increment, people: Figures) -> HourCell:
    """An hour to which so many people of an increment belong."""
    is_long = increment.ended_at - increment.started_at > HOUR  # how they came over that time is a guess
    quality = worst(cell.quality, Quality.ESTIMATED if is_long else increment.quality)
    return replace(cell, told=cell.told + people, quality=quality, swapped=increment.swapped)


def _shares(increment: Increment, started_at: datetime, ended_at: datetime, places: HourPlaces) -> dict[Place, Figures]:
    """How many of its people belong to which hour."""
    entered, left = (
        spread(growth.people, started_at, ended_at, HOUR, -places.offset)
        for growth in (increment.entered, increment.left)
    )
    shares: dict[Place, Figures] = {}
    for begin in sorted(entered.keys() | left.keys()):
        place = places.place(min(begin + HOUR, ended_at))
        shares[place] = shares.get(place, NOBODY) + Figures(entered.get(begin, 0), left.get(begin, 0))
    return shares


def _doubtful(first: Place, last: Place) -> Iterable[Place]:
    """The hours at whose end people of a reading may be of the next one. At midnight totals begin anew."""
    return ((first[0], slot) for slot in range(first[1], last[1])) if first[0] == last[0] else ()


def _of_direction(broke: LineBreak, people: int) -> Figures:
    return Figures(people, 0) if broke.entered else Figures(0, people)
