"""Statements that are compiled once: the database gets what it got from SQLAlchemy, row by row."""

import gc
from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import psycopg

from peoplecount.storage.dialects import SCHEMA, Product, schema_map
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.prepared import PreparedStatements
from peoplecount.storage.schema import hour_counts, positions, records

EIGHT = datetime(2026, 5, 4, 8, 0, 0, 123_000, tzinfo=UTC)


def hour(line, **changes):
    values = {
        "line_id": line,
        "starts_at": EIGHT,
        "door_id": "dóor",
        "site_id": "site",
        "local_start": EIGHT.replace(tzinfo=None),
        "in_count": 2**40,
        "out_count": 0,
        "quality": "measured",
        "coverage": None,
    }
    return values | changes


@pytest.fixture
def kept(connection):
    """What is in the database after some rows, of each kind of database in turn."""

    def keep(*rows):
        connection.transaction(lambda transaction: transaction.change_each(insert(hour_counts), rows))
        return [dict(row._mapping) for row in connection.execute(select(hour_counts).order_by(hour_counts.c.line_id))]

    return keep


def test_rows_come_back_as_they_were_given(kept):
    rows = [hour("a"), hour("b", coverage=0.5), hour("c", starts_at=EIGHT.replace(microsecond=0))]
    assert kept(*rows) == rows


def test_one_row_is_written_as_many_are(connection):
    def write(transaction):
        transaction.change_each(insert(hour_counts), [hour("a")])
        transaction.change_each(insert(hour_counts), [hour("b"), hour("c")])

    connection.transaction(write)
    rows = connection.execute(select(hour_counts).order_by(hour_counts.c.line_id))
    assert [dict(row._mapping) | {"line_id": ""} for row in rows] == [hour("")] * 3


def test_a_column_that_is_left_out_is_left_to_the_database(connection):
    rows = [hour("a"), hour("b")]
    for row in rows:
        del row["coverage"]
    connection.transaction(lambda transaction: transaction.change_each(insert(hour_counts), rows))
    assert [row.coverage for row in connection.execute(select(hour_counts))] == [None, None]


def test_a_parameter_may_be_used_twice(connection):
    put = insert(hour_counts)
    both = (
        update(hour_counts)
        .where(hour_counts.c.line_id == bindparam("line"))
        .values(in_count=bindparam("people"), out_count=bindparam("people"))
    )

    def write(transaction):
        transaction.change_each(put, [hour("a"), hour("b")])
        transaction.change_each(both, [{"line": "a", "people": 1}, {"people": 2, "line": "b"}])

    connection.transaction(write)
    rows = connection.execute(select(hour_counts).order_by(hour_counts.c.line_id))
    assert [(row.in_count, row.out_count) for row in rows] == [(1, 1), (2, 2)]


def test_a_statement_with_one_parameter_takes_rows_of_one(connection):
    def write(transaction):
        transaction.change_each(insert(hour_counts), [hour("a"), hour("b"), hour("c")])
        gone = delete(hour_counts).where(hour_counts.c.line_id == bindparam("line"))
        transaction.change_each(gone, [{"line": "a"}, {"line": "c"}])

    connection.transaction(write)
    assert [row.line_id for row in connection.execute(select(hour_counts))] == ["b"]


def test_a_time_without_a_zone_is_refused_among_many_too(connection):
    rows = [hour("a"), hour("b", starts_at=EIGHT.replace(tzinfo=None))]
    with pytest.raises((ValueError, DatabaseError), match="time zone"):
        connection.transaction(lambda transaction: transaction.change_each(insert(hour_counts), rows))
    assert connection.execute(select(hour_counts)) == []


def test_rows_that_differ_in_what_they_have_are_not_mixed_up(embedded):
    statement = insert(hour_counts)
    without = hour("b")
    del without["coverage"]

    def write(transaction):
        transaction.change_each(statement, [hour("a", coverage=1.0), hour("c", coverage=0.25)])
        transaction.change_each(statement, [without, without | {"line_id": "d"}])

    embedded.transaction(write)
    rows = embedded.execute(select(hour_counts).order_by(hour_counts.c.line_id))
    assert [row.coverage for row in rows] == [1.0, None, 0.25, None]
    with pytest.raises((KeyError, DatabaseError)):
        embedded.transaction(lambda transaction: transaction.change_each(statement, [hour("x"), without]))


@pytest.fixture
def prepared():
    return PreparedStatements(psycopg.dialect(), schema_map(Product.POSTGRESQL, 'cou"nts'))


def test_a_statement_is_compiled_once_and_names_the_schema_that_was_set(prepared):
    statement = insert(positions)
    first = prepared.of(statement, ["line_id", "in_total"])
    assert prepared.of(statement, ["line_id", "in_total"]) is first
    assert first.sql.startswith('INSERT INTO "cou""nts".positions (line_id, in_total) VALUES')
    assert SCHEMA not in first.sql
    assert prepared.of(statement, ["line_id"]).sql != first.sql


def test_the_database_numbers_rows_itself_and_is_not_asked_for_the_numbers(prepared):
    assert "RETURNING" not in prepared.of(insert(records), ["line_id"]).sql


def test_a_statement_is_forgotten_with_its_last_user(prepared):
    prepared.of(insert(positions), ["line_id"])
    gc.collect()
    assert len(prepared) == 0
