"""When a site is open."""

from datetime import datetime, timedelta

import pytest

from peoplecount.domain.opening_hours import OpeningHours

SHOP = "Mo-Fr 08:00-20:00; Sa 09:00-12:30,13:30-17:00; Su off; Dec 25-26 off"


def is_open(text, moment):
    return OpeningHours.parse(text).is_open(datetime.fromisoformat(moment))


@pytest.mark.parametrize(
    ("moment", "opened"),
    [
        ("2026-05-04 07:59", False),
        ("2026-05-04 08:00", True),
        ("2026-05-04 19:59", True),
        ("2026-05-04 20:00", False),
        ("2026-05-09 12:45", False),
        ("2026-05-09 13:30", True),
        ("2026-05-10 12:00", False),
        ("2026-12-25 12:00", False),  # a Friday
        ("2026-12-28 12:00", True),
    ],
)
def test_a_shop_is_open_in_its_hours_and_at_no_other_time(moment, opened):
    assert is_open(SHOP, moment) is opened


@pytest.mark.parametrize(
    ("moment", "opened"),
    [
        ("2026-05-08 23:30", True),
        ("2026-05-09 03:59", True),
        ("2026-05-09 04:00", False),
        ("2026-05-10 02:00", True),
        ("2026-05-10 22:00", False),
    ],
)
def test_hours_past_midnight_reach_into_the_next_day(moment, opened):
    assert is_open("Fr,Sa 20:00-04:00", moment) is opened


def test_days_may_run_over_the_end_of_a_week_and_of_a_year():
    assert is_open("Sa-Mo 10:00-11:00", "2026-05-10 10:30")
    assert not is_open("Sa-Mo 10:00-11:00", "2026-05-12 10:30")
    assert not is_open("08:00-20:00; Dec 24-Jan 02 off", "2027-01-01 12:00")
    assert is_open("08:00-20:00; Dec 24-Jan 02 off", "2027-01-03 12:00")


def test_times_without_days_hold_every_day_and_24_7_is_always():
    assert is_open("06:00-24:00", "2026-05-10 23:59")
    assert not is_open("06:00-24:00", "2026-05-10 00:00")
    assert is_open("24/7", "2026-05-10 03:00")


def test_a_later_rule_replaces_an_earlier_one_on_its_days():
    assert not is_open("Mo-Su 08:00-20:00; We off;", "2026-05-06 12:00")


def test_it_says_whether_a_site_has_been_closed_for_a_while():
    hours = OpeningHours.parse(SHOP)
    assert hours.is_closed_for(datetime(2026, 5, 5, 4, 0), timedelta(hours=3))
    assert not hours.is_closed_for(datetime(2026, 5, 4, 22, 0), timedelta(hours=3))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no opening hours are given"),
        ("whenever", "days and then times"),
        ("Mo-Fr", "days and then times"),
        ("Mo-Fr 8:00-20:00", "two digits"),
        ("Mo-Fr 08:00-25:00", "24:00"),
        ("Mo-Xx 08:00-20:00", "are no days"),
        ("PH off", "holidays are not known"),
        ("Foo 25 off", "no month"),
        ("Feb 30 off", "no day 30"),
        ("Mo 08:00-20:00;;Tu 08:00-20:00", "days and then times"),
        ("Mo 24/7", "days and then times"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_what_is_allowed(text, word):
    with pytest.raises(ValueError, match=word):
        OpeningHours.parse(text)
