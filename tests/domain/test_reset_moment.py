from datetime import date, datetime, timedelta

import pytest

pytest.importorskip("hypothesis")
from hypothesis import given
from hypothesis import strategies as st

from peoplecount.domain.poll_times import AT_MIDNIGHT, ResetWindow
from peoplecount.domain.reset_moment import LearnedReset, learn


def seen(known, night, earliest, latest):
    """A reset seen between two readings, so many seconds from a May night's midnight."""
    midnight = datetime(2026, 5, night)
    return learn(known, midnight + timedelta(seconds=earliest), midnight + timedelta(seconds=latest))


def window(known):
    return (known.window.earliest.total_seconds(), known.window.latest.total_seconds()) if known.window else None


def test_as_long_as_nothing_was_seen_midnight_is_expected():
    assert LearnedReset().expected() == AT_MIDNIGHT


def test_every_night_narrows_the_moment():
    known = seen(LearnedReset(), 5, -4.0, 3.0)
    assert window(known) == (-4.0, 3.0)
    known = seen(seen(known, 6, -0.8, 6.0), 7, -3.0, 1.2)
    assert window(known) == (-0.8, 1.2)
    assert (known.nights, known.night) == (3, date(2026, 5, 7))


def test_a_reset_an_hour_late_and_one_before_midnight_belong_to_the_day_they_begin():
    late = seen(LearnedReset(), 5, 3598.0, 3601.0)
    assert late.expected() == ResetWindow(timedelta(seconds=3598), timedelta(seconds=3601))
    early = seen(LearnedReset(), 5, -92.0, -89.0)
    assert (window(early), early.night) == ((-92.0, -89.0), date(2026, 5, 5))


def test_one_night_that_contradicts_changes_nothing():
    known = seen(seen(LearnedReset(), 5, -1.0, 1.0), 6, 40.0, 43.0)
    assert window(known) == (-1.0, 1.0)
    known = seen(known, 7, -0.5, 2.0)
    assert (window(known), known.doubted) == ((-0.5, 1.0), None)


def test_two_nights_that_contradict_alike_are_believed():
    known = seen(seen(LearnedReset(), 5, -1.0, 1.0), 6, 3598.0, 3602.0)
    known = seen(known, 7, 3599.0, 3605.0)
    assert window(known) == (3599.0, 3602.0)


def test_two_nights_that_contradict_in_different_ways_are_not():
    known = seen(seen(LearnedReset(), 5, -1.0, 1.0), 6, 100.0, 104.0)
    known = seen(known, 7, 200.0, 204.0)
    assert window(known) == (-1.0, 1.0)


def test_a_night_counts_once_though_in_and_out_are_reset_apart():
    known = seen(LearnedReset(), 5, -1.0, 1.0)
    assert seen(known, 5, 1.0, 3.0) == known


@pytest.mark.parametrize(("earliest", "latest"), [(-3000.0, 3000.0), (-700.0, -695.0), (7200.0, 7205.0), (2.0, 2.0)])
def test_falls_far_from_midnight_and_long_silences_teach_nothing(earliest, latest):
    assert seen(LearnedReset(), 5, earliest, latest) == LearnedReset()


@given(
    st.floats(-500, 3900),
    st.lists(st.tuples(st.floats(0.2, 20.0), st.floats(0.2, 20.0)), min_size=1, max_size=20),
)
def test_a_moment_that_is_the_same_every_night_is_never_lost_and_never_found_less_well(moment, stretches):
    known = LearnedReset()
    width = float("inf")
    for night, (before, after) in enumerate(stretches, start=1):
        known = seen(known, night, moment - before, moment + after)
        earliest, latest = window(known)
        assert earliest - 1e-5 <= moment <= latest + 1e-5
        assert latest - earliest <= width + 1e-5
        width = latest - earliest
