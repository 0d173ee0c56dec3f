"""A database of our own with empty tables, which are made when they are first needed; it can go away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Executable

from peoplecount.storage.connection import Parameters, Rows, ServerInfo, Transaction
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.storage.sqlite import SQLiteConnection
from tests.support.own_tables import make_tables

T = TypeVar("T")


class FreshDatabase:
    """An ``IDBConnection`` on a file."""

    def __init__(self, path: Path) -> None:
        self._connection = SQLiteConnection(path)
        self._is_made = False
        self.is_away = False

    def connect(self) -> None:
        self._ready().connect()

    def disconnect(self) -> None:
        self._connection.disconnect()

    def check(self) -> ServerInfo:
        return self._ready().check()

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        return self._ready().execute(statement, parameters)

    def transaction(self, work: Callable[[Transaction], T], *, repeatable: bool = True) -> T:
        return self._ready().transaction(work, repeatable=repeatable)

    def _ready(self) -> SQLiteConnection:
        if self.is_away:
            raise DatabaseUnavailable("counts.internal does not answer")
        if not self._is_made:
            make_tables(self._connection)
            self._is_made = True
        return self._connection
