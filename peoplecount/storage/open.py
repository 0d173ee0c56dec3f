"""From settings to a connection."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from peoplecount.storage.dialects import Product
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.postgresql import PostgreSQLConnection
from peoplecount.storage.sql_server import SQLServerConnection
from peoplecount.storage.sqlite import SQLiteConnection


class DatabasePlace(Protocol):
    """Which database, and how to sign in to it; ``peoplecount.settings.DatabaseSettings`` is one."""

    @property
    def kind(self) -> str:
        """``sqlite``, ``postgresql`` or ``mssql``."""
        ...

    @property
    def path(self) -> Path | None:
        """SQLite's file."""
        ...

    @property
    def host(self) -> str:
        """The server, empty where ``options`` say it."""
        ...

    @property
    def port(self) -> int | None:
        """``None``: the usual one."""
        ...

    @property
    def name(self) -> str:
        """The database."""
        ...

    @property
    def user(self) -> str:
        """Empty: a trusted connection."""
        ...

    @property
    def password(self) -> str:
        """Never shown."""
        ...

    @property
    def driver(self) -> str:
        """The ODBC driver, empty for the best one present."""
        ...

    @property
    def keytab(self) -> Path | None:
        """What a trusted connection signs in with on Linux; ``None``: the ticket the system has."""
        ...

    @property
    def login_seconds(self) -> int:
        """How long a server has to let us in."""
        ...

    @property
    def query_seconds(self) -> int:
        """How long a server has for a statement."""
        ...

    @property
    def options(self) -> Mapping[str, str]:
        """The driver's own."""
        ...

    @property
    def schema(self) -> str:
        """Where our tables are."""
        ...


def connection_for(place: DatabasePlace) -> EngineConnection:
    """A connection to ``place``, not yet connected. Raises ``ValueError`` for a kind that is not known."""
    product = Product(place.kind)
    if product is Product.SQLITE:
        if place.path is None:
            raise ValueError("SQLite needs a file")
        return SQLiteConnection(place.path)
    if product is Product.POSTGRESQL:
        return PostgreSQLConnection(
            place.host,
            place.name,
            port=place.port,
            user=place.user,
            password=place.password,
            options=place.options,
            schema=place.schema,
            login_seconds=place.login_seconds,
            query_seconds=place.query_seconds,
        )
    return SQLServerConnection(
        place.host,
        place.name,
        port=place.port,
        user=place.user,
        password=place.password,
        driver=place.driver,
        options=place.options,
        schema=place.schema,
        keytab=place.keytab,
        login_seconds=place.login_seconds,
        query_seconds=place.query_seconds,
    )
