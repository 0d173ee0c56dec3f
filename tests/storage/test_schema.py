"""What holds for all our tables, whatever a server's collation and habits are."""

import re

import pytest
from sqlalchemy import BigInteger, Integer
from sqlalchemy.dialects import mssql
from sqlalchemy.schema import CreateIndex, CreateTable

from peoplecount.storage.schema import metadata

TABLES = metadata.sorted_tables
COLUMNS = [column for table in TABLES for column in table.columns]
BY_CODE_POINT = "COLLATE Latin1_General_100_BIN2"
LARGEST_CLUSTERED_KEY, LARGEST_KEY = 900, 1700
"""Bytes, of SQL Server 2016."""

SMALL = {"capacity", "channel", "rule", "line_index", "nvr_channel", "people"}
"""Whole numbers that stay below 2³¹ for ever."""


def on_sql_server(column) -> str:
    """The column's type there."""
    dialect = mssql.dialect()
    said = dialect.ddl_compiler(dialect, None).get_column_specification(column)
    return re.sub(r"^\S+ | (NOT )?NULL.*$", "", said)


def written(kind) -> str:
    return str(kind.compile(dialect=mssql.dialect()))


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_texts_are_of_the_national_kind_and_keys_are_compared_by_code_point(column):
    kind = on_sql_server(column)
    if "CHAR" in kind:
        assert kind.startswith("NVARCHAR")
        in_index = any(column.name in index.columns for index in column.table.indexes)
        if column.primary_key or column.foreign_keys or in_index or column.name.endswith("_id"):
            assert BY_CODE_POINT in kind


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_times_are_kept_to_the_millisecond_and_not_rounded(column):
    kind = on_sql_server(column)
    assert ("DATE" in kind or "TIME" in kind) == (kind == "DATETIME2(3)")


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_whole_numbers_that_grow_have_64_bits(column):
    if isinstance(column.type, Integer) and column.name not in SMALL:
        assert isinstance(column.type, BigInteger)
        assert on_sql_server(column) == "BIGINT"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_keys_fit_into_what_a_server_can_index(table):
    assert sum(map(width, table.primary_key.columns)) <= LARGEST_CLUSTERED_KEY
    for index in table.indexes:
        assert sum(map(width, index.columns)) <= LARGEST_KEY


def width(column) -> int:
    """Bytes."""
    return 2 * column.type.length if "CHAR" in on_sql_server(column) else 8


def test_everything_has_a_name_and_no_two_share_one():
    """PostgreSQL names indexes by the schema, and what a server names by itself nobody can drop by a script."""
    names = [index.name for table in TABLES for index in table.indexes]
    names += [constraint.name for table in TABLES for constraint in table.constraints]
    assert all(isinstance(name, str) for name in names)
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 63


def test_all_of_it_is_t_sql_and_in_our_schema():
    sqlglot = pytest.importorskip("sqlglot")
    for table in TABLES:
        for statement in (CreateTable(table), *map(CreateIndex, table.indexes)):
            (parsed,) = sqlglot.parse(written(statement), dialect="tsql", error_level=sqlglot.ErrorLevel.RAISE)
            assert isinstance(parsed, sqlglot.exp.Create)
            for place in parsed.find_all(sqlglot.exp.Table):
                assert place.db == "peoplecount"


def test_names_are_small_letters_that_every_collation_agrees_about():
    """A Turkish or a case-sensitive one takes ``LINE_ID`` for another name; nothing is written in two ways."""
    for name in [*(table.name for table in TABLES), *(column.name for column in COLUMNS)]:
        assert name == name.lower()
        assert name.isascii()
