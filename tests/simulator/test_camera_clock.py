"""A camera's own clock: midnights, daylight saving, and being set."""

from collections import Counter
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from peoplecount.simulator.camera_clock import CameraClock, standard_time
from tests.support.virtual_cameras import ZURICH, zurich


def instant(text):
    return zurich(text).timestamp()


def filed_hours(clock, day):
    """Hours of true time by the number under which the camera files them."""
    filed = Counter()
    for hour, start, end in clock.hours(day):
        filed[hour] += (end - start) / 3600
    return filed


def test_its_day_begins_at_local_midnight():
    clock = CameraClock(ZURICH)
    assert clock.day_start(instant("2026-03-03T10:00:00")) == instant("2026-03-03T00:00:00")
    assert clock.day_start(instant("2026-03-03T00:00:00")) == instant("2026-03-03T00:00:00")
    assert clock.day_start(instant("2026-03-02T23:59:59")) == instant("2026-03-02T00:00:00")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_a_day_on_which_clocks_change_is_shorter_or_longer(day, hours):
    clock = CameraClock(ZURICH)
    after = instant(f"{day}T00:00:00") + hours * 3600
    assert clock.day_start(after - 1) == instant(f"{day}T00:00:00")
    assert clock.day_start(after) == after


def test_an_ordinary_day_is_filed_under_its_24_hours():
    assert filed_hours(CameraClock(ZURICH), date(2026, 3, 3)) == dict.fromkeys(range(24), 1)


def test_in_spring_the_skipped_hour_holds_nothing():
    filed = filed_hours(CameraClock(ZURICH), date(2026, 3, 29))
    assert filed[2] == 0
    assert filed[1] == filed[3] == 1


def test_in_autumn_the_repeated_hour_is_filed_twice_under_one_number():
    filed = filed_hours(CameraClock(ZURICH), date(2026, 10, 25))
    assert filed[2] == 2
    assert sum(filed.values()) == 25


def test_without_the_daylight_saving_rule_its_summer_midnight_comes_an_hour_late():
    clock = CameraClock(ZURICH)
    clock.forget_daylight_saving(instant("2026-03-02T12:00:00"))
    assert clock.day_start(instant("2026-03-28T12:00:00")) == instant("2026-03-28T00:00:00")
    assert clock.day_start(instant("2026-07-01T12:00:00")) == instant("2026-07-01T01:00:00")
    assert clock.day_start(instant("2026-07-01T00:59:59")) == instant("2026-06-30T01:00:00")
    assert clock.local(instant("2026-07-01T12:00:00")).hour == 11
    assert not clock.daylight_saving(instant("2026-07-01T12:00:00"))


def test_standard_time_is_the_smaller_offset_also_where_winter_is_called_the_saving():
    summer = instant("2026-07-01T12:00:00")
    assert standard_time(ZoneInfo("Europe/Dublin"), summer).utcoffset(None) == timedelta(0)
    assert standard_time(ZoneInfo("Australia/Sydney"), summer).utcoffset(None) == timedelta(hours=10)


def test_a_step_within_the_day_moves_the_next_midnight_and_keeps_the_day():
    clock = CameraClock(ZURICH)
    clock.step(instant("2026-03-03T10:00:00"), 600)
    assert clock.local(instant("2026-03-03T10:00:00")).minute == 10
    assert clock.day_start(instant("2026-03-03T11:00:00")) == instant("2026-03-03T00:00:00")
    assert clock.day_start(instant("2026-03-03T23:50:00")) == instant("2026-03-03T23:50:00")


def test_a_step_over_midnight_begins_another_day_at_once():
    clock = CameraClock(ZURICH)
    clock.step(instant("2026-03-03T23:30:00"), 3600)
    assert clock.day_start(instant("2026-03-03T23:40:00")) == instant("2026-03-03T23:30:00")
    assert clock.day_start(instant("2026-03-04T12:00:00")) == instant("2026-03-03T23:30:00")


def test_a_step_back_over_midnight_repeats_the_evening():
    clock = CameraClock(ZURICH)
    step = instant("2026-03-03T00:10:00")
    clock.step(step, -1800)
    assert clock.day_start(step + 60) == step
    assert clock.day_start(instant("2026-03-03T00:30:00")) == instant("2026-03-03T00:30:00")


def test_hours_are_filed_by_what_the_clock_showed_then():
    clock = CameraClock(ZURICH)
    clock.step(instant("2026-03-03T10:00:00"), 3600)
    filed = filed_hours(clock, date(2026, 3, 3))
    assert (filed[9], filed[10], filed[11]) == (1, 0, 1)
    assert sum(filed.values()) == 23


def test_put_right_it_shows_the_true_time_again():
    clock = CameraClock(ZURICH)
    clock.step(instant("2026-07-01T10:00:00"), 3600)
    clock.forget_daylight_saving(instant("2026-07-01T11:00:00"))
    clock.put_right(instant("2026-07-01T12:00:00"))
    assert clock.local(instant("2026-07-01T13:00:00")) == zurich("2026-07-01T13:00:00")
    assert clock.local(instant("2026-07-01T10:30:00")).hour == 11
    assert clock.believed_utc(instant("2026-07-01T10:30:00")).hour == 9
