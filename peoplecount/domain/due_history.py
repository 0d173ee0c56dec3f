"""Due history: which day of its own past a camera is to be asked about next.

Asked about are finished hours of today that nobody could watch, every day once it is over, and days before the first
reading. Newest first: people look at yesterday before last month, and where a camera keeps nothing from some day back
the search ends there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from peoplecount.domain.blank_days import UNPROVEN
from peoplecount.domain.camera_day import CameraDay, LineDay, Slots, open_slots
from peoplecount.domain.day_history import HOURS_A_DAY
from peoplecount.domain.hour_slots import HourSlots
from peoplecount.domain.line import LineKey
from peoplecount.domain.settling import usable_through

FLUSH = timedelta(minutes=5)
"""How long after the end of an hour its figures may still be on their way into the camera's history."""

PAUSES = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))
"""Waits between two questions about the same day, as long as something of it stays open; the last one repeats."""

LEAST_TRIES = 7
"""So often at least a day is asked about before it is given up: with the pauses, for a good day."""

LAST_CHANCE = timedelta(days=1)
"""A day is not given up before it has been over for this long."""


class Why(StrEnum):
    """Why a day is asked about."""

    OPEN_HOURS = "hours that nobody could watch"
    OVER = "the day is over"
    EARLIER = "before the first reading"
    WANTED = "somebody wants it asked once more"


@dataclass(frozen=True, slots=True)
class DueDay:
    """A day of which the camera may know more than we do."""

    day: date
    why: Why
    at: datetime
    """UTC, when it may be asked about."""

    tries: int = 0
    """How often it was asked about in vain; 0 where there is something new to ask."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a camera's history is judged by."""

    days: Mapping[date, CameraDay]
    """The ledger."""

    hours: HourSlots
    """When the hours of its days are."""

    lines: Collection[LineKey]
    """The lines the camera has now."""

    utc: datetime
    local: datetime
    """By the camera's wall clock, without a zone."""


def window(local: datetime, back_fill_days: int, kept: Collection[date]) -> tuple[date, ...]:
    """The days that may be asked about, newest first: what is kept, and so many days before today."""
    today = local.date()
    first = min([today - timedelta(days=back_fill_days), *kept])
    return tuple(today - timedelta(days=back) for back in range((today - first).days + 1))


def due_days(standing: Standing, *, back_fill_days: int, held: Collection[tuple[date, LineKey]] = ()) -> list[DueDay]:
    """The days of which something is open, newest first, also those that were asked about only lately.

    ``held`` are answers that are in hand but prove nothing yet. Days that were given up are left out.
    """
    due = []
    for day in window(standing.local, back_fill_days, standing.days):
        if day == standing.local.date():
            found = _of_today(standing, day)
        elif _is_over(standing.local, day):
            may_be_new = (standing.local.date() - day).days <= back_fill_days
            lines = [key for key in standing.lines if (day, key) not in held]
            found = _of_earlier_day(standing, day, lines if may_be_new else ())
            if found is not None and not found.tries and _is_held(standing, day, held, lines if may_be_new else ()):
                found = None  # it was asked about just now, and what proves its answer is another day's
        else:
            found = None
        if found is not None:
            due.append(found)
    return due


def _is_held(
    standing: Standing, day: date, held: Collection[tuple[date, LineKey]], wanted: Collection[LineKey]
) -> bool:
    """Whether the answer about every line of a day is in hand."""
    known = standing.days.get(day)
    lines = {*wanted, *(known.lines if known else ())}
    return bool(lines) and all((day, key) in held for key in lines)


def finished_hours(local: datetime, day: date) -> int:
    """So many hours of ``day`` are in the camera's history for certain, by its wall clock."""
    settled = local - FLUSH
    if settled.date() == day:
        return settled.hour
    return HOURS_A_DAY if settled.date() > day else 0


def _is_over(local: datetime, day: date) -> bool:
    return finished_hours(local, day) == HOURS_A_DAY


def _of_today(standing: Standing, day: date) -> DueDay | None:
    known = standing.days.get(day)
    if known is None:
        return None
    slots = standing.hours.on(day)
    through = finished_hours(standing.local, day)
    ripe = [moment for line in known.lines.values() if (moment := _ripe_at(line, through, slots)) is not None]
    if not ripe:
        return None
    if known.asked is None or max(ripe) + FLUSH > known.asked.at:
        return DueDay(day, Why.OPEN_HOURS, max(ripe) + FLUSH)
    return DueDay(day, Why.OPEN_HOURS, known.asked.at + _pause(known.asked.times), known.asked.times)


def _ripe_at(line: LineDay, through: int, slots: Slots) -> datetime | None:
    """Since when the last of a line's open hours can be settled; ``None`` where none of them can be yet."""
    usable = usable_through(line, through, slots)
    doubtful = open_slots(line, usable, slots)
    if not doubtful:
        return None
    enough = range(max(doubtful) + 1, usable + 1)
    return slots.end(next(hours for hours in enough if usable_through(line, hours, slots) == hours) - 1)


def _of_earlier_day(standing: Standing, day: date, wanted: Collection[LineKey]) -> DueDay | None:
    slots = standing.hours.on(day)
    over = slots.bounds[-1] + FLUSH
    known = standing.days.get(day)
    if known is None:
        return DueDay(day, Why.EARLIER, over) if wanted else None
    if any(key not in known.lines for key in wanted):
        return DueDay(day, Why.EARLIER, over)
    if known.asked is None or known.asked.at < over:
        return DueDay(day, Why.OVER, over) if not known.is_settled else None
    if all(_is_done(known, line, slots) for line in known.lines.values()):
        return None
    if known.asked.times >= LEAST_TRIES and known.asked.at >= over + LAST_CHANCE:
        return None
    return DueDay(day, Why.OVER, known.asked.at + _pause(known.asked.times), known.asked.times)


def _is_done(known: CameraDay, line: LineDay, slots: Slots) -> bool:
    """Whether there is no use in asking about a line again."""
    if line.refusal == UNPROVEN:
        return True
    if open_slots(line, HOURS_A_DAY, slots):
        return False
    return known.is_settled or all(line.cell(slot).settled for slot in range(line.barred, HOURS_A_DAY))


def _pause(times: int) -> timedelta:
    return PAUSES[min(times, len(PAUSES)) - 1]


def first_due(due: Collection[DueDay], utc: datetime) -> DueDay | None:
    """The day to ask about now, if any: what was never asked before what was asked in vain, then the newest."""
    ready = [one for one in due if one.at <= utc]
    return max(ready, key=lambda one: (not one.tries, one.day), default=None)
