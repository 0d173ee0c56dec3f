"""The counting rules: what a reading adds to what is already counted.

Pure: old state, new reading, new state and what happened. A line that is missing from a reading keeps its state;
it is unknown, not zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from types import MappingProxyType

from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.counter import MIDNIGHT_SLACK, BreakKind, Counter, Moment, Step, advance, replace_camera
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.earlier_today import EarlierToday, first_today
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.increment import Generation, Growth, Increment
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading


@dataclass(frozen=True, slots=True)
class LineState:
    """A line as it stood at its last reading."""

    name: str
    """As the camera gives it."""

    entered: Counter
    left: Counter
    day: date
    """The camera-local day that ``in_today`` and ``out_today`` are about."""

    in_today: int = 0
    out_today: int = 0
    serial: str = ""
    """Of the device that was read, as in ``Reading``. The first answers of one put in its place may leave lines out."""

    def total_of(self, day: date) -> Figures | None:
        """What the camera had shown of a day at the last reading; ``None`` where it was unread on it, or was reset."""
        counters = self.entered, self.left
        # Also where no fall was seen at midnight, after a long outage, the totals are those since then.
        if any(one.read_day != day or one.generation > Generation(day) for one in counters):
            return None
        return Figures(self.entered.total, self.left.total)

    def still_at(self, moment: datetime) -> LineState:
        """The line as it is where nobody has come by a later reading of its day (UTC)."""
        # Not by replace(), as with the counters.
        return LineState(
            self.name,
            self.entered.still_at(moment),
            self.left.still_at(moment),
            self.day,
            self.in_today,
            self.out_today,
            self.serial,
        )


@dataclass(frozen=True, slots=True)
class CountState:
    """What is remembered of a camera between two polls."""

    serial: str = ""
    """Of the device that answered last."""

    lines: Mapping[LineKey, LineState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LineBreak:
    """A total that stopped growing."""

    key: LineKey
    kind: BreakKind
    entered: bool
    """Whether it was the total of people going in, or out."""

    moment: Moment
    total_before: int
    total_after: int
    since: datetime
    """UTC, the last accepted reading before."""


@dataclass(frozen=True, slots=True)
class LineCount:
    """What a reading told of one line that is worth an event."""

    key: LineKey
    increments: tuple[Increment, ...]
    """In order of time, each from the totals at which the one before ended; empty where only a break was seen."""

    breaks: tuple[LineBreak, ...]
    state: LineState
    unused_history: str = ""
    """Why the history that was given for the line's first reading could not be used; empty where it was."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What came of a reading."""

    state: CountState
    lines: tuple[LineCount, ...]
    """In the order of the reading; lines of which there is nothing to tell are left out."""


LOSES_PEOPLE = frozenset({BreakKind.RESET, BreakKind.RESTART, BreakKind.LOWERED, BreakKind.REPLACED})
"""Breaks before which there may be people whom no reading showed; those before midnight are the day before's."""

Judge = Callable[[Counter, int, Moment], Step]
IsSwapped = Callable[[LineKey, datetime], bool]
"""Whether a line is drawn backwards for what began at a moment (UTC)."""

_NO_HISTORY: Mapping[LineKey, DayHours] = MappingProxyType({})


def _as_drawn(_key: LineKey, _moment: datetime) -> bool:
    return False


def count(
    state: CountState,
    reading: Reading,
    *,
    expected_every: timedelta,
    earlier: Mapping[LineKey, DayHours] = _NO_HISTORY,
    is_swapped: IsSwapped = _as_drawn,
    zone: tzinfo | None = None,
) -> Counted:
    """Count a reading.

    ``expected_every`` is the time between two polls: what came over more than two of them is marked estimated,
    because nobody saw when in that time it came. ``earlier`` is the history of today of lines that are read for the
    first time; without it, what they counted before is not counted here. ``is_swapped`` says which lines tell in and
    out the other way round; ``zone`` is that of the camera's site, which tells a clock that is off from another zone.
    """
    moment = Moment(reading.taken_at, reading.local_time, reading.restarted_at)
    lines = dict(state.lines)
    told = []
    for line_reading in reading.lines:
        known = lines.get(line_reading.key)
        if known is None:
            outcome = _first(line_reading, moment, earlier.get(line_reading.key), zone)
        else:
            judge = replace_camera if _is_other(known.serial, reading.serial) else advance
            outcome = _count_line(known, line_reading, moment, judge, 2 * expected_every)
        serial = reading.serial or (known.serial if known else "")
        outcome = replace(outcome, state=replace(outcome.state, serial=serial))
        outcome = _told(outcome, is_swapped, ClockSight.of(moment.utc, moment.local, zone).offset)
        lines[line_reading.key] = outcome.state
        if outcome.increments or outcome.breaks:
            told.append(outcome)
    return Counted(CountState(reading.serial or state.serial, lines), tuple(told))


def _is_other(known: str, serial: str) -> bool:
    """Whether another device answers than the one that was known; one that does not say what it is may be the same."""
    return bool(known and serial) and known != serial


def _told(outcome: LineCount, is_swapped: IsSwapped, offset: timedelta) -> LineCount:
    """The outcome in our sense of in and out, with the camera's zone, and in today's figures."""

    def told(increment: Increment) -> Increment:
        last = max(increment.ended_at - datetime.resolution, increment.started_at)
        return replace(increment, swapped=is_swapped(outcome.key, last), utc_offset=offset)

    increments = tuple(map(told, outcome.increments))
    people = sum((increment.people for increment in increments), Figures())
    state = outcome.state
    state = replace(state, in_today=state.in_today + people.entered, out_today=state.out_today + people.left)
    return replace(outcome, increments=increments, state=state)


def _count_line(known: LineState, reading: LineReading, moment: Moment, judge: Judge, longest: timedelta) -> LineCount:
    entered = judge(known.entered.read_by(moment.utc), reading.totals.in_total, moment)
    left = judge(known.left.read_by(moment.utc), reading.totals.out_total, moment)
    state = _after(known, reading, entered, left, moment)
    breaks = tuple(
        LineBreak(reading.key, step.broke, step is entered, moment, before.total, step.counter.total, before.read_at)
        for before, step in ((known.entered, entered), (known.left, left))
        if step.broke is not None
    )
    increment = _increment(known, reading.key, (entered, left), moment, longest)
    return LineCount(reading.key, (increment,) if increment else (), breaks, state)


def _first(reading: LineReading, moment: Moment, hours: DayHours | None, zone: tzinfo | None) -> LineCount:
    """The first reading of a line: with what came earlier today where its history tells, else a bare base."""
    earlier = first_today(reading, hours, moment, zone) if hours else EarlierToday()
    entered = Counter.first(reading.totals.in_total, moment)
    left = Counter.first(reading.totals.out_total, moment)
    state = LineState(reading.name, entered, left, moment.day())
    if not earlier.increments:
        increment = Increment(
            reading.key, moment.utc, moment.utc, moment.local, entered=_standing(entered), left=_standing(left)
        )
        return LineCount(reading.key, (increment,), (), state, earlier.misfit)
    counted = replace(state, entered=replace(entered, start=0), left=replace(left, start=0))
    return LineCount(reading.key, earlier.increments, (), counted)


def _standing(counter: Counter) -> Growth:
    return Growth(counter.generation, counter.start, counter.total, counter.total)


def _after(known: LineState, reading: LineReading, entered: Step, left: Step, moment: Moment) -> LineState:
    """The line after a reading, without what the reading adds to today's figures."""
    day = _day_after(known.day, moment)
    today = known if day == known.day else replace(known, in_today=0, out_today=0)
    return LineState(
        name=reading.name,
        entered=entered.counter,
        left=left.counter,
        day=day,
        in_today=today.in_today,
        out_today=today.out_today,
    )


def _day_after(known: date, moment: Moment) -> date:
    """The day that today's figures are about now: the camera's, unless its clock only wavers at midnight."""
    wavers = moment.day() < known == moment.day(ahead=MIDNIGHT_SLACK)
    return known if wavers else moment.day()


def _increment(
    known: LineState, key: LineKey, steps: tuple[Step, Step], moment: Moment, longest: timedelta
) -> Increment | None:
    entered, left = steps
    directions = ((known.entered, entered), (known.left, left))
    midnight = moment.utc - (moment.local - datetime.combine(moment.local.date(), time()))
    is_new_day = any(step.broke is BreakKind.MIDNIGHT for step in steps)
    moved = [
        # Who came after the midnight reset came after midnight; a total of 0 was as good as reset then.
        max(before.read_at, midnight)
        if step.broke is BreakKind.MIDNIGHT or (is_new_day and not before.total)
        else before.read_at
        for before, step in directions
        if step.growth.people or step.counter.generation != before.generation
    ]
    if not moved:
        return None
    began = min(moved)
    is_set_back = began > moment.utc  # our own clock: when these people came is not known by it
    is_doubtful = is_set_back or moment.utc - began > longest or any(step.broke in LOSES_PEOPLE for step in steps)
    quality = Quality.ESTIMATED if is_doubtful else Quality.MEASURED
    return Increment(key, min(began, moment.utc), moment.utc, moment.local, entered.growth, left.growth, quality)
