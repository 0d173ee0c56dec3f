"""Rows kept by the column are rows like any others."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select

from peoplecount.storage import engine
from peoplecount.storage.column_rows import ColumnRows
from peoplecount.storage.schema import hour_counts

EIGHT = datetime(2026, 5, 4, 8, tzinfo=UTC)


def hours(*lines):
    """People at each of ``lines``, as many as its place."""
    many = len(lines)
    return ColumnRows(
        {
            "line_id": list(lines),
            "starts_at": [EIGHT] * many,
            "door_id": ["door"] * many,
            "site_id": ["site"] * many,
            "local_start": [EIGHT.replace(tzinfo=None)] * many,
            "in_count": list(range(many)),
            "out_count": [0] * many,
            "quality": ["measured"] * many,
            "coverage": [None] * many,
        }
    )


def test_they_are_a_sequence_of_rows():
    rows = ColumnRows({"line": ["a", "b", "c"], "people": [1, 2, 3]})
    assert list(rows) == [{"line": "a", "people": 1}, {"line": "b", "people": 2}, {"line": "c", "people": 3}]
    assert (len(rows), rows[-1]) == (3, {"line": "c", "people": 3})
    assert list(rows[1:]) == list(rows)[1:]
    assert (len(rows[3:]), list(rows[3:])) == (0, [])


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"\[1, 2\] values"):
        ColumnRows({"line": ["a", "b"], "people": [1]})


@pytest.mark.parametrize("lines", ["a", "abc", "abcdefgh"])
def test_a_database_gets_all_of_them_whether_few_or_more_than_go_at_once(connection, monkeypatch, lines):
    monkeypatch.setattr(engine, "ROWS_AT_ONCE", 3)
    rows = hours(*lines)
    connection.transaction(lambda transaction: transaction.change_each(insert(hour_counts), rows))
    kept = connection.execute(select(hour_counts).order_by(hour_counts.c.line_id))
    assert [dict(row._mapping) for row in kept] == list(rows)


def test_of_none_nothing_is_written(embedded):
    embedded.transaction(lambda transaction: transaction.change_each(insert(hour_counts), hours()))
    assert embedded.execute(select(hour_counts)) == []
