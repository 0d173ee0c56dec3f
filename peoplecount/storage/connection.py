"""A connection to a database: what every one of them promises."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from sqlalchemy import Executable, Row

T = TypeVar("T")

Parameters: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = Sequence[Row[Any]]
"""Immutable rows with a name and a place for each column, all fetched."""


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What answered, and how quickly."""

    product: str
    """``SQLite``, ``PostgreSQL`` or ``SQL Server``."""

    version: str
    """As the server puts it, first line only."""

    driver: str
    """The driver in use."""

    round_trip: float
    """Seconds for the smallest question on an open connection."""


class Transaction(Protocol):
    """Statements of one transaction; valid only while the work it was given to runs."""

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        """Run one statement; its rows, or none where it gives none."""
        ...

    def change(self, statement: Executable, parameters: Parameters | None = None) -> int:
        """Run one INSERT, UPDATE or DELETE; how many rows it changed."""
        ...

    def change_each(self, statement: Executable, rows: Sequence[Parameters]) -> None:
        """Run one statement for each of ``rows``, in as few round trips as the driver can; no two are about the same.

        How many rows were changed is not known: drivers differ. Ask the server where it matters.
        """
        ...


class IDBConnection(Protocol):
    """A database: connect, ask, change. Safe to use from several threads.

    Every call may block and raises ``DatabaseError`` in one of its kinds, nothing of a driver's. Statements are
    SQLAlchemy Core; tables of ours are found in the schema the connection was made with.
    """

    def connect(self) -> None:
        """Make sure the database answers. Not needed before the other calls."""
        ...

    def disconnect(self) -> None:
        """Close all connections; may be called twice, and the next call connects anew."""
        ...

    def check(self) -> ServerInfo:
        """Ask the server who it is."""
        ...

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        """Run one statement in a transaction of its own; its rows, or none where it gives none."""
        ...

    def transaction(self, work: Callable[[Transaction], T], *, repeatable: bool = True) -> T:
        """Run ``work`` in one transaction: committed when it returns, rolled back on any error.

        A function and not a ``with`` block, so that it can run elsewhere as a whole and be repeated. ``work``
        may run in another thread; with ``repeatable`` it may also run several times, so it must have no effect
        outside its transaction, and a commit whose answer was lost must do no harm when it comes twice.
        """
        ...
