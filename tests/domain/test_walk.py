"""What a walk test says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peoplecount.domain.reading import Totals
from peoplecount.domain.walk import Walk, walked

people = st.integers(0, 60)
totals = st.builds(Totals, people, people)


def walk(counted: Totals, by_hand: Totals) -> Walk:
    return Walk("main", datetime(2026, 5, 4, 12, 0, tzinfo=UTC), "anna", counted, by_hand)


@pytest.mark.parametrize(
    ("counted", "by_hand", "accuracy"),
    [
        (Totals(10, 10), Totals(10, 10), 1.0),
        (Totals(9, 10), Totals(10, 10), 0.95),
        (Totals(11, 10), Totals(10, 10), 0.95),
        (Totals(0, 0), Totals(10, 10), 0.0),
        (Totals(60, 0), Totals(10, 0), 0.0),
    ],
)
def test_every_crossing_that_was_missed_or_made_up_counts_against_it(
    counted: Totals, by_hand: Totals, accuracy: float
) -> None:
    assert walk(counted, by_hand).accuracy == pytest.approx(accuracy)


def test_where_nobody_crossed_nothing_is_known() -> None:
    assert walk(Totals(1, 0), Totals(0, 0)).accuracy is None
    assert not walk(Totals(0, 0), Totals(0, 0)).looks_backwards


def test_a_few_crossings_are_too_few() -> None:
    assert not walk(Totals(5, 5), Totals(5, 5)).is_enough
    assert walk(Totals(10, 10), Totals(10, 10)).is_enough


def test_in_for_out_is_seen() -> None:
    assert walk(Totals(0, 3), Totals(3, 0)).looks_backwards
    assert not walk(Totals(3, 0), Totals(3, 0)).looks_backwards
    assert not walk(Totals(0, 0), Totals(3, 0)).looks_backwards


@given(totals, totals)
def test_whoever_walks_the_other_way_sees_the_same(counted: Totals, by_hand: Totals) -> None:
    turned = walk(Totals(counted.out_total, counted.in_total), Totals(by_hand.out_total, by_hand.in_total))
    assert turned.accuracy == walk(counted, by_hand).accuracy
    assert turned.looks_backwards == walk(counted, by_hand).looks_backwards


@given(totals, totals)
def test_what_is_right_is_never_backwards_and_only_that_is_whole(counted: Totals, by_hand: Totals) -> None:
    one = walk(counted, by_hand)
    assert not walk(by_hand, by_hand).looks_backwards
    if one.accuracy is not None:
        assert 0 <= one.accuracy <= 1
        assert (one.accuracy == 1) == (counted == by_hand)


@given(totals, totals)
def test_totals_that_shrink_began_anew(before: Totals, after: Totals) -> None:
    crossed = walked(before, after)
    if crossed is None:
        assert after.in_total < before.in_total or after.out_total < before.out_total
    else:
        assert Totals(before.in_total + crossed.in_total, before.out_total + crossed.out_total) == after
