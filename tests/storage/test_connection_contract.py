"""What every connection promises, tried on every database there is."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import bindparam, column, func, insert, select, table, text, update

from peoplecount.storage.dialects import SCHEMA
from peoplecount.storage.engine import ROWS_AT_ONCE
from peoplecount.storage.errors import DatabaseBusy, DatabaseConflict, RowsLost, SchemaMismatch
from peoplecount.storage.schema import cameras, positions, sites, writer_cursor


def a_site(site_id="north", name="North gate"):
    return {"site_id": site_id, "name": name, "time_zone": "UTC", "capacity": None, "reset_time": "00:00"}


def site_ids(connection):
    return [row.site_id for row in connection.execute(select(sites.c.site_id).order_by(sites.c.site_id))]


def test_it_says_who_answers_and_how_fast(blank):
    info = blank.check()
    assert info.product in {"SQLite", "PostgreSQL", "SQL Server"}
    assert info.version
    assert info.driver
    assert 0 < info.round_trip < 10


def test_rows_have_names_and_cannot_be_changed(connection):
    connection.execute(insert(sites), a_site())
    (row,) = connection.execute(select(sites))
    assert (row.site_id, row.name, row.capacity) == ("north", "North gate", None)
    with pytest.raises(AttributeError):
        row.name = "South"


def test_a_statement_that_gives_no_rows_gives_none(connection):
    assert list(connection.execute(insert(sites), a_site())) == []


def test_a_transaction_keeps_all_or_nothing(connection):
    def half(transaction):
        transaction.execute(insert(sites), a_site("a"))
        assert transaction.execute(select(func.count()).select_from(sites))[0][0] == 1
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        connection.transaction(half)
    assert site_ids(connection) == []
    connection.transaction(lambda transaction: transaction.execute(insert(sites), a_site("b")))
    assert site_ids(connection) == ["b"]


def test_a_transaction_returns_what_its_work_returns(connection):
    assert connection.transaction(lambda transaction: 42) == 42


def test_after_a_failed_statement_the_connection_is_as_good_as_new(connection):
    for _ in range(10):  # more often than there are connections in the pool
        with pytest.raises(SchemaMismatch):
            connection.execute(select(table("not_there", column("anything"), schema=SCHEMA)))
    assert site_ids(connection) == []


def test_the_same_key_twice_is_a_conflict(connection):
    connection.execute(insert(sites), a_site())
    with pytest.raises(DatabaseConflict):
        connection.execute(insert(sites), a_site())


def test_changes_are_counted(connection):
    def work(transaction):
        transaction.change_each(insert(sites), [a_site("a"), a_site("b"), a_site("c")])
        return (
            transaction.change(update(sites).where(sites.c.site_id != "a").values(name="new")),
            transaction.change(update(sites).where(sites.c.site_id == "z").values(name="new")),
        )

    assert connection.transaction(work) == (2, 0)


def test_many_rows_go_in_at_once(connection):
    many = [a_site(f"s{number:05}") for number in range(ROWS_AT_ONCE * 2 + 7)]
    connection.transaction(lambda transaction: transaction.change_each(insert(sites), many))
    assert site_ids(connection) == [row["site_id"] for row in many]


def test_no_rows_are_no_statement(connection):
    connection.transaction(lambda transaction: transaction.change_each(insert(sites), []))
    assert site_ids(connection) == []


def test_ids_are_told_apart_by_case(connection):
    connection.transaction(lambda transaction: transaction.change_each(insert(sites), [a_site("Gate"), a_site("gate")]))
    question = select(sites.c.site_id).where(sites.c.site_id == "gate")
    assert [row.site_id for row in connection.execute(question)] == ["gate"]


def test_any_text_comes_back_as_it_went_in(connection):
    password = "'\";--\\ ß 中文 🚪 " * 400
    connection.execute(
        insert(cameras),
        {
            "camera_id": "c",
            "name": "Tür 中",
            "address": "http://192.0.2.7",
            "username": "",
            "password": password,
            "site_id": "default",
            "poll_interval": 2.5,
            "protocol": None,
            "paused": False,
        },
    )
    (row,) = connection.execute(select(cameras))
    assert (row.name, row.username, row.password) == ("Tür 中", "", password)
    assert (row.poll_interval, row.protocol, row.paused) == (2.5, None, False)


def a_position(ended_at):
    return {
        "line_id": "c-0-1-1",
        "camera_id": "c",
        "channel": 0,
        "rule": 1,
        "line_index": 1,
        "in_generation": "2026-05-04.0",
        "in_total": 2**40,
        "out_generation": "2026-05-04.0",
        "out_total": 0,
        "ended_at": ended_at,
    }


def test_moments_are_utc_to_the_millisecond_and_numbers_64_bit(connection):
    moment = datetime(2026, 5, 4, 23, 59, 59, 987000, tzinfo=timezone(timedelta(hours=9)))
    connection.execute(insert(positions), a_position(moment))
    (row,) = connection.execute(select(positions))
    assert row.ended_at == moment
    assert row.ended_at.tzinfo is UTC
    assert row.in_total == 2**40
    assert connection.execute(select(positions).where(positions.c.ended_at == moment))


@pytest.mark.parametrize("microsecond", [123, 789, 999_999])
@pytest.mark.parametrize("at_once", [False, True])
def test_a_moment_is_found_by_itself_however_exact_it_is(connection, microsecond, at_once):
    """The writer looks for what it has sent by its moments; a column that rounds them must not hide it."""
    moment = datetime(2026, 5, 4, 9, 0, 5, microsecond, tzinfo=UTC)
    rows = [a_position(moment) | {"line_id": f"cam-0-1-{index}", "line_index": index} for index in (1, 2)]

    def work(transaction):
        if at_once:
            transaction.change_each(insert(positions), rows)
        else:
            for row in rows:
                transaction.change(insert(positions), row)

    connection.transaction(work)
    found = connection.execute(select(positions.c.line_id).where(positions.c.ended_at.between(moment, moment)))
    assert len(found) == 2


def test_a_time_without_a_zone_is_refused(connection):
    with pytest.raises(Exception, match="has no time zone"):
        connection.execute(insert(positions), a_position(datetime(2026, 5, 4)))


def test_it_may_be_disconnected_twice_and_used_again(connection):
    connection.execute(insert(sites), a_site())
    connection.disconnect()
    connection.disconnect()
    assert site_ids(connection) == ["north"]


def test_it_serves_many_threads(connection):
    def add(number):
        try:
            connection.transaction(lambda transaction: transaction.change(insert(sites), a_site(f"s{number:02}")))
        except DatabaseBusy:  # a slow server takes its time to let four in, and nothing was done for the others
            add(number)

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(add, range(40)))
    assert len(site_ids(connection)) == 40


def test_of_two_that_move_the_same_row_the_second_sees_what_the_first_did(connection):
    """The writer's cursor rests on this: the second one waits, and then finds nothing to move."""
    connection.execute(insert(writer_cursor), {"name": "w", "epoch": "e", "number": 1, "fingerprint": ""})
    first_has_moved, second_is_on_its_way = threading.Event(), threading.Event()
    move = update(writer_cursor).where(writer_cursor.c.number == 1).values(number=2)

    def first(transaction):
        moved = transaction.change(move)
        first_has_moved.set()
        assert second_is_on_its_way.wait(20)
        return moved

    def second():
        assert first_has_moved.wait(20)
        second_is_on_its_way.set()
        return connection.transaction(lambda transaction: transaction.change(move))

    with ThreadPoolExecutor(2) as threads:
        results = [threads.submit(connection.transaction, first), threads.submit(second)]
        assert [result.result() for result in results] == [1, 0]


@pytest.mark.parametrize("blank", ["mssql"], indirect=True)
def test_half_a_transaction_is_never_taken_for_a_whole_one(connection):
    """A server may end a transaction at an error that no driver tells of, and take what follows as another."""

    def broken_in_two(transaction):
        transaction.change(insert(sites), a_site("first"))
        transaction.execute(text("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION"))
        transaction.change(insert(sites), a_site("second"))

    with pytest.raises(RowsLost, match="without a word"):
        connection.transaction(broken_in_two)
    assert "first" not in site_ids(connection)


def test_values_that_are_missing_are_changed_in_the_same_transaction_as_all_else(connection):
    """Microsoft's driver asks the server what is meant by them, and a server was seen to roll back at that."""
    connection.execute(insert(sites), a_site("known"))

    def work(transaction):
        transaction.change(insert(sites), a_site("new"))
        changed = update(sites).where(sites.c.site_id == bindparam("site")).values(capacity=bindparam("people"))
        transaction.change_each(changed, [{"site": "known", "people": None}])
        transaction.change_each(changed, [{"site": "known", "people": 5}, {"site": "new", "people": None}])

    connection.transaction(work)
    assert site_ids(connection) == ["known", "new"]
