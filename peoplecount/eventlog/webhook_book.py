"""The book of webhooks: which there are, what waits for each, and what became of what was sent. A SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from peoplecount.domain.event_id import EventId
from peoplecount.domain.redelivery import MOST_WAITING
from peoplecount.domain.webhook import Attempt, Condition, Stand, Telling, Webhook
from peoplecount.eventlog import webhook_rows as rows
from peoplecount.eventlog import webhook_waiting as waiting
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.eventlog.sqlite_file import Schema, SQLiteFile
from peoplecount.eventlog.webhook_waiting import KeptWebhook, TakenUp

_SCHEMA = Schema(
    application_id=0x50635768,  # "PcWh"
    versions=(
        (
            "CREATE TABLE hook (hook_id TEXT PRIMARY KEY, definition TEXT NOT NULL, condition TEXT NOT NULL)",
            "CREATE TABLE waiting (hook_id TEXT, number INTEGER, event_id TEXT NOT NULL, kind TEXT NOT NULL, "
            "key TEXT NOT NULL, body TEXT NOT NULL, dropped INTEGER NOT NULL, gap INTEGER NOT NULL, "
            "PRIMARY KEY (hook_id, number)) WITHOUT ROWID",
            "CREATE TABLE attempt (number INTEGER PRIMARY KEY AUTOINCREMENT, hook_id TEXT NOT NULL, "
            "body TEXT NOT NULL)",
            "CREATE INDEX attempt_of ON attempt (hook_id, number)",
            "CREATE TABLE position (only INTEGER PRIMARY KEY CHECK (only = 1), epoch TEXT NOT NULL, "
            "number INTEGER NOT NULL, at TEXT NOT NULL)",
        ),
    ),
)

__all__ = ["KeptWebhook", "Position", "TakenUp", "WebhookBook"]

MOST_ATTEMPTS = 100
"""That are remembered of each webhook."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far the log was looked through for all webhooks."""

    event_id: EventId
    at: datetime | None
    """When that event was appended; what was appended later has not been looked at, whatever its number. ``None``:
    there was none yet."""


class WebhookBook:
    """Kept beside the event log, for several processes. All raise ``LocalStoreUnavailable``."""

    def __init__(self, path: Path, *, patience: float = 5.0, most_waiting: int = MOST_WAITING) -> None:
        # NORMAL: a power cut may take back the last deliveries, which are made once more then.
        self._file = SQLiteFile(
            path, _SCHEMA, synchronous="NORMAL", patience=patience, unavailable=LocalStoreUnavailable
        )
        self._most_waiting = most_waiting

    def open(self) -> None:
        """Create the file or bring its schema up to date."""
        self._file.open()

    def webhooks(self, *, counted: bool = True) -> list[KeptWebhook]:
        """All of them, in the order in which they were made. Where what waits is not ``counted`` it is said to be 0."""
        with self._file.reading() as connection:
            return _all(connection, counted=counted)

    def find(self, hook_id: str, *, counted: bool = True) -> KeptWebhook | None:
        """The one of that id."""
        with self._file.reading() as connection:
            return _find(connection, hook_id, counted=counted)

    def add(
        self,
        webhook: Webhook,
        condition: Condition,
        is_same: Callable[[Webhook], bool],
        most: int,
        appended_at: datetime | None = None,
    ) -> tuple[KeptWebhook | None, bool]:
        """Keep a new one, or find the one that is the same; and whether it is new. ``None``: there are ``most``.

        ``appended_at`` is when the event was appended that is the last before it: from there the log is looked through
        where that was never done.
        """
        with self._file.writing() as connection:
            there = _all(connection, counted=False)
            for one in there:
                if is_same(one.webhook):
                    return one, False
            if len(there) >= most:
                return None, False
            connection.execute(
                "INSERT INTO hook (hook_id, definition, condition) VALUES (?, ?, ?)",
                (webhook.hook_id, rows.definition_text(webhook), rows.condition_text(condition)),
            )
            connection.execute(
                "INSERT OR IGNORE INTO position (only, epoch, number, at) VALUES (1, ?, ?, ?)",
                (*webhook.since, rows.text_of(appended_at) or ""),
            )
        self._file.settle()
        return KeptWebhook(webhook, condition, 0), True

    def remove(self, hook_id: str) -> KeptWebhook | None:
        """Strike it out with all that waits for it; what it was."""
        with self._file.writing() as connection:
            found = _find(connection, hook_id)
            for table in ("hook", "waiting", "attempt"):
                connection.execute(f"DELETE FROM {table} WHERE hook_id = ?", (hook_id,))  # noqa: S608 - names of tables
        self._file.settle()
        return found

    def define(self, hook_id: str, work: Callable[[Webhook], Webhook]) -> Webhook | None:
        """Keep what ``work`` makes of it; what that is, ``None`` where it is gone."""
        with self._file.writing() as connection:
            found = _find(connection, hook_id, counted=False)
            if found is None:
                return None
            changed = work(found.webhook)
            _put_definition(connection, changed)
        self._file.settle()
        return changed

    def change(self, hook_id: str, work: Callable[[Condition], Condition], *, empties: bool = False) -> bool:
        """Keep what ``work`` makes of its condition; whether it is there. ``empties``: what waits for it goes."""
        with self._file.writing() as connection:
            condition = _condition(connection, hook_id)
            if condition is None:
                return False
            if empties:
                condition = waiting.emptied(connection, hook_id, condition)
            _put_condition(connection, hook_id, work(condition))
        return True

    def position(self) -> Position | None:
        """How far the log was looked through; ``None``: never."""
        with self._file.reading() as connection:
            row = connection.execute("SELECT epoch, number, at FROM position").fetchone()
        return None if row is None else Position(EventId(row[0], row[1]), rows.moment(row[2] or None))

    def take_up(self, position: Position, found: Mapping[str, TakenUp], busy: Mapping[str, int]) -> None:
        """Let what was found wait, and remember how far was looked, both or neither.

        ``busy`` is what is being sent, by webhook: it stays. Of more than may wait the superfluous goes.
        """
        with self._file.writing() as connection:
            for hook_id, taken in found.items():
                kept = _find(connection, hook_id, counted=bool(taken.tellings))
                if kept is not None and kept.condition.stand is not Stand.DISABLED:
                    condition = waiting.let_wait(connection, kept, taken, busy.get(hook_id), self._most_waiting)
                    if condition != kept.condition:
                        _put_condition(connection, hook_id, condition)
            connection.execute(
                "INSERT OR REPLACE INTO position (only, epoch, number, at) VALUES (1, ?, ?, ?)",
                (*position.event_id, rows.text_of(position.at) or ""),
            )

    def with_waiting(self) -> set[str]:
        """Ids of those for which something waits."""
        with self._file.reading() as connection:
            sql = "SELECT hook_id FROM hook WHERE EXISTS (SELECT 1 FROM waiting WHERE waiting.hook_id = hook.hook_id)"
            return {hook_id for (hook_id,) in connection.execute(sql)}

    def first(self, hook_id: str) -> tuple[Telling | None, int]:
        """What is to be sent next, and the number of the last that waits."""
        with self._file.reading() as connection:
            (last,) = connection.execute("SELECT max(number) FROM waiting WHERE hook_id = ?", (hook_id,)).fetchone()
            return next(iter(waiting.of_webhook(connection, hook_id, 1)), None), last or 0

    def note(
        self,
        hook_id: str,
        attempt: Attempt,
        work: Callable[[Condition], Condition] = lambda condition: condition,
        *,
        over: int | None = None,
        left_out: int = 0,
        empties: bool = False,
    ) -> bool:
        """Keep an attempt and what ``work`` makes of the condition; whether the webhook is there still.

        ``over`` is the number of what waits no longer; ``left_out`` is how many events the next one is to tell of.
        """
        with self._file.writing() as connection:
            condition = _condition(connection, hook_id)
            if condition is None:
                return False
            if over is not None:
                connection.execute("DELETE FROM waiting WHERE hook_id = ? AND number = ?", (hook_id, over))
            if left_out:
                condition = waiting.with_left_out(connection, hook_id, condition, left_out)
            if empties:
                condition = waiting.emptied(connection, hook_id, condition)
            _put_condition(connection, hook_id, work(condition))
            connection.execute(
                "INSERT INTO attempt (hook_id, body) VALUES (?, ?)", (hook_id, rows.attempt_text(attempt))
            )
            connection.execute(
                "DELETE FROM attempt WHERE hook_id = ? AND number <= (SELECT number FROM attempt WHERE hook_id = ? "
                "ORDER BY number DESC LIMIT 1 OFFSET ?)",
                (hook_id, hook_id, MOST_ATTEMPTS),
            )
        return True

    def attempts(self, hook_id: str, most: int = MOST_ATTEMPTS) -> list[Attempt]:
        """The newest attempts, the newest first."""
        with self._file.reading() as connection:
            sql = "SELECT body FROM attempt WHERE hook_id = ? ORDER BY number DESC LIMIT ?"
            return [rows.read_attempt(body) for (body,) in connection.execute(sql, (hook_id, most)).fetchall()]

    def renew(self, renew: Callable[[str], str]) -> int:
        """Put what ``renew`` makes of each sealed text in its place; how many that changed."""
        changed = 0
        with self._file.writing() as connection:
            for kept in _all(connection, counted=False):
                before = kept.webhook
                sealed = {name: renew(text) for name in rows.SEALED if (text := getattr(before, name))}
                differs = sum(text != getattr(before, name) for name, text in sealed.items())
                if differs:
                    changed += differs
                    _put_definition(connection, replace(before, **sealed))  # type: ignore[arg-type]  # texts all
        return changed

    def change_counter(self) -> int:
        """A number that differs from the last one when any process may have changed the book. Cheap."""
        return self._file.change_counter()

    def settle(self) -> None:
        """Wait until the disk has what was committed so far."""
        self._file.settle()

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._file.close()


def _all(connection: sqlite3.Connection, hook_id: str = "", *, counted: bool = True) -> list[KeptWebhook]:
    sql = (
        "SELECT hook_id, definition, condition, CASE WHEN ? THEN "
        "(SELECT count(*) FROM waiting WHERE waiting.hook_id = hook.hook_id) ELSE 0 END "
        "FROM hook WHERE ? IN ('', hook_id) ORDER BY rowid"
    )
    found = connection.execute(sql, (counted, hook_id)).fetchall()
    return [
        KeptWebhook(rows.read_definition(hook_id, definition), rows.read_condition(condition), count)
        for hook_id, definition, condition, count in found
    ]


def _find(connection: sqlite3.Connection, hook_id: str, *, counted: bool = True) -> KeptWebhook | None:
    return next(iter(_all(connection, hook_id, counted=counted)), None) if hook_id else None


def _condition(connection: sqlite3.Connection, hook_id: str) -> Condition | None:
    row = connection.execute("SELECT condition FROM hook WHERE hook_id = ?", (hook_id,)).fetchone()
    return None if row is None else rows.read_condition(row[0])


def _put_definition(connection: sqlite3.Connection, webhook: Webhook) -> None:
    sql = "UPDATE hook SET definition = ? WHERE hook_id = ?"
    connection.execute(sql, (rows.definition_text(webhook), webhook.hook_id))


def _put_condition(connection: sqlite3.Connection, hook_id: str, condition: Condition) -> None:
    sql = "UPDATE hook SET condition = ? WHERE hook_id = ?"
    connection.execute(sql, (rows.condition_text(condition), hook_id))
