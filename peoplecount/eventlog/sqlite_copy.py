"""A copy of a SQLite file that is in use, as of one moment."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from peoplecount.eventlog.sqlite_trouble import in_words

_PATIENCE = 30.0
"""Seconds for which a lock of somebody else's is waited for."""

COMPANIONS = ("-wal", "-shm", "-journal")
"""What lies beside a SQLite file while it is in use, and belongs to it alone."""


def copy_sqlite(source: Path, target: Path, unavailable: type[Exception]) -> None:
    """Copy ``source`` to ``target``, which must not exist, and see whether the copy is sound.

    Others may write meanwhile: what they commit after the beginning is not in it. ``target`` may be on a share. Raises
    ``unavailable`` where ``source`` is missing or damaged, or the disk is full. Nobody but its owner may read the copy.
    """
    with in_words(source, _PATIENCE, unavailable):
        source.stat()  # else an empty one would be made
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # SQLite would let others read it
        with closing(sqlite3.connect(source, timeout=_PATIENCE)) as opened, closing(_connect_alone(target)) as copy:
            opened.backup(copy)  # all pages in one go: in several it would begin anew whenever somebody writes
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                damage = sqlite3.DatabaseError(" ".join(str(found).split()))
                damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
                raise damage


def _connect_alone(path: Path) -> sqlite3.Connection:
    """To a file that nobody else knows of.

    Without locks, which shares (SMB, NFS) may refuse, and without shared memory, which they do not have
    (sqlite.org/vfs.html, sqlite.org/wal.html).
    """
    kind = "win32-none" if sys.platform == "win32" else "unix-none"
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?vfs={kind}", uri=True)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = OFF").fetchall()  # a copy that is not finished is thrown away
    return connection
