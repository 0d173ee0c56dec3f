"""Earlier today: what a line counted before its first reading, as its camera's history tells.

The first reading says how many people have come since the camera's midnight; the history says in which hours. Together
they make increments. Where they contradict each other nothing is guessed: then the first reading is a bare base.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from itertools import accumulate

from peoplecount.domain.camera_day import Slots
from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.counter import Moment, is_possible
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.event import Quality
from peoplecount.domain.hour_slots import HourSlots
from peoplecount.domain.increment import Generation, Growth, Increment
from peoplecount.domain.reading import LineReading, Totals


@dataclass(frozen=True, slots=True)
class EarlierToday:
    """The increments that lead from midnight to a first reading, or why there are none."""

    increments: tuple[Increment, ...] = ()
    """In order of time. The last one ends at the reading, also where nobody came in it."""

    misfit: str = ""
    """Why the history does not fit the totals; empty where it does."""


def first_today(reading: LineReading, hours: DayHours, moment: Moment, zone: tzinfo | None = None) -> EarlierToday:
    """What came before the first reading of a line: an increment for each finished hour with people, then the rest.

    The rest is what the totals hold beyond the finished hours; what the history says of the hour under way is not
    used, because it may lag behind. ``zone`` is that of the camera's site: where the camera agrees with it now, it is
    taken to have done so all day, also on a day on which clocks change.
    """
    misfit = _misfit(reading.totals, hours, moment)
    if misfit:
        return EarlierToday(misfit=misfit)
    now = moment.local.hour
    entered = [*accumulate(hours.entered[:now], initial=0), reading.totals.in_total]
    left = [*accumulate(hours.left[:now], initial=0), reading.totals.out_total]
    return EarlierToday(tuple(_increments(reading, moment, zone, entered, left)))


def _increments(
    reading: LineReading, moment: Moment, zone: tzinfo | None, entered: list[int], left: list[int]
) -> Iterator[Increment]:
    """From the totals at the beginning of every hour, and those of the reading last."""
    slots = HourSlots.by(ClockSight.of(moment.utc, moment.local, zone), zone).on(moment.local.date())
    generation = Generation(moment.local.date())
    for hour in range(moment.local.hour + 1):
        went_in = Growth(generation, 0, before=entered[hour], after=entered[hour + 1])
        went_out = Growth(generation, 0, before=left[hour], after=left[hour + 1])
        is_rest = hour == moment.local.hour
        if not (went_in.people or went_out.people or is_rest):
            continue
        start = _hour_of(moment, slots, hour)
        end = moment if is_rest else _hour_of(moment, slots, hour + 1)
        yield Increment(reading.key, start.utc, end.utc, end.local, went_in, went_out, Quality.BACK_FILLED)


def _hour_of(moment: Moment, slots: Slots, hour: int) -> Moment:
    """When an hour of the camera's day began; not after ``moment``.

    A clock that lags by a second is taken to be right: its hours would else end a second into the next one of everybody
    else, and be summed up there.
    """
    return Moment(min(slots.begin(hour), moment.utc), datetime.combine(slots.day, time(hour)))


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
