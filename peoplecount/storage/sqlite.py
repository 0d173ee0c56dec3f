"""SQLite: the embedded default."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from peoplecount.storage.dialects import SCHEMA, Product
from peoplecount.storage.engine import EngineConnection, pool_options

BUSY_SECONDS = 10.0
"""Far longer than any transaction of ours takes."""


class SQLiteConnection(EngineConnection):
    """A database in one file, kept by the standard library's ``sqlite3``."""

    product = Product.SQLITE
    driver = f"sqlite3 {sqlite3.sqlite_version}"

    def __init__(self, path: Path, *, patience: float = BUSY_SECONDS) -> None:
        """``patience`` is how long, in seconds, another process' transaction is waited for."""
        super().__init__(SCHEMA)
        self._path = path
        self._patience = patience

    def _make_engine(self) -> Engine:
        engine = create_engine(
            URL.create("sqlite", database=str(self._path)),
            connect_args={"timeout": self._patience, "check_same_thread": False},
            **pool_options(),
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine

    def _break(self, connection: sqlite3.Connection) -> None:
        connection.interrupt()

    def _begin(self, connection: Connection, *, writes: bool) -> None:
        connection.info["begin"] = "BEGIN IMMEDIATE" if writes else "BEGIN"
        connection.begin()


def _prepare(connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:  # noqa: ARG001
    connection.isolation_level = None  # or Python begins transactions by itself, and never around DDL
    for pragma in (
        "journal_mode=WAL",
        # A power cut may take the last commits, records and cursor together; the event log has them still.
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "journal_size_limit=67108864",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    """A transaction that will write takes its lock first: waiting is possible there, and not half-way through."""
    connection.exec_driver_sql(connection.info.get("begin", "BEGIN IMMEDIATE"))
