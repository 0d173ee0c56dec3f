"""Earlier today: what a line counted before its first reading, as its camera's history tells.

The first reading says how many people have come since the camera's midnight; the history says in which hours. Together
they make increments. Where they contradict each other nothing is guessed: then the first reading is a bare base.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import accumulate

from peoplecount.domain.counter import Moment, is_possible
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.event import Quality
from peoplecount.domain.increment import Generation, Growth, Increment
from peoplecount.domain.reading import LineReading, Totals

_QUARTER = timedelta(minutes=15)
"""Zones differ from UTC by whole quarters of an hour; what is left of a difference is a clock that is off."""


@dataclass(frozen=True, slots=True)
class EarlierToday:
    """The increments that lead from midnight to a first reading, or why there are none."""

    increments: tuple[Increment, ...] = ()
    """In order of time. The last one ends at the reading, also where nobody came in it."""

    misfit: str = ""
    """Why the history does not fit the totals; empty where it does."""


def first_today(reading: LineReading, hours: DayHours, moment: Moment) -> EarlierToday:
    """What came before the first reading of a line: an increment for each finished hour with people, then the rest.

    The rest is what the totals hold beyond the finished hours; what the history says of the hour under way is not
    used, because it may lag behind. ``from`` and ``to`` are the instants of the wall clock's hours by the offset it
    has now: on a day on which clocks change, hours before the change are an hour off; ``localTime`` is always right.
    """
    misfit = _misfit(reading.totals, hours, moment)
    if misfit:
        return EarlierToday(misfit=misfit)
    now = moment.local.hour
    entered = [*accumulate(hours.entered[:now], initial=0), reading.totals.in_total]
    left = [*accumulate(hours.left[:now], initial=0), reading.totals.out_total]
    return EarlierToday(tuple(_increments(reading, moment, entered, left)))


def _increments(reading: LineReading, moment: Moment, entered: list[int], left: list[int]) -> Iterator[Increment]:
    """From the totals at the beginning of every hour, and those of the reading last."""
    generation = Generation(moment.local.date())
    for hour in range(moment.local.hour + 1):
        went_in = Growth(generation, 0, before=entered[hour], after=entered[hour + 1])
        went_out = Growth(generation, 0, before=left[hour], after=left[hour + 1])
        is_rest = hour == moment.local.hour
        if not (went_in.people or went_out.people or is_rest):
            continue
        start = _hour_of(moment, hour)
        end = moment if is_rest else _hour_of(moment, hour + 1)
        yield Increment(reading.key, start.utc, end.utc, end.local, went_in, went_out, Quality.BACK_FILLED)


def _hour_of(moment: Moment, hour: int) -> Moment:
    """When an hour of the camera's day began; not after ``moment``.

    The offset is taken to the quarter hour: a camera whose clock lags by a second would else have its hours end a
    second into the next one of everybody else, and be summed up there.
    """
    local = datetime.combine(moment.local.date(), time(hour))
    offset = round((moment.local - moment.utc.replace(tzinfo=None)) / _QUARTER) * _QUARTER
    return Moment(min((local - offset).replace(tzinfo=moment.utc.tzinfo), moment.utc), local)


def _misfit(totals: Totals, hours: DayHours, moment: Moment) -> str:
    """Why history and totals cannot both be right; empty where they can."""
    now = moment.local.hour
    if hours.day != moment.local.date():
        return f"the history is of {hours.day}, the reading of {moment.local.date()}"
    if len(hours.entered) < now:
        return f"the history ends at {len(hours.entered)}:00, and it is {moment.local:%H:%M}"
    if totals != Totals(0, 0) and not any((*hours.entered[: now + 1], *hours.left[: now + 1])):
        return f"the history knows of nobody, and the totals are {totals.in_total} in, {totals.out_total} out"
    since = moment.local - datetime.combine(hours.day, time(now))
    return _misfit_of("in", totals.in_total, sum(hours.entered[:now]), now, since) or _misfit_of(
        "out", totals.out_total, sum(hours.left[:now]), now, since
    )


def _misfit_of(direction: str, total: int, finished: int, now: int, since: timedelta) -> str:
    if finished > total:
        return f"the history has {finished} people {direction} up to {now}:00, more than the total, which is {total}"
    if not is_possible(total - finished, since):
        return f"the history lags: {total - finished} people {direction} cannot all have come since {now}:00"
    return ""
