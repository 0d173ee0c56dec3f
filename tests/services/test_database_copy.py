"""Copying a database into another one, and going on there."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, insert, select, update

from peoplecount.domain.camera import Camera
from peoplecount.domain.door import Door
from peoplecount.domain.event_id import EventId
from peoplecount.domain.figures import Figures
from peoplecount.domain.hand_count import HandCount
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.shown_totals import ShownTotals
from peoplecount.domain.site import Site
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.database_copy import PLACES, REACHES, DatabaseCopy
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage import copied_history
from peoplecount.storage.camera_choices import put_choice
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.copied_history import HISTORY
from peoplecount.storage.copied_table import CopiedTable
from peoplecount.storage.copy_mark import claim, installation_of, put_cursor
from peoplecount.storage.errors import CopyRefused, CopyUnfinished, DatabaseUnavailable, RowsLost, ValueRefused
from peoplecount.storage.hand_count_table import HandCountTable
from peoplecount.storage.quarter_stamps import load_stamps
from peoplecount.storage.registros import Row, Watermark
from peoplecount.storage.registros_states import REGISTROS, KnownCamera, Note, load_states, save_mark, save_note
from peoplecount.storage.schema import (
    cameras,
    corrections,
    hand_counts,
    hour_counts,
    metadata,
    positions,
    quarter_hours,
    records,
)
from peoplecount.storage.schema_gate import SchemaGate
from peoplecount.storage.site_table import SiteTable
from peoplecount.storage.writer_cursor import WriterCursor, load_cursor
from tests.services.test_record_batch import busy_log, contents, sums
from tests.support.counting_line import EIGHT, CountingLine, append
from tests.support.own_tables import make_tables
from tests.support.toy_sealer import ToySealer

HOUR = timedelta(hours=1)
ALL = (*PLACES, *HISTORY, *REACHES)


@pytest.fixture
def log():
    return MemoryEventLog()


@pytest.fixture
def source(embedded):
    return embedded


@pytest.fixture
def target(connection):
    """Of every kind."""
    return connection


@pytest.fixture
def second(make_connection):
    """SQLite, where the kind does not matter."""
    made = make_connection("sqlite", "second")
    make_tables(made)
    return made


def write_all(log, db, **options):
    writer = RecordWriter(log, db, demand_tables=SchemaGate(db).demand, **options)
    while writer.run_once():
        pass
    return writer


def copy(source, target, **options):
    return DatabaseCopy(source, target, **options).run()


def enter_places(db):
    sites, table = SiteTable(db), CameraTable(db, ToySealer())
    sites.put_site(Site("shop", "Shöp", "Europe/Zurich", 40, opening_hours="Mo-Fr 08:00-18:00"))
    for name in ("main", "side"):
        sites.put_door(Door(name, "shop", name.title()))
    for name, door in (("cam0", "main"), ("cam1", "side")):
        lines = (Line(LineKey(name), "Line", door),)
        table.add(Camera(name, name, f"192.0.2.{len(name)}", "admin", "geheim", site_id="shop", lines=lines))
    table.swap(LineKey("cam0"), EIGHT)
    db.transaction(lambda transaction: put_choice(transaction, "theirs", name="Hall", site_id="shop"))
    db.transaction(keep_registros)
    HandCountTable(db).put(HandCount("shop", EIGHT + timedelta(microseconds=123456), 7, "Anna"))


def keep_registros(transaction, number=4711, at=5):
    """What is remembered of an installation's own table: a row under way, how far the table is known, and the log."""
    mark = Watermark(number, is_number=True)
    save_mark(transaction, mark)
    row = Row("7", ShownTotals(at, 0, 0, 0), EIGHT)
    save_note(transaction, Note([row], mark, EventId("e", at), {"7": KnownCamera(row=row.totals)}))
    put_cursor(transaction, REGISTROS, WriterCursor(EventId("e", at), ""))


def everything(db):
    """All rows of all tables, without the numbers that a database gives."""
    return {copied.name: Counter(row[: len(copied.names)] for row in copied.rows(db)) for copied in ALL}


def test_moments_are_compared_to_the_millisecond_which_is_what_every_database_keeps(source):
    enter_places(source)
    (count,) = CopiedTable(hand_counts).rows(source)
    assert count[1] == EIGHT + timedelta(milliseconds=123)


def test_everything_is_there_and_nothing_else(log, source, target):
    enter_places(source)
    write_all(busy_log(3)[0], source)
    outcome = copy(source, target)
    assert outcome.finished
    assert everything(target) == everything(source)
    assert min(map(len, everything(source).values())) > 0
    assert outcome.tallies["records"].rows == len(source.execute(select(records)))
    assert outcome.written == sum(sum(rows.values()) for rows in everything(source).values())


def stamps(db):
    return load_stamps(db, EIGHT - timedelta(days=400), EIGHT + timedelta(days=400))


def test_what_is_copied_is_stamped_as_whatever_is_written(log, source, target):
    log, lines = busy_log(4)
    write_all(log, source)
    copy(source, target)
    before = stamps(target)
    written = {row.starts_at for table in (hour_counts, quarter_hours) for row in target.execute(select(table))}
    assert before.keys() == written
    copy(source, target)
    assert stamps(target) == before
    append(log, lines[0].correct(EIGHT, 900, 80))
    write_all(log, source)
    copy(source, target)
    assert {one for one, stamp in stamps(target).items() if stamp != before[one]} >= {EIGHT}
    assert len(set(stamps(target).values()) - set(before.values())) <= 2


def test_records_keep_their_order(source, second):
    write_all(busy_log(4)[0], source)
    copy(source, second)
    of_line = select(records.c.event_number).where(records.c.line_id == "cam0-0-1-1").order_by(records.c.record_id)
    assert second.execute(of_line) == source.execute(of_line)


def test_passwords_stay_sealed_as_they_are(source, second):
    enter_places(source)
    copy(source, second)
    sealed = [row.password for row in source.execute(select(cameras.c.password).order_by(cameras.c.camera_id))]
    assert [row.password for row in second.execute(select(cameras.c.password).order_by(cameras.c.camera_id))] == sealed
    assert all(password.startswith("sealed:") for password in sealed)


def test_run_again_it_writes_nothing(log, source, target):
    enter_places(source)
    write_all(busy_log(5)[0], source)
    copy(source, target)
    again = copy(source, target)
    assert (again.finished, again.written) == (True, 0)


def test_run_again_it_brings_what_is_new_changed_and_gone(source, target):
    enter_places(source)
    log, lines = busy_log(6)
    write_all(log, source, batch=20, grain=timedelta(minutes=15))
    copy(source, target)
    line = lines[0]
    append(log, line.count(4), line.correct(EIGHT, 90, 80), line.close(EIGHT + 99 * HOUR, HOUR, Figures()))
    write_all(log, source, grain=timedelta(minutes=15))
    table, sites = CameraTable(source, ToySealer()), SiteTable(source)
    table.remove("cam1")
    sites.remove_door("side")
    sites.put_door(Door("main", "shop", "Another name"))
    table.change(Camera("cam0", "New", "192.0.2.9", site_id="shop", lines=(Line(LineKey("cam0"), "L", "main"),)))
    (oldest,) = source.execute(select(func.min(records.c.record_id).label("number")))
    source.execute(delete(records).where(records.c.record_id == oldest.number))  # as when they are purged
    outcome = copy(source, target)
    assert everything(target) == everything(source)
    assert 0 < outcome.written < 40


def test_of_rows_that_are_alike_as_many_are_kept(source, second):
    """After a log was put back from an older copy, an event's number may come twice."""
    write_all(busy_log(7)[0], source)
    (row,) = source.execute(select(records).limit(1))
    twin = {name: value for name, value in row._mapping.items() if name != "record_id"}
    for number in (3, 1, 2):
        source.execute(delete(records).where(records.c.event_number == row.event_number))
        source.transaction(lambda transaction, number=number: transaction.change_each(insert(records), [twin] * number))
        copy(source, second)
        assert everything(second) == everything(source)


@pytest.mark.parametrize("first", ["sqlite", "postgresql", "mssql"])
def test_from_any_to_any(first, make_connection, second, source):
    between = make_connection(first, "between")
    make_tables(between)
    log, lines = busy_log(8)
    write_all(log, source)
    copy(source, between)
    append(log, lines[1].count(3))
    write_all(log, between)  # the service has gone on there
    assert copy(between, second).finished
    assert everything(second) == everything(between)


@pytest.mark.parametrize("seed", range(2))
def test_the_service_goes_on_there_exactly(target, source, make_connection, seed):
    """Whoever was counted before, while and after it was copied is there once, as if there had been one database."""
    alone = make_connection("sqlite", "alone")
    make_tables(alone)
    dice = random.Random(seed)
    log, lines = busy_log(seed)
    write_all(log, source, batch=dice.randrange(5, 60))
    copy(source, target)
    for _ in range(30):
        line = dice.choice(lines)
        append(log, line.count(dice.randrange(5), dice.randrange(5), after=timedelta(minutes=dice.choice([1, 7, 90]))))
        if dice.random() < 0.3:
            append(log, line.correct(EIGHT, dice.randrange(20), dice.randrange(20)))
        if dice.random() < 0.2:
            write_all(log, source)  # it may still have written here
    write_all(log, target, batch=dice.randrange(3, 20))
    write_all(log, alone)
    assert contents(target) == contents(alone)
    assert sums(target, records) == sums(target, hour_counts) == sums(target, quarter_hours) == sums(alone, records)


def test_one_that_is_empty_may_be_copied_too(source, second):
    assert copy(source, second).finished
    enter_places(source)
    write_all(busy_log(2)[0], source)
    assert copy(source, second).finished
    assert everything(second) == everything(source)


def test_another_installations_data_are_not_touched(log, source, target):
    enter_places(source)
    SiteTable(target).put_site(Site("theirs", "Theirs", "UTC"))
    before = everything(target)
    with pytest.raises(CopyRefused, match=r"rows in sites that did not come from here"):
        copy(source, target)
    assert everything(target) == before


def test_a_copy_of_another_installation_is_not_touched(source, second, make_connection):
    theirs = make_connection("sqlite", "theirs")
    make_tables(theirs)
    copy(theirs, second)
    with pytest.raises(CopyRefused, match="another installation"):
        copy(source, second)


def test_where_a_service_has_gone_on_nothing_is_undone(log, source, second):
    line = CountingLine()
    append(log, line.count(1))
    write_all(log, source)
    copy(source, second)
    append(log, line.count(2))
    write_all(log, second)
    with pytest.raises(CopyRefused, match="has gone on there"):
        copy(source, second)
    assert sums(second, records) == {("cam-0-1-1", "in"): 3}


def test_nothing_is_copied_back_to_where_it_came_from_nor_onto_itself(log, source, second):
    copy(source, second)
    for one, other in ((second, source), (source, source)):
        with pytest.raises(CopyRefused, match="give an empty one"):
            copy(one, other)


class BreaksOff:
    """A database that goes away after some transactions."""

    def __init__(self, connection, transactions):
        self._connection = connection
        self._left = transactions

    def execute(self, statement, parameters=None):
        return self._connection.execute(statement, parameters)

    def transaction(self, work, *, repeatable=True):
        if not self._left:
            raise DatabaseUnavailable("it is away")
        self._left -= 1
        return self._connection.transaction(work)


@pytest.mark.parametrize("transactions", [1, 2, 7])
def test_a_copy_that_breaks_off_is_not_written_to_and_goes_on_the_next_time(source, second, transactions, monkeypatch):
    monkeypatch.setattr(copied_history, "FIRST_SPAN", 2 * HOUR)
    enter_places(source)
    log, lines = busy_log(9)
    write_all(log, source)
    with pytest.raises(DatabaseUnavailable):
        copy(source, BreaksOff(second, transactions))
    with pytest.raises(CopyUnfinished, match="db copy"):
        write_all(log, second)
    with pytest.raises(CopyUnfinished):
        copy(second, source)
    already = sum(sum(rows.values()) for rows in everything(second).values())
    outcome = copy(source, second)
    assert outcome.written == sum(sum(rows.values()) for rows in everything(source).values()) - already
    assert everything(second) == everything(source)
    append(log, lines[0].count(2))
    write_all(log, second)


class Writes:
    """A source that the service writes to whenever its history has been looked at, so many times."""

    def __init__(self, connection, log, line, times):
        self._connection = connection
        self._log = log
        self._line = line
        self._times = times

    def execute(self, statement, parameters=None):
        if positions in getattr(statement, "get_final_froms", list)() and self._times:
            self._times -= 1
            append(self._log, self._line.count(1, after=HOUR))
            write_all(self._log, self._connection)
        return self._connection.execute(statement, parameters)

    def transaction(self, work, *, repeatable=True):
        return self._connection.transaction(work)


def test_what_the_service_writes_meanwhile_is_copied_too(log, source, second):
    line = CountingLine()
    append(log, line.count(5))
    write_all(log, source)
    said = []
    outcome = copy(Writes(source, log, line, 1), second, tell=said.append, monotonic=lambda: 0.0)
    assert outcome.finished
    assert everything(second) == everything(source)
    assert said == ["The service wrote meanwhile; what it wrote is copied now"]


def test_a_service_that_keeps_writing_leaves_the_copy_unfinished(log, source, second):
    line = CountingLine()
    append(log, line.count(5))
    write_all(log, source)
    assert not copy(Writes(source, log, line, 10**6), second).finished
    with pytest.raises(CopyUnfinished):
        write_all(log, second)
    assert copy(source, second).finished
    assert everything(second) == everything(source)


class Loses:
    """A database that drops the last row of each batch into a table without a word."""

    def __init__(self, connection, table):
        self._connection = connection
        self._table = table

    def execute(self, statement, parameters=None):
        return self._connection.execute(statement, parameters)

    def transaction(self, work, *, repeatable=True):
        def lossy(transaction):
            whole = transaction.change_each

            def change_each(statement, rows):
                whole(statement, rows[:-1] if statement.table is self._table else rows)

            transaction.change_each = change_each
            return work(transaction)

        return self._connection.transaction(lossy)


@pytest.mark.parametrize("copied", ALL, ids=lambda copied: copied.name)
def test_rows_that_a_server_loses_without_a_word_are_noticed(source, second, copied):
    enter_places(source)
    write_all(busy_log(10)[0], source)
    with pytest.raises((RowsLost, ValueRefused), match=copied.name):
        copy(source, Loses(second, copied.table))
    with pytest.raises(CopyUnfinished):
        SchemaGate(second).demand()
    copy(source, second)
    assert everything(second) == everything(source)


def test_how_far_an_installations_own_table_is_written_comes_along(log, source, target):
    enter_places(source)
    write_all(log, source)
    copy(source, target)
    assert load_cursor(target, REGISTROS) == load_cursor(source, REGISTROS) == WriterCursor(EventId("e", 5), "")
    assert target.transaction(load_states) == source.transaction(load_states)
    source.transaction(lambda transaction: keep_registros(transaction, number=4712, at=6))
    source.transaction(lambda transaction: save_note(transaction, None))
    copy(source, target)
    assert load_cursor(target, REGISTROS).event_id == EventId("e", 6)
    found = target.transaction(load_states)
    assert (found.mark, found.note) == (Watermark(4712, is_number=True), None)


def test_hours_that_only_the_other_has_are_never_removed(source, second):
    write_all(busy_log(11)[0], source)
    copy(source, second)
    (row,) = second.execute(select(hour_counts).limit(1))
    second.execute(insert(hour_counts), dict(row._mapping) | {"starts_at": row.starts_at + 1000 * HOUR})
    with pytest.raises(CopyRefused, match="1 rows that this one does not have"):
        copy(source, second)


def test_what_somebody_has_changed_there_is_put_right(source, second):
    write_all(busy_log(12)[0], source)
    copy(source, second)
    second.execute(update(quarter_hours).values(in_count=99))
    copy(source, second)
    assert everything(second) == everything(source)


def test_long_histories_are_copied_a_stretch_at_a_time_and_told_of(source, second, monkeypatch):
    monkeypatch.setattr(copied_history, "FIRST_SPAN", HOUR)
    monkeypatch.setattr(copied_history, "MANY", 20)
    monkeypatch.setattr(copied_history, "FEW", 5)
    monkeypatch.setattr("peoplecount.services.database_copy.TELL_SECONDS", 0.0)
    write_all(busy_log(13)[0], source)
    said = []
    copy(source, second, tell=said.append)
    assert everything(second) == everything(source)
    assert len(said) > len(HISTORY) * 4
    assert said[-1].startswith("line 4 of 4: ")


def test_the_name_of_an_installation_is_given_once(source, second):
    name = installation_of(source)
    assert installation_of(source) == name
    copy(source, second)
    assert installation_of(second) == name
    with pytest.raises(CopyRefused):
        claim(second, "another")


def test_every_table_is_copied_or_the_writers_own():
    """A table that is added must be thought of."""
    names = {table.name for table in metadata.sorted_tables}
    assert names - {copied.name for copied in ALL} == {"quarter_stamps", "writer_cursor"}
    assert corrections in {copied.table for copied in HISTORY}
