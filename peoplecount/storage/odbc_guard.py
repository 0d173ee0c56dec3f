"""Connections and cursors of pyodbc that somebody else may cancel while they are in use.

ODBC lets one thread cancel what another one waits for, but not what another one frees: with Microsoft's driver, which
takes seconds to cancel, the statement has often failed and is closed by then, and the process ended with a segmentation
fault. So nothing is closed while it is being cancelled, and what is being closed is not cancelled.
"""

from __future__ import annotations

import threading
from typing import Any


class _Guarded:
    """Stands for a thing of pyodbc's; all but what is said here is done by that itself."""

    __slots__ = ("_closing", "_thing")
    _closing: threading.Lock
    _thing: Any

    def __init__(self, thing: Any, closing: threading.Lock) -> None:  # noqa: ANN401 - pyodbc has no types
        object.__setattr__(self, "_thing", thing)
        object.__setattr__(self, "_closing", closing)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._thing, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._thing, name, value)

    def close(self) -> None:
        """Free it, once nobody is about to cancel it any more."""
        with self._closing:
            self._thing.close()


class GuardedCursor(_Guarded):
    """A cursor."""

    __slots__ = ("_count",)
    _count: int | None

    def __init__(self, cursor: Any, closing: threading.Lock) -> None:  # noqa: ANN401
        super().__init__(cursor, closing)
        object.__setattr__(self, "_count", None)

    @property
    def rowcount(self) -> int:
        """Rows of the statement; -1 where that is not told."""
        return int(self._thing.rowcount) if self._count is None else self._count

    def hear_out(self) -> None:
        """Take the answer to its end. The last count is the statement's own, those before it are its triggers'.

        Raises what the driver does where a later part of the answer is an error.
        """
        count = self._thing.rowcount
        while self._thing.nextset():
            if self._thing.rowcount >= 0:
                count = self._thing.rowcount
        object.__setattr__(self, "_count", count)

    def cancel(self) -> None:
        """Cancel what it does, unless something of its connection is being closed or cancelled already."""
        if self._closing.acquire(blocking=False):
            try:
                self._thing.cancel()
            finally:
                self._closing.release()


class GuardedConnection(_Guarded):
    """A connection, which frees what all of its cursors hold when it is closed."""

    __slots__ = ()

    def __init__(self, connection: Any) -> None:  # noqa: ANN401
        super().__init__(connection, threading.Lock())

    def cursor(self) -> GuardedCursor:
        """A new one."""
        return GuardedCursor(self._thing.cursor(), self._closing)
