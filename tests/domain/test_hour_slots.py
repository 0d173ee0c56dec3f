from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.hour_places import HourPlaces, from_to
from peoplecount.domain.hour_slots import HourSlots
from tests.support.keeping import at

HOUR = timedelta(hours=1)
ZURICH = ZoneInfo("Europe/Zurich")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def seen(text, hours):
    return ClockSight(at(text), timedelta(hours=hours), timedelta(hours=hours))


def follows_its_zone(text="2026-05-04T12:00:00"):
    return HourSlots.by(seen(text, 2), ZURICH)


def never_told_of_summer():
    return HourSlots.by(seen("2026-05-04T12:00:00", 1), ZURICH)


@pytest.mark.parametrize(("day", "slot", "hours"), [(SPRING, 2, 0), (AUTUMN, 2, 2)])
def test_an_hour_is_left_out_in_spring_and_one_lasts_two_in_autumn(day, slot, hours):
    slots = follows_its_zone().on(day)
    lengths = [slots.end(hour) - slots.begin(hour) for hour in range(24)]
    assert lengths[slot] == hours * HOUR
    assert set(lengths[:slot] + lengths[slot + 1 :]) == {HOUR}


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_a_camera_that_was_never_told_of_summer_has_24_hours_every_day(day):
    slots = never_told_of_summer().on(day)
    assert {slots.end(hour) - slots.begin(hour) for hour in range(24)} == {HOUR}


@pytest.mark.parametrize("hours", [follows_its_zone(), never_told_of_summer()])
@pytest.mark.parametrize("day", [SPRING, AUTUMN, date(2026, 5, 4)])
def test_days_follow_each_other_without_a_gap(hours, day):
    assert hours.on(day).bounds[-1] == hours.on(day + timedelta(days=1)).bounds[0]


def test_a_stretch_touches_the_hours_it_shares_time_with():
    slots = follows_its_zone().on(date(2026, 5, 4))
    assert list(slots.within(at("2026-05-04T08:30:00"), at("2026-05-04T10:00:00"))) == [10, 11]


def places(hours):
    return HourPlaces.of(seen("2026-05-04T12:00:00", hours), ZURICH)


def test_a_moment_at_the_very_end_of_an_hour_is_in_it():
    assert places(2).place(at("2026-05-04T08:00:00")) == (date(2026, 5, 4), 9)
    assert places(2).place(at("2026-05-04T08:00:01")) == (date(2026, 5, 4), 10)
    assert places(2).place(at("2026-05-03T22:00:00")) == (date(2026, 5, 3), 23)


def test_before_clocks_changed_a_camera_in_step_went_by_the_old_time():
    assert places(2).place(at("2026-03-29T00:59:00")) == (SPRING, 1)
    assert places(2).place(at("2026-03-29T01:00:00")) == (SPRING, 1)
    assert places(1).place(at("2026-03-29T01:30:00")) == (SPRING, 2)


def test_midnight_is_the_cameras():
    assert places(2).midnight(SPRING) == at("2026-03-28T23:00:00")
    assert places(1).midnight(date(2026, 5, 4)) == at("2026-05-03T23:00:00")


def test_hours_from_one_to_another_go_on_after_midnight():
    day, next_day = date(2026, 5, 4), date(2026, 5, 5)
    assert list(from_to((day, 22), (next_day, 1))) == [(day, 22), (day, 23), (next_day, 0), (next_day, 1)]
    assert list(from_to((day, 5), (day, 4))) == []
