"""What SQLite complains of, in words that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DAMAGED = (
    "is damaged or is no SQLite file. Stop the service, move the file and those beside it that end in -wal and -shm "
    "to another folder (keep them), put back a copy that was made while the service stood still, or start without: a "
    "new file is made. The cameras still know today's totals, and what was written to the database is not touched"
)
_NO_ACCESS = "cannot be opened or written: check that its folder exists and that this user may read and write in it"
_FULL = (
    "cannot grow: the disk is full. Nothing was kept of what was being written; free some space, it goes on by itself"
)
_MOVED = "was moved or replaced while it was open; what the path names now is opened at the next call"

_ADVICE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CANTOPEN: _NO_ACCESS,
    sqlite3.SQLITE_PERM: _NO_ACCESS,
    sqlite3.SQLITE_AUTH: _NO_ACCESS,
    sqlite3.SQLITE_READONLY: _NO_ACCESS,
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error; see the system's log",
}

_BUGS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError)
"""Nothing an operator can act on, so these are let through."""


@contextmanager
def in_words(path: Path, patience: float, unavailable: type[Exception]) -> Iterator[None]:
    """Raise ``unavailable`` with advice for what goes wrong with the file at ``path``.

    ``patience`` is how long, in seconds, a lock is waited for.
    """
    try:
        yield
    except _BUGS:
        raise
    except sqlite3.Error as error:
        raise unavailable(f"{path} {_advice(error, patience)} (SQLite: {error})") from error
    except OSError as error:
        raise unavailable(f"{path} {_NO_ACCESS} ({error.strerror})") from error


def _advice(error: sqlite3.Error, patience: float) -> str:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    primary = code & 0xFF
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return f"has been kept locked by another process for more than {patience:g} s; see which program has it open"
    if code == sqlite3.SQLITE_READONLY_DBMOVED:
        return _MOVED
    return _ADVICE.get(primary, "could not be used")
