from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.spread import spread, stretch_of

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

TEN = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
QUARTER = 15 * MINUTE

moments = st.datetimes(min_value=datetime(1999, 1, 1), max_value=datetime(2099, 1, 1), timezones=st.just(UTC))
durations = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9))
shifts = st.integers(-52, 56).map(lambda quarters: quarters * QUARTER)
lengths = st.sampled_from([QUARTER, timedelta(hours=1)])


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (TEN + timedelta(milliseconds=1), TEN),
        (TEN + 15 * MINUTE, TEN),
        (TEN, TEN - QUARTER),
        (TEN + 15 * MINUTE + timedelta(milliseconds=1), TEN + QUARTER),
    ],
)
def test_a_stretch_holds_its_end_and_not_its_beginning(moment, expected):
    assert stretch_of(moment, QUARTER) == expected


def test_stretches_may_be_shifted():
    """India's hours begin at half past by UTC."""
    assert stretch_of(TEN + 40 * MINUTE, timedelta(hours=1), -timedelta(hours=5, minutes=30)) == TEN + 30 * MINUTE


def test_a_short_interval_belongs_to_where_it_ended():
    assert spread(7, TEN - MINUTE, TEN + MINUTE, QUARTER) == {TEN: 7}


def test_nobody_is_spread_to_nowhere():
    assert spread(0, TEN, TEN + timedelta(hours=3), QUARTER) == {}


def test_a_long_interval_is_spread_by_time_and_the_largest_remainders_get_the_last_people():
    # 60 minutes from 9:50: shares of 10, 15, 15, 15 and 5 minutes of 10 people are 1.67, 2.5, 2.5, 2.5 and 0.83.
    shares = spread(10, TEN - 10 * MINUTE, TEN + 50 * MINUTE, QUARTER)
    assert list(shares.values()) == [2, 3, 2, 2, 1]
    assert min(shares) == TEN - QUARTER


def test_one_person_of_a_week_is_still_one_person():
    assert sum(spread(1, TEN - timedelta(days=7), TEN, QUARTER).values()) == 1


@hypothesis.given(st.integers(0, 10**9), moments, durations, lengths, shifts)
def test_people_stay_whole_and_their_sum_is_kept(people, start, duration, length, shift):
    shares = spread(people, start, start + duration, length, shift)
    assert sum(shares.values()) == people
    assert all(share > 0 for share in shares.values())


@hypothesis.given(st.integers(1, 10**6), moments, durations, lengths, shifts)
def test_no_share_is_a_person_off_what_its_time_is_worth(people, start, duration, length, shift):
    hypothesis.assume(duration > length)
    end = start + duration
    for begin, share in spread(people, start, end, length, shift).items():
        overlap = min(begin + length, end) - max(begin, start)
        assert overlap > timedelta(0)
        assert abs(share - people * (overlap / duration)) < 1.000001
        assert stretch_of(begin + length, length, shift) == begin
