"""Every statement we run, as SQL Server would get it, held against the grammar of T-SQL."""

import re

import pytest
from sqlalchemy.dialects import mssql
from sqlalchemy.dialects.mssql import pyodbc

from peoplecount.storage.dialects import Product, before_migrating, schema_map, version_question
from peoplecount.storage.json_rows import JsonStatements
from tests.support.every_statement import do_everything
from tests.support.statements import RecordingDatabase

sqlglot = pytest.importorskip("sqlglot")

FORBIDDEN = re.compile(r"\bMERGE\b|\bON CONFLICT\b|\bRETURNING\b|\bLIMIT\b", re.IGNORECASE)


def parse(sql):
    """Raises where it is not T-SQL; a command the parser only skips over does not count as understood."""
    for statement in sqlglot.parse(sql, dialect="tsql", error_level=sqlglot.ErrorLevel.RAISE):
        assert not isinstance(statement, sqlglot.exp.Command), f"not understood: {sql}"


@pytest.fixture
def database(embedded):
    db = RecordingDatabase(embedded)
    do_everything(db)
    return db


@pytest.fixture
def statements(database):
    return [*database.statements, version_question(Product.SQL_SERVER)]


def test_every_statement_is_t_sql(statements):
    dialect = mssql.dialect()
    written = {str(statement.compile(dialect=dialect)) for statement in statements}
    assert len(written) > 45
    for sql in written:
        assert not FORBIDDEN.search(sql), sql
        bound = re.sub(r":(\w+)", r"@\1", re.sub(r"__\[POSTCOMPILE_(\w+)\]", r"@\1", sql))
        parse(bound)


def test_what_is_run_for_many_rows_is_one_statement_of_t_sql(database):
    rows = JsonStatements(pyodbc.dialect(paramstyle="qmark"), schema_map(Product.SQL_SERVER, "peoplecount"))
    made = [rows.of(statement, names) for statement, names in database.of_many_rows]
    written = {one.sql for one in made if one is not None}
    assert len(written) >= 10
    assert made.count(None) == 0
    for sql in written:
        parse(sql.replace("?", "@rows"))


def test_the_lock_for_migrations_binds_its_name():
    (lock,) = before_migrating(Product.SQL_SERVER)
    assert "sp_getapplock" in str(lock)
    assert str(lock).count(":lock") == 1


def test_no_statement_that_changes_rows_names_a_column_in_three_parts(statements):
    """Such names are deprecated, and a driver's question about what is beside them was seen to cost a transaction."""
    dialect = mssql.dialect()
    written = [str(statement.compile(dialect=dialect)) for statement in statements]
    changing = [sql for sql in written if sql.startswith(("UPDATE", "DELETE"))]
    assert len(changing) > 5
    for sql in changing:
        assert not re.search(r"peoplecount\.\w+\.\w+", sql), sql
