from datetime import date, datetime, timedelta

import pytest

from peoplecount.domain.camera_day import Gap, HourCell, LineDay, coverage, is_open, was_told
from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.correction import CorrectionReason
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.hour_differences import told_hours
from peoplecount.domain.hour_slots import HourSlots
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.settling import reassert, settle
from tests.support.keeping import at

DAY = date(2026, 5, 4)
LINE = Line(LineKey("7"), "Door", "")
SLOTS = HourSlots((ClockSight(at("2026-05-04T12:00:00"), timedelta(0), timedelta(0)),)).on(DAY)
USUAL = 10


def cell(people, **more):
    return HourCell(told=Figures(people, 0), shown=Figures(people, 0), **more)


def a_day(gaps=(), barred=0, **hours):
    """Ten people in every hour of the day, but for ``hours``: ``h9=cell(…)``; ``None`` is an hour nobody told of."""
    given = {int(name[1:]): one for name, one in hours.items()}
    cells = {hour: given.get(hour, cell(USUAL)) for hour in range(24)}
    return LineDay({hour: one for hour, one in cells.items() if one is not None}, tuple(gaps), barred)


def remembered(**hours):
    """What the camera has: ten people an hour, but for ``hours``."""
    given = {int(name[1:]): people for name, people in hours.items()}
    return DayHours(DAY, tuple(given.get(hour, USUAL) for hour in range(24)), (0,) * 24)


def hour(number):
    return datetime.combine(DAY, datetime.min.time(), SLOTS.begin(0).tzinfo) + timedelta(hours=number)


def settled(line, history, through=24):
    outcome = settle(LINE, line, history, SLOTS, through=through)
    again = settle(LINE, outcome.line, history, SLOTS, through=through)
    assert again.corrections == ()
    assert again.line == outcome.line
    return outcome


def told(outcome):
    return [
        (one.local_start.hour, one.old and one.old.entered, one.new.entered, one.reason) for one in outcome.corrections
    ]


def test_what_agrees_is_settled_without_a_word():
    outcome = settled(a_day(), remembered())
    assert outcome.corrections == ()
    assert not any(is_open(outcome.line, slot, SLOTS) for slot in range(24))


def test_another_figure_is_corrected_and_both_are_told():
    outcome = settled(a_day(), remembered(h9=17))
    assert told(outcome) == [(9, USUAL, 17, CorrectionReason.DIFFERENCE)]
    assert outcome.corrections[0].quality is Quality.CORRECTED
    assert outcome.corrections[0].change == Figures(7, 0)


def test_an_estimate_that_was_right_is_one_no_longer():
    outcome = settled(a_day(h9=cell(USUAL, quality=Quality.ESTIMATED)), remembered())
    assert told(outcome) == [(9, USUAL, USUAL, CorrectionReason.CONFIRMED)]
    assert outcome.corrections[0].quality is Quality.BACK_FILLED


def test_people_of_an_outage_get_the_hours_in_which_they_came():
    spread_out = {
        f"h{slot}": HourCell(told=Figures(20, 0), shown=Figures(60 if slot == 11 else 0, 0), quality=Quality.ESTIMATED)
        for slot in (9, 10, 11)
    }
    outcome = settled(a_day([Gap(hour(9), hour(12))], **spread_out), remembered(h9=50, h10=8, h11=2))
    assert told(outcome) == [
        (9, 20, 50, CorrectionReason.OUTAGE),
        (10, 20, 8, CorrectionReason.OUTAGE),
        (11, 20, 2, CorrectionReason.OUTAGE),
    ]
    assert {one.coverage for one in outcome.corrections} == {0.0}


def test_an_hour_nobody_watched_had_no_figure_before_and_may_have_had_nobody():
    outcome = settled(a_day([Gap(hour(0), hour(2))], h0=None, h1=None), remembered(h0=0, h1=3))
    assert told(outcome) == [(0, None, 0, CorrectionReason.EARLIER), (1, None, 3, CorrectionReason.EARLIER)]
    assert outcome.corrections[0].old_quality is Quality.MISSING


def test_the_tail_before_midnight_is_filled_in():
    outcome = settled(a_day(h23=cell(USUAL, broke=True)), remembered(h23=12))
    assert told(outcome) == [(23, USUAL, 12, CorrectionReason.BREAK)]
    assert outcome.corrections[0].quality is Quality.BACK_FILLED


def test_a_history_that_was_cleared_takes_nobody_away():
    outcome = settled(a_day(), remembered(h3=0, h9=1))
    assert outcome.corrections == ()
    assert "10 in" in outcome.line.refusal or "19 in" in outcome.line.refusal


def test_a_history_of_nobody_is_an_empty_one():
    empty = DayHours(DAY, (0,) * 24, (0,) * 24)
    assert "knows of nobody" in settled(a_day(), empty).line.refusal


def test_after_a_reset_that_cleared_it_the_history_counts_from_the_next_hour_on():
    history = remembered(**{f"h{slot}": 0 for slot in range(8)}, h8=4, h15=13)
    outcome = settled(a_day(h8=cell(USUAL, broke=True)), history)
    assert told(outcome) == [(15, USUAL, 13, CorrectionReason.DIFFERENCE)]
    assert is_open(outcome.line, 8, SLOTS)


def test_the_hours_of_a_replaced_device_are_none_of_the_new_ones_business():
    outcome = settled(a_day(barred=12), remembered(h3=99, h15=13))
    assert told(outcome) == [(15, USUAL, 13, CorrectionReason.DIFFERENCE)]


def test_hours_under_way_and_to_come_are_left_alone():
    outcome = settled(a_day(h15=None), remembered(h3=12, h14=3, h15=0), through=14)
    assert told(outcome) == [(3, USUAL, 12, CorrectionReason.DIFFERENCE)]


def test_a_doubtful_hour_waits_for_the_next_where_people_may_belong_to_that():
    line = a_day(h9=cell(USUAL, quality=Quality.ESTIMATED, straddling=Figures(2, 0)))
    assert settle(LINE, line, remembered(h9=12), SLOTS, through=10).corrections == ()
    assert told(settled(line, remembered(h9=12, h10=8), through=12)) == [(9, USUAL, USUAL, CorrectionReason.CONFIRMED)]


def test_a_line_drawn_backwards_is_corrected_in_our_sense():
    backwards = Line(LINE.key, "Door", "", swaps=(hour(0),))
    line = a_day(**{f"h{slot}": cell(USUAL, swapped=True) for slot in range(24)})
    (correction,) = settle(backwards, line, remembered(h9=17), SLOTS, through=24).corrections
    assert (correction.old, correction.new) == (Figures(0, USUAL), Figures(0, 17))


def test_hours_are_said_again_where_somebody_has_them_otherwise():
    (one,) = reassert(LINE, a_day(h9=cell(17)), SLOTS, [9])
    assert (one.new, one.reason, bool(one.change)) == (Figures(17, 0), CorrectionReason.DATABASE, False)


@pytest.mark.parametrize(("begin", "end", "share"), [(9, 10, 0.5), (10, 11, 1.0), (9.5, 10, 0.0), (8, 10, 0.75)])
def test_coverage_is_the_share_of_time_that_was_read(begin, end, share):
    line = a_day([Gap(hour(9.5), hour(10))])
    assert coverage(line, hour(begin), hour(end)) == share


def test_a_gap_within_an_hour_leaves_its_figure_certain_and_one_across_its_end_does_not():
    assert not is_open(a_day([Gap(hour(9.2), hour(9.8))]), 9, SLOTS)
    assert is_open(a_day([Gap(hour(9.8), hour(10.1))]), 9, SLOTS)
    assert is_open(a_day([Gap(hour(9.8), hour(10.1))]), 10, SLOTS)


def test_an_unread_hour_in_which_a_total_broke_has_no_figure_and_is_not_said_again_to_have_none():
    line = a_day([Gap(hour(8), hour(10))], h8=HourCell(broke=True), h9=HourCell(shown=Figures(33, 0), broke=True))
    assert not was_told(line, 8, SLOTS)
    assert not was_told(line, 9, SLOTS)
    assert reassert(LINE, line, SLOTS, [8, 9]) == ()
    assert {8, 9}.isdisjoint(told_hours(line, SLOTS))


def test_an_unread_hour_of_which_the_history_has_nobody_has_a_figure():
    outcome = settled(a_day([Gap(hour(8), hour(10))], h8=None, h9=None), remembered(h8=0, h9=2))
    assert told_hours(outcome.line, SLOTS)[8] == Figures()
