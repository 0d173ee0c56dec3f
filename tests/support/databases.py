"""Databases for tests: SQLite always, PostgreSQL where it is installed, SQL Server where ``TEST_MSSQL_URL`` says."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import delete, make_url, text

from peoplecount.storage.connection import Transaction
from peoplecount.storage.dialects import Product, version_question
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.migrate import upgrade
from peoplecount.storage.postgresql import PostgreSQLConnection
from peoplecount.storage.schema import metadata
from peoplecount.storage.sql_server import SQLServerConnection
from peoplecount.storage.sqlite import SQLiteConnection
from tests.support.own_tables import make_tables

KINDS = ("sqlite", "postgresql", "mssql")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator:
    """A PostgreSQL server, started for the first test that wants one."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-dev.txt)")
    postgres = pytest.importorskip("tests.support.postgres", reason="PostgreSQL is not started on this system")
    binaries = postgres.binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres.running_postgres(binaries) as server:
        yield server


class ConnectionMaker:
    """Makes connections to empty databases by kind; those made with the same ``place`` see the same data."""

    def __init__(self, folder: Path, request: pytest.FixtureRequest) -> None:
        self._folder = folder
        self._request = request
        self._run = secrets.token_hex(4)
        self._made: list[EngineConnection] = []

    def __call__(self, kind: str, place: str = "t") -> EngineConnection:
        self._made.append(_connection(kind, f"{place}_{self._run}", self._folder, self._request))
        return self._made[-1]

    def forget(self, connection: EngineConnection) -> None:
        """Nobody uses it, so there is nothing to take away; some servers take seconds to say so."""
        self._made.remove(connection)

    def end(self) -> None:
        for connection in self._made:
            if connection.product is Product.SQL_SERVER:
                drop_schema(connection)
            connection.disconnect()


@pytest.fixture
def make_connection(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ConnectionMaker]:
    """Connections whose tables go again."""
    maker = ConnectionMaker(tmp_path, request)
    yield maker
    maker.end()


def _connection(kind: str, place: str, folder: Path, request: pytest.FixtureRequest) -> EngineConnection:
    if kind == "sqlite":
        return SQLiteConnection(folder / f"{place}.db")
    if kind == "postgresql":
        server = request.getfixturevalue("postgres_server")
        return PostgreSQLConnection(
            server.socket_folder, "postgres", port=server.port, user="peoplecount", schema=place
        )
    return sql_server_under_test(place)


def postgres_as(connection: PostgreSQLConnection, user: str) -> PostgreSQLConnection:
    """The same schema of the same server, by its socket, under another account."""
    url = connection._url.set(username=user, password=None)
    folder = str(url.query["host"])
    return PostgreSQLConnection(folder, url.database or "", port=url.port, user=user, schema=connection.schema)


def sql_server_under_test(schema: str, *, user: str = "", password: str = "") -> SQLServerConnection:
    """The server ``TEST_MSSQL_URL`` names, such as ``mssql+pyodbc://user:password@host:1433/name?driver=FreeTDS``.

    Under its account, or another.
    """
    address = os.environ.get("TEST_MSSQL_URL")
    if not address:
        pytest.skip("TEST_MSSQL_URL names no SQL Server")
    url = make_url(address)
    options = {name: str(value) for name, value in url.query.items()}
    return SQLServerConnection(
        url.host or "",
        url.database or "",
        port=url.port,
        user=user or url.username or "",
        password=password or str(url.password or ""),
        driver=options.pop("driver", ""),
        options=options,
        schema=schema,
        login_seconds=60,
        query_seconds=600,  # it may be slow; what is tested is whether it is right
    )


@pytest.fixture(params=KINDS)
def blank(request: pytest.FixtureRequest, make_connection: ConnectionMaker) -> EngineConnection:
    """A connection to a database without our tables, of each kind in turn."""
    return make_connection(request.param)


@pytest.fixture
def connection(
    blank: EngineConnection, make_connection: ConnectionMaker, request: pytest.FixtureRequest
) -> Iterator[EngineConnection]:
    """A connection to a database with our tables, which are empty, of each kind in turn."""
    if blank.product is not Product.SQL_SERVER:
        make_tables(blank)
        yield blank
        return
    make_connection.forget(blank)
    made: SQLServerConnection = request.getfixturevalue("migrated_sql_server")
    made.transaction(_empty)
    yield made


@pytest.fixture(scope="session")
def migrated_sql_server() -> Iterator[SQLServerConnection]:
    """A schema with our tables, for all tests of this process: making them, and signing in, takes some servers long."""
    made = sql_server_under_test(f"shared_{secrets.token_hex(4)}")
    upgrade(made)
    yield made
    drop_schema(made)
    made.disconnect()


def is_microsofts(connection: EngineConnection) -> bool:
    """Whether a server that speaks T-SQL is Microsoft's own."""
    return str(connection.execute(version_question(Product.SQL_SERVER))[0][0]).startswith("Microsoft")


def drop_schema(connection: EngineConnection) -> None:
    """Take a schema away with all that is in it, so that a server that is used for long does not fill up."""
    asked = text("SELECT TABLE_NAME, TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = :schema")
    left = [(row.TABLE_NAME, row.TABLE_TYPE) for row in connection.execute(asked, {"schema": connection.schema})]
    left.sort(key=lambda found: found[1] != "VIEW")
    for _ in range(len(left)):  # what others point to goes after them
        for name, kind in list(left):
            word = "VIEW" if kind == "VIEW" else "TABLE"
            with suppress(DatabaseError):
                connection.execute(text(f"DROP {word} [{connection.schema}].[{name}]"))
                left.remove((name, kind))
    with suppress(DatabaseError):
        connection.execute(text(f"DROP SCHEMA [{connection.schema}]"))


def _empty(transaction: Transaction) -> None:
    for table in reversed(metadata.sorted_tables):
        transaction.execute(delete(table))


@pytest.fixture
def embedded(make_connection: ConnectionMaker) -> EngineConnection:
    """A connection to SQLite with our tables."""
    made = make_connection("sqlite", "embedded")
    make_tables(made)
    return made
