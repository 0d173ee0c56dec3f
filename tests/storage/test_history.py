from datetime import timedelta

import pytest

from peoplecount.domain.event import Quality
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.storage.history import History, QuarterHour
from tests.support.counting_line import EIGHT, CountingLine, append

QUARTER = timedelta(minutes=15)


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
    rows, as_of = history.quarter_hours_as_of(EIGHT, EIGHT + QUARTER)
    assert as_of == history.written_up_to() == log.head()
    assert [row.in_count for row in rows] == [1]


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
    rows, as_of = History(WritesInBetween(embedded, log, 4)).quarter_hours_as_of(EIGHT, EIGHT + QUARTER)
    assert sum(row.in_count for row in rows) == as_of.number == 4


def test_it_gives_up_on_a_database_that_never_holds_still(log, embedded):
    with pytest.raises(DatabaseUnavailable, match="faster than it can be read"):
        History(WritesInBetween(embedded, log, 10**6)).quarter_hours_as_of(EIGHT, EIGHT + QUARTER)
