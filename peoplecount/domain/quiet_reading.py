"""Quiet readings: nineteen polls in twenty find that nobody has come, and need no counting to see it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from peoplecount.domain.counter import Counter, Moment
from peoplecount.domain.counting import CountState, LineState
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading

_AT_ONCE = timedelta(0)


def after_quiet(state: CountState, reading: Reading, longest: timedelta) -> CountState | None:
    """What ``count`` would make of a reading that tells nothing: the same state, read later.

    ``None`` where it may tell something: another total, name, device or camera-local day, a line that is new, a fall
    that is held, or a reading that is not ``longest`` at most after the one before.
    """
    if reading.serial not in {"", state.serial}:
        return None
    day = Moment(reading.taken_at, reading.local_time).day()
    lines: dict[LineKey, LineState] = dict(state.lines)
    for line in reading.lines:
        known = lines.get(line.key)
        if known is None or not _stands(known, reading, line, day, longest):
            return None
        lines[line.key] = known.still_at(reading.taken_at)
    return CountState(state.serial, lines)


def still_at(state: CountState, reading: Reading) -> CountState:
    """The same for a reading that is known to tell nothing."""
    read = {line.key: state.lines[line.key].still_at(reading.taken_at) for line in reading.lines}
    return CountState(state.serial, {**state.lines, **read})


def says_the_same(before: Reading, reading: Reading, longest: timedelta) -> bool:
    """Whether a reading tells nothing because one ``before`` it, ``longest`` at most, told nothing.

    Where the answer of a camera has not changed, its lines are the same object, and nothing needs to be compared.
    """
    return (
        reading.lines is before.lines
        and reading.serial == before.serial
        and _AT_ONCE <= reading.taken_at - before.taken_at <= longest
        and reading.taken_at.date() == before.taken_at.date()
        and reading.local_time.date() == before.local_time.date()
    )


def _stands(known: LineState, reading: Reading, line: LineReading, day: date, longest: timedelta) -> bool:
    at = reading.taken_at
    return (
        known.name == line.name
        and reading.serial in {"", known.serial}
        and known.day == day
        and _still(known.entered, line.totals.in_total, at, day, longest)
        and _still(known.left, line.totals.out_total, at, day, longest)
    )


def _still(counter: Counter, total: int, at: datetime, day: date, longest: timedelta) -> bool:
    """Whether nobody came, nothing fell, and nobody needs to ask where we have been."""
    return (
        counter.total == total
        and counter.fall is None
        and counter.read_day == day
        and timedelta(0) <= at - counter.read_at <= longest
    )
