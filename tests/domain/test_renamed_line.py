from datetime import UTC, date, datetime, timedelta

import pytest

from peoplecount.domain.camera_day import CameraDay, Gap, HourCell, LineDay
from peoplecount.domain.day_history import DayHistory, DayHours
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.hour_slots import HourSlots
from peoplecount.domain.line import LineKey
from peoplecount.domain.renamed_line import Renaming, without_renamed

EAST = LineKey("7")
DAY = date(2026, 5, 6)
SLOTS = HourSlots((), UTC).on(DAY)
RENAMED = {EAST: Renaming("East", "Main door", datetime(2026, 5, 6, 15, 2))}


def counted(**hours):
    """``counted(h9=20)``: twenty people in, from nine to ten, read throughout."""
    return CameraDay(DAY, (), {EAST: LineDay({int(name[1:]): HourCell(Figures(n, 0)) for name, n in hours.items()})})


def remembered(day=DAY, **hours):
    entered = tuple(hours.get(f"h{hour}", 0) for hour in range(24))
    return DayHistory(day, {EAST: DayHours(day, entered, (0,) * 24)}, {})


def sift(history, known, renamings=RENAMED):
    return without_renamed(history, renamings, known, SLOTS)


def test_a_line_that_was_never_renamed_is_left_alone():
    history = remembered(h9=20)
    assert sift(history, counted(), {}) == history


def test_figures_that_followed_the_new_name_are_taken():
    history = remembered(h9=20, h10=30, h16=7)
    assert sift(history, counted(h9=20, h10=29)) == history


@pytest.mark.parametrize("history", [remembered(), remembered(h9=3, h10=80), remembered(h16=7)])
def test_figures_that_are_not_what_was_counted_before_are_not_taken(history):
    result = sift(history, counted(h9=20, h10=29))
    assert result.hours == {}
    assert "named 'East' until 2026-05-06 15:02" in result.missing[EAST]


def test_where_nothing_was_counted_under_the_old_name_nothing_can_be_checked():
    assert sift(remembered(h9=20), None).hours == {}
    assert sift(remembered(h9=20), counted()).hours == {}


def test_what_was_counted_under_the_new_name_proves_nothing():
    assert sift(remembered(h16=7), counted(h16=7)).hours == {}


def test_estimates_and_unread_hours_prove_nothing():
    gap = Gap(datetime(2026, 5, 6, 8, tzinfo=UTC), datetime(2026, 5, 6, 10, 30, tzinfo=UTC))
    unread = CameraDay(DAY, (), {EAST: LineDay({9: HourCell(Figures(20, 0))}, (gap,))})
    estimated = CameraDay(DAY, (), {EAST: LineDay({9: HourCell(Figures(20, 0), quality=Quality.ESTIMATED)})})
    assert sift(remembered(h9=20), unread).hours == {}
    assert sift(remembered(h9=20), estimated).hours == {}


def test_days_after_the_new_name_are_its_own():
    later = DAY + timedelta(days=1)
    history = remembered(later, h9=3)
    assert without_renamed(history, RENAMED, None, HourSlots((), UTC).on(later)) == history
