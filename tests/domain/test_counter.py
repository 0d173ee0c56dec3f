from datetime import UTC, date, datetime, timedelta

import pytest

from peoplecount.domain.counter import LONGEST_HOLD, BreakKind, Counter, Moment, advance, replace_camera
from peoplecount.domain.increment import Generation

DAY = date(2026, 5, 4)
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
NEARLY_MIDNIGHT = datetime(2026, 5, 4, 23, 59, 50, tzinfo=UTC)


class Line:
    """A counter fed with totals, one every ten seconds; its camera's clock shows UTC."""

    def __init__(self, first: int, at: datetime = NOON) -> None:
        self.at = at
        self.counter = Counter.first(first, self.moment())
        self.people = 0
        self.breaks: list[BreakKind] = []

    def moment(self) -> Moment:
        return Moment(self.at, self.at.replace(tzinfo=None))

    def reads(self, *totals: int, every: float = 10) -> "Line":
        for total in totals:
            self.at += timedelta(seconds=every)
            step = advance(self.counter, total, self.moment())
            self.counter = step.counter
            self.people += step.growth.people
            if step.broke:
                self.breaks.append(step.broke)
            assert step.growth.start <= step.growth.before <= step.growth.after
        return self


def test_the_first_total_is_the_base_and_counts_nobody():
    assert Line(412).people == 0
    assert Line(412).reads(412).people == 0


def test_growth_is_counted():
    line = Line(412).reads(413, 413, 420)
    assert line.people == 8
    assert line.breaks == []


def test_a_fall_alone_counts_nobody_and_changes_nothing():
    line = Line(412).reads(0)
    assert (line.people, line.counter.total, line.breaks) == (0, 412, [])


@pytest.mark.parametrize("lower", [[411], [0], [0, 0, 0, 0], [400, 0], [5, 0]])
def test_a_total_that_comes_back_was_a_glitch(lower):
    line = Line(412).reads(*lower, 415)
    assert line.people == 3
    assert line.breaks == [BreakKind.GLITCH]


def test_a_total_that_stays_lower_was_a_reset_and_holds_all_that_came_since():
    line = Line(412).reads(2, 5, 7)
    assert line.people == 7
    assert line.breaks == [BreakKind.RESET]
    assert line.counter.generation == Generation(DAY, 1)


def test_a_reset_seen_at_zero_is_told_once_somebody_comes():
    line = Line(412).reads(0, 0, 0)
    assert line.breaks == []
    assert line.reads(1).breaks == [BreakKind.RESET]
    assert line.people == 1


def test_a_total_that_stays_at_zero_is_a_reset_in_the_end():
    line = Line(412).reads(*[0] * (int(LONGEST_HOLD.total_seconds() / 10) + 2))
    assert line.breaks == [BreakKind.RESET]
    assert line.people == 0


def test_a_stale_answer_that_is_given_twice_is_not_a_reset():
    line = Line(4120).reads(4118, 4118, 4121)
    assert line.people == 1
    assert line.breaks == [BreakKind.GLITCH]


def test_old_totals_that_come_back_after_a_reset_was_believed_are_not_counted_again():
    waiting = int(LONGEST_HOLD.total_seconds() / 10) + 2
    line = Line(4120).reads(*[0] * waiting, 3, 4125)
    assert line.people == 5
    assert line.breaks == [BreakKind.RESET, BreakKind.GLITCH]
    assert line.reads(4126).people == 6


def test_two_resets_in_a_day_have_generations_of_their_own():
    line = Line(50).reads(3, 4, 1, 2)
    assert line.people == 6
    assert line.counter.generation == Generation(DAY, 2)


def test_the_midnight_reset_begins_a_generation_of_the_new_day():
    line = Line(412, NEARLY_MIDNIGHT).reads(413, 0, 2)
    assert line.people == 3
    assert line.breaks == [BreakKind.MIDNIGHT]
    assert line.counter.generation == Generation(date(2026, 5, 5), 0)


def test_a_quiet_line_that_passes_its_old_total_right_after_midnight_was_reset():
    line = Line(3, NEARLY_MIDNIGHT).reads(3, 1, 6)
    assert line.people == 6
    assert line.breaks == [BreakKind.MIDNIGHT]


def test_a_busy_line_that_is_back_at_its_total_after_midnight_was_not_reset():
    line = Line(4120, NEARLY_MIDNIGHT).reads(4120, 0, 4121)
    assert line.people == 1
    assert line.breaks == [BreakKind.GLITCH]


def test_growth_after_midnight_counts_at_once_until_a_fall_is_seen():
    """A camera without a daylight-saving rule resets an hour after its midnight."""
    line = Line(412, NEARLY_MIDNIGHT).reads(412, 413, 420)
    assert line.people == 8
    assert line.reads(1, 2).people == 10
    assert line.breaks == [BreakKind.MIDNIGHT]


def test_a_new_day_without_a_fall_is_no_reset():
    line = Line(5).reads(20, every=86_400)
    assert line.people == 15
    assert line.breaks == []
    assert line.counter.generation == Generation(DAY)


def test_another_camera_behind_the_line_is_a_new_base():
    line = Line(412)
    line.at += timedelta(seconds=10)
    step = replace_camera(line.counter, 900, line.moment())
    assert step.growth.people == 0
    assert step.broke is BreakKind.REPLACED
    assert step.counter.generation > line.counter.generation


def test_a_clock_that_steps_back_over_midnight_never_makes_an_earlier_generation():
    line = Line(412, NEARLY_MIDNIGHT).reads(0, 3)
    line.at -= timedelta(days=1)
    before = line.counter.generation
    assert line.reads(1, 2).counter.generation > before
    assert line.people == 5


MONDAY = datetime(2026, 5, 4, 0, 0, 5, tzinfo=UTC)


def monday_after_a_closed_sunday(total):
    """Saturday ended at 0, nobody came on Sunday, and by Monday noon there were ``total``: no fall was ever seen."""
    line = Line(0, MONDAY - timedelta(days=2))
    line.reads(0, every=2 * 86_400)
    return line.reads(total, every=12 * 3600)


@pytest.mark.parametrize("slip", [[1999], [1999] * 50, [0] * 20, [1999, 0, 0]])
def test_after_a_day_without_people_a_slip_is_still_no_midnight(slip):
    line = monday_after_a_closed_sunday(2000).reads(*slip, 2001)
    assert line.people == 2001
    assert line.breaks == [BreakKind.GLITCH]


def test_after_an_outage_over_midnight_that_hid_the_reset_a_slip_is_no_midnight():
    line = Line(55, MONDAY - timedelta(hours=1)).reads(60, every=10 * 3600).reads(61, 60, 62)
    assert line.people == 7
    assert line.breaks == [BreakKind.GLITCH]


def test_a_small_shops_camera_that_reboots_is_not_counted_twice_at_slow_polls():
    line = Line(40).reads(0, every=60).reads(40, every=60)
    assert line.people == 0
    assert line.breaks == [BreakKind.GLITCH]


def test_a_camera_without_a_daylight_saving_rule_resets_an_hour_after_its_midnight():
    line = Line(412, NEARLY_MIDNIGHT).reads(412, every=3600).reads(2, 3)
    assert line.people == 3
    assert line.breaks == [BreakKind.MIDNIGHT]


def test_old_totals_that_come_back_after_a_midnight_reset_was_believed_are_not_counted_again():
    waiting = int(LONGEST_HOLD.total_seconds() / 10) + 2
    line = Line(4120, NEARLY_MIDNIGHT).reads(*[0] * waiting, 4125)
    assert line.people == 5


def test_a_camera_clock_years_ahead_begins_no_generation_that_nothing_can_follow():
    line = Line(40)
    line.at += timedelta(seconds=10)
    ahead = Moment(line.at, line.at.replace(tzinfo=None, year=2036))
    counter = advance(line.counter, 2, ahead).counter
    counter = advance(counter, 3, Moment(line.at + timedelta(seconds=10), ahead.local)).counter
    assert counter.generation.day <= DAY + timedelta(days=1)


def test_a_total_that_is_lowered_for_good_without_a_zero_is_gone_on_from():
    waiting = int(LONGEST_HOLD.total_seconds() / 10) + 2
    line = Line(4120).reads(*[4100] * waiting, 4103)
    assert line.people == 3
    assert line.breaks == [BreakKind.LOWERED]
