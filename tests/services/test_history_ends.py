"""What lies before the first thing that is known of a place, and after the last."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.history_period import ONE_DAY, Grain, HistoryPeriod, day_start
from peoplecount.domain.place_sum import PlaceStretch, PlaceSum
from peoplecount.domain.roll_up import HOUR
from peoplecount.services.history_ends import note_ends

ZURICH = ZoneInfo("Europe/Zurich")
WEEK = HistoryPeriod(date(2026, 3, 23), date(2026, 3, 29), ZURICH)  # clocks go on in its last night


def hour(start, rows=1):
    return PlaceStretch("shop", start, 1, 0, (rows, 0, 0, 0, 0, 0), float(rows), rows)


def lacking(stretches, *, step=HOUR, until=None, wanted=None, grain=Grain.DAY):
    parts = list(WEEK.parts(grain))
    sums = [PlaceSum() for _ in parts]
    note_ends(sums, parts, stretches, step, ZURICH, until=until or WEEK.end, wanted=wanted)
    return [round(one.unseen, 2) for one in sums]


def hours(first, last, rows=1):
    return [hour(first + number * HOUR, rows) for number in range((last - first) // HOUR)]


def test_hours_before_the_first_and_after_the_last_lack():
    found = hours(day_start(date(2026, 3, 25), ZURICH) + 15 * HOUR, day_start(date(2026, 3, 28), ZURICH), rows=2)
    assert lacking(found) == [48, 48, 30, 0, 0, 48, 46]  # the last night lacks an hour of the clock


def test_what_is_yet_to_come_does_not_lack_nor_what_is_just_over():
    begin = WEEK.start
    assert lacking(hours(begin, begin + 30 * HOUR), until=begin + 31.9 * HOUR) == [0] * 7
    assert lacking(hours(begin, begin + 30 * HOUR), until=begin + 40.5 * HOUR) == [0, 10.5, 0, 0, 0, 0, 0]


def test_where_nothing_is_known_at_all_nothing_is_added():
    assert lacking([]) == [0] * 7


def test_only_hours_that_are_asked_for_lack():
    found = hours(day_start(date(2026, 3, 25), ZURICH), WEEK.end)
    assert lacking(found, wanted=lambda local: 9 <= local.hour < 18) == [9, 9, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("grain", [Grain.WEEK, Grain.DAY])
def test_days_lack_as_many_rows_as_the_whole_day_beside_has(grain):
    days = [day_start(date(2026, 3, day), ZURICH) for day in (25, 26, 27)]
    found = [hour(start, rows) for start, rows in zip(days, (9, 24, 24), strict=True)]
    found_lacking = lacking(found, step=ONE_DAY, grain=grain, until=days[-1] + 20 * HOUR)
    assert sum(found_lacking) == 48


def test_a_day_that_is_not_over_lacks_its_part_so_far():
    first = hour(WEEK.start, 24)
    assert lacking([first], step=ONE_DAY, until=WEEK.start + timedelta(hours=36)) == [0, 12, 0, 0, 0, 0, 0]
