from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.correction import CorrectionReason, HourCorrection
from peoplecount.domain.count_book import CountBook, Crossings
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.interval import ClosedInterval, Scope
from peoplecount.domain.line import LineKey
from peoplecount.domain.roll_up import HOUR, QUARTER, Cell

EIGHT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LINE = LineKey("cam")
DOOR, OTHER = ("door", "site"), ("other", "site")


def local(moment):
    return (moment + 2 * HOUR).replace(tzinfo=None)


def crossings(started_at, minutes, entered, left=0, *, door=DOOR, quality=Quality.MEASURED):
    ended_at = started_at + minutes * MINUTE
    return Crossings.between(
        started_at,
        ended_at,
        line_id=str(LINE),
        door_id=door[0],
        site_id=door[1],
        sight=ClockSight.of(ended_at, local(ended_at)),
        people=Figures(entered, left),
        quality=quality,
    )


def correction(start, entered, left=0, *, quality=Quality.CORRECTED, hours=1, coverage=1.0):
    return HourCorrection(
        LINE,
        start,
        start + hours * HOUR,
        local(start),
        None,
        Figures(entered, left),
        Quality.MISSING,
        quality,
        coverage,
        CorrectionReason.DIFFERENCE,
    )


def closed(start, length, figures, *, quality=Quality.MEASURED, coverage=1.0):
    return ClosedInterval(Scope.LINE, str(LINE), start, length, local(start), figures, quality, coverage)


def figures_of(roll_up):
    return {
        (one.starts_at - EIGHT, one.door_id): (roll_up[one].entered, roll_up[one].left)
        for one in sorted(roll_up, key=lambda one: one[1:])
    }


def quarters_of(book):
    return [entered for entered, _ in figures_of(book.quarters).values()]


def qualities(roll_up):
    return [roll_up[one].quality for one in sorted(roll_up, key=lambda one: one[1:])]


def total(roll_up):
    return sum((cell.figures for cell in roll_up.cells()), Figures())


def test_people_are_added_to_their_hour_and_its_quarter():
    book = CountBook()
    book.add(crossings(EIGHT + 20 * MINUTE, 1, 3, 1))
    book.add(crossings(EIGHT + 21 * MINUTE, 1, 0, 2))
    assert figures_of(book.hours) == {(0 * HOUR, "door"): (3, 3)}
    assert figures_of(book.quarters) == {(QUARTER, "door"): (3, 3)}
    (hour,) = book.hours.cells()
    assert (hour.local_start, hour.quality) == (datetime(2026, 5, 4, 10), Quality.MEASURED)


def test_the_quarters_of_an_hour_sum_up_to_it_also_where_a_reading_came_late():
    """Half an hour across the full hour is of the hour it ended in, and so are its quarters."""
    book = CountBook()
    book.add(crossings(EIGHT + 45 * MINUTE, 30, 10))
    assert figures_of(book.hours) == {(HOUR, "door"): (10, 0)}
    assert figures_of(book.quarters) == {(HOUR, "door"): (10, 0)}


def test_what_came_over_hours_is_spread_and_estimated():
    book = CountBook()
    book.add(crossings(EIGHT + 30 * MINUTE, 90, 12))
    assert figures_of(book.hours) == {(0 * HOUR, "door"): (4, 0), (HOUR, "door"): (8, 0)}
    assert quarters_of(book) == [2, 2, 2, 2, 2, 2]
    assert set(qualities(book.hours) + qualities(book.quarters)) == {Quality.ESTIMATED}


def test_a_correction_says_what_the_hour_is_and_its_quarters_keep_their_proportions():
    book = CountBook()
    book.add(crossings(EIGHT, 1, 4))
    book.add(crossings(EIGHT + 50 * MINUTE, 1, 8))
    made = book.correct(correction(EIGHT, 15, 2), *DOOR)
    assert (made.old, made.old_quality) == (Figures(12), Quality.MEASURED)
    assert made.changes == {DOOR: Figures(3, 2)}
    assert figures_of(book.hours) == {(0 * HOUR, "door"): (15, 2)}
    assert figures_of(book.quarters) == {(0 * HOUR, "door"): (5, 1), (3 * QUARTER, "door"): (10, 1)}
    assert qualities(book.hours) == [Quality.CORRECTED]
    assert qualities(book.quarters) == [Quality.ESTIMATED] * 2  # when within the hour they came nobody knows


def test_people_are_taken_back_where_they_were_too_many():
    book = CountBook()
    book.add(crossings(EIGHT, 1, 9, 1))
    assert book.correct(correction(EIGHT, 6, 1), *DOOR).changes == {DOOR: Figures(-3, 0)}
    assert total(book.quarters) == total(book.hours) == Figures(6, 1)


def test_a_correction_that_is_so_already_changes_nothing():
    book = CountBook()
    book.add(crossings(EIGHT, 1, 9))
    assert book.correct(correction(EIGHT, 7, 2), *DOOR)
    assert book.correct(correction(EIGHT, 7, 2), *DOOR) is None


def test_a_figure_that_is_confirmed_keeps_its_quarters_and_changes_its_quality():
    book = CountBook()
    book.add(crossings(EIGHT - 30 * MINUTE, 90, 6))
    before = figures_of(book.quarters)
    made = book.correct(correction(EIGHT, 4, quality=Quality.BACK_FILLED), *DOOR)
    assert (made.old, made.old_quality, made.changes) == (Figures(4), Quality.ESTIMATED, {})
    assert figures_of(book.quarters) == before
    assert qualities(book.hours) == [Quality.ESTIMATED, Quality.BACK_FILLED]


def test_an_hour_nobody_had_watched_goes_to_the_door_that_is_named_and_evenly_to_its_quarters():
    book = CountBook()
    made = book.correct(correction(EIGHT, 6, 4, quality=Quality.BACK_FILLED, coverage=0.0), *OTHER)
    assert (made.old, made.old_quality, made.changes) == (None, Quality.MISSING, {OTHER: Figures(6, 4)})
    assert list(figures_of(book.quarters).values()) == [(2, 1), (2, 1), (1, 1), (1, 1)]
    (hour,) = book.hours.cells()
    assert (hour.local_start, hour.coverage, hour.quality) == (datetime(2026, 5, 4, 10), 0.0, Quality.BACK_FILLED)


def test_an_unknown_hour_that_was_empty_is_known_to_be_empty_to_the_quarter():
    book = CountBook()
    made = book.correct(correction(EIGHT, 0, 0, quality=Quality.BACK_FILLED), *DOOR)
    assert (made.old, made.changes) == (None, {})
    assert qualities(book.quarters) == [Quality.BACK_FILLED] * 4


def test_doors_of_a_line_that_moved_within_the_hour_keep_their_shares():
    book = CountBook()
    book.add(crossings(EIGHT, 1, 2))
    book.add(crossings(EIGHT + 40 * MINUTE, 1, 6, door=OTHER))
    assert book.correct(correction(EIGHT, 12), *OTHER).changes == {DOOR: Figures(1), OTHER: Figures(3)}
    assert figures_of(book.hours) == {(0 * HOUR, "door"): (3, 0), (0 * HOUR, "other"): (9, 0)}
    assert figures_of(book.quarters) == {(0 * HOUR, "door"): (3, 0), (2 * QUARTER, "other"): (9, 0)}


def test_two_hours_that_the_cameras_history_has_one_slot_for_share_it():
    book = CountBook()
    book.add(crossings(EIGHT, 1, 2))
    book.add(crossings(EIGHT + HOUR, 1, 2))
    book.correct(correction(EIGHT, 10, hours=2), *DOOR)
    assert figures_of(book.hours) == {(0 * HOUR, "door"): (5, 0), (HOUR, "door"): (5, 0)}
    unwatched = CountBook()
    unwatched.correct(correction(EIGHT, 7, hours=2), *DOOR)
    assert figures_of(unwatched.hours) == {(0 * HOUR, "door"): (4, 0), (HOUR, "door"): (3, 0)}
    assert {cell.local_start for cell in unwatched.hours.cells()} == {datetime(2026, 5, 4, 10)}


def test_whoever_a_correction_adds_came_while_nobody_watched():
    book = CountBook()
    book.add(crossings(EIGHT, 1, 5))
    for quarter in range(4):
        figures = None if quarter in {1, 2} else Figures(5 if quarter == 0 else 0)
        book.close(closed(EIGHT + quarter * QUARTER, QUARTER, figures, coverage=0.0 if figures is None else 1.0), *DOOR)
    book.correct(correction(EIGHT, 9), *DOOR)
    assert quarters_of(book) == [5, 2, 2, 0]
    assert qualities(book.quarters) == [Quality.MEASURED, Quality.ESTIMATED, Quality.ESTIMATED, Quality.MEASURED]


def test_a_closed_interval_in_which_nobody_came_is_a_row_and_an_unknown_one_is_missing():
    book = CountBook()
    book.close(closed(EIGHT, QUARTER, Figures(), coverage=0.9), *DOOR)
    book.close(closed(EIGHT + QUARTER, QUARTER, None, quality=Quality.MISSING, coverage=0.0), *DOOR)
    book.close(closed(EIGHT, HOUR, Figures(), quality=Quality.ESTIMATED, coverage=0.5), *DOOR)
    assert qualities(book.quarters) == [Quality.MEASURED, Quality.MISSING]
    assert [cell.coverage for cell in book.quarters.cells()] == [0.9, 0.0]
    assert list(book.hours.cells()) == [Cell(0, 0, Quality.ESTIMATED, 0.5, datetime(2026, 5, 4, 10))]


def test_a_closed_interval_changes_no_counts_and_makes_up_no_empty_row():
    book = CountBook()
    book.add(crossings(EIGHT, 1, 5))
    book.close(closed(EIGHT, QUARTER, Figures(7), coverage=0.7), *OTHER)
    book.close(closed(EIGHT + QUARTER, QUARTER, Figures(2)), *DOOR)
    assert figures_of(book.quarters) == {(0 * HOUR, "door"): (5, 0)}
    assert [cell.coverage for cell in book.quarters.cells()] == [0.7]


def test_a_closed_interval_that_comes_after_a_correction_leaves_what_that_said():
    book = CountBook()
    book.correct(correction(EIGHT, 5, coverage=0.2), *DOOR)
    book.close(closed(EIGHT, HOUR, Figures(3), quality=Quality.ESTIMATED, coverage=0.9), *DOOR)
    assert list(book.hours.cells()) == [Cell(5, 0, Quality.CORRECTED, 0.2, datetime(2026, 5, 4, 10))]


def test_people_who_turn_up_in_a_missing_hour_make_it_an_estimate():
    book = CountBook()
    book.close(closed(EIGHT, HOUR, None, quality=Quality.MISSING, coverage=0.0), *DOOR)
    book.add(crossings(EIGHT - HOUR, 180, 9, quality=Quality.ESTIMATED))
    assert qualities(book.hours) == [Quality.ESTIMATED] * 3
    assert [book.hours[one].coverage for one in sorted(book.hours)] == [None, 0.0, None]


def test_another_door_of_the_same_hour_was_read_as_often():
    book = CountBook()
    book.add(crossings(EIGHT, 1, 5))
    book.close(closed(EIGHT, HOUR, Figures(5), coverage=0.4), *DOOR)
    book.add(crossings(EIGHT + 59 * MINUTE, 1, 1, door=OTHER))
    assert {cell.coverage for cell in book.hours.cells()} == {0.4}


hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

PEOPLE = st.integers(0, 50)
PLACES = st.sampled_from([DOOR, OTHER])
MOMENTS = st.integers(0, 6 * 60).map(lambda minutes: EIGHT + minutes * MINUTE)
HOURS = st.integers(0, 6).map(lambda hours: EIGHT + hours * HOUR)
QUALITIES = st.sampled_from(Quality)
ADDED = st.builds(
    lambda start, minutes, entered, left, door: crossings(start, minutes, entered, left, door=door),
    MOMENTS,
    st.integers(1, 200),
    PEOPLE,
    PEOPLE,
    PLACES,
)
CORRECTED = st.tuples(
    st.builds(
        lambda start, entered, left, hours: correction(start, entered, left, hours=hours),
        HOURS,
        PEOPLE,
        PEOPLE,
        st.integers(1, 2),
    ),
    PLACES,
)
CLOSED = st.tuples(
    st.builds(
        lambda start, length, known: closed(
            start, length, Figures() if known else None, quality=Quality.MEASURED if known else Quality.MISSING
        ),
        HOURS,
        st.sampled_from([QUARTER, HOUR]),
        st.booleans(),
    ),
    PLACES,
)


@hypothesis.given(st.lists(st.one_of(ADDED, CORRECTED, CLOSED), max_size=25))
def test_hours_and_quarters_always_sum_up_to_what_was_added_and_corrected(steps):
    book, people = CountBook(), Figures()
    for step in steps:
        if isinstance(step, Crossings):
            book.add(step)
            people += sum((share.people for share in step.shares), Figures())
            continue
        what, place = step
        if isinstance(what, ClosedInterval):
            book.close(what, *place)
            continue
        made = book.correct(what, *place)
        people += sum(made.changes.values(), Figures()) if made else Figures()
        there = book.hours.between(str(LINE), what.started_at, what.ended_at)
        assert sum((book.hours[one].figures for one in there), Figures()) == what.new
        assert book.correct(what, *place) is None
    assert total(book.hours) == total(book.quarters) == people
    for hour in book.hours:
        inside = [
            one
            for one in book.quarters.between(str(LINE), hour.starts_at, hour.starts_at + HOUR)
            if one[2:] == hour[2:]
        ]
        assert sum((book.quarters[one].figures for one in inside), Figures()) == book.hours[hour].figures
    assert all(min(cell.entered, cell.left) >= 0 for cell in (*book.hours.cells(), *book.quarters.cells()))


def earlier(start, entered):
    return replace(correction(start, entered, quality=Quality.BACK_FILLED), reason=CorrectionReason.EARLIER)


def test_a_history_that_was_cleared_takes_nobody_away_whom_a_lost_log_had_counted():
    book = CountBook()
    book.add(crossings(EIGHT, 10, 60))
    assert book.correct(earlier(EIGHT, 0), *DOOR) is None
    assert figures_of(book.hours) == {(timedelta(0), "door"): (60, 0)}


def test_a_history_that_knows_of_more_than_a_lost_log_is_taken_unless_the_hour_was_read_throughout():
    for coverage, there in ((0.4, 64), (1.0, 60)):
        book = CountBook()
        book.add(crossings(EIGHT, 10, 60))
        book.close(closed(EIGHT, HOUR, Figures(60), coverage=coverage), *DOOR)
        book.correct(earlier(EIGHT, 64), *DOOR)
        assert figures_of(book.hours) == {(timedelta(0), "door"): (there, 0)}
