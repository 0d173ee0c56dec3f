"""The rows of the audit log in the local store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from datetime import UTC, datetime

from peoplecount.domain.change import Change, Subject

TABLE = (
    "CREATE TABLE changes (number INTEGER PRIMARY KEY AUTOINCREMENT, moment REAL NOT NULL, who TEXT NOT NULL, "
    "verb TEXT NOT NULL, subject TEXT NOT NULL, subject_id TEXT NOT NULL, name TEXT NOT NULL, sites TEXT NOT NULL, "
    "before TEXT NOT NULL, after TEXT NOT NULL)"
)

_INSERT = (
    "INSERT INTO changes (moment, who, verb, subject, subject_id, name, sites, before, after) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def insert(connection: sqlite3.Connection, change: Change) -> int:
    """Keep a change; its number."""
    row = (
        change.moment.timestamp(),
        change.who,
        change.verb,
        change.subject.value,
        change.subject_id,
        change.name,
        _text(sorted(change.sites)),
        _text(dict(change.before)),
        _text(dict(change.after)),
    )
    return int(connection.execute(_INSERT, row).lastrowid or 0)


def select(
    connection: sqlite3.Connection,
    most: int,
    *,
    below: int | None,
    subject: Subject | None,
    who: str,
    sites: Collection[str] | None,
) -> list[Change]:
    """The newest so many of those that are asked for, the newest first. ``sites``: only what concerns these alone."""
    wanted = ["1"]
    values: list[object] = []
    for condition, value in (("number < ?", below), ("subject = ?", subject and subject.value), ("who = ?", who)):
        if value:
            wanted.append(condition)
            values.append(value)
    if sites is not None:
        wanted.append(
            "sites <> '[]' AND NOT EXISTS (SELECT 1 FROM json_each(changes.sites) AS site "
            "WHERE site.value NOT IN (SELECT value FROM json_each(?)))"
        )
        values.append(_text(sorted(sites)))
    sql = f"SELECT * FROM changes WHERE {' AND '.join(wanted)} ORDER BY number DESC LIMIT ?"  # noqa: S608
    return [_change(row) for row in connection.execute(sql, (*values, most)).fetchall()]


def select_authors(connection: sqlite3.Connection) -> list[str]:
    """Everybody who did something, by name."""
    return [who for (who,) in connection.execute("SELECT DISTINCT who FROM changes ORDER BY who").fetchall()]


def forget(connection: sqlite3.Connection, *, older_than: datetime, below: int) -> None:
    """Strike out what is older, or has a lower number."""
    connection.execute("DELETE FROM changes WHERE moment < ? OR number < ?", (older_than.timestamp(), below))


def _change(row: tuple[object, ...]) -> Change:
    number, moment, who, verb, subject, subject_id, name, sites, before, after = row
    return Change(
        datetime.fromtimestamp(float(str(moment)), UTC),
        str(who),
        str(verb),
        Subject(str(subject)),
        str(subject_id),
        str(name),
        frozenset(json.loads(str(sites))),
        json.loads(str(before)),
        json.loads(str(after)),
        int(str(number)),
    )


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
