"""Stretches put together: by parts of a period, up to a moment, and by the hours of the week."""

from datetime import date, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.history_period import Grain, HistoryPeriod
from peoplecount.domain.place_sum import PlaceStretch
from peoplecount.domain.roll_up import HOUR, QUARTER
from peoplecount.services.history_sums import cut_at, sum_up, together
from tests.support.shop import at

ZURICH = ZoneInfo("Europe/Zurich")
DAY = timedelta(days=1)
FOURTH = HistoryPeriod(date(2026, 5, 4), date(2026, 5, 4), ZURICH)


def stretch(start, entered=0, left=0, rows=1, subject="shop"):
    return PlaceStretch(subject, start, entered, left, (rows, 0, 0, 0, 0, 0), float(rows), rows)


def summed(stretches, period=FOURTH, grain=Grain.HOUR, until=None, step=HOUR):
    return sum_up(stretches, list(period.parts(grain)), step, period.zone, until=until or period.end)


def test_of_a_stretch_that_is_cut_counts_as_much_as_lies_before():
    hours = [stretch(at(hour), 60, 12) for hour in range(24)]
    found = cut_at(at(12, 5), hours, HOUR)
    assert [one.entered for one in found] == [60] * 12 + [5]
    assert found[-1].left == 1
    assert cut_at(at(12), hours, HOUR) == hours[:12]
    assert [one.entered for one in cut_at(at(12, 5), [stretch(at(12), 9)], QUARTER)] == [3]


@pytest.mark.parametrize("minute", [5, 20, 55])
def test_many_small_places_lose_nobody_to_rounding(minute):
    hours = [stretch(at(12), 3, 1, subject=f"site-{number}") for number in range(500)]
    running = list(accumulate(one.entered for one in cut_at(at(12, minute), hours, HOUR)))
    assert all(abs(told - 3 * minute / 60 * number) <= 0.51 for number, told in enumerate(running, 1))


def test_an_hour_that_is_not_over_is_in_the_day_but_not_in_the_mean_of_such_hours():
    mondays = [at(12) - week * 7 * DAY for week in (3, 2, 1)]
    period = HistoryPeriod(date(2026, 4, 13), date(2026, 5, 4), ZURICH)
    found = summed([*(stretch(one, 60) for one in mondays), stretch(at(12), 3)], period, Grain.DAY, at(12, 3))
    assert (found.parts[-1].entered, found.week.mean(12)) == (3, 60)
    assert summed([stretch(at(12), 3)], until=at(13)).week.mean(12) == 3
    assert summed([stretch(at(12), 3)], until=at(12, 59)).week.mean(12) is None


def test_stretches_become_one():
    one = together("all", at(0), [stretch(at(9), 5, 1), stretch(at(10), 6, 2, rows=3, subject="bank")])
    assert one == PlaceStretch("all", at(0), 11, 3, (4, 0, 0, 0, 0, 0), 4.0, 4)
