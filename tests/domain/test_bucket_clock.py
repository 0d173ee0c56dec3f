from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.bucket_clock import (
    BucketClock,
    can_be_reassembled,
    clock_by_counts,
    clock_by_now,
    people_by_hour,
    reassembled,
    utc_days,
)
from peoplecount.domain.camera_day import CameraDay
from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.hour_slots import HourSlots

DAY = date(2026, 5, 5)
ZURICH, NEW_YORK = ZoneInfo("Europe/Zurich"), ZoneInfo("America/New_York")
TWO_HOURS = timedelta(hours=2)


def slots_of(day, offset, zone=None):
    """The hours of a day of a camera whose clock was seen at noon."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return HourSlots.of([CameraDay(day, (ClockSight(noon, offset, offset),))], zone).on(day)


def by_hour(**hours):
    """``by_hour(h9=3)``: three people from 9 to 10, nobody in the day's other hours."""
    return dict.fromkeys(range(24), 0) | {int(hour[1:]): people for hour, people in hours.items()}


def at(utc, offset):
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    return moment, (moment + offset).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("people", "utc", "hours_ahead", "clock"),
    [
        (by_hour(h14=3, h15=1), "2026-05-05T13:20", 2, BucketClock.LOCAL),  # 15:20 by the wall clock
        (by_hour(h12=3, h13=1), "2026-05-05T13:20", 2, None),
        (by_hour(h15=2), "2026-05-05T15:20", -4, BucketClock.UTC),  # 11:20 by the wall clock: 15:00 is to come
        (by_hour(h11=2), "2026-05-05T15:20", -4, None),
        (by_hour(h0=2), "2026-05-04T23:10", 2, BucketClock.LOCAL),  # 01:10 by the wall clock, UTC's day is to come
        (by_hour(h23=2), "2026-05-06T01:00", -4, BucketClock.UTC),
        (by_hour(h20=2), "2026-05-05T13:20", 2, None),  # not to be explained at all
        (by_hour(), "2026-05-05T13:20", 2, None),
        (by_hour(h16=1), "2026-05-05T13:59", 2, BucketClock.LOCAL),  # 15:59, the clock a minute behind
    ],
)
def test_nobody_comes_in_an_hour_that_is_still_to_come(people, utc, hours_ahead, clock):
    assert clock_by_now(people, DAY, *at(utc, timedelta(hours=hours_ahead))) is clock


LIVE = {8: 3, 9: 22, 10: 31, 11: 12, 12: 4}


def test_hours_that_are_those_counted_live_are_local():
    assert clock_by_counts(by_hour(h8=3, h9=22, h10=31, h11=12, h12=4), LIVE, TWO_HOURS) is BucketClock.LOCAL


def test_people_who_crossed_at_the_end_of_an_hour_may_stand_in_the_next():
    assert clock_by_counts(by_hour(h8=3, h9=20, h10=33, h11=11, h12=5), LIVE, TWO_HOURS) is BucketClock.LOCAL


def test_hours_that_are_those_counted_live_two_hours_later_are_utc():
    assert clock_by_counts(by_hour(h6=3, h7=22, h8=31, h9=12, h10=4), LIVE, TWO_HOURS) is BucketClock.UTC


def test_west_of_greenwich_they_are_earlier():
    people = by_hour(h12=3, h13=22, h14=31, h15=12, h16=4)
    assert clock_by_counts(people, LIVE, timedelta(hours=-4)) is BucketClock.UTC


@pytest.mark.parametrize(
    "people",
    [by_hour(), by_hour(h1=5), by_hour(h8=30, h9=2, h10=1, h11=80, h12=40)],
    ids=["empty", "another day", "nothing alike"],
)
def test_what_fits_neither_clock_says_nothing(people):
    assert clock_by_counts(people, LIVE, TWO_HOURS) is None


def test_a_few_people_say_nothing():
    assert clock_by_counts(by_hour(h9=4), {9: 4}, TWO_HOURS) is None


def test_an_even_stream_of_people_fits_both_clocks_and_says_nothing():
    even = dict.fromkeys(range(24), 10)
    assert clock_by_counts(even, dict.fromkeys(range(8, 16), 10), TWO_HOURS) is None


def test_in_step_with_utc_there_is_nothing_to_tell():
    assert clock_by_counts(by_hour(), {}, timedelta(0)) is BucketClock.LOCAL


def test_half_an_hour_from_utc_only_the_wall_clock_can_be_found():
    offset = timedelta(hours=5, minutes=30)
    assert clock_by_counts(by_hour(h8=3, h9=22, h10=31, h11=12, h12=4), LIVE, offset) is BucketClock.LOCAL
    assert clock_by_counts(by_hour(h3=22, h4=31, h5=12), LIVE, offset) is None


def test_the_lines_are_summed_up_as_far_as_all_are_known():
    lines = [DayHours(DAY, (1, 2, 3), (4, 5, 6)), DayHours(DAY, (1, 1), (1, 1))]
    assert people_by_hour(lines) == {0: 7, 1: 9}
    assert people_by_hour([]) == {}


def of_utc(*days):
    """Hours whose figures say when they are: 100 a day, and the hour."""
    return {day: DayHours(day, tuple(100 * day.day + hour for hour in range(24)), tuple(range(24))) for day in days}


def test_a_day_is_put_together_from_the_days_of_utc_it_touches():
    slots = slots_of(DAY, TWO_HOURS, ZURICH)
    assert utc_days(slots) == (date(2026, 5, 4), DAY)
    hours = reassembled(slots, of_utc(date(2026, 5, 4), DAY))
    assert hours.entered == (422, 423, *range(500, 522))
    assert hours.left == (22, 23, *range(22))


def test_west_of_greenwich_it_reaches_into_the_next_day():
    slots = slots_of(DAY, timedelta(hours=-4), NEW_YORK)
    assert utc_days(slots) == (DAY, date(2026, 5, 6))
    assert reassembled(slots, of_utc(*utc_days(slots))).entered == (*range(504, 524), *range(600, 604))


def test_what_is_not_known_ends_it():
    slots = slots_of(DAY, timedelta(hours=-4), NEW_YORK)
    assert reassembled(slots, of_utc(DAY)).entered == tuple(range(504, 524))


@pytest.mark.parametrize(
    ("day", "offset", "expected"),
    [
        (date(2026, 3, 29), 2, (2823, 2900, 0, *range(2901, 2922))),
        (date(2026, 10, 25), 1, (2422, 2423, 2500 + 2501, *range(2502, 2523))),
    ],
    ids=["spring", "autumn"],
)
def test_on_days_on_which_clocks_change_an_hour_is_skipped_or_twice_as_long(day, offset, expected):
    slots = slots_of(day, timedelta(hours=offset), ZURICH)
    assert reassembled(slots, of_utc(*utc_days(slots))).entered == expected


def test_half_an_hour_from_utc_nothing_can_be_put_together():
    assert not can_be_reassembled(slots_of(DAY, timedelta(hours=5, minutes=30)))
    assert can_be_reassembled(slots_of(DAY, TWO_HOURS, ZURICH))


def test_one_busy_hour_that_fits_utc_by_chance_moves_no_history():
    people = dict.fromkeys(range(24), 0) | {10: 60, 12: 20}
    assert clock_by_counts(people, {12: 60}, timedelta(hours=2)) is None
    three_hours = {12: 60, 13: 40, 14: 25}
    shifted = dict.fromkeys(range(24), 0) | {10: 60, 11: 40, 12: 25}
    assert clock_by_counts(shifted, three_hours, timedelta(hours=2)) is BucketClock.UTC
