"""A copy of a SQLite file that is in use, as of one moment."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from peoplecount.eventlog.sqlite_trouble import in_words

_PATIENCE = 30.0
"""Seconds for which a lock of somebody else's is waited for."""

COMPANIONS = ("-wal", "-shm", "-journal")
"""What lies beside a SQLite file while it is in use, and belongs to it alone."""


def copy_sqlite(source: Path, target: Path, unavailable: type[Exception]) -> None:
    """Copy ``source`` to ``target``, which must not exist, and see whether the copy is sound.

    Others may write meanwhile: what they commit after the beginning is not in it. Raises ``unavailable`` where
    ``source`` is missing or damaged, or the disk is full. Nobody but its owner may read the copy.
    """
    with in_words(source, _PATIENCE, unavailable):
        source.stat()  # else an empty one would be made
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # SQLite would let others read it
        with closing(sqlite3.connect(source, timeout=_PATIENCE)) as opened, closing(sqlite3.connect(target)) as copy:
            opened.backup(copy)  # all pages in one go: in several it would begin anew whenever somebody writes
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                damage = sqlite3.DatabaseError(" ".join(str(found).split()))
                damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
                raise damage
