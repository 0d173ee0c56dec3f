from datetime import UTC, date, datetime

import pytest

from peoplecount.domain.camera_day import Gap, HourCell, LineDay
from peoplecount.domain.comparison import Verdict, compare
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.figures import Figures
from peoplecount.domain.hour_differences import differing_hours, hours_of_day, told_hours
from peoplecount.domain.hour_slots import HourSlots
from peoplecount.domain.line import Line, LineKey

EAST = LineKey("7")
DAY = date(2026, 5, 6)
SLOTS = HourSlots((), UTC).on(DAY)
TOLD = LineDay({hour: HourCell(Figures(hour, 1)) for hour in range(24)})
KEPT = {hour: Figures(hour, 1) for hour in range(24)}
REMEMBERED = DayHours(DAY, tuple(range(24)), (1,) * 24)


def comparison(remembered=REMEMBERED, known=TOLD, kept=KEPT, swaps=()):
    line = Line(EAST, "East", "door", swaps=swaps)
    return compare(line, DAY, slots=SLOTS, remembered=remembered, known=known, kept=kept)


def test_three_that_are_the_same_are_the_same():
    one = comparison()
    assert (one.verdict, one.words) == (Verdict.SAME, "")
    assert one.remembered == one.told == one.kept == Figures(276, 24)


def test_people_put_in_the_hour_beside_are_no_difference_to_the_camera():
    moved = (*range(22), 23, 22)
    assert comparison(remembered=DayHours(DAY, moved, (1,) * 24)).verdict is Verdict.SAME


def test_other_figures_of_the_camera_are_a_difference():
    one = comparison(remembered=DayHours(DAY, (9, *range(1, 24)), (1,) * 24))
    assert (one.verdict, one.words) == (Verdict.DIFFERENT, "the camera has other figures")


def test_hours_the_log_does_not_know_are_a_difference_where_the_camera_knows_them():
    gap = Gap(datetime(2026, 5, 6, 0, tzinfo=UTC), datetime(2026, 5, 6, 1, tzinfo=UTC))
    known = LineDay({hour: HourCell(Figures(hour, 1)) for hour in range(1, 24)}, (gap,))
    quiet = DayHours(DAY, tuple(range(24)), (0, *(1,) * 23))
    one = comparison(remembered=quiet, known=known)
    assert (one.verdict, one.words) == (Verdict.DIFFERENT, "the log does not know of 1 of its hours")


@pytest.mark.parametrize("kept", [KEPT | {9: Figures(10, 1)}, {hour: KEPT[hour] for hour in range(24) if hour != 9}])
def test_an_hour_the_database_has_otherwise_or_not_at_all_is_a_difference(kept):
    one = comparison(kept=kept)
    assert (one.verdict, one.words) == (Verdict.DIFFERENT, "the database has 09:00 otherwise")


def test_what_cannot_be_compared_is_said_and_a_difference_weighs_more():
    away = comparison(kept="it is away")
    assert (away.verdict, away.words) == (Verdict.UNKNOWN, "the database: it is away")
    silent = comparison(remembered="it does not answer")
    assert (silent.verdict, silent.remembered) == (Verdict.UNKNOWN, None)
    both = comparison(remembered="it does not answer", kept={})
    assert both.verdict is Verdict.DIFFERENT
    assert "it does not answer; the database has" in both.words


def test_a_camera_that_was_not_believed_is_no_measure():
    refused = LineDay(TOLD.cells, refusal="it was cleared")
    one = comparison(remembered=DayHours(DAY, (0,) * 24, (0,) * 24), known=refused)
    assert (one.verdict, one.words) == (Verdict.UNKNOWN, "the camera is not believed: it was cleared")


def test_a_line_drawn_backwards_is_compared_in_our_sense():
    told = LineDay({hour: HourCell(Figures(hour, 1), swapped=True) for hour in range(24)})
    kept = {hour: Figures(1, hour) for hour in range(24)}
    one = comparison(known=told, kept=kept, swaps=(datetime(2026, 5, 1, tzinfo=UTC),))
    assert one.verdict is Verdict.SAME
    assert one.told == Figures(24, 276)


def test_hours_of_the_database_are_found_in_the_hours_of_the_camera():
    figures = {datetime(2026, 5, 6, 9, tzinfo=UTC): Figures(1, 2), datetime(2026, 5, 7, 9, tzinfo=UTC): Figures(5, 5)}
    assert hours_of_day(figures, SLOTS) == {9: Figures(1, 2)}
    assert differing_hours({8: Figures(), 9: Figures(1, 2)}, {9: Figures(1, 2)}) == (8,)


def test_hours_that_were_not_read_are_not_told():
    gap = Gap(datetime(2026, 5, 6, 0, tzinfo=UTC), datetime(2026, 5, 6, 10, tzinfo=UTC))
    assert set(told_hours(LineDay({}, (gap,)), SLOTS)) == set(range(10, 24))


def test_a_day_barred_by_another_device_is_named_and_neither_a_difference_nor_unknown():
    barred = LineDay(TOLD.cells, barred=24, refusal="another device counted in these hours")
    for remembered in (REMEMBERED, DayHours(DAY, (0,) * 24, (0,) * 24), "it was not asked"):
        one = comparison(remembered=remembered, known=barred)
        assert one.verdict is Verdict.BARRED
        assert "another device" in one.words
        assert "not believed" not in one.words
    assert comparison(remembered="it was not asked", known=barred, kept={}).verdict is Verdict.DIFFERENT
    assert comparison(remembered="it was not asked", known=barred, kept="it is away").verdict is Verdict.UNKNOWN


def test_a_reason_that_names_the_camera_is_not_introduced_by_it_again():
    closed = comparison(remembered="the camera closed the connection without an answer")
    assert closed.words == "the camera closed the connection without an answer"
    assert comparison(remembered="connection refused").words == "the camera: connection refused"
    assert comparison(kept="The database hangs").words == "The database hangs"
