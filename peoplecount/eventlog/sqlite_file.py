"""A SQLite file of ours: opened with care, its schema kept, its errors put in words.

Connections wait in a ``deque``, whose ``append`` and ``pop`` are atomic, and never behind a lock. The calls come
from gevent's thread pool, and a ``threading.Lock`` that gevent has patched stalls for seconds when pool threads
contend for it (measured: 30 threads, 200 turns each, not finished after 20 s). What must be one after the other is
left to SQLite: ``BEGIN IMMEDIATE`` and its busy handler work between threads as they do between processes.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from peoplecount.eventlog.sqlite_trouble import in_words

_COMPANIONS = ("", "-wal", "-shm")

_WAL_KEPT = 4 * 1024 * 1024
"""Bytes: the write-ahead log is cut back to this after a burst, so that it does not fill the disk for ever. SQLite
moves it into the file every 1,000 pages, which is about as much."""

_PAGES_FREED_AT_ONCE = 1000

_RETRY_EVERY = 0.02
"""Seconds. Switching to WAL does not wait for others by itself, so it is tried again."""


@dataclass(frozen=True, slots=True)
class Schema:
    """Whose file it is, and the statements that lead from each version to the next."""

    application_id: int
    versions: tuple[tuple[str, ...], ...]

    @property
    def version(self) -> int:
        """The version that all statements lead to; kept in SQLite's ``user_version``."""
        return len(self.versions)


@dataclass(frozen=True, slots=True)
class _Connected:
    connection: sqlite3.Connection
    inode: tuple[int, int] | None
    """Device and inode opened: what the path names now may be another file, or nothing."""

    ordinal: int


class SQLiteFile:
    """Connections to one SQLite file in WAL mode, opened when first needed; usable from any thread.

    ``unavailable`` is the error raised for everything that an operator can act on. After an error of SQLite's the
    connection is dropped, and so is one whose file has been moved or replaced: the next call opens anew.
    """

    def __init__(
        self, path: Path, schema: Schema, *, synchronous: str, patience: float, unavailable: type[Exception]
    ) -> None:
        self.path = path
        self._schema = schema
        self._synchronous = synchronous
        self._patience = patience
        self._unavailable = unavailable
        self._idle: deque[_Connected] = deque()
        self._watchers: deque[_Connected] = deque()
        self._ordinals = count(1)
        self._open = True

    def open(self) -> None:
        """Create the file or bring its schema up to date, now rather than at the first use."""
        self._open = True
        with self._borrowed(self._idle):
            pass

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """All reads in the block see the same moment. Keep it short: an open read stops the WAL from shrinking."""
        with self._borrowed(self._idle) as connected, _transaction(connected.connection, "BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Everything in the block is kept, or nothing; one block at a time among all processes."""
        with self._borrowed(self._idle) as connected, _transaction(connected.connection, "BEGIN IMMEDIATE") as writer:
            yield writer

    def shrink(self) -> None:
        """Give pages that are free back to the disk, some at a time, so that others can write in between."""
        with self._borrowed(self._idle) as connected:
            connection = connected.connection
            before, free = None, _free_pages(connection)
            while free and free != before:
                # A script, because execute() steps only once, which frees a single page.
                connection.executescript(f"PRAGMA incremental_vacuum({_PAGES_FREED_AT_ONCE})")
                before, free = free, _free_pages(connection)
            # The file is cut when the WAL has been moved into it; PASSIVE moves what it can without waiting.
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def settle(self) -> None:
        """Wait until the disk has what was committed so far, also where commits do not wait for it."""
        with self._borrowed(self._idle) as connected:
            connected.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # which syncs the WAL first

    def change_counter(self) -> int:
        """A number that differs from the last one when anybody may have written since.

        ``PRAGMA data_version`` tells of other connections' commits only, hence connections that never write; and
        it compares within one connection only, hence the ordinal in front.
        """
        with self._borrowed(self._watchers) as watcher:
            (version,) = watcher.connection.execute("PRAGMA data_version").fetchone()
            return (watcher.ordinal << 32) + int(version)

    def size(self) -> int:
        """Bytes on disk, the WAL included."""
        total = 0
        for companion in _COMPANIONS:
            with suppress(FileNotFoundError):
                total += Path(f"{self.path}{companion}").stat().st_size
        return total

    def close(self) -> None:
        """Close all connections, those in use as soon as they are given back; may be called twice."""
        self._open = False
        _close_all(self._idle)
        _close_all(self._watchers)

    @contextmanager
    def _borrowed(self, pool: deque[_Connected]) -> Iterator[_Connected]:
        with in_words(self.path, self._patience, self._unavailable):
            connected = self._take(pool)
            try:
                yield connected
            except sqlite3.Error:
                connected.connection.close()
                raise
            except BaseException:
                self._give_back(pool, connected)
                raise
            self._give_back(pool, connected)

    def _take(self, pool: deque[_Connected]) -> _Connected:
        while self._open:
            try:
                connected = pool.pop()
            except IndexError:
                return self._connect()
            if connected.inode is not None and connected.inode == self._inode():
                return connected
            connected.connection.close()
        raise self._unavailable(f"{self.path} has been closed")

    def _give_back(self, pool: deque[_Connected], connected: _Connected) -> None:
        pool.append(connected)
        if not self._open:
            _close_all(pool)

    def _inode(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self.path)
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _connect(self) -> _Connected:
        connection = sqlite3.connect(self.path, timeout=self._patience, isolation_level=None, check_same_thread=False)
        try:
            self._bring_up_to_date(connection)
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT}")
        except BaseException:
            connection.close()
            raise
        return _Connected(connection, self._inode(), next(self._ordinals))

    def _bring_up_to_date(self, connection: sqlite3.Connection) -> None:
        with _transaction(connection, "BEGIN"):  # one moment, while another process may be making the file
            version = self._checked_version(connection)
        if version == self._schema.version:
            return
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # takes effect in a new file only, before its tables
        self._switch_to_wal(connection)
        with _transaction(connection, "BEGIN IMMEDIATE"):
            # Asked again, because another process may have done it while we waited.
            for statements in self._schema.versions[self._checked_version(connection) :]:
                for statement in statements:
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {self._schema.application_id}")
            connection.execute(f"PRAGMA user_version = {self._schema.version}")

    def _checked_version(self, connection: sqlite3.Connection) -> int:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (application_id,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application_id != self._schema.application_id:
            raise self._unavailable(f"{self.path} is a SQLite file of another program; it is left as it is")
        if version > self._schema.version:
            raise self._unavailable(
                f"{self.path} was written by a newer version of this program (its schema is {version}, "
                f"this program knows {self._schema.version}); install that version again"
            )
        return int(version)

    def _switch_to_wal(self, connection: sqlite3.Connection) -> None:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL").fetchall()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_EVERY)
            else:
                return


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[sqlite3.Connection]:
    connection.execute(begin)
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _free_pages(connection: sqlite3.Connection) -> int:
    (pages,) = connection.execute("PRAGMA freelist_count").fetchone()
    return int(pages)


def _close_all(pool: deque[_Connected]) -> None:
    while True:
        try:
            pool.pop().connection.close()
        except IndexError:
            return
