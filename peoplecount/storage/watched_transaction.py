"""Transactions that are watched: for SQL with values in it, and for how long each statement takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Executable

from peoplecount.storage.connection import Parameters, Rows, Transaction
from peoplecount.storage.safe_statement import label_of, refuse_values


class Timings:
    """How long each statement of a call takes."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self.noted: list[tuple[str, float]] = []
        """Labels and seconds."""

    @contextmanager
    def of(self, statement: Executable) -> Iterator[None]:
        """Time what runs inside."""
        begun = self._monotonic()
        try:
            yield
        finally:
            self.noted.append((label_of(statement), self._monotonic() - begun))


class WatchedTransaction:
    """A ``Transaction`` that refuses SQL with values in it and notes how long each statement takes."""

    def __init__(self, transaction: Transaction, timings: Timings) -> None:
        self._transaction = transaction
        self._timings = timings

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        """Run one statement; its rows."""
        refuse_values(statement)
        with self._timings.of(statement):
            return self._transaction.execute(statement, parameters)

    def change(self, statement: Executable, parameters: Parameters | None = None) -> int:
        """Run one INSERT, UPDATE or DELETE; how many rows it changed."""
        refuse_values(statement)
        with self._timings.of(statement):
            return self._transaction.change(statement, parameters)

    def change_each(self, statement: Executable, rows: Sequence[Parameters]) -> None:
        """Run one statement for each of ``rows``."""
        refuse_values(statement)
        with self._timings.of(statement):
            self._transaction.change_each(statement, rows)
