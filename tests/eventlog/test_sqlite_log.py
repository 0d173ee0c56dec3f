"""What can happen to a log because it is a file."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from peoplecount.domain.event import EventKind
from peoplecount.eventlog.log import Append, LogUnavailable, StaleTerm, State
from peoplecount.eventlog.sqlite_file import Schema, SQLiteFile
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from tests.support.events import NOON, an_event, changing, minutes, said, some
from tests.support.log_calls import LOG_CALLS, WRITES


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.sqlite"


def connect(path):
    """Somebody else's connection."""
    return closing(sqlite3.connect(path, isolation_level=None))


def pragma(log, name):
    with log._file.reading() as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_a_commit_is_on_the_disk_before_anybody_is_told(sqlite_log):
    assert pragma(sqlite_log, "journal_mode") == "wal"
    assert pragma(sqlite_log, "synchronous") == 2, "FULL"


def test_a_log_is_opened_by_its_first_use(path):
    log = SQLiteEventLog(path)
    assert not path.exists()
    assert log.head().number == 0
    log.close()


@pytest.mark.parametrize("name", WRITES)
def test_a_write_that_waits_too_long_for_a_lock_says_so(sqlite_home, name):
    sqlite_home.open().raise_term()
    log = SQLiteEventLog(sqlite_home.path, patience=0.01)
    with connect(sqlite_home.path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LogUnavailable, match=r"kept locked by another process for more than 0\.01 s"):
            LOG_CALLS[name](log)
        other.execute("ROLLBACK")
    LOG_CALLS[name](log)
    log.close()


@pytest.mark.parametrize("name", sorted(LOG_CALLS.keys() - set(WRITES)))
def test_a_read_does_not_wait_for_a_writer(sqlite_home, name):
    log = SQLiteEventLog(sqlite_home.path, patience=0)
    log.open()
    with connect(sqlite_home.path) as other:
        other.execute("BEGIN IMMEDIATE")
        LOG_CALLS[name](log)
    log.close()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    log = SQLiteEventLog(tmp_path / "missing" / "events.sqlite")
    with pytest.raises(LogUnavailable, match=r"missing.*check that its folder exists"):
        log.open()


def test_a_file_that_is_no_database_is_kept_and_named(path):
    path.write_bytes(b"This is not a database. " * 1000)
    log = SQLiteEventLog(path)
    with pytest.raises(LogUnavailable, match=r"events.sqlite is damaged or is no SQLite file.*keep them"):
        log.head()
    assert path.read_bytes() == b"This is not a database. " * 1000


def test_a_damaged_file_is_named_when_the_damage_is_met(sqlite_home):
    log = sqlite_home.open()
    log.append(log.raise_term(), [some(*(str(number) * 3000 for number in range(100)))], NOON)
    log.close()
    content = bytearray(sqlite_home.path.read_bytes())
    content[8 * 4096 :] = bytes(len(content) - 8 * 4096)
    sqlite_home.path.write_bytes(content)
    log = sqlite_home.open()
    with pytest.raises(LogUnavailable, match="damaged"):
        log.read(0, 1000)


def test_another_programs_file_is_refused_and_left_alone(path):
    with connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    log = SQLiteEventLog(path)
    with pytest.raises(LogUnavailable, match="of another program"):
        log.open()
    assert path.read_bytes() == before


def test_a_newer_versions_file_is_refused_in_words(sqlite_home):
    sqlite_home.open().close()
    with connect(sqlite_home.path) as other:
        other.execute("PRAGMA user_version = 7")
    log = SQLiteEventLog(sqlite_home.path)
    with pytest.raises(
        LogUnavailable, match=r"newer version of this program \(its schema is 7, this program knows 3\)"
    ):
        log.open()


def test_a_kind_of_event_from_a_newer_version_is_refused_in_words(sqlite_home):
    log = sqlite_home.open()
    log.append(log.raise_term(), [some("a")], NOON)
    with connect(sqlite_home.path) as other:
        other.execute("UPDATE entry SET kind = 'Teleport'")
    with pytest.raises(LogUnavailable, match="'Teleport'"):
        log.read(0, 1)


def test_the_switch_to_wal_is_tried_again_where_sqlite_does_not_wait_by_itself(path, monkeypatch):
    file = SQLiteFile(path, Schema(42, ()), synchronous="FULL", patience=5, unavailable=LogUnavailable)
    with connect(path) as other, connect(path) as ours:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE taken_back (x)")
        monkeypatch.setattr("time.sleep", lambda seconds: other.execute("ROLLBACK"))
        file._switch_to_wal(ours)
        assert ours.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_older_file_is_brought_up_to_date_and_keeps_what_it_holds(path):
    first = ("CREATE TABLE kept (x)", "INSERT INTO kept VALUES ('old')")
    second = ("ALTER TABLE kept ADD COLUMN y DEFAULT 'new'",)
    for versions in [(first,), (first, second), (first, second)]:
        file = SQLiteFile(path, Schema(42, versions), synchronous="FULL", patience=1, unavailable=LogUnavailable)
        with file.reading() as connection:
            rows = connection.execute("SELECT * FROM kept").fetchall()
        file.close()
    assert rows == [("old", "new")]


def test_a_log_of_the_version_before_knows_where_it_begins(sqlite_home):
    log = sqlite_home.open()
    term = log.raise_term()
    log.append(term, [some(*"abcd")], NOON)
    log.trim(2, NOON + minutes(1))
    log.close()
    with connect(sqlite_home.path) as other:
        for column in ("trimmed", "folded", "incomplete_until"):
            other.execute(f"ALTER TABLE log DROP COLUMN {column}")
        other.execute("PRAGMA user_version = 1")
    log = sqlite_home.open()
    assert (log.beginning().number, log.oldest().number) == (2, 2)
    log.trim(4, NOON + minutes(1))
    assert log.oldest() == log.head()


@pytest.mark.parametrize(("trimmed", "until"), [(0, None), (2, NOON + minutes(2))])
def test_a_log_of_the_version_before_says_of_no_time_that_it_is_whole_where_it_may_not_be(sqlite_home, trimmed, until):
    log = sqlite_home.open()
    term = log.raise_term()
    for minute in range(4):
        log.append(term, [some(str(minute))], NOON + minutes(minute))
    log.trim(trimmed, NOON + minutes(9))
    log.close()
    with connect(sqlite_home.path) as other:
        other.execute("ALTER TABLE log DROP COLUMN incomplete_until")
        other.execute("PRAGMA user_version = 2")
    assert sqlite_home.open().incomplete_until() == until


def test_a_log_of_the_version_before_that_holds_nothing_any_more_may_have_been_whole_until_now(sqlite_home):
    log = sqlite_home.open()
    log.append(log.raise_term(), [some("a")], NOON)
    log.trim(1, NOON + minutes(1))
    log.close()
    with connect(sqlite_home.path) as other:
        other.execute("ALTER TABLE log DROP COLUMN incomplete_until")
        other.execute("PRAGMA user_version = 2")
    assert abs(sqlite_home.open().incomplete_until() - datetime.now(UTC)) < minutes(1)


def test_a_migration_that_fails_leaves_the_file_as_it_was(path):
    first, broken = ("CREATE TABLE kept (x)",), ("CREATE TABLE more (x)", "CREATE TABLE kept (x)")
    for versions in [(first,), (first, broken)]:
        file = SQLiteFile(path, Schema(42, versions), synchronous="FULL", patience=1, unavailable=LogUnavailable)
        if len(versions) == 2:
            with pytest.raises(LogUnavailable, match="already exists"):
                file.open()
        else:
            file.open()
        file.close()
    with connect(path) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("kept",)]
        assert other.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_full_disk_refuses_the_append_whole_and_the_log_works_on(sqlite_log):
    log = sqlite_log
    term = log.raise_term()
    log.append(term, [changing("key", 0, "one", "a")], NOON)
    with log._file.reading() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 3}")  # a disk that is nearly full
    before = (log.head(), log.read(0, 10), log.load_states())
    with pytest.raises(LogUnavailable, match="disk is full"):
        log.append(term, [changing("key", 1, "two", "x" * 100_000)], NOON)
    assert (log.head(), log.read(0, 10), log.load_states()) == before
    assert log.append(term, [changing("key", 1, "two", "b")], NOON).number == 2


def test_a_file_put_in_its_place_is_taken_up(sqlite_home, tmp_path):
    log = sqlite_home.open()
    term = log.raise_term()
    log.append(term, [some("a")], NOON)
    log.close()
    shutil.copy(sqlite_home.path, tmp_path / "copy")
    log = sqlite_home.open()
    log.append(term, [some("b")], NOON)
    counter = log.change_counter()
    for companion in ("", "-wal", "-shm"):
        sqlite_home.path.with_name(f"events.sqlite{companion}").unlink()
    shutil.copy(tmp_path / "copy", sqlite_home.path)
    assert log.change_counter() != counter
    assert [said(entry.event) for entry in log.read(0, 10)] == ["a"]
    assert log.append(term, [some("c")], NOON).number == 2


def test_a_file_that_is_deleted_is_made_anew_and_the_old_lead_is_over(sqlite_home):
    log = sqlite_home.open()
    term = log.raise_term()
    before = log.append(term, [some("a")], NOON)
    for companion in ("", "-wal", "-shm"):
        sqlite_home.path.with_name(f"events.sqlite{companion}").unlink()
    with pytest.raises(StaleTerm):
        log.append(term, [some("b")], NOON)
    assert log.head().epoch != before.epoch
    assert log.head().number == 0


def test_an_error_in_a_block_takes_back_what_was_written_in_it(sqlite_log):
    def write_and_fail():
        with sqlite_log._file.writing() as connection:
            connection.execute("INSERT INTO state VALUES ('key', 1, 'body')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert sqlite_log.load_states().states == {}
    sqlite_log.append(sqlite_log.raise_term(), [changing("key", 0, "one")], NOON)
    assert sqlite_log.load_states().states == {"key": State(1, "one")}


def test_closing_in_the_middle_of_a_call_lets_it_finish(sqlite_log):
    with sqlite_log._file.reading() as connection:
        sqlite_log.close()
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_two_watchers_at_once_never_miss_a_change(sqlite_log):
    with sqlite_log._file._borrowed(sqlite_log._file._watchers):
        second = sqlite_log.change_counter()
    counters = {second, sqlite_log.change_counter()}
    sqlite_log.raise_term()
    assert sqlite_log.change_counter() not in counters


def test_trimming_gives_the_space_back_to_the_disk(sqlite_log):
    log = sqlite_log
    term = log.raise_term()
    for _ in range(3):
        log.append(term, [some("x" * 1000, *["y" * 1000] * 2500)], NOON)
    full = log.size()
    assert log.trim(7000, NOON + minutes(1)) == 7000
    log.append(term, [some("z")], NOON)
    log.close()
    assert log.size() < full / 5


def test_readers_do_not_make_the_write_ahead_log_grow(sqlite_home):
    log, reader = sqlite_home.open(), sqlite_home.open()
    term = log.raise_term()
    after = 0
    for _ in range(150):
        log.append(term, [some(*["x" * 2000] * 50)], NOON)
        after = reader.read(after, 1000)[-1].event_id.number
    wal = sqlite_home.path.with_name("events.sqlite-wal").stat().st_size
    assert wal < 6_000_000 < log.size()


def test_a_burst_does_not_leave_its_write_ahead_log_on_the_disk_for_ever(sqlite_log):
    term = sqlite_log.raise_term()
    sqlite_log.append(term, [some("x" * 20_000_000)], NOON)
    for _ in range(3):
        sqlite_log.append(term, [some("y")], NOON)
    wal = sqlite_log._file.path.with_name("events.sqlite-wal")
    assert wal.stat().st_size < 5_000_000


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_can_be_kept(sqlite_log, kind):
    event = an_event("a", subject="line", kind=kind)
    sqlite_log.append(sqlite_log.raise_term(), [Append((event,))], NOON)
    assert [entry.event for entry in (*sqlite_log.read(0, 2), *sqlite_log.latest().entries)] == [event, event]


@pytest.mark.parametrize("at", ["yesterday", None, -5, 2**62, b"\xff"])
def test_a_damaged_note_of_when_a_line_was_read_is_as_good_as_none(sqlite_home, at):
    log = sqlite_home.open()
    log.note_seen(log.raise_term(), {"7-0-1-1": NOON, "7-0-1-2": NOON})
    with connect(sqlite_home.path) as other:
        other.execute("PRAGMA ignore_check_constraints = ON")
        other.execute("CREATE TABLE worse AS SELECT * FROM seen")
        other.execute("DROP TABLE seen")
        other.execute("ALTER TABLE worse RENAME TO seen")
        other.execute("UPDATE seen SET at = ? WHERE camera_id = '7-0-1-1'", (at,))
    assert log.seen() == {"7-0-1-2": NOON}
