"""What is under way on the open connections of an ODBC driver, so that somebody else can cancel it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

LATE = 5.0
"""Seconds that a statement may outlast its time-out: until the driver has told the server and has heard of it."""


@dataclass(frozen=True, slots=True)
class _Statement:
    cursor: Any
    due: float
    """When the driver should have given it up at the latest, on the monotonic clock."""


class UnderWay:
    """The last statement of each open connection. Connections and cursors are guarded ones of pyodbc.

    FreeTDS 1.3 does not keep to its time-outs where a session is ended over an encrypted connection: of the end of
    TLS its read makes nothing read, and tries again without a pause, because there is always something to read.
    Told to cancel, it writes, and finds that the connection is gone. What hangs in closing a cursor cannot be told:
    that ends with the second of its keep-alives, after 80 s.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._statements: dict[int, _Statement] = {}

    def note(self, connection: Any, cursor: Any) -> None:  # noqa: ANN401
        """``cursor`` begins a statement on ``connection``, whose ``timeout`` holds for it; 0 is none."""
        seconds = connection.timeout
        due = self._monotonic() + seconds + LATE if seconds else float("inf")
        self._statements[id(connection)] = _Statement(cursor, due)

    def forget(self, connection: Any) -> None:  # noqa: ANN401
        """``connection`` is closed."""
        self._statements.pop(id(connection), None)

    def cancel(self, connection: Any) -> None:  # noqa: ANN401
        """Cancel what is under way on ``connection``. Raises what the driver does, where nothing is."""
        statement = self._statements.get(id(connection))
        if statement is not None:
            statement.cursor.cancel()

    def cancel_overdue(self) -> None:
        """Cancel what has outlasted its time-out. A cursor that is closed has ended, and refuses."""
        now = self._monotonic()
        for statement in list(self._statements.values()):
            if statement.due <= now:
                with suppress(Exception):
                    statement.cursor.cancel()
