"""The local store: what the service needs to start with the database away."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from peoplecount.domain.change import Change, Subject
from peoplecount.domain.event_id import EventId, MalformedEventId
from peoplecount.eventlog import change_rows
from peoplecount.eventlog.log import LocalStoreUnavailable, State
from peoplecount.eventlog.sqlite_file import Schema, SQLiteFile

_SCHEMA = Schema(
    application_id=0x50635374,  # "PcSt"
    versions=(
        ("CREATE TABLE kept (key TEXT PRIMARY KEY, version INTEGER NOT NULL, body TEXT NOT NULL)",),
        (change_rows.TABLE,),
    ),
)

ROSTER = "roster"
"""The key of the last good camera list."""

_MARK = "mark"


class LocalStore:
    """Texts by key, and the audit log, in a SQLite file beside the event log, for several processes.

    All raise ``LocalStoreUnavailable``.

    Callers decide what the texts mean, and seal what is secret in them. ``patience`` is how long, in seconds,
    another process's lock is waited for.
    """

    def __init__(self, path: Path, *, patience: float = 5.0) -> None:
        # NORMAL: a commit waits for no disk, and a power cut may take back the last ones but breaks nothing. The
        # roster comes again from the database, and an older mark only knows less. The mark is written every second
        # for years, which would otherwise be 30 million waits for the disk a year.
        self._file = SQLiteFile(
            path, _SCHEMA, synchronous="NORMAL", patience=patience, unavailable=LocalStoreUnavailable
        )

    def open(self) -> None:
        """Create the file or bring its schema up to date."""
        self._file.open()

    def get(self, key: str) -> State | None:
        """The text of ``key`` and its version, which grows by one with every ``put``."""
        with self._file.reading() as connection:
            return _get(connection, key)

    def put(self, key: str, body: str) -> int:
        """Keep ``body`` under ``key`` in place of what was there; its version."""
        with self._file.writing() as connection:
            return _put(connection, key, body)

    def change(self, key: str, work: Callable[[str | None], str | None]) -> None:
        """Keep what ``work`` makes of the text of ``key``; ``None`` is no text.

        One change at a time among all processes. ``work`` must be quick, and nothing changes where it raises.
        """
        with self._file.writing() as connection:
            before = _get(connection, key)
            after = work(None if before is None else before.body)
            if after is not None and (before is None or after != before.body):
                _put(connection, key, after)
            elif after is None and before is not None:
                connection.execute("DELETE FROM kept WHERE key = ?", (key,))

    def under(self, prefix: str) -> dict[str, str]:
        """The texts of all keys that begin with ``prefix``, by key."""
        with self._file.reading() as connection:
            sql = "SELECT key, body FROM kept WHERE substr(key, 1, ?) = ?"
            return dict(connection.execute(sql, (len(prefix), prefix)).fetchall())

    def settle(self) -> None:
        """Bring what was kept so far onto the disk, so that no power cut takes it back: that somebody is out, say."""
        self._file.settle()

    def save_roster(self, body: str) -> None:
        """Keep the last good roster: JSON in which credentials are sealed."""
        self.put(ROSTER, body)

    def load_roster(self) -> str | None:
        """The roster last saved."""
        roster = self.get(ROSTER)
        return None if roster is None else roster.body

    def save_mark(self, mark: EventId) -> None:
        """Remember how far the log has come. Within an epoch the mark never goes back."""
        with self._file.writing() as connection:
            kept = _parsed(_get(connection, _MARK))
            if kept is None or kept.epoch != mark.epoch or kept.number < mark.number:
                _put(connection, _MARK, str(mark))

    def load_mark(self) -> EventId | None:
        """How far the log is known to have come."""
        return _parsed(self.get(_MARK))

    def note_change(self, change: Change) -> int:
        """Keep what somebody did, in the audit log; its number."""
        with self._file.writing() as connection:
            return change_rows.insert(connection, change)

    def changes(
        self,
        most: int,
        *,
        below: int | None = None,
        subject: Subject | None = None,
        who: str = "",
        sites: Collection[str] | None = None,
    ) -> list[Change]:
        """What was done, the newest first; of a number below ``below``. ``sites``: what concerns these alone."""
        with self._file.reading() as connection:
            return change_rows.select(connection, most, below=below, subject=subject, who=who, sites=sites)

    def authors(self) -> list[str]:
        """Everybody who stands in the audit log, by name."""
        with self._file.reading() as connection:
            return change_rows.select_authors(connection)

    def forget_changes(self, *, older_than: datetime, below: int) -> None:
        """Strike out of the audit log what is older, or has a lower number."""
        with self._file.writing() as connection:
            change_rows.forget(connection, older_than=older_than, below=below)

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._file.close()


def _get(connection: sqlite3.Connection, key: str) -> State | None:
    row = connection.execute("SELECT version, body FROM kept WHERE key = ?", (key,)).fetchone()
    return None if row is None else State(*row)


def _put(connection: sqlite3.Connection, key: str, body: str) -> int:
    connection.execute(
        "INSERT INTO kept (key, version, body) VALUES (?, 1, ?) "
        "ON CONFLICT (key) DO UPDATE SET version = version + 1, body = excluded.body",
        (key, body),
    )
    (version,) = connection.execute("SELECT version FROM kept WHERE key = ?", (key,)).fetchone()
    return int(version)


def _parsed(mark: State | None) -> EventId | None:
    """A mark that cannot be read is of no epoch, so that the log is taken for another one than it was of."""
    try:
        return None if mark is None else EventId.parse(mark.body)
    except MalformedEventId:
        return EventId("", 0)
