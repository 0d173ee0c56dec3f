"""On the night on which clocks are put forward everybody is told of an hour that there was."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from peoplecount.domain.camera_day import Gap, HourCell, LineDay
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import NOBODY, Figures
from peoplecount.domain.hour_slots import HourSlots
from peoplecount.domain.left_out_hour import remembered, without_left_out
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.settling import settle
from tests.support.keeping import at

DAY = date(2026, 3, 29)
SLOTS = HourSlots((), ZoneInfo("Europe/London")).on(DAY)
"""At 01:00 it is 02:00: there is no hour 1."""

LEFT_OUT, AFTER = 1, 2
LINE = Line(LineKey("7"), "Door", "")


def cell(people, **more):
    return HourCell(told=Figures(people, 0), shown=Figures(people, 0), **more)


def test_whom_a_reading_by_the_time_before_was_told_of_came_in_the_hour_after():
    line = without_left_out(LineDay({0: cell(5), LEFT_OUT: cell(13, broke=True), AFTER: cell(54)}), SLOTS)
    assert [line.cell(slot).told.entered for slot in range(3)] == [5, 0, 67]
    assert line.cell(AFTER).shown == Figures(67, 0)
    assert line.cell(AFTER).broke


def test_also_where_nobody_was_told_of_that_hour_yet_and_the_line_is_swapped():
    line = without_left_out(LineDay({LEFT_OUT: cell(13, swapped=True, quality=Quality.ESTIMATED)}), SLOTS)
    assert line.cell(AFTER) == cell(13, swapped=True, quality=Quality.ESTIMATED)
    assert line.cell(LEFT_OUT) == HourCell()


def test_a_second_look_changes_nothing_and_other_days_are_left_alone():
    once = without_left_out(LineDay({0: cell(5, straddling=Figures(2, 0)), LEFT_OUT: cell(13)}), SLOTS)
    assert without_left_out(once, SLOTS) == once
    usual = HourSlots((), ZoneInfo("Europe/London")).on(date(2026, 3, 30))
    line = LineDay({LEFT_OUT: cell(13)})
    assert without_left_out(line, usual) is line


def test_what_a_camera_remembers_of_it_is_of_the_hour_after():
    hours = DayHours(DAY, (5, 13, 54, *[0] * 21), (0,) * 24)
    assert remembered(hours, SLOTS, 3) == (Figures(5, 0), NOBODY, Figures(67, 0))


def test_a_correction_of_the_hour_after_has_everybody():
    gap = Gap(at("2026-03-29T01:04:00"), at("2026-03-29T02:00:00"))
    cells = {0: cell(5, straddling=Figures(3, 0)), LEFT_OUT: cell(13), AFTER: cell(54, quality=Quality.ESTIMATED)}
    hours = DayHours(DAY, (5, 0, 75, *[0] * 21), (0,) * 24)
    outcome = settle(LINE, LineDay(cells, (gap,)), hours, SLOTS, through=24)
    (correction,) = outcome.corrections
    assert (correction.old, correction.new) == (Figures(67, 0), Figures(75, 0))
    assert correction.started_at == at("2026-03-29T01:00:00")
    assert correction.local_start == datetime.combine(DAY, time(AFTER))
    assert outcome.line.cell(LEFT_OUT).told == NOBODY
    assert correction.ended_at - correction.started_at == timedelta(hours=1)
