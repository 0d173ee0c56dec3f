"""A reading that is passed over as quiet leaves exactly what counting it would have left."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("hypothesis")
from hypothesis import given, settings
from hypothesis import strategies as st

from peoplecount.domain.counting import CountState, count
from peoplecount.domain.line import LineKey
from peoplecount.domain.quiet_reading import after_quiet
from peoplecount.domain.reading import LineReading, Reading, Totals

DOORS = LineKey("7", index=1), LineKey("7", index=2)
EVERY = timedelta(seconds=10)
EVENING = datetime(2026, 5, 4, 23, 58, 30, tzinfo=UTC)


def reading(at: datetime, *totals: tuple[int, int], serial: str = "S", names: str = "D") -> Reading:
    lines = tuple(LineReading(key, names, Totals(*pair)) for key, pair in zip(DOORS, totals, strict=False))
    return Reading("7", at, at.replace(tzinfo=None) + timedelta(hours=2), serial, lines)


def begun(at: datetime, *totals: tuple[int, int]) -> CountState:
    return count(CountState(), reading(at, *totals), expected_every=EVERY).state


moves = st.tuples(
    st.sampled_from([0, 0, 0, 0, 1, 3, -2, -1000]),
    st.sampled_from([0, 0, 0, 0, 1, -2, -1000]),
    st.sampled_from([1, 9, 10, 10, 10, 11, 20, 21, 600, 7200, -5]),
    st.sampled_from(["S", "S", "S", "S", "", "T"]),
    st.sampled_from(["D", "D", "D", "E"]),
    st.sampled_from([1, 2, 2, 2]),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(moves, max_size=40), st.sampled_from([0, 3, 5000]))
def test_it_is_what_counting_would_have_made_of_it(
    history: list[tuple[int, int, int, str, str, int]], base: int
) -> None:
    at, totals, state = EVENING, [base, base], CountState()
    for entered, left, seconds, serial, names, lines in history:
        at += timedelta(seconds=seconds)
        totals = [max(totals[0] + entered, 0), max(totals[1] + left, 0)]
        now = reading(at, *[(totals[0], totals[1])] * lines, serial=serial, names=names)

        counted = count(state, now, expected_every=EVERY)
        quiet = after_quiet(state, now, 2 * EVERY)

        if quiet is not None:
            assert quiet == counted.state
            assert counted.lines == ()
        state = counted.state


def test_nobody_came() -> None:
    state = begun(EVENING, (3, 4))

    assert after_quiet(state, reading(EVENING + EVERY, (3, 4)), 2 * EVERY) is not None


@pytest.mark.parametrize(
    "other",
    [
        reading(EVENING + EVERY, (4, 4)),
        reading(EVENING + EVERY, (3, 3)),
        reading(EVENING + EVERY, (3, 4), (0, 0)),
        reading(EVENING + EVERY, (3, 4), serial="T"),
        reading(EVENING + EVERY, (3, 4), names="E"),
        reading(EVENING + 3 * EVERY, (3, 4)),
        reading(EVENING - EVERY, (3, 4)),
        replace(reading(EVENING + EVERY, (3, 4)), local_time=datetime(2026, 5, 4, 23, 59)),
    ],
)
def test_anything_else_is_counted(other: Reading) -> None:
    assert after_quiet(begun(EVENING, (3, 4)), other, 2 * EVERY) is None


def test_a_fall_that_is_held_is_looked_at_again() -> None:
    fallen = count(begun(EVENING, (30, 40)), reading(EVENING + EVERY, (0, 40)), expected_every=EVERY).state

    assert after_quiet(fallen, reading(EVENING + 2 * EVERY, (0, 40)), 2 * EVERY) is None
    assert after_quiet(fallen, reading(EVENING + 2 * EVERY, (30, 40)), 2 * EVERY) is None
