"""Periods by a place's own calendar: parts without gaps, also where clocks change, and the periods beside them."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is in requirements-dev.txt")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from peoplecount.domain.history_period import Beside, Grain, HistoryPeriod  # noqa: E402

ZURICH = ZoneInfo("Europe/Zurich")
ZONES = [
    "UTC",
    "Europe/Zurich",
    "America/New_York",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Asia/Beirut",
]

periods = st.builds(
    lambda first, days, zone: HistoryPeriod(first, first + timedelta(days=days), ZoneInfo(zone)),
    st.dates(date(2010, 1, 1), date(2027, 12, 31)),
    st.integers(0, 70),
    st.sampled_from(ZONES),
)


@given(periods, st.sampled_from(Grain))
def test_parts_follow_each_other_from_the_first_moment_to_the_last(period, grain):
    parts = list(period.parts(grain))
    assert parts[0].start == period.start
    assert parts[-1].end >= period.end
    assert all(before.end == after.start for before, after in pairwise(parts))
    assert all(part.start < part.end or grain is Grain.DAY for part in parts)


@given(periods)
def test_every_hour_lies_in_exactly_one_day_and_days_have_23_to_25_of_them(period):
    hours = [part.start for part in period.parts(Grain.HOUR)]
    days = list(period.parts(Grain.DAY))
    found = [sum(day.start <= hour < day.end for hour in hours) for day in days]
    assert sum(found) == len(hours)
    assert set(found) <= {0, 23, 24, 25}, "Apia had no 30 December 2011"


@given(periods, st.sampled_from([Beside.BEFORE, Beside.YEAR]), st.sampled_from([Grain.HOUR, Grain.DAY, Grain.WEEK]))
def test_weekdays_stand_beside_the_same_weekdays_and_nothing_overlaps(period, beside, grain):
    other = period.beside(beside, grain)
    assert other.first.weekday() == period.first.weekday()
    assert other.days == period.days
    assert other.last < period.first


def test_the_second_of_two_hours_on_the_clock_is_told_apart():
    autumn = HistoryPeriod(date(2026, 10, 25), date(2026, 10, 25), ZURICH)
    hours = list(autumn.parts(Grain.HOUR))
    assert len(hours) == 25
    assert [(hour.local.hour, hour.turn) for hour in hours[1:5]] == [(1, 0), (2, 0), (2, 1), (3, 0)]
    assert hours[3].start == datetime(2026, 10, 25, 1, tzinfo=UTC)


def test_a_spring_day_has_23_hours():
    spring = HistoryPeriod(date(2026, 3, 29), date(2026, 3, 29), ZURICH)
    assert [hour.local.hour for hour in spring.parts(Grain.HOUR)] == [0, 1, *range(3, 24)]


def test_weeks_begin_on_monday_and_those_at_the_ends_are_cut():
    period = HistoryPeriod(date(2026, 5, 6), date(2026, 5, 19), ZURICH)
    weeks = [(week.local.date(), week.is_cut) for week in period.parts(Grain.WEEK)]
    assert weeks == [(date(2026, 5, 6), True), (date(2026, 5, 11), False), (date(2026, 5, 18), True)]


def test_months_stand_beside_months_however_long_they_are():
    march = HistoryPeriod(date(2026, 3, 1), date(2026, 3, 31), ZURICH)
    before = march.beside(Beside.BEFORE, Grain.MONTH)
    assert (before.first, before.last) == (date(2026, 2, 1), date(2026, 2, 28))
    year = march.beside(Beside.YEAR, Grain.MONTH)
    assert (year.first, year.last) == (date(2025, 3, 1), date(2025, 3, 31))


def test_part_of_a_month_stands_beside_as_many_days():
    part = HistoryPeriod(date(2026, 3, 2), date(2026, 3, 15), ZURICH)
    before = part.beside(Beside.BEFORE, Grain.MONTH)
    assert (before.first, before.last) == (date(2026, 2, 16), date(2026, 3, 1))


@given(periods, st.floats(0, 1), st.sampled_from([Beside.BEFORE, Beside.YEAR]), st.sampled_from(Grain))
def test_the_same_moment_of_the_period_beside_is_when_its_clocks_show_the_same(period, share, beside, grain):
    moment = period.start + share * (period.end - period.start)
    other = period.beside(beside, grain)
    same = period.same_moment(moment, other, grain)
    assert other.start <= same <= other.end
    if period.start < moment < period.end and same < other.end:
        there = same.astimezone(period.zone).replace(tzinfo=None)
        lacking = there - moment.astimezone(period.zone).replace(tzinfo=None)
        assert abs(lacking % timedelta(days=1)) in {timedelta(0), timedelta(hours=1)}, "an hour that clocks left out"


def test_the_same_moment_keeps_to_the_clock_where_days_have_other_lengths_and_to_the_day_of_a_month():
    sunday = HistoryPeriod(date(2026, 10, 25), date(2026, 10, 25), ZURICH)
    noon = datetime(2026, 10, 25, 11, 5, tzinfo=UTC)
    before = sunday.beside(Beside.BEFORE, Grain.HOUR)
    assert sunday.same_moment(noon, before, Grain.HOUR) == datetime(2026, 10, 18, 10, 5, tzinfo=UTC)
    march = HistoryPeriod(date(2026, 3, 1), date(2026, 3, 31), ZURICH)
    february = march.beside(Beside.BEFORE, Grain.MONTH)
    third = datetime(2026, 3, 3, 11, 5, tzinfo=UTC)
    assert march.same_moment(third, february, Grain.MONTH) == third.replace(month=2)
    assert march.same_moment(third.replace(day=30), february, Grain.MONTH) == february.end
    assert march.same_moment(march.start, february, Grain.MONTH) == february.start
    assert march.same_moment(march.end + timedelta(days=9), february, Grain.MONTH) == february.end
