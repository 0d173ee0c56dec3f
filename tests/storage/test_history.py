from datetime import date, datetime, timedelta

import pytest

from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.increment import Generation
from peoplecount.domain.interval import Scope
from peoplecount.domain.line import LineKey
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.storage.history import History
from peoplecount.storage.history_rows import HourCount, QuarterHour
from peoplecount.storage.positions import generations
from peoplecount.storage.scope_sums import LineSpan, ScopeSum
from tests.support.counting_line import EIGHT, CountingLine, append

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)


@pytest.fixture
def log():
    return MemoryEventLog()


def test_quarter_hours_are_those_asked_for_in_order_of_time_and_line(log, connection):
    north, south = CountingLine("a", site_id="north", door_id="n"), CountingLine("b", site_id="south", door_id="s")
    append(log, south.count(1, 2), north.count(3, 4), south.count(5, after=QUARTER), north.count(6, after=3 * QUARTER))
    RecordWriter(log, connection).run_once()
    history = History(connection)
    assert history.quarter_hours(EIGHT, EIGHT + QUARTER) == [
        QuarterHour("a-0-1-1", "n", "north", EIGHT, 3 + 2, 4, Quality.ESTIMATED),
        QuarterHour("b-0-1-1", "s", "south", EIGHT, 1, 2, Quality.MEASURED),
    ]
    assert [one.start for one in history.quarter_hours(EIGHT, EIGHT + 9 * QUARTER, "south")] == [EIGHT, EIGHT + QUARTER]
    assert history.quarter_hours(EIGHT + 9 * QUARTER, EIGHT + 10 * QUARTER) == []


def test_a_line_that_moved_keeps_at_each_door_what_it_counted_there(log, embedded):
    line = CountingLine(door_id="old")
    append(log, line.count(1))
    line.door_id = "new"
    append(log, line.count(2))
    RecordWriter(log, embedded).run_once()
    rows = History(embedded).quarter_hours(EIGHT, EIGHT + QUARTER)
    assert {(row.door_id, row.in_count) for row in rows} == {("old", 1), ("new", 2)}


def test_it_knows_how_far_it_reaches(log, connection):
    history = History(connection)
    assert history.written_up_to() is None
    append(log, CountingLine().count(1))
    RecordWriter(log, connection).run_once()
    rows, as_of = history.as_of(lambda: history.quarter_hours(EIGHT, EIGHT + QUARTER))
    assert as_of == history.written_up_to() == log.head()
    assert [row.in_count for row in rows] == [1]


def day_of_counts(log, connection):
    """Two lines of a camera and one of another, on the fourth and fifth of May by the wall clock."""
    one, two, other = CountingLine("a-0"), CountingLine("a-0", 2, site_id="south"), CountingLine("a", door_id="d")
    append(
        log,
        one.count(3, 1),
        one.close(EIGHT, HOUR, Figures(3, 1), coverage=0.5),
        one.close(EIGHT + HOUR, HOUR, None, quality=Quality.MISSING, coverage=0.0),
        one.correct(EIGHT + 2 * HOUR, 8, coverage=0.4),
        one.correct(EIGHT + 14 * HOUR, 5, 2, quality=Quality.BACK_FILLED, coverage=1.0),
        two.count(1),
        other.count(0, 4),
    )
    RecordWriter(log, connection).run_once()
    return History(connection)


def test_rows_of_one_line_or_door_can_be_asked_for(log, connection):
    history = day_of_counts(log, connection)
    for ask in (history.hours, history.quarter_hours):
        whole = ask(EIGHT, EIGHT + 24 * HOUR)
        assert ask(EIGHT, EIGHT + 24 * HOUR, door_id="d") == [row for row in whole if row.door_id == "d"] != []
        of_line = ask(EIGHT, EIGHT + 24 * HOUR, line_ids=["a-0-0-1-1"])
        assert of_line == [row for row in whole if row.line_id == "a-0-0-1-1"] != []


def test_sums_over_lines_are_made_by_the_database(log, connection):
    history = day_of_counts(log, connection)
    sites = history.sums(HOUR, Scope.SITE, EIGHT, EIGHT + 2 * HOUR)
    assert sites == [
        ScopeSum("site", "site", EIGHT, 2, 0, 3, 5, Quality.MEASURED, 0.5, 1),
        ScopeSum("south", "south", EIGHT, 1, 0, 1, 0, Quality.MEASURED, 0.0, 0),
        ScopeSum("site", "site", EIGHT + HOUR, 1, 1, 0, 0, Quality.MISSING, 0.0, 1),
    ]
    (door,) = history.sums(HOUR, Scope.DOOR, EIGHT, EIGHT + HOUR, door_id="d")
    assert (door.subject, door.site_id, door.entered, door.left) == ("d", "site", 0, 4)
    (south,) = history.sums(QUARTER, Scope.SITE, EIGHT, EIGHT + HOUR, site_id="south")
    assert (south.start, south.entered) == (EIGHT, 1)
    corrected = history.sums(HOUR, Scope.SITE, EIGHT + 2 * HOUR, EIGHT + 15 * HOUR)
    assert [one.quality for one in corrected] == [Quality.CORRECTED, Quality.BACK_FILLED]


def test_how_far_lines_reach_and_when_the_next_row_begins(log, connection):
    history = day_of_counts(log, connection)
    spans = {one.line_id: one for one in history.spans(HOUR, EIGHT, EIGHT + 24 * HOUR)}
    assert spans["a-0-0-1-1"] == LineSpan("a-0-0-1-1", EIGHT, EIGHT + 14 * HOUR, 4)
    assert history.spans(HOUR, EIGHT, EIGHT + 24 * HOUR, line_ids=["a-0-1-1"]) == [spans["a-0-1-1"]]
    assert [one.line_id for one in history.spans(HOUR, EIGHT, EIGHT + HOUR, site_id="south")] == ["a-0-0-1-2"]
    assert history.next_start(HOUR, EIGHT + 3 * HOUR) == EIGHT + 14 * HOUR
    assert history.next_start(HOUR, EIGHT - 90 * HOUR, door_id="d") == EIGHT
    assert history.next_start(HOUR, EIGHT + HOUR, line_ids=["a-0-1-1"]) is None
    assert history.next_start(QUARTER, EIGHT + 24 * HOUR) is None


def test_the_lines_there_are_and_those_of_a_door(log, connection):
    history = day_of_counts(log, connection)
    assert sorted(history.lines()) == ["a-0-0-1-1", "a-0-0-1-2", "a-0-1-1"]
    assert history.lines_of_door("d", EIGHT, EIGHT + HOUR) == ["a-0-1-1"]
    assert history.lines_of_door("d", EIGHT + 5 * HOUR, EIGHT + 6 * HOUR) == []


def test_a_quarter_is_unknown_unless_something_is_known_of_the_line_at_another_door(log, connection):
    line, other = CountingLine("a"), CountingLine("b")
    append(log, line.close(EIGHT, QUARTER, None, quality=Quality.MISSING), other.close(EIGHT, QUARTER, None))
    line.door_id = "new"
    append(log, line.count(3))
    RecordWriter(log, connection).run_once()
    assert History(connection).unknown_quarters(EIGHT, EIGHT + HOUR) == {("b-0-1-1", EIGHT)}


def test_hours_say_what_is_known_of_them_and_what_is_not(log, connection):
    history = day_of_counts(log, connection)
    eight, nine, ten = history.hours(EIGHT, EIGHT + 3 * HOUR, line_ids=["a-0-0-1-1"])
    place = ("a-0-0-1-1", "door", "site")
    assert eight == HourCount(*place, EIGHT, datetime(2026, 5, 4, 10), Figures(3, 1), Quality.MEASURED, 0.5)
    assert nine == HourCount(*place, EIGHT + HOUR, datetime(2026, 5, 4, 11), None, Quality.MISSING, 0.0)
    assert (ten.figures, ten.quality, ten.coverage) == (Figures(8), Quality.CORRECTED, 0.4)


@pytest.mark.parametrize(
    ("chosen", "lines"),
    [
        ({}, ["a-0-0-1-1", "a-0-0-1-2", "a-0-1-1"]),
        ({"camera_id": "a"}, ["a-0-1-1"]),
        ({"camera_id": "a-0"}, ["a-0-0-1-1", "a-0-0-1-2"]),
        ({"camera_id": "a-0", "site_id": "south"}, ["a-0-0-1-2"]),
        ({"line_ids": ["a-0-1-1", "b-0-1-1"]}, ["a-0-1-1"]),
        ({"line_ids": []}, []),
        ({"camera_id": "a_0"}, []),
    ],
)
def test_hours_and_days_are_those_of_the_lines_that_were_asked_for(log, connection, chosen, lines):
    history = day_of_counts(log, connection)
    assert [hour.line_id for hour in history.hours(EIGHT, EIGHT + HOUR, **chosen)] == lines
    assert [day.line_id for day in history.days(date(2026, 5, 4), date(2026, 5, 4), **chosen)] == lines


def test_a_day_is_the_sum_of_what_is_known_and_as_good_as_its_worst_hour(log, connection):
    history = day_of_counts(log, connection)
    fourth, fifth = history.days(date(2026, 5, 4), date(2026, 5, 5), line_ids=["a-0-0-1-1"])
    assert (fourth.day, fourth.figures, fourth.quality, fourth.hours) == (
        date(2026, 5, 4),
        Figures(11, 1),
        Quality.MISSING,
        2,
    )
    assert fourth.coverage == pytest.approx(0.3)
    assert (fifth.day, fifth.figures, fifth.quality, fifth.hours) == (
        date(2026, 5, 5),
        Figures(5, 2),
        Quality.BACK_FILLED,
        1,
    )
    assert history.days(date(2026, 5, 6), date(2026, 5, 9)) == []


@pytest.mark.parametrize("chosen", [{}, {"camera_id": "a-0"}, {"site_id": "south"}])
def test_a_day_asked_for_alone_is_what_it_is_among_others(log, connection, chosen):
    history = day_of_counts(log, connection)
    fourth, fifth = date(2026, 5, 4), date(2026, 5, 5)
    both = history.days(fourth, fifth, **chosen)
    assert both
    assert history.days(fourth, fourth, **chosen) + history.days(fifth, fifth, **chosen) == both


def test_a_day_of_which_nothing_is_known_is_no_zero(log, embedded):
    append(log, CountingLine().close(EIGHT, HOUR, None, quality=Quality.MISSING, coverage=0.0))
    RecordWriter(log, embedded).run_once()
    (day,) = History(embedded).days(date(2026, 5, 4), date(2026, 5, 4))
    assert (day.figures, day.quality, day.coverage, day.hours) == (None, Quality.MISSING, 0.0, 0)


def test_the_generations_that_are_written_can_be_asked_for(log, connection):
    line = CountingLine()
    append(log, line.count(1))
    line.reset()
    append(log, line.count(0), CountingLine(index=2).count(1))
    RecordWriter(log, connection).run_once()
    first, second = Generation(date(2026, 5, 4)), Generation(date(2026, 5, 4), 1)
    assert generations(connection) == {LineKey("cam"): (second, second), LineKey("cam", index=2): (first, first)}


class WritesInBetween:
    """A database into which something is written whenever somebody reads a cursor, a few times."""

    def __init__(self, connection, log, times):
        self._connection = connection
        self._line = CountingLine()
        self._log = log
        self._times = times

    def execute(self, statement, parameters=None):
        rows = self._connection.execute(statement, parameters)
        if parameters and self._times:
            self._times -= 1
            append(self._log, self._line.count(1))
            RecordWriter(self._log, self._connection).run_once()
        return rows


def test_what_was_read_belongs_to_the_cursor_that_comes_with_it(log, embedded):
    history = History(WritesInBetween(embedded, log, 4))
    rows, as_of = history.as_of(lambda: history.quarter_hours(EIGHT, EIGHT + QUARTER))
    assert sum(row.in_count for row in rows) == as_of.number == 4


def test_it_gives_up_on_a_database_that_never_holds_still(log, embedded):
    history = History(WritesInBetween(embedded, log, 10**6))
    with pytest.raises(DatabaseUnavailable, match="faster than it can be read"):
        history.as_of(lambda: history.quarter_hours(EIGHT, EIGHT + QUARTER))


def test_lines_without_a_row_for_every_stretch_of_a_time_are_known(log, connection):
    whole, holed, moved = (CountingLine(name) for name in "abc")
    nine, ten = EIGHT + HOUR, EIGHT + 2 * HOUR
    append(log, whole.count(1), whole.correct(nine, 2), whole.correct(ten, 3), holed.count(1), holed.correct(ten, 3))
    append(log, moved.count(1))
    moved.door_id = "other"  # two rows of one hour do not make up for an hour without
    append(log, moved.count(1), moved.correct(ten, 3))
    RecordWriter(log, connection).run_once()
    history = History(connection)
    assert set(history.incomplete(HOUR, EIGHT, EIGHT + 3 * HOUR)) == {"b-0-1-1", "c-0-1-1"}
    assert history.incomplete(HOUR, EIGHT, nine) == []
    assert set(history.incomplete(HOUR, nine, ten)) == {"b-0-1-1", "c-0-1-1"}
    assert len(history.incomplete(HOUR, EIGHT, EIGHT + 3.5 * HOUR)) == 3
    assert len(history.incomplete(QUARTER, EIGHT, EIGHT + 3 * HOUR)) == 3
