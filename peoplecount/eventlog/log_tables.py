"""The tables of the event log in a SQLite file, and how those of older files become these."""

from __future__ import annotations

from peoplecount.eventlog.sqlite_file import Schema

_EVENT = "appended_at INTEGER NOT NULL, kind TEXT NOT NULL, site_id TEXT NOT NULL, camera_id TEXT NOT NULL, \
door_id TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL"

HEAD_NUMBER = "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'entry'), 0)"
"""SQL: the newest number that was ever given."""

SCHEMA = Schema(
    application_id=0x50634C67,  # "PcLg"
    versions=(
        (
            # Without AUTOINCREMENT numbers would start again once everything has been trimmed.
            f"CREATE TABLE entry (number INTEGER PRIMARY KEY AUTOINCREMENT, {_EVENT})",
            # Copies, not references: the newest entry of a subject outlives its place in the log.
            f"CREATE TABLE latest (number INTEGER NOT NULL, {_EVENT}, PRIMARY KEY (kind, subject))",
            "CREATE TABLE state (key TEXT PRIMARY KEY, version INTEGER NOT NULL, body TEXT NOT NULL)",
            "CREATE TABLE seen (camera_id TEXT PRIMARY KEY, at INTEGER NOT NULL)",
            "CREATE TABLE log (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL, term INTEGER NOT NULL)",
            "INSERT INTO log VALUES (1, lower(hex(randomblob(4))), 0)",
        ),
        (
            # The last number that was trimmed, and the last one up to which entries were folded.
            "ALTER TABLE log ADD COLUMN trimmed INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE log ADD COLUMN folded INTEGER NOT NULL DEFAULT 0",
            f"UPDATE log SET trimmed = coalesce((SELECT min(number) - 1 FROM entry), {HEAD_NUMBER})",  # noqa: S608
        ),
        (
            # When the last entry up to ``trimmed`` and ``folded`` was appended. Of those that went before this was
            # noted it is known only that it was no later than the first one that is whole, and than now.
            "ALTER TABLE log ADD COLUMN incomplete_until INTEGER",
            "UPDATE log SET incomplete_until = coalesce((SELECT appended_at FROM entry WHERE number > "
            "(SELECT max(trimmed, folded) FROM log) ORDER BY number LIMIT 1), strftime('%s', 'now') * 1000000) "
            "WHERE max(trimmed, folded) > 0",
        ),
    ),
)
