import logging
import threading
from datetime import timedelta
from itertools import chain, repeat

import pytest
from sqlalchemy import func, select, update

from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.record_retention import RecordRetention
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage import retention
from peoplecount.storage.errors import CircuitOpen
from peoplecount.storage.schema import corrections, hour_counts, quarter_hours, records
from tests.support.counting_line import EIGHT, CountingLine, append
from tests.support.fake_clock import FakeClock
from tests.support.statements import RecordingDatabase
from tests.support.waiting import wait_until

DAY = timedelta(days=1)
YEAR = timedelta(days=365)


def write(db, *events):
    log = MemoryEventLog()
    append(log, *events)
    RecordWriter(log, db).run_once()


def counted_on(db):
    """How many days after the first one the records are from."""
    return sorted((row.line_id, (row.ended_at - EIGHT).days) for row in db.execute(select(records)))


def kept(db, clock, days=100, **options):
    return RecordRetention(db, timedelta(days=days), clock, **options)


def purge(db, clock, days=100):
    return kept(db, clock, days).purge(threading.Event())


def days_of_counts(db, *counted, index=1):
    """Somebody on each of these days."""
    line = CountingLine(index=index)
    events = []
    for before, day in zip((0, *counted), counted, strict=False):
        events.append(line.count(1, after=(day - before) * DAY))
    write(db, *events)
    return line


def test_records_go_after_a_while_and_what_they_add_up_to_stays(connection, caplog):
    caplog.set_level(logging.INFO)
    line = days_of_counts(connection, 1, 2, 100, 200)
    write(connection, line.correct(EIGHT, 7))
    before = [connection.execute(select(table)) for table in (hour_counts, quarter_hours, corrections)]
    assert purge(connection, FakeClock(EIGHT + 200 * DAY), days=150) == 3
    assert counted_on(connection) == [("cam-0-1-1", 100), ("cam-0-1-1", 200)]
    assert [connection.execute(select(table)) for table in (hour_counts, quarter_hours, corrections)] == before
    assert [record.getMessage() for record in caplog.records] == [
        "3 records of before 2026-06-23 were removed (RECORDS_KEEP_DAYS); what they add up to stays"
    ]


def test_where_nothing_is_too_old_nothing_is_said(embedded, caplog):
    caplog.set_level(logging.INFO)
    assert purge(embedded, FakeClock(EIGHT + YEAR)) == 0
    days_of_counts(embedded, 1, 2)
    assert purge(embedded, FakeClock(EIGHT + 90 * DAY)) == 0
    assert caplog.records == []


def test_many_go_a_few_at_a_time_and_others_are_left_most_of_the_time(embedded, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    monkeypatch.setattr(retention, "_oldest", retention._oldest.limit(2))
    monkeypatch.setattr("peoplecount.services.record_retention.AT_ONCE", 2)
    days_of_counts(embedded, 1, 2, 3, 4, 5, 150)
    clock, waits = FakeClock(EIGHT + 150 * DAY), []

    class Stop(threading.Event):
        def wait(self, seconds):
            waits.append(seconds)
            return False

    ticks = iter(range(100))
    retained = kept(embedded, clock, monotonic=lambda: float(next(ticks)))
    assert retained.purge(Stop()) == 5
    assert waits == [pytest.approx(9.0), pytest.approx(9.0)]
    assert counted_on(embedded) == [("cam-0-1-1", 150)]


def test_a_statement_takes_fewer_locks_than_lead_sql_server_to_lock_the_whole_table(embedded):
    """It does so from 5,000 of a statement and an index on, and a row that is deleted has one in each."""
    line = CountingLine()
    write(embedded, *(line.count(1, after=timedelta(seconds=1)) for _ in range(500)))
    log = MemoryEventLog()
    append(log, *(line.count(1, after=timedelta(seconds=1)) for _ in range(2100)))
    writer = RecordWriter(log, embedded)
    while writer.run_once():
        pass
    db = RecordingDatabase(embedded)
    assert purge(db, FakeClock(EIGHT + YEAR)) == 0  # by the cameras' clocks they are new
    write(embedded, CountingLine(index=2, read_at=EIGHT + YEAR).count(1))
    assert purge(db, FakeClock(EIGHT + YEAR)) == 2600
    deletes = [statement for statement in db.statements if statement.is_delete]
    assert len(deletes) == 3
    for statement in deletes:
        (rows,) = statement.compile().params.values()
        assert 0 < len(rows) <= 1000


def test_it_makes_way_for_a_writer_that_falls_behind(embedded, monkeypatch):
    monkeypatch.setattr("peoplecount.services.record_retention.BUSY_WAIT", 0.001)
    days_of_counts(embedded, 1, 200)
    answers = [True, True, False]
    removed_when_free = []

    def is_busy():
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        removed_when_free.append(len(counted_on(embedded)))
        return answer

    assert kept(embedded, FakeClock(EIGHT + 200 * DAY), is_busy=is_busy).purge(threading.Event()) == 1
    assert removed_when_free[:3] == [2, 2, 2]
    stop = threading.Event()
    stop.set()
    days_of_counts(embedded, 1, 400, index=3)
    assert kept(embedded, FakeClock(EIGHT + 400 * DAY), is_busy=lambda: True).purge(stop) == 0


def test_days_that_may_still_be_settled_are_kept_whatever_is_asked_for(embedded):
    days_of_counts(embedded, 1, 30, 50)
    assert purge(embedded, FakeClock(EIGHT + 50 * DAY), days=1) == 1
    assert counted_on(embedded) == [("cam-0-1-1", 30), ("cam-0-1-1", 50)]


def test_a_clock_of_ours_that_is_years_ahead_empties_no_table(embedded):
    """The cameras' own clocks, at the newest records, are not there yet."""
    days_of_counts(embedded, 1, 60, 120)
    assert purge(embedded, FakeClock(EIGHT + 9 * YEAR)) == 1
    assert counted_on(embedded) == [("cam-0-1-1", 60), ("cam-0-1-1", 120)]


def test_records_that_we_dated_years_ahead_do_not_stand_in_the_way(embedded):
    days_of_counts(embedded, 1, 2, 150)
    first = select(func.min(records.c.record_id)).scalar_subquery()
    embedded.execute(update(records).where(records.c.record_id == first).values(ended_at=EIGHT + 9 * YEAR))
    assert purge(embedded, FakeClock(EIGHT + 150 * DAY)) == 1
    assert counted_on(embedded) == [("cam-0-1-1", 150), ("cam-0-1-1", 9 * 365)]


def test_lines_whose_camera_is_gone_are_purged_by_the_others_clocks(embedded):
    days_of_counts(embedded, 1, 2)
    days_of_counts(embedded, 150, index=2)
    assert purge(embedded, FakeClock(EIGHT + 150 * DAY)) == 2
    assert counted_on(embedded) == [("cam-0-1-2", 150)]


def test_it_ends_when_it_is_told_to(embedded):
    days_of_counts(embedded, 1, 150)
    stop = threading.Event()
    stop.set()
    assert kept(embedded, FakeClock(EIGHT + 150 * DAY)).purge(stop) == 0


class Waits(threading.Event):
    """Keeps how long somebody would have waited, and ends after a few times."""

    def __init__(self, times):
        super().__init__()
        self.waits = []
        self._times = times

    def wait(self, seconds=None):
        self.waits.append(seconds)
        if len(self.waits) > self._times:
            self.set()
        return self.is_set()


def test_it_waits_for_the_writer_and_for_a_database_that_is_away(embedded):
    days_of_counts(embedded, 1, 150)
    busy = chain([True], repeat(False))

    class Away:
        left = 1

        def execute(self, statement, parameters=None):
            self.left -= 1
            if self.left >= 0:
                raise CircuitOpen("away", 1.0)
            return embedded.execute(statement, parameters)

        def transaction(self, work, *, repeatable=True):
            return embedded.transaction(work)

    stop = Waits(3)
    kept(Away(), FakeClock(EIGHT + 150 * DAY), is_busy=lambda: next(busy)).run(stop, first=5.0)
    assert stop.waits == [5.0, 3600.0, 3600.0, 86400.0]
    assert counted_on(embedded) == [("cam-0-1-1", 150)]


def test_it_runs_until_it_is_stopped(embedded):
    days_of_counts(embedded, 1, 150)
    stop = threading.Event()
    thread = threading.Thread(target=kept(embedded, FakeClock(EIGHT + 150 * DAY)).run, args=(stop, 0.0))
    thread.start()
    try:
        wait_until(lambda: len(counted_on(embedded)) == 1)
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
