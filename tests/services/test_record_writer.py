import contextlib
import copy
import random
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from peoplecount.domain.event import EventKind, NewEvent, Quality
from peoplecount.domain.event_id import EventId
from peoplecount.eventlog.log import LogUnavailable
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.errors import (
    CircuitOpen,
    DatabaseConflict,
    DatabaseError,
    DatabaseRefused,
    DatabaseUnavailable,
    DriverMissing,
    RowsLost,
    SchemaMismatch,
    UnsafeStatement,
)
from peoplecount.storage.history import History
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.schema import hour_counts, positions, quarter_hours, records
from tests.support.counting_line import EIGHT, CountingLine, append
from tests.support.waiting import wait_until

MINUTE = timedelta(minutes=1)


@pytest.fixture
def log():
    return MemoryEventLog()


@pytest.fixture
def db(connection):
    return ProxyDB(connection, pause=lambda seconds: None)


@pytest.fixture
def quick_db(embedded):
    return ProxyDB(embedded, pause=lambda seconds: None)


def write_all(log, db, **options):
    writer = RecordWriter(log, db, **options)
    while writer.run_once():
        pass
    return writer


def sums(db, table):
    (row,) = db.execute(select(func.sum(table.c.in_count), func.sum(table.c.out_count)))
    return int(row[0] or 0), int(row[1] or 0)


def rows_of(db, table):
    return db.execute(select(table))


def totals_of(db):
    return {row.line_id: (row.in_total, row.out_total) for row in rows_of(db, positions)}


def test_counts_become_records_roll_ups_and_positions_together(log, db):
    line = CountingLine()
    append(log, line.count(3, 1), line.count(0, 2))
    writer = write_all(log, db)
    first, second = rows_of(db, records)
    assert (first.line_id, first.door_id, first.site_id) == ("cam-0-1-1", "door", "site")
    assert (first.started_at, first.ended_at) == (EIGHT, EIGHT + timedelta(seconds=10))
    assert first.local_time == datetime(2026, 5, 4, 10, 0, 10)
    assert (first.in_count, first.out_count, first.in_total, first.out_total) == (3, 1, 3, 1)
    assert (second.in_count, second.out_count, second.in_total, second.out_total) == (0, 2, 3, 3)
    assert {row.quality for row in (first, second)} == {"measured"}
    assert EventId(first.event_epoch, first.event_number) == EventId(log.head().epoch, 1)
    assert sums(db, quarter_hours) == sums(db, hour_counts) == (3, 3)
    assert totals_of(db) == {"cam-0-1-1": (3, 3)}
    assert History(db).written_up_to() == log.head() == writer.written_up_to()
    assert (writer.state.lag, writer.state.written) == (0, 2)


def test_hours_are_those_of_the_cameras_wall_clock(log, db):
    line = CountingLine(read_at=EIGHT + 59 * MINUTE)
    append(log, line.count(1), line.count(1, after=5 * MINUTE))
    write_all(log, db)
    assert {(row.starts_at, row.local_start.hour, row.in_count) for row in rows_of(db, hour_counts)} == {
        (EIGHT, 10, 1),
        (EIGHT + 60 * MINUTE, 11, 1),
    }


def test_a_long_time_between_two_readings_is_shared_out_and_called_estimated(log, db):
    line = CountingLine()
    append(log, line.count(9, after=45 * MINUTE))
    write_all(log, db)
    quarters = History(db).quarter_hours(EIGHT, EIGHT + 60 * MINUTE)
    assert [(quarter.start, quarter.in_count) for quarter in quarters] == [
        (EIGHT, 3),
        (EIGHT + 15 * MINUTE, 3),
        (EIGHT + 30 * MINUTE, 3),
    ]
    assert {quarter.quality for quarter in quarters} == {Quality.ESTIMATED}
    assert [row.quality for row in rows_of(db, hour_counts)] == ["measured"]
    assert [row.in_count for row in rows_of(db, records)] == [9]


def test_events_that_are_no_counts_move_the_cursor_only(log, quick_db):
    append(log, NewEvent(EventKind.CAMERA_STATUS, "site", "cam", "", "cam", "{}"))
    assert write_all(log, quick_db).written_up_to() == log.head()
    assert rows_of(quick_db, records) == []


def test_a_base_reading_moves_the_position_and_makes_no_record(log, quick_db):
    append(log, CountingLine().count(0, 0))
    write_all(log, quick_db)
    assert totals_of(quick_db) == {"cam-0-1-1": (0, 0)}
    assert rows_of(quick_db, records) == []


def test_everything_is_written_once_however_it_is_cut_into_batches(log, db):
    lines = [CountingLine(f"cam{number}", index) for number in range(7) for index in (1, 2)]
    dice = random.Random(5)
    append(log, *(dice.choice(lines).count(dice.randrange(4), dice.randrange(3)) for _ in range(400)))
    write_all(log, db, batch=37)
    expected = {str(line.key): line.totals for line in lines}
    assert totals_of(db) == expected
    all_people = tuple(sum(line.totals[side] for line in lines) for side in (0, 1))
    assert sums(db, records) == sums(db, quarter_hours) == sums(db, hour_counts) == all_people


def test_a_reset_loses_nobody(log, quick_db):
    line = CountingLine()
    append(log, line.count(5))
    line.reset()
    append(log, line.count(2))
    write_all(log, quick_db)
    assert sums(quick_db, records) == (7, 0)


def test_a_new_writer_goes_on_where_the_last_one_stopped(log, quick_db):
    line = CountingLine()
    append(log, line.count(1))
    write_all(log, quick_db)
    append(log, line.count(2))
    again = write_all(log, quick_db)
    assert again.state.written == 1
    assert sums(quick_db, records) == (3, 0)


def test_reading_the_whole_log_again_in_a_new_epoch_adds_nothing(log, db):
    line = CountingLine()
    append(log, line.count(1), line.count(2))
    write_all(log, db)
    log.start_epoch()
    writer = write_all(log, db)
    assert writer.state.written == 0
    assert History(db).written_up_to() == log.head()
    assert sums(db, records) == sums(db, quarter_hours) == (3, 0)


@pytest.mark.parametrize("grown_past_the_cursor", [False, True])
def test_a_log_put_back_to_an_earlier_copy_loses_and_doubles_nobody(log, db, grown_past_the_cursor):
    """After the rewind the line counts on from the totals that the older log knew."""
    line = CountingLine()
    append(log, line.count(1), line.count(2))
    restored, line_then = copy_of(log), copy.copy(line)
    append(log, line.count(4), line.count(8))
    write_all(log, db)
    append(restored, line_then.count(20, after=60 * MINUTE))  # 12 of them are written already
    if grown_past_the_cursor:
        append(restored, *(line_then.count(1) for _ in range(5)))
    epoch = restored.head().epoch
    write_all(restored, db)
    assert restored.head().epoch != epoch
    assert totals_of(db) == {"cam-0-1-1": line_then.totals}
    assert sums(db, records) == sums(db, quarter_hours) == sums(db, hour_counts) == line_then.totals


def copy_of(log):
    """What a backup of the log's file would be."""
    other = MemoryEventLog()
    other.__dict__.update(
        {name: copy.copy(value) for name, value in log.__dict__.items() if name not in {"_lock", "_closed"}}
    )
    return other


def test_what_never_arrived_is_bridged_by_totals_and_called_estimated(log, quick_db):
    line = CountingLine()
    append(log, line.count(1))
    write_all(log, quick_db)
    line.count(5)  # in an event that is lost
    append(log, line.count(2))
    write_all(log, quick_db)
    bridged = rows_of(quick_db, records)[-1]
    assert (bridged.in_count, bridged.quality) == (7, "estimated")
    assert bridged.started_at == EIGHT + timedelta(seconds=10)


def test_a_rewind_is_handed_to_whoever_may_start_an_epoch(log, quick_db):
    line = CountingLine()
    append(log, line.count(1), line.count(1))
    write_all(log, quick_db)
    asked = []
    emptied = MemoryEventLog()
    emptied._epoch = log.head().epoch
    with pytest.raises(LogUnavailable, match="no new epoch"):
        RecordWriter(emptied, quick_db, on_rewound=lambda: asked.append("epoch, please")).run_once()
    assert asked == ["epoch, please"]


def test_of_two_writers_neither_doubles_what_the_other_wrote(log, db):
    line = CountingLine()
    append(log, line.count(1))
    one, other = RecordWriter(log, db, batch=1), RecordWriter(log, db, batch=1)
    one.run_once()
    other.run_once()
    append(log, line.count(2), line.count(4))
    assert one.run_once() == 1
    assert other.run_once() == 0  # it stood where one no longer stands
    assert "another process writes" in other.state.error
    assert other.run_once() == 1
    assert other.state.error == ""
    assert sums(db, records) == (7, 0)


def test_two_writers_at_once_write_everything_once(log, db):
    lines = [CountingLine(f"cam{number}") for number in range(5)]
    append(log, *(line.count(1, 1) for _ in range(60) for line in lines))

    def write():
        writer = RecordWriter(log, db, batch=20)
        while writer.written_up_to() != log.head():
            writer.run_once()

    db.check()  # nobody is let in before the first answer, which some servers take seconds for
    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sums(db, records) == sums(db, quarter_hours) == sums(db, hour_counts) == (300, 300)


class LosesRows:
    """A connection whose server drops rows of a batch into one table without a word."""

    def __init__(self, connection, table):
        self._connection = connection
        self._table = table

    def execute(self, statement, parameters=None):
        return self._connection.execute(statement, parameters)

    def transaction(self, work, *, repeatable=True):
        return self._connection.transaction(lambda transaction: work(self._lossy(transaction)))

    def _lossy(self, transaction):
        whole = transaction.change_each

        def change_each(statement, rows):
            whole(statement, rows[:-1] if statement.table is self._table else rows)

        transaction.change_each = change_each
        return transaction


@pytest.mark.parametrize("table", [records, quarter_hours, hour_counts, positions], ids=lambda table: table.name)
@pytest.mark.parametrize("already_written", [0, 1])
def test_rows_that_a_server_loses_without_a_word_are_noticed_and_nothing_is_kept(log, embedded, table, already_written):
    line = CountingLine()
    if already_written:  # so that rows are changed, and not only inserted
        append(log, line.count(1))
        write_all(log, embedded)
    append(log, line.count(1), line.count(1))
    writer = RecordWriter(log, LosesRows(embedded, table))
    with pytest.raises(RowsLost, match=table.name):
        writer.run_once()
    assert sums(embedded, records) == (already_written, 0)
    write_all(log, embedded)
    assert sums(embedded, records) == sums(embedded, quarter_hours) == (already_written + 2, 0)


class Away:
    """A database that is away until it is let back."""

    def __init__(self, connection):
        self._connection = connection
        self.is_away = True
        self.asked = 0

    def execute(self, statement, parameters=None):
        return self.transaction(lambda transaction: transaction.execute(statement, parameters))

    def transaction(self, work, *, repeatable=True):
        self.asked += 1
        if self.is_away:
            raise CircuitOpen("gone fishing", 0.001)
        return self._connection.transaction(work)


def test_while_the_database_is_away_it_waits_says_so_and_then_catches_up(log, embedded):
    line = CountingLine()
    append(log, line.count(1), line.count(1))
    since = datetime(2026, 5, 4, 9, tzinfo=UTC)
    away = Away(embedded)
    writer = RecordWriter(log, away, now=lambda: since)
    stop, wake = threading.Event(), threading.Event()
    thread = threading.Thread(target=writer.run, args=(stop, wake))
    thread.start()
    try:
        wait_until(lambda: away.asked > 3)
        assert "gone fishing" in writer.state.error
        assert writer.state.failing_since == since
        away.is_away = False
        wait_until(lambda: writer.written_up_to() == log.head())
        append(log, line.count(1))
        wake.set()
        wait_until(lambda: writer.written_up_to() == log.head())
    finally:
        stop.set()
        wake.set()
        thread.join(20)
    assert not thread.is_alive()
    assert (writer.state.error, writer.state.failing_since, writer.state.lag) == ("", None, 0)
    assert sums(embedded, records) == (3, 0)


def test_the_lag_grows_while_the_database_is_away(log, embedded):
    line = CountingLine()
    append(log, line.count(1))
    database = Away(embedded)
    database.is_away = False
    writer = RecordWriter(log, database)
    writer.run_once()
    database.is_away = True
    for _ in range(3):
        append(log, line.count(1))
    with pytest.raises(DatabaseUnavailable):
        writer.run_once()
    assert writer.state.lag == 3
    assert writer.written_up_to() == EventId(log.head().epoch, 1)


def test_a_commit_whose_answer_was_lost_is_not_written_again(log, embedded):
    line = CountingLine()
    append(log, line.count(1))

    class LosesTheAnswer:
        lost = False

        def execute(self, statement, parameters=None):
            return embedded.execute(statement, parameters)

        def transaction(self, work, *, repeatable=True):
            result = embedded.transaction(work)
            if log.head().number > 1 and not self.lost:
                self.lost = True
                raise DatabaseUnavailable("the link dropped after the commit")
            return result

    db = ProxyDB(LosesTheAnswer(), pause=lambda seconds: None)
    writer = RecordWriter(log, db)
    writer.run_once()
    append(log, line.count(2))
    while writer.written_up_to() != log.head():
        writer.run_once()
    assert sums(embedded, records) == (3, 0)


def said(caplog, words):
    return [record for record in caplog.records if words in record.getMessage()]


GIBBERISH = NewEvent(EventKind.COUNT, "site", "cam", "", "", '{"kind":"gibberish"}')


@pytest.mark.parametrize("batch", [1, 2, 3, 500])
def test_an_entry_the_database_does_not_take_is_set_aside_and_nothing_else_is(log, db, caplog, batch):
    lines = [CountingLine(f"cam{number}") for number in range(5)]
    endless = CountingLine("cam", index=10**30)
    append(log, *(line.count(1, 2) for line in lines), endless.count(1), *(line.count(3) for line in lines))
    writer = write_all(log, db, batch=batch)
    assert (writer.state.refused, writer.state.error, writer.state.lag) == (1, "", 0)
    assert sums(db, records) == sums(db, quarter_hours) == sums(db, hour_counts) == (20, 10)
    assert totals_of(db) == {str(line.key): (4, 2) for line in lines}
    (told,) = said(caplog, "set aside")
    assert str(EventId(log.head().epoch, 6)) in told.getMessage()
    assert told.levelname == "ERROR"


def test_what_was_set_aside_stays_so_for_the_next_writer(log, quick_db):
    append(log, CountingLine(index=10**30).count(1))
    write_all(log, quick_db)
    again = write_all(log, quick_db)
    assert (again.state.refused, again.written_up_to()) == (0, log.head())


def test_an_event_nobody_can_read_is_set_aside_and_its_people_come_with_the_next_one(log, quick_db, caplog):
    line = CountingLine()
    append(log, line.count(1))
    line.count(5)
    append(log, GIBBERISH, line.count(2))
    writer = write_all(log, quick_db)
    assert writer.state.refused == 1
    assert sums(quick_db, records) == (8, 0)
    assert len(said(caplog, "set aside")) == 1


@pytest.mark.parametrize("kept", [2, 0])
def test_what_a_restored_database_lacks_and_the_log_no_longer_keeps_is_named_once(log, quick_db, caplog, kept):
    line = CountingLine()
    append(log, line.count(1), line.count(1))
    write_all(log, quick_db)
    append(log, *(line.count(1) for _ in range(3 + kept)))
    log.trim(5, EIGHT + MINUTE)
    gaps = []
    writer = RecordWriter(log, Away(quick_db), on_gap=lambda: gaps.append("told"))
    for away in (True, False, False, False):
        writer._db.is_away = away
        with contextlib.suppress(DatabaseUnavailable):
            writer.run_once()
    epoch = log.head().epoch
    (told,) = said(caplog, "missing from the history")
    assert f"Events {epoch}-3 to {epoch}-5 are missing" in told.getMessage()
    assert gaps == ["told"]
    assert sums(quick_db, records) == (2 + (3 + kept if kept else 0), 0)


def test_a_log_that_was_trimmed_up_to_the_cursor_lacks_nothing(log, quick_db, caplog):
    line = CountingLine()
    append(log, line.count(1), line.count(1))
    write_all(log, quick_db)
    log.trim(2, EIGHT + MINUTE)
    write_all(log, quick_db)
    append(log, line.count(1))
    write_all(log, quick_db)
    assert said(caplog, "missing") == []


class Ill:
    """A database in which something is wrong that is no entry's fault, in all it writes or from some point on."""

    def __init__(self, connection, error, after=0):
        self._connection = connection
        self._error = error
        self._left = after

    def execute(self, statement, parameters=None):
        return self._connection.execute(statement, parameters)

    def transaction(self, work, *, repeatable=True):
        self._left -= 1
        if self._left < 0:
            raise self._error
        return self._connection.transaction(work)


@pytest.mark.parametrize(  # the first transaction starts the cursor, the third sets the gibberish aside
    ("error", "after"),
    [
        (DatabaseUnavailable("away"), 1),
        (DatabaseUnavailable("away"), 2),
        (DatabaseUnavailable("away"), 3),
        (DatabaseConflict("deadlock"), 1),
        (DatabaseRefused("no right to insert", at_sign_in=False), 1),
        (SchemaMismatch("no such table"), 1),
        (RowsLost("some are missing"), 1),
        (DriverMissing("no driver"), 1),
        (DatabaseError("database disk image is malformed"), 1),
        (UnsafeStatement("a value in a statement"), 1),
        (RuntimeError("cannot schedule new work"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_whatever_is_wrong_with_the_database_nothing_is_set_aside_for_it(log, embedded, caplog, error, after):
    line = CountingLine()
    append(log, line.count(1), GIBBERISH, line.count(1), line.count(1))
    writer = RecordWriter(log, Ill(embedded, error, after))
    with pytest.raises(type(error)):
        writer.run_once()
    assert writer.state.error
    write_all(log, embedded)
    assert [(row.in_count, row.quality) for row in rows_of(embedded, records)] == [(1, "measured")] * 3
    assert len(said(caplog, "set aside")) == 1  # the gibberish


def test_far_behind_it_says_how_it_goes_and_at_the_end_no_more(log, embedded):
    line = CountingLine()
    append(log, *(line.count(1) for _ in range(65)))
    ticks = iter(range(10**6))
    writer = RecordWriter(log, embedded, batch=5, monotonic=lambda: float(next(ticks)))
    writer.run_once()
    writer.run_once()
    assert writer.state.lag == 55
    assert writer.state.progress.rate > 0
    assert writer.state.progress.seconds_left > 0
    while writer.run_once():
        pass
    assert (writer.state.progress, writer.state.lag) == (None, 0)
    assert sums(embedded, records) == (65, 0)


def test_that_it_went_well_so_far_is_not_said_while_the_database_is_away(log, embedded):
    line = CountingLine()
    append(log, *(line.count(1) for _ in range(70)))
    database = Away(embedded)
    database.is_away = False
    writer = RecordWriter(log, database, batch=5)
    writer.run_once()
    writer.run_once()
    assert writer.state.progress
    database.is_away = True
    with pytest.raises(DatabaseUnavailable):
        writer.run_once()
    assert writer.state.progress is None


def test_a_log_that_began_again_below_the_history_is_warned_about_once_a_line(quick_db, caplog):
    line, lost = CountingLine(), MemoryEventLog()
    append(lost, line.count(3))
    line.reset()  # by hand, on the same day
    append(lost, line.count(2))
    write_all(lost, quick_db)
    across = timedelta(seconds=30)
    fresh, began = MemoryEventLog(), CountingLine(read_at=line.read_at - across / 2)  # in the day's first generation
    append(fresh, began.count(1, after=across), CountingLine(index=2).count(1))
    write_all(fresh, quick_db)
    told = said(caplog, "counted anew below")
    assert [record.args[0] for record in told] == [line.key]
    assert sums(quick_db, records) == (6, 0)
    append(fresh, began.count(1))
    write_all(fresh, quick_db)
    assert sums(quick_db, records) == (7, 0), "who comes after all that is written is counted again"


def test_events_that_come_again_are_no_reason_to_warn(log, quick_db, caplog):
    line = CountingLine()
    append(log, line.count(3))
    line.reset()
    append(log, line.count(2))
    write_all(log, quick_db)
    log.start_epoch()
    write_all(log, quick_db)
    assert said(caplog, "counted anew below") == []


def test_a_database_that_waits_for_its_upgrade_is_told_with_what_to_do(log, make_connection, caplog):
    append(log, CountingLine().count(1))
    writer = RecordWriter(log, make_connection("sqlite", "empty"))
    with pytest.raises(SchemaMismatch):
        writer.run_once()
    assert "db upgrade" in writer.state.error
    assert len(said(caplog, "db upgrade")) == 1
