"""What a line counted before its first reading."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from peoplecount.domain.counter import Moment
from peoplecount.domain.counting import CountState, count
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.earlier_today import first_today
from peoplecount.domain.event import Quality
from peoplecount.domain.increment import Generation
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals

KEY = LineKey("7")
DAY = date(2026, 5, 4)
SUMMER = timedelta(hours=2)
THREE = datetime(2026, 5, 4, 15, 20)


def moment(local=THREE, offset=SUMMER):
    return Moment((local - offset).replace(tzinfo=UTC), local)


def hours(entered, left=None, day=DAY):
    """Figures by hour of the day; the rest of 24 is zero."""
    both = [[figures.get(hour, 0) for hour in range(24)] for figures in (entered, left or {})]
    return DayHours(day, tuple(both[0]), tuple(both[1]))


def earlier(totals, of_day, at=None):
    return first_today(LineReading(KEY, "Door", Totals(*totals)), of_day, at or moment())


def told(result):
    return [
        (f"{one.started_at:%H:%M}", f"{one.ended_at:%H:%M}", one.entered.people, one.left.people)
        for one in result.increments
    ]


def test_every_finished_hour_with_people_is_an_increment_and_the_rest_ends_at_the_reading():
    result = earlier((30, 9), hours({8: 12, 14: 5}, {9: 4}))
    assert told(result) == [
        ("06:00", "07:00", 12, 0),
        ("07:00", "08:00", 0, 4),
        ("12:00", "13:00", 5, 0),
        ("13:00", "13:20", 13, 5),
    ]
    assert [one.local_time for one in result.increments] == [
        datetime(2026, 5, 4, 9),
        datetime(2026, 5, 4, 10),
        datetime(2026, 5, 4, 15),
        THREE,
    ]
    assert {one.quality for one in result.increments} == {Quality.BACK_FILLED}
    assert {one.entered.generation for one in result.increments} == {Generation(DAY)}
    assert result.misfit == ""


def test_what_the_history_says_of_the_hour_under_way_and_of_hours_to_come_is_ignored():
    plain = earlier((30, 9), hours({8: 12}, {8: 4}))
    assert earlier((30, 9), hours({8: 12, 15: 1, 16: 99, 23: 7}, {8: 4, 15: 99})) == plain


def test_a_line_where_nobody_came_has_one_empty_increment():
    result = earlier((0, 0), hours({}))
    assert told(result) == [("13:00", "13:20", 0, 0)]


def test_a_history_that_goes_no_further_than_the_hour_under_way_is_enough():
    assert told(earlier((3, 0), DayHours(DAY, (0,) * 14 + (3,), (0,) * 15))) == [
        ("12:00", "13:00", 3, 0),
        ("13:00", "13:20", 0, 0),
    ]


@pytest.mark.parametrize(
    ("totals", "of_day", "why"),
    [
        ((30, 9), hours({8: 31}, {8: 9}), "31 people in up to 15:00, more than the total, which is 30"),
        ((30, 9), hours({8: 30}, {8: 10}), "10 people out up to 15:00, more than the total, which is 9"),
        ((30, 9), hours({}), "knows of nobody, and the totals are 30 in, 9 out"),
        ((0, 9), hours({16: 9}), "knows of nobody"),
        ((30, 9), hours({8: 30}, {8: 9}, day=DAY - timedelta(days=1)), "of 2026-05-03, the reading of 2026-05-04"),
        ((30, 9), DayHours(DAY, (1,) * 14, (0,) * 14), "ends at 14:00, and it is 15:20"),
        ((30000, 9), hours({8: 30}, {8: 9}), "lags: 29970 people in cannot all have come since 15:00"),
        ((30, 9000), hours({8: 30}, {8: 9}), "lags: 8991 people out"),
    ],
)
def test_where_history_and_totals_contradict_each_other_nothing_is_guessed(totals, of_day, why):
    result = earlier(totals, of_day)
    assert result.increments == ()
    assert why in result.misfit


@pytest.mark.parametrize("seconds", [-100, -1, 1, 100])
def test_a_camera_whose_clock_is_a_little_off_has_whole_hours_all_the_same(seconds):
    result = earlier((30, 9), hours({8: 12}), moment(offset=SUMMER + timedelta(seconds=seconds)))
    first = result.increments[0]
    assert (first.started_at, first.ended_at) == (
        datetime(2026, 5, 4, 6, tzinfo=UTC),
        datetime(2026, 5, 4, 7, tzinfo=UTC),
    )


def test_no_increment_ends_after_the_reading():
    fast = moment(datetime(2026, 5, 4, 15, 0, 30), SUMMER + timedelta(seconds=100))
    result = earlier((30, 9), hours({14: 12}), fast)
    assert [one.ended_at for one in result.increments] == [fast.utc, fast.utc]
    assert all(one.started_at <= one.ended_at for one in result.increments)


@pytest.mark.parametrize(
    ("day", "offset"), [(date(2026, 3, 29), timedelta(hours=2)), (date(2026, 10, 25), timedelta(hours=1))]
)
def test_a_day_on_which_clocks_change_keeps_its_sums_and_its_wall_clock(day, offset):
    at = moment(datetime(day.year, day.month, day.day, 15, 20), offset)
    result = earlier((30, 9), hours({1: 7, 2: 3, 8: 12}, {2: 9}, day=day), at)
    assert [(one.local_time.hour, one.entered.people, one.left.people) for one in result.increments] == [
        (2, 7, 0),
        (3, 3, 9),
        (9, 12, 0),
        (15, 8, 0),
    ]
    assert all(before.ended_at <= after.started_at for before, after in itertools.pairwise(result.increments))


def reading(totals, at):
    return Reading("7", at.utc, at.local, "SERIAL", (LineReading(KEY, "Door", Totals(*totals)),))


def test_a_line_with_history_has_counted_todays_totals_and_goes_on_from_there():
    first = count(
        CountState(),
        reading((30, 9), moment()),
        expected_every=timedelta(seconds=10),
        earlier={KEY: hours({8: 12}, {9: 4})},
    )
    assert [(one.entered.people, one.left.people) for one in first.lines[0].increments] == [(12, 0), (0, 4), (18, 5)]
    state = first.state.lines[KEY]
    assert (state.in_today, state.out_today) == (30, 9)
    assert (state.entered.start, state.left.start) == (0, 0)

    second = count(
        first.state, reading((31, 9), moment(THREE + timedelta(seconds=10))), expected_every=timedelta(seconds=10)
    )
    (increment,) = second.lines[0].increments
    assert (increment.entered.people, increment.entered.start, increment.quality) == (1, 0, Quality.MEASURED)
    assert second.state.lines[KEY].in_today == 31


def test_a_history_that_does_not_fit_leaves_the_bare_base_and_says_why():
    result = count(
        CountState(), reading((30, 9), moment()), expected_every=timedelta(seconds=10), earlier={KEY: hours({8: 31})}
    )
    (line,) = result.lines
    assert "more than the total" in line.unused_history
    assert [(one.entered.people, one.entered.start) for one in line.increments] == [(0, 30)]
    assert (line.state.in_today, line.state.out_today) == (0, 0)


def test_the_history_of_a_line_that_is_known_changes_nothing():
    known = count(CountState(), reading((30, 9), moment()), expected_every=timedelta(seconds=10)).state
    again = count(
        known, reading((30, 9), moment()), expected_every=timedelta(seconds=10), earlier={KEY: hours({8: 12})}
    )
    assert again.lines == ()
    assert again.state.lines[KEY].in_today == 0
