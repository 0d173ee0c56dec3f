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


@pytest.mark.parametrize("clocks", [timedelta(minutes=30), timedelta(minutes=45)])
@pytest.mark.parametrize("zone", ["Europe/Zurich", "Asia/Kolkata"])
def test_people_of_cameras_whose_hours_begin_at_different_times_are_all_there(clocks, zone):
    period = HistoryPeriod(date(2026, 5, 4), date(2026, 5, 4), ZoneInfo(zone))
    ours = [stretch(period.start + number * HOUR, 10, 1) for number in range(24)]
    theirs = [stretch(one.start + clocks, 20, 2, rows=2) for one in ours[:23]]
    found = summed([*ours, *theirs], period)
    assert (found.total.entered, found.total.left, found.total.unseen) == (240 + 23 * 20, 24 + 23 * 2, 0)
    assert [one.entered for one in found.parts] == [30] * 23 + [10]
    assert (found.week.mean(5), found.week.hours[5]) == (30, 1)


def test_what_one_of_them_lacks_is_noticed_still():
    ours = [stretch(at(hour), 10) for hour in range(8)]
    theirs = [stretch(one.start + HOUR / 2, 20, rows=2) for one in ours if one.start != at(4)]
    found = summed([*ours, *theirs])
    assert found.total.entered == 80 + 140
    assert found.total.unseen == 2


def test_hours_of_which_nothing_is_there_are_told_with_what_lacks_in_them():
    found = summed([stretch(at(3), 1, rows=2), stretch(at(6), 1, rows=2), stretch(at(7), 1)])
    assert [one.unseen for one in found.parts[3:9]] == [0, 2, 2, 0, 0, 0]
