"""What is SQLite's own."""

import sqlite3
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import column, insert, select, table, text

from peoplecount.domain.camera import Camera
from peoplecount.domain.site import Site
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage import migrate, schema_version
from peoplecount.storage.api_camaras import CameraView
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.storage.history import History
from peoplecount.storage.schema import sites
from peoplecount.storage.site_table import SiteTable
from peoplecount.storage.sqlite import SQLiteConnection
from tests.support.counting_line import EIGHT, CountingLine, append
from tests.support.toy_sealer import ToySealer


@pytest.fixture
def impatient(tmp_path):
    connection = SQLiteConnection(tmp_path / "people.db", patience=0.01)
    migrate.upgrade(connection)
    yield connection
    connection.disconnect()


@contextmanager
def somebody_writing(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_making_a_connection_opens_nothing(tmp_path):
    SQLiteConnection(tmp_path / "people.db")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_outage(tmp_path):
    with pytest.raises(DatabaseUnavailable, match="unable to open"):
        SQLiteConnection(tmp_path / "nowhere" / "people.db").connect()


def test_readers_and_the_writer_do_not_stop_each_other(impatient):
    assert impatient.execute(text("PRAGMA journal_mode"))[0][0] == "wal"

    def reads_while_another_writes(transaction):
        transaction.execute(insert(sites), fields("a"))
        return len(impatient.execute(select(sites)))  # on a connection of its own

    assert impatient.transaction(reads_while_another_writes) == 0


def fields(site_id):
    return {"site_id": site_id, "name": "A", "time_zone": "UTC", "capacity": None, "reset_time": "00:00"}


def write_something(db):
    log = MemoryEventLog()
    append(log, CountingLine().count(1))
    RecordWriter(log, db).run_once()


WRITES = {
    "add a camera": lambda db: CameraTable(db, ToySealer()).add(Camera("cam", "Hall", "192.0.2.7")),
    "remove a camera": lambda db: CameraTable(db, ToySealer()).remove("cam"),
    "enter a site": lambda db: SiteTable(db).put_site(Site("north", "North", "UTC")),
    "remove a site": lambda db: SiteTable(db).remove_site("north"),
    "a statement": lambda db: db.execute(insert(sites), fields("a")),
    "write records": write_something,
}
READS = {
    "cameras": lambda db: CameraTable(db, ToySealer()).cameras(),
    "sites": lambda db: SiteTable(db).sites(),
    "roster": lambda db: CameraView(ToySealer()).read(db),
    "history": lambda db: History(db).as_of(lambda: History(db).quarter_hours(EIGHT, EIGHT + timedelta(hours=1))),
    "schema version": schema_version.current,
    "upgrade of what is up to date": migrate.upgrade,
    "check": lambda db: db.check(),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_while_another_process_writes_for_too_long_writing_is_an_outage(impatient, tmp_path, write):
    with somebody_writing(tmp_path / "people.db"), pytest.raises(DatabaseUnavailable, match="locked"):
        write(impatient)


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_while_another_process_writes_reading_goes_on(impatient, tmp_path, read):
    with somebody_writing(tmp_path / "people.db"):
        read(impatient)


def test_foreign_keys_are_heeded(impatient):
    assert impatient.execute(text("PRAGMA foreign_keys"))[0][0] == 1


def test_tables_can_be_made_and_taken_back_in_one_transaction(impatient):
    def half(transaction):
        transaction.execute(text("CREATE TABLE something (a TEXT)"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        impatient.transaction(half)
    names = impatient.execute(select(column("name")).select_from(table("sqlite_master")))
    assert "something" not in {row.name for row in names}
