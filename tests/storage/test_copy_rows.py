"""Many new rows at once into PostgreSQL; what other databases take row by row."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from peoplecount.storage.copy_rows import FEWEST, copy_rows
from peoplecount.storage.errors import DatabaseConflict, DatabaseError, ValueRefused
from peoplecount.storage.schema import hour_counts

EIGHT = datetime(2026, 5, 4, 8, 0, 0, 123_000, tzinfo=UTC)
ODD = "a\tb\\N\nc, (d) %s é\N{PILE OF POO} ''"


def hours(count, **changes):
    values = {
        "door_id": ODD,
        "site_id": "\\N",
        "local_start": EIGHT.replace(tzinfo=None),
        "in_count": 2**40,
        "out_count": -1,
        "quality": "measured",
        "coverage": None,
    }
    return [
        {"line_id": "line", "starts_at": EIGHT + number * timedelta(hours=1)} | values | changes
        for number in range(count)
    ]


def add(connection, rows):
    connection.transaction(lambda transaction: transaction.change_each(insert(hour_counts), rows))


def there(connection):
    return [dict(row._mapping) for row in connection.execute(select(hour_counts).order_by(hour_counts.c.starts_at))]


@pytest.mark.parametrize("count", [FEWEST - 1, FEWEST, 1000 + FEWEST])
def test_many_rows_come_back_as_they_were_given(connection, count):
    rows = hours(count, coverage=0.1)
    rows[3]["coverage"] = None
    add(connection, rows)
    assert there(connection) == rows


@pytest.mark.parametrize(
    ("change", "error"),
    [({"starts_at": EIGHT}, DatabaseConflict), ({"quality": None}, ValueRefused)],
)
def test_what_is_refused_of_many_rows_is_refused_as_of_one_and_all_of_them_with_it(connection, change, error):
    rows = hours(FEWEST)
    with pytest.raises(error):
        add(connection, [*rows, rows[5] | change])
    assert there(connection) == []
    add(connection, rows)
    assert len(there(connection)) == FEWEST


def test_what_is_undone_leaves_no_rows_and_a_connection_that_can_be_used(connection):
    def give_up(transaction):
        transaction.change_each(insert(hour_counts), hours(FEWEST))
        raise DatabaseError("no more")

    with pytest.raises(DatabaseError, match="no more"):
        connection.transaction(give_up)
    assert there(connection) == []


class Cursor:
    """A cursor that is not to be used."""

    def copy(self, command):
        raise AssertionError(command)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE t SET a=%s WHERE b=%s",
        "INSERT INTO t (a, b) VALUES (%s, now())",
        "INSERT INTO t (a, b) VALUES (%s, 1)",
        "INSERT INTO t (a) VALUES (%s) ON CONFLICT DO NOTHING",
        "INSERT INTO t (a) SELECT %s",
        'INSERT INTO "a%%b".t (a) VALUES (%s)',
    ],
)
def test_anything_but_plain_values_is_left_to_the_driver(statement):
    assert not copy_rows(Cursor(), statement, [(1, 2)] * FEWEST, None)


def test_an_update_of_many_rows_is_no_insert(connection):
    add(connection, hours(FEWEST))
    more = update(hour_counts).where(hour_counts.c.starts_at == EIGHT).values(in_count=hour_counts.c.in_count + 1)
    assert connection.transaction(lambda transaction: transaction.change(more)) == 1
    assert sum(row["in_count"] for row in there(connection)) == FEWEST * 2**40 + 1
