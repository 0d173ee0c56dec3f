"""Rows of a roll-up in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from peoplecount.domain.event import Quality
from peoplecount.domain.roll_up import HOUR, QUARTER, Cell, RollUp, Stretch

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LINES, PLACES = ("a", "b"), (("door1", "north"), ("door2", "north"), ("door1", "south"))

stretches = st.builds(
    lambda line, quarter, place: Stretch(line, NOON + quarter * QUARTER, *place),
    st.sampled_from(LINES),
    st.integers(-4, 8),
    st.sampled_from(PLACES),
)


@given(st.lists(stretches), st.lists(stretches), st.sampled_from(LINES), st.integers(-5, 5), st.integers(0, 9))
def test_rows_of_a_line_are_found_in_order_of_time_door_and_site(loaded, opened, line, first, quarters):
    roll_up = RollUp({stretch: Cell() for stretch in loaded})
    for stretch in opened:
        roll_up.open(stretch)
    begin, end = NOON + first * QUARTER, NOON + (first + quarters) * QUARTER
    of_line = {one for one in loaded + opened if one.line_id == line}
    assert roll_up.between(line, begin, end) == sorted(one for one in of_line if begin <= one.starts_at < end)
    assert roll_up.at(line, begin) == sorted(one for one in of_line if one.starts_at == begin)
    assert set(roll_up) == {*loaded, *opened}


def test_a_row_that_is_there_is_opened_and_another_is_made():
    there = Stretch("a", NOON, "door1", "north")
    roll_up = RollUp({there: Cell(3, 4)})
    assert roll_up.open(there) is roll_up[there]
    made = roll_up.open(Stretch("a", NOON + HOUR, "door1", "north"), NOON.replace(tzinfo=None))
    assert (made.entered, made.left, made.coverage) == (0, 0, None)
    assert made.local_start == NOON.replace(tzinfo=None)


def test_another_door_of_the_line_was_read_as_often_just_then():
    roll_up = RollUp({Stretch("a", NOON, "door1", "north"): Cell(3, coverage=0.5)})
    assert roll_up.open(Stretch("a", NOON, "door2", "north")).coverage == 0.5
    assert roll_up.open(Stretch("a", NOON + HOUR, "door2", "north")).coverage is None
    assert roll_up.open(Stretch("b", NOON, "door1", "north")).coverage is None


def test_lines_share_the_moments_at_which_their_rows_begin():
    roll_ups = [RollUp(), RollUp()]
    for roll_up in roll_ups:
        roll_up.open(Stretch("a", NOON + timedelta(0), "door1", "north"))
    first, second = (next(iter(roll_up)).starts_at for roll_up in roll_ups)
    assert first is second


def test_people_make_a_missing_row_known_and_the_worst_of_them_says_how_well():
    cell = Cell(quality=Quality.MISSING)
    cell.add(2, 1, Quality.ESTIMATED)
    cell.add(1, 0, Quality.MEASURED)
    assert (cell.figures.entered, cell.figures.left, cell.quality) == (3, 1, Quality.ESTIMATED)
