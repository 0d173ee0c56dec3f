from datetime import UTC, datetime, timedelta

from peoplecount.domain.counter import BreakKind
from peoplecount.domain.counting import CountState, count
from peoplecount.domain.event import Quality
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
EVERY = timedelta(seconds=10)
EAST, WEST = LineKey("7", index=1), LineKey("7", index=2)


def reading(at, serial="SERIAL", **totals):
    lines = tuple(LineReading({"east": EAST, "west": WEST}[name], name, Totals(*pair)) for name, pair in totals.items())
    return Reading("7", at, at.replace(tzinfo=None), serial, lines)


def counted(*readings):
    state = CountState()
    for one in readings:
        result = count(state, one, expected_every=EVERY)
        state = result.state
    return result


def test_the_first_reading_announces_every_line_and_counts_nobody():
    result = counted(reading(NOON, east=(412, 398), west=(3, 4)))
    assert [line.key for line in result.lines] == [EAST, WEST]
    assert all(one.entered.people == one.left.people == 0 for line in result.lines for one in line.increments)


def test_a_reading_without_change_tells_nothing():
    assert counted(reading(NOON, east=(4, 4)), reading(NOON + EVERY, east=(4, 4))).lines == ()


def test_a_line_missing_from_a_reading_keeps_its_totals():
    result = counted(
        reading(NOON, east=(4, 4), west=(7, 7)),
        reading(NOON + EVERY, west=(7, 7)),
        reading(NOON + 2 * EVERY, east=(6, 4), west=(7, 7)),
    )
    assert [(line.key, line.increments[0].entered.people) for line in result.lines] == [(EAST, 2)]


def test_an_increment_reaches_from_the_last_reading_of_its_line_to_this_one():
    result = counted(
        reading(NOON, east=(4, 4)), reading(NOON + EVERY, east=(4, 4)), reading(NOON + 2 * EVERY, east=(5, 4))
    )
    increment = result.lines[0].increments[0]
    assert (increment.started_at, increment.ended_at) == (NOON + EVERY, NOON + 2 * EVERY)
    assert increment.quality is Quality.MEASURED


def test_what_came_over_more_than_two_polls_is_estimated():
    result = counted(reading(NOON, east=(4, 4)), reading(NOON + 3 * EVERY, east=(5, 4)))
    assert result.lines[0].increments[0].quality is Quality.ESTIMATED


def test_in_and_out_are_judged_apart():
    result = counted(
        reading(NOON, east=(40, 40)),
        reading(NOON + EVERY, east=(1, 41)),
        reading(NOON + 2 * EVERY, east=(2, 42)),
    )
    line = result.lines[0]
    assert (line.increments[0].entered.people, line.increments[0].left.people) == (2, 1)
    assert [(one.entered, one.kind) for one in line.breaks] == [(True, BreakKind.RESET)]
    assert line.increments[0].entered.generation > line.increments[0].left.generation


def test_today_starts_again_with_the_cameras_new_day():
    night = datetime(2026, 5, 4, 23, 59, 45, tzinfo=UTC)
    result = counted(
        reading(night, east=(40, 40)),
        reading(night + EVERY, east=(43, 41)),
        reading(night + 2 * EVERY, east=(0, 0)),
        reading(night + 3 * EVERY, east=(2, 1)),
    )
    assert (result.lines[0].state.in_today, result.lines[0].state.out_today) == (2, 1)


def test_a_new_serial_number_makes_every_total_a_new_base():
    result = counted(reading(NOON, east=(40, 40)), reading(NOON + EVERY, "OTHER", east=(90, 10)))
    line = result.lines[0]
    assert (line.increments[0].entered.people, line.increments[0].left.people) == (0, 0)
    assert {one.kind for one in line.breaks} == {BreakKind.REPLACED}


def test_a_line_that_the_first_answer_of_another_device_leaves_out_begins_anew_when_it_is_there():
    result = counted(
        reading(NOON, east=(40, 40), west=(7, 7)),
        reading(NOON + EVERY, "OTHER", east=(90, 10)),
        reading(NOON + 2 * EVERY, "OTHER", east=(91, 10), west=(30, 2)),
    )
    east, west = result.lines
    assert (east.breaks, east.increments[0].entered.people) == ((), 1)
    assert (west.increments[0].entered.people, west.increments[0].left.people) == (0, 0)
    assert {one.kind for one in west.breaks} == {BreakKind.REPLACED}


def test_a_camera_that_gives_no_serial_number_is_not_taken_for_another():
    result = counted(
        reading(NOON, east=(40, 40)), reading(NOON + EVERY, "", east=(41, 40)), reading(NOON + 2 * EVERY, east=(42, 40))
    )
    assert result.lines[0].breaks == ()
    assert result.lines[0].increments[0].entered.people == 1


def test_a_clock_that_was_ahead_for_a_moment_does_not_stop_the_days():
    ahead = reading(NOON, east=(10, 0))
    ahead = Reading("7", NOON, NOON.replace(tzinfo=None, year=2036), "SERIAL", ahead.lines)
    days = [reading(NOON + timedelta(days=day, seconds=30), east=(100, 0)) for day in (2, 3)]
    result = counted(ahead, days[0], days[1], reading(NOON + timedelta(days=3, seconds=40), east=(105, 0)))
    assert result.lines[0].state.in_today == 5


def test_a_clock_that_wavers_at_midnight_does_not_go_back_to_yesterday():
    night = datetime(2026, 5, 5, 0, 0, 10, tzinfo=UTC)
    result = counted(
        reading(night, east=(3, 0)), reading(night + EVERY, east=(4, 0)), reading(night - EVERY * 3, east=(5, 0))
    )
    assert result.lines[0].state.in_today == 2
