"""All that differs between SQLite, PostgreSQL and SQL Server, but for the types of columns (``column_types.py``).

There is no MERGE and no ON CONFLICT in this package: what is there is read, changed by UPDATE, and the rest is
inserted, which all three do alike. What is left of the differences: schemas, functions, locks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ClauseElement,
    Date,
    Delete,
    Executable,
    Select,
    SelectBase,
    String,
    Table,
    Update,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

SCHEMA = "peoplecount"
"""The schema our tables are written with; each connection translates it into the one that was set."""


class Product(StrEnum):
    """The databases there is a connection for, by SQLAlchemy's names."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    SQL_SERVER = "mssql"

    @property
    def spoken(self) -> str:
        """As people write it."""
        return {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mssql": "SQL Server"}[self.value]


def schema_map(product: Product, schema: str) -> Mapping[str, str | None]:
    """Where the tables of ours are: SQLAlchemy's ``schema_translate_map``."""
    return {SCHEMA: schema_name(product, schema)}


def schema_name(product: Product, schema: str) -> str | None:
    """The schema's name there; SQLite has none."""
    return None if product is Product.SQLITE else schema


class local_day(FunctionElement[date]):  # noqa: N801 - a function, as it is called in statements
    """The day of a wall clock's time. SQLite has none but as text."""

    type = Date()
    inherit_cache = True
    name = "local_day"


@compiles(local_day)
def _cast(element: local_day, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"CAST({compiler.process(element.clauses, **options)} AS DATE)"


@compiles(local_day, Product.SQLITE.value)
def _date(element: local_day, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"date({compiler.process(element.clauses, **options)})"


class sorted_or_hashed(FunctionElement[Any]):  # noqa: N801 - as above
    """One condition in two wordings: one for SQLite, which puts rows together by sorting, and one for servers.

    It has no type: as a boolean it would be compared with 1 where there are none.
    """

    inherit_cache = True
    name = "sorted_or_hashed"


@compiles(sorted_or_hashed)
def _hashed(element: sorted_or_hashed, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return compiler.process(element.clauses.clauses[1], **options)


@compiles(sorted_or_hashed, Product.SQLITE.value)
def _sorted(element: sorted_or_hashed, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return compiler.process(element.clauses.clauses[0], **options)


class as_words(FunctionElement[str]):  # noqa: N801 - as above
    """An identifier as text for people: compared and sorted as the database does, so that it goes with names."""

    type = String()
    inherit_cache = True
    name = "as_words"


@compiles(as_words)
def _as_it_is(element: as_words, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return compiler.process(element.clauses, **options)


@compiles(as_words, Product.SQL_SERVER.value)
def _collated(element: as_words, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"{compiler.process(element.clauses, **options)} COLLATE DATABASE_DEFAULT"


@compiles(Update, Product.SQL_SERVER.value)
def _update(element: Update, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    options |= _short_names(element)
    return str(compiler.visit_update(element, **options))


@compiles(Delete, Product.SQL_SERVER.value)
def _delete(element: Delete, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    options |= _short_names(element)
    return str(compiler.visit_delete(element, **options))  # type: ignore[no-untyped-call]


def _short_names(element: ClauseElement) -> dict[str, Any]:
    """``WHERE line_id`` and not ``WHERE peoplecount.records.line_id``, where only one table is meant.

    Names of three parts are deprecated on SQL Server, and a server was seen that cannot describe the parameters beside
    them: it answered the driver's question with an error that pyodbc passes over, and rolled back all that had been
    done before in the same transaction.
    """
    is_of_one = not any(isinstance(part, SelectBase) for part in visitors.iterate(element))
    return {"include_table": False} if is_of_one else {}


def version_question(product: Product) -> Executable:
    """One row, one column: the server's version."""
    if product is Product.SQLITE:
        return select(func.sqlite_version())
    if product is Product.POSTGRESQL:
        return select(func.current_setting("server_version"))
    return text("SELECT @@VERSION")


def before_migrating(product: Product) -> list[Executable]:
    """Wait until no other process migrates this database, and be patient; both until the transaction ends.

    The last binds ``lock``, a name. SQLite needs none: its transaction begins IMMEDIATE, and there is one writer.
    """
    if product is Product.POSTGRESQL:
        return [
            text("SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '60s', true)"),
            text("SELECT pg_advisory_xact_lock(hashtext(:lock))"),
        ]
    if product is Product.SQL_SERVER:
        return [
            text(
                "DECLARE @result int; EXEC @result = sp_getapplock @Resource = :lock, @LockMode = 'Exclusive', "
                "@LockOwner = 'Transaction', @LockTimeout = 60000; "
                "IF @result < 0 THROW 51000, 'another process is migrating this database', 1"
            )
        ]
    return []


def one_at_a_time(product: Product, table: Table) -> Select[Any]:
    """Wait until nobody else who asks this, or on SQL Server adds rows, is under way; until the transaction ends.

    Also until those have ended whose connection was lost: what became of them is certain afterwards. Binds ``lock``, a
    name. The account may have no more rights than to read and to add.
    """
    if product is Product.POSTGRESQL:
        return select(func.pg_advisory_xact_lock(func.hashtext(bindparam("lock"))))
    # A row is really read: of a condition that is never true SQL Server's plan has no table in it, and locks none.
    held: Select[Any] = select(bindparam("lock").label("lock")).select_from(table).limit(1)
    return held.with_hint(table, "WITH (TABLOCKX, HOLDLOCK)", Product.SQL_SERVER.value)


def create_schema(product: Product, quoted: str, plain: str) -> str | None:
    """The statement that makes the schema unless it is there. ``plain`` is checked to be a plain name."""
    if product is Product.POSTGRESQL:
        return f"CREATE SCHEMA IF NOT EXISTS {quoted}"
    if product is Product.SQL_SERVER:  # CREATE SCHEMA must stand alone in its batch, hence EXEC
        return f"IF SCHEMA_ID(N'{plain}') IS NULL EXEC(N'CREATE SCHEMA {quoted}')"
    return None
