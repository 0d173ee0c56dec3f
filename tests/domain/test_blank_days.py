from datetime import UTC, date, timedelta

from peoplecount.domain.blank_days import UNPROVEN, BlankDays, had_people, watched_lines
from peoplecount.domain.camera_day import CameraDay, Gap, HourCell, LineDay
from peoplecount.domain.day_history import DayHistory, DayHours
from peoplecount.domain.figures import Figures
from peoplecount.domain.hour_slots import HourSlots
from peoplecount.domain.line import LineKey

EAST, WEST = LineKey("7", index=1), LineKey("7", index=2)
FRIDAY = date(2026, 5, 8)
THURSDAY, WEDNESDAY = FRIDAY - timedelta(days=1), FRIDAY - timedelta(days=2)


def history(day, **people):
    """``history(FRIDAY, east=3, west=0)``: so many people at ten o'clock."""
    keys = {"east": EAST, "west": WEST}
    hours = {keys[name]: DayHours(day, tuple(_at_ten(count)), tuple(_at_ten(0))) for name, count in people.items()}
    return DayHistory(day, hours, {})


def _at_ten(people):
    return [people if hour == 10 else 0 for hour in range(24)]


def sift(blank, answer, watched=(), older=()):
    return set(blank.sift(answer, watched=set(watched), older=set(older)).hours)


def test_people_are_believed():
    blank = BlankDays()
    assert sift(blank, history(FRIDAY, east=3, west=1)) == {EAST, WEST}
    assert not blank.held


def test_a_day_without_anybody_of_which_nothing_else_is_known_is_held():
    blank = BlankDays()
    assert sift(blank, history(FRIDAY, east=0, west=0)) == set()
    assert set(blank.held) == {(FRIDAY, EAST), (FRIDAY, WEST)}


def test_what_we_know_ourselves_needs_no_proof():
    blank = BlankDays()
    assert sift(blank, history(FRIDAY, east=0, west=0), watched={EAST, WEST}) == {EAST, WEST}


def test_a_quiet_line_that_had_counted_before_is_believed_beside_a_busy_one():
    blank = BlankDays()
    assert sift(blank, history(FRIDAY, east=3, west=0), older={EAST, WEST}) == {EAST, WEST}


def test_a_quiet_line_that_never_counted_before_may_not_have_been_there():
    blank = BlankDays()
    assert sift(blank, history(FRIDAY, east=3, west=0), older={EAST}) == {EAST}
    assert set(blank.held) == {(FRIDAY, WEST)}


def test_people_on_an_earlier_day_prove_that_the_later_one_was_quiet():
    blank = BlankDays()
    sift(blank, history(FRIDAY, east=0))
    sift(blank, history(THURSDAY, east=0))
    busy = history(WEDNESDAY, east=5)
    assert sift(blank, busy) == {EAST}
    proven = blank.proven_by(busy)
    assert [one.day for one in proven] == [FRIDAY, THURSDAY]
    assert all(set(one.hours) == {EAST} for one in proven)
    assert not blank.held


def test_people_on_a_later_day_prove_nothing():
    blank = BlankDays()
    sift(blank, history(THURSDAY, east=0))
    assert blank.proven_by(history(FRIDAY, east=5)) == []
    assert set(blank.held) == {(THURSDAY, EAST)}


def test_people_at_another_line_prove_it_where_this_one_had_counted_before():
    blank = BlankDays()
    sift(blank, history(FRIDAY, east=0, west=0), older={WEST})
    proven = blank.proven_by(history(WEDNESDAY, east=5, west=0))
    assert {key for one in proven for key in one.hours} == {EAST, WEST}


def test_people_at_another_line_prove_nothing_of_a_line_that_is_new():
    blank = BlankDays()
    sift(blank, history(FRIDAY, east=0, west=0))
    (proven,) = blank.proven_by(history(WEDNESDAY, east=5, west=0))
    assert set(proven.hours) == {EAST}
    assert set(blank.held) == {(FRIDAY, WEST)}


def test_what_nothing_proves_is_given_up_with_the_reason():
    blank = BlankDays()
    sift(blank, history(FRIDAY, east=0))
    sift(blank, history(THURSDAY, east=0, west=0))
    given_up = blank.given_up()
    assert [(one.day, dict(one.missing)) for one in given_up] == [
        (FRIDAY, {EAST: UNPROVEN}),
        (THURSDAY, {EAST: UNPROVEN, WEST: UNPROVEN}),
    ]
    assert not blank.held


def test_a_line_is_watched_where_people_were_counted_or_the_day_was_mostly_read():
    slots = HourSlots((), UTC).on(FRIDAY)
    morning = Gap(slots.bounds[0], slots.bounds[13])
    evening = Gap(slots.bounds[13], slots.bounds[24])
    counted = LineDay({9: HourCell(Figures(1, 0))}, (morning, evening))
    known = CameraDay(FRIDAY, (), {EAST: counted, WEST: LineDay({}, (morning,))})
    assert watched_lines(known, slots) == {EAST}
    assert watched_lines(CameraDay(FRIDAY, (), {WEST: LineDay({}, (evening,))}), slots) == {WEST}
    assert watched_lines(None, slots) == set()
    assert had_people(known)
    assert not had_people(CameraDay(FRIDAY, (), {WEST: LineDay()}))
