"""The event log in a SQLite file: the home for one machine, however many processes it runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from peoplecount.domain.event import LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.domain.folding import Rewrite
from peoplecount.domain.line import camera_of
from peoplecount.eventlog.entry_rows import COLUMNS, MARKS, Row, condition_of, entry_of, microseconds, moment_of, row_of
from peoplecount.eventlog.log import (
    LOOKED_THROUGH,
    Append,
    Choice,
    Chosen,
    LatestEntries,
    LoadedStates,
    LogUnavailable,
    StaleState,
    StaleTerm,
    State,
    StateChange,
)
from peoplecount.eventlog.log_tables import HEAD_NUMBER, SCHEMA
from peoplecount.eventlog.sqlite_file import SQLiteFile

_LAST_MOMENT = datetime(9999, 12, 31, tzinfo=UTC)

_TRIMMED_AT_ONCE = 2000
"""Entries dropped in one transaction: some 20 ms in which nobody else can append."""


class SQLiteEventLog:
    """An ``EventLog`` in one SQLite file. Opened when first needed, or by ``open``; open it after a fork.

    ``patience`` is how long, in seconds, another process's lock is waited for. WAL mode needs memory shared among
    all processes that use the file: see ``peoplecount.eventlog.folder``.
    """

    def __init__(self, path: Path, *, patience: float = 5.0) -> None:
        # FULL: a commit is on the disk before anybody is told of it, so that a power cut takes nothing back.
        self._file = SQLiteFile(path, SCHEMA, synchronous="FULL", patience=patience, unavailable=LogUnavailable)

    def open(self) -> None:
        """Create the file or bring its schema up to date. Raises ``LogUnavailable``."""
        self._file.open()

    def head(self) -> EventId:
        """See ``EventLog``."""
        with self._file.reading() as connection:
            return _head(connection)

    def oldest(self) -> EventId:
        """See ``EventLog``."""
        with self._file.reading() as connection:
            return EventId(*connection.execute("SELECT epoch, max(trimmed, folded) FROM log").fetchone())

    def beginning(self) -> EventId:
        """See ``EventLog``."""
        with self._file.reading() as connection:
            return EventId(*connection.execute("SELECT epoch, trimmed FROM log").fetchone())

    def raise_term(self) -> int:
        """See ``EventLog``."""
        with self._file.writing() as connection:
            connection.execute("UPDATE log SET term = term + 1")
            return _term(connection)

    def load_states(self) -> LoadedStates:
        """See ``EventLog``."""
        with self._file.reading() as connection:
            rows = connection.execute("SELECT key, version, body FROM state").fetchall()
            return LoadedStates(_head(connection), {key: State(version, body) for key, version, body in rows})

    def latest(self) -> LatestEntries:
        """See ``EventLog``."""
        with self._file.reading() as connection:
            head = _head(connection)
            rows = connection.execute(f"SELECT {COLUMNS} FROM latest ORDER BY number").fetchall()  # noqa: S608
        return LatestEntries(head, tuple(entry_of(head.epoch, row) for row in rows))

    def append(self, term: int, batch: Sequence[Append], now: datetime) -> EventId:
        """See ``EventLog``. The numbers given in one call follow each other without a gap."""
        with self._file.writing() as connection:
            _require_term(connection, term)
            for part in batch:
                for change in part.states:
                    _change_state(connection, change)
            head = _head(connection)
            events = [event for part in batch for event in part.events]
            rows = [row_of(number, now, event) for number, event in enumerate(events, head.number + 1)]
            _keep(connection, rows)
        return EventId(head.epoch, head.number + len(rows))

    def read(self, after: int, limit: int) -> list[LogEntry]:
        """See ``EventLog``. Raises ``ValueError`` for a limit below 1."""
        if limit < 1:
            raise ValueError(f"cannot read at most {limit} entries: the limit is 1 or more")
        with self._file.reading() as connection:
            epoch = _head(connection).epoch
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM entry WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608
                (after, limit),
            ).fetchall()
        return [entry_of(epoch, row) for row in rows]

    def choose(self, after: int, limit: int, choice: Choice) -> Chosen:
        """See ``EventLog``."""
        condition, values = condition_of(choice)
        with self._file.reading() as connection:
            head = _head(connection)
            end = max(after, min(head.number, after + LOOKED_THROUGH))
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM entry WHERE number > ? AND number <= ?{condition} ORDER BY number LIMIT ?",  # noqa: S608
                (after, end, *values, limit),
            ).fetchall()
        return Chosen([entry_of(head.epoch, row) for row in rows], rows[-1][0] if len(rows) == limit else end)

    def before(self, moment: datetime) -> EventId:
        """See ``EventLog``. A dozen or two of looks at single entries, because times have no index."""
        wanted = microseconds(moment)
        with self._file.reading() as connection:
            head = _head(connection)
            (low,) = connection.execute("SELECT max(trimmed, folded) FROM log").fetchone()
            high = head.number
            while low < high:
                middle = (low + high + 1) // 2
                row = connection.execute(
                    "SELECT number, appended_at FROM entry WHERE number >= ? ORDER BY number LIMIT 1", (middle,)
                ).fetchone()
                if row is not None and row[1] < wanted:
                    low = row[0]
                else:
                    high = middle - 1
        return EventId(head.epoch, low)

    def incomplete_until(self) -> datetime | None:
        """See ``EventLog``."""
        with self._file.reading() as connection:
            (at,) = connection.execute("SELECT incomplete_until FROM log").fetchone()
        return None if at is None else moment_of(at)

    def note_seen(self, term: int, seen: Mapping[str, datetime]) -> None:
        """See ``EventLog``."""
        with self._file.writing() as connection:
            _require_term(connection, term)
            rows = [(camera_id, microseconds(at)) for camera_id, at in seen.items()]
            connection.executemany("INSERT OR REPLACE INTO seen (camera_id, at) VALUES (?, ?)", rows)

    def seen(self) -> dict[str, datetime]:
        """See ``EventLog``. A damaged row is as good as none: the states have the times of all that was counted."""
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT camera_id, at FROM seen WHERE typeof(camera_id) = 'text' AND typeof(at) = 'integer'"
                " AND at BETWEEN 0 AND ?",
                (microseconds(_LAST_MOMENT),),
            ).fetchall()
        return {camera_id: moment_of(at) for camera_id, at in rows}

    def change_counter(self) -> int:
        """See ``EventLog``. Some microseconds, short enough for a gevent loop."""
        return self._file.change_counter()

    def start_epoch(self) -> EventId:
        """See ``EventLog``. Entries stay; they go by ids of the new epoch from now on."""
        with self._file.writing() as connection:
            connection.execute("UPDATE log SET epoch = lower(hex(randomblob(4)))")
            return _head(connection)

    def trim(self, up_to: int, before: datetime) -> int:
        """See ``EventLog``. In small transactions, so that appends get in between."""
        trimmed = 0
        more = True
        while more:
            with self._file.writing() as connection:
                more, dropped = _trim_some(connection, up_to, microseconds(before))
            trimmed += dropped
        self._file.shrink()
        return trimmed

    def rewrite(self, term: int, rewrite: Rewrite) -> None:
        """See ``EventLog``."""
        with self._file.writing() as connection:
            _require_term(connection, term)
            _note_incomplete(connection, rewrite.up_to)
            for entry in rewrite.dropped:
                _change_entry(connection, entry, "DELETE FROM entry WHERE number = ? AND appended_at = ? AND body = ?")
            for entry, event in rewrite.replaced:
                sql = "UPDATE entry SET body = ? WHERE number = ? AND appended_at = ? AND body = ?"
                _change_entry(connection, entry, sql, event.body)
            connection.execute("UPDATE log SET folded = max(folded, ?)", (rewrite.up_to,))

    def forget(self, term: int, camera_ids: Collection[str]) -> None:
        """See ``EventLog``."""
        with self._file.writing() as connection:
            _require_term(connection, term)
            lines = [line_id for (line_id,) in connection.execute("SELECT camera_id FROM seen")]
            gone = [(line_id,) for line_id in lines if camera_of(line_id) in camera_ids]
            connection.executemany("DELETE FROM seen WHERE camera_id = ?", gone)
            connection.executemany("DELETE FROM latest WHERE camera_id = ?", [(one,) for one in camera_ids])

    def shrink(self) -> None:
        """See ``EventLog``."""
        self._file.shrink()

    def size(self) -> int:
        """See ``EventLog``."""
        return self._file.size()

    def close(self) -> None:
        """See ``EventLog``."""
        self._file.close()


def _head(connection: sqlite3.Connection) -> EventId:
    epoch, number = connection.execute(f"SELECT epoch, {HEAD_NUMBER} FROM log").fetchone()  # noqa: S608
    return EventId(epoch, number)


def _term(connection: sqlite3.Connection) -> int:
    (term,) = connection.execute("SELECT term FROM log").fetchone()
    return int(term)


def _require_term(connection: sqlite3.Connection, term: int) -> None:
    current = _term(connection)
    if term != current:  # a greater one was raised in a file that has been replaced since
        raise StaleTerm(f"term {term} does not lead: the log is at term {current}")


def _change_state(connection: sqlite3.Connection, change: StateChange) -> None:
    if not change.body:
        sql = "DELETE FROM state WHERE '' = ? AND key = ? AND version = ?"
    elif change.expected_version == 0:
        sql = "INSERT INTO state (body, key, version) VALUES (?, ?, ? + 1) ON CONFLICT DO NOTHING"
    else:
        sql = "UPDATE state SET body = ?, version = version + 1 WHERE key = ? AND version = ?"
    if connection.execute(sql, (change.body, change.key, change.expected_version)).rowcount != 1:
        raise StaleState(f"state {change.key!r} is not at version {change.expected_version} any more")


def _keep(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    rows = list(rows)
    connection.executemany(f"INSERT INTO entry ({COLUMNS}) VALUES ({MARKS})", rows)  # noqa: S608
    newest = {(kind, subject): row for row in rows for kind, subject in [(row[2], row[6])] if subject}
    connection.executemany(
        f"INSERT OR REPLACE INTO latest ({COLUMNS}) VALUES ({MARKS})",  # noqa: S608
        newest.values(),
    )


def _trim_some(connection: sqlite3.Connection, up_to: int, before: int) -> tuple[bool, int]:
    """Drop from the old end: whether there may be more, and how many went.

    Stops at the first entry that is not old enough, even where a clock set back made later ones look older:
    what is kept has no holes.
    """
    rows = connection.execute(
        "SELECT number, appended_at FROM entry WHERE number <= ? ORDER BY number LIMIT ?", (up_to, _TRIMMED_AT_ONCE)
    ).fetchall()
    old: list[int] = []
    for number, appended_at in rows:
        if appended_at >= before:
            break
        old.append(number)
    if old:
        _note_incomplete(connection, old[-1])
        connection.execute("DELETE FROM entry WHERE number <= ?", (old[-1],))
        connection.execute("UPDATE log SET trimmed = ?", (old[-1],))
    return len(old) == _TRIMMED_AT_ONCE, len(old)


def _note_incomplete(connection: sqlite3.Connection, up_to: int) -> None:
    """Entries up to this one are about to be changed or dropped."""
    row = connection.execute(
        "SELECT appended_at FROM entry WHERE number <= ? ORDER BY number DESC LIMIT 1", (up_to,)
    ).fetchone()
    if row is not None:
        connection.execute("UPDATE log SET incomplete_until = max(coalesce(incomplete_until, 0), ?)", row)


def _change_entry(connection: sqlite3.Connection, entry: LogEntry, sql: str, *values: str) -> None:
    """Change one entry that is as it was read: the file may have been put back to an earlier copy since."""
    known = (entry.event_id.number, microseconds(entry.appended_at), entry.event.body)
    if connection.execute(sql, (*values, *known)).rowcount != 1:
        raise StaleState(f"event {entry.event_id} is not there as it was read")
