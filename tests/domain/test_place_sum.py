"""Sums of stretches: what is known of them, and how."""

import pytest

from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.place_sum import PlaceStretch, PlaceSum, unseen_rows
from tests.support.shop import at


def stretch(entered=0, left=0, measured=0, estimated=0, missing=0, covered=0.0, coverages=0):
    return PlaceStretch("shop", at(9), entered, left, (measured, 0, 0, 0, estimated, missing), covered, coverages)


def summed(*stretches, unseen=0.0):
    total = PlaceSum(unseen=unseen)
    for one in stretches:
        total.add(one)
    return total


def test_nothing_is_not_nobody():
    assert summed().figures is None
    assert summed(stretch(missing=2)).figures is None
    assert summed(stretch(measured=1)).figures == Figures(0, 0)


def test_a_sum_is_as_good_as_the_worst_that_is_known_and_whole_only_with_everything():
    total = summed(stretch(5, 1, measured=3), stretch(2, 0, estimated=1))
    assert total.quality is Quality.ESTIMATED
    assert total.is_whole
    assert not summed(stretch(measured=3), stretch(missing=1)).is_whole
    assert not summed(stretch(measured=3), unseen=1).is_whole


def test_shares_tell_how_all_of_it_was_come_by():
    total = summed(stretch(measured=6, estimated=1, missing=1), unseen=2)
    assert total.shares() == {Quality.MEASURED: 0.6, Quality.ESTIMATED: 0.1, Quality.MISSING: pytest.approx(0.3)}
    assert total.known_share == pytest.approx(0.7)


def test_readings_that_are_not_there_lower_the_coverage():
    total = summed(stretch(measured=3, covered=3.0, coverages=3), unseen=1)
    assert total.coverage == pytest.approx(0.75)
    assert summed(stretch(measured=1)).coverage is None, "of imported totals nobody knows"
    assert summed(unseen=4).coverage == 0


def test_sums_of_sums_are_sums():
    first, second = summed(stretch(5, 1, measured=3), unseen=1), summed(stretch(2, 2, missing=1))
    both = PlaceSum()
    both.include(first)
    both.include(second)
    assert (both.entered, both.left, both.rows, both.unseen) == (7, 3, 4, 1)


@pytest.mark.parametrize(
    ("rows", "unseen"),
    [
        ([3, 3, 3], [0, 0, 0]),
        ([3, 2, 3], [0, 1, 0]),
        ([3, 0, 3], [0, 3, 0]),
        ([2, 3, 3], [0, 0, 0]),  # a new line
        ([3, 3, 2], [0, 0, 0]),  # one that was taken away
        ([2, 3, 1, 2, 1], [0, 0, 1, 0, 0]),
        ([], []),
    ],
)
def test_what_was_there_before_and_comes_after_was_missed_in_between(rows, unseen):
    assert unseen_rows(rows) == unseen
