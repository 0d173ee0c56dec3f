"""Sums of past days that were made once, so that pages need not make them again: a SQLite file beside the log.

Nothing in it is known nowhere else. Without it everything comes from the database, which takes longer.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from peoplecount.domain.place_sum import PlaceStretch
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.eventlog.sqlite_file import Schema, SQLiteFile

_VALUES = "entered, left_, q0, q1, q2, q3, q4, q5, covered, coverages"
_SUMS = ", ".join(f"SUM({name})" for name in _VALUES.split(", "))
_COLUMNS = ", ".join(f"{name} NOT NULL" for name in _VALUES.split(", "))

_SCHEMA = Schema(
    application_id=0x50634869,  # "PcHi"
    versions=(
        (
            f"CREATE TABLE days (site TEXT, door TEXT, day INTEGER, start INTEGER NOT NULL, {_COLUMNS}, "
            "PRIMARY KEY (site, door, day)) WITHOUT ROWID",
            f"CREATE TABLE hours (site TEXT, start INTEGER, {_COLUMNS}, PRIMARY KEY (site, start)) WITHOUT ROWID",
            "CREATE TABLE summed (zone TEXT, day INTEGER, mark TEXT NOT NULL, PRIMARY KEY (zone, day)) WITHOUT ROWID",
        ),
        (
            # A day of a door in one row, packed: there are many doors, and each is asked for by itself.
            "CREATE TABLE door_hours (site TEXT, door TEXT, day INTEGER, hours BLOB NOT NULL, "
            "PRIMARY KEY (site, door, day)) WITHOUT ROWID",
            "DELETE FROM summed",
        ),
    ),
)

WHOLE_SITE = ""
"""In place of a door."""


class HistorySums:
    """By zone and day: what all sites of a zone counted on a day of theirs. All raise ``LocalStoreUnavailable``."""

    def __init__(self, path: Path, *, patience: float = 2.0) -> None:
        # A power cut may take back the last sums; they are made again.
        self._file = SQLiteFile(
            path, _SCHEMA, synchronous="NORMAL", patience=patience, unavailable=LocalStoreUnavailable
        )

    def marks(self, zone: str, first: date, last: date) -> dict[date, str]:
        """Under which marks days are kept."""
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT day, mark FROM summed WHERE zone = ? AND day BETWEEN ? AND ?",
                (zone, first.toordinal(), last.toordinal()),
            ).fetchall()
        return {date.fromordinal(day): mark for day, mark in rows}

    def put(
        self,
        zone: str,
        day: date,
        mark: str,
        span: tuple[datetime, datetime],
        sites: Collection[str],
        days: Iterable[tuple[str, str, PlaceStretch]],
        hours: Iterable[PlaceStretch],
        door_hours: Iterable[tuple[str, str, Sequence[PlaceStretch]]],
    ) -> None:
        """Keep a day in place of what was there: ``days`` by site and door, ``hours`` of sites and of their doors."""
        number = day.toordinal()
        start, end = (int(moment.timestamp()) for moment in span)
        with self._file.writing() as connection:
            if connection.execute("SELECT 1 FROM summed WHERE zone = ? AND day = ?", (zone, number)).fetchone():
                for site in sites:  # door by door, for the day is the last part of the key
                    connection.execute("DELETE FROM days WHERE site = ? AND day = ?", (site, number))
                    connection.execute("DELETE FROM door_hours WHERE site = ? AND day = ?", (site, number))
                    connection.execute(
                        "DELETE FROM hours WHERE site = ? AND start >= ? AND start < ?", (site, start, end)
                    )
            connection.executemany(
                f"INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?, {_places()})",  # noqa: S608 - marks of places alone
                [(site, door, number, start, *_values(one)) for site, door, one in days],
            )
            connection.executemany(
                f"INSERT OR REPLACE INTO hours VALUES (?, ?, {_places()})",  # noqa: S608 - as above
                [(one.subject, int(one.start.timestamp()), *_values(one)) for one in hours],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO door_hours VALUES (?, ?, ?, ?)",
                [(site, door, number, _packed(of_door)) for site, door, of_door in door_hours],
            )
            connection.execute("INSERT OR REPLACE INTO summed VALUES (?, ?, ?)", (zone, number, mark))

    def days_of_sites(self, sites: Collection[str], runs: Iterable[tuple[date, date]]) -> list[PlaceStretch]:
        """Of some sites of a zone together, by day, in runs of days."""
        where = f"site IN ({_marks(sites)}) AND door = ? AND day BETWEEN ? AND ?"
        question = f"SELECT MIN(start), {_SUMS} FROM days WHERE {where} GROUP BY day ORDER BY day"  # noqa: S608 - no value
        return [_stretch(WHOLE_SITE, row) for row in self._by_run(question, (*sites, WHOLE_SITE), runs)]

    def totals_of_sites(self, sites: Collection[str], runs: Iterable[tuple[date, date]]) -> list[PlaceStretch]:
        """Of some sites, each over a run of days."""
        where = f"site IN ({_marks(sites)}) AND door = ? AND day BETWEEN ? AND ?"
        question = f"SELECT site, MIN(start), {_SUMS} FROM days WHERE {where} GROUP BY site"  # noqa: S608 - no value
        return [_stretch(row[0], row[1:]) for row in self._by_run(question, (*sites, WHOLE_SITE), runs)]

    def totals_of_doors(self, site: str, runs: Iterable[tuple[date, date]]) -> list[PlaceStretch]:
        """Of the doors that a site had, each over a run of days."""
        where = "site = ? AND door <> ? AND day BETWEEN ? AND ?"
        question = f"SELECT door, MIN(start), {_SUMS} FROM days WHERE {where} GROUP BY door"  # noqa: S608 - no value
        return [_stretch(row[0], row[1:]) for row in self._by_run(question, (site, WHOLE_SITE), runs)]

    def _by_run(
        self, question: str, given: tuple[str, ...], runs: Iterable[tuple[date, date]]
    ) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        with self._file.reading() as connection:
            for first, last in runs:
                found += connection.execute(question, (*given, first.toordinal(), last.toordinal())).fetchall()
        return found

    def hours(self, site: str, start: datetime, end: datetime) -> list[PlaceStretch]:
        """Of a site, in order of time."""
        question = f"SELECT start, {_VALUES} FROM hours WHERE site = ? AND start >= ? AND start < ? ORDER BY start"  # noqa: S608
        with self._file.reading() as connection:
            rows = connection.execute(question, (site, int(start.timestamp()), int(end.timestamp()))).fetchall()
        return [_stretch(site, row) for row in rows]

    def hours_of_door(self, site: str, door: str, first: date, last: date) -> list[PlaceStretch]:
        """Of a door of a site on whole days, in order of time."""
        question = "SELECT hours FROM door_hours WHERE site = ? AND door = ? AND day BETWEEN ? AND ? ORDER BY day"
        with self._file.reading() as connection:
            rows = connection.execute(question, (site, door, first.toordinal(), last.toordinal())).fetchall()
        return [_stretch(door, row) for (packed,) in rows for row in _unpacked(packed)]

    def open(self) -> None:
        """Create the file or bring its schema up to date."""
        self._file.open()

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._file.close()


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" for _ in values)


def _places() -> str:
    return ", ".join("?" for _ in _VALUES.split(", "))


def _values(one: PlaceStretch) -> Sequence[float]:
    return (one.entered, one.left, *one.by_quality, one.covered, one.coverages)


def _stretch(subject: str, row: tuple[Any, ...]) -> PlaceStretch:
    """Of a row that begins with the start; there are thousands of them on a page."""
    start, entered, left, q0, q1, q2, q3, q4, q5, covered, coverages = row
    by_quality = (q0, q1, q2, q3, q4, q5)
    return PlaceStretch(subject, datetime.fromtimestamp(start, UTC), entered, left, by_quality, covered, coverages)


def _packed(hours: Iterable[PlaceStretch]) -> bytes:
    return zlib.compress(json.dumps([(int(one.start.timestamp()), *_values(one)) for one in hours]).encode())


def _unpacked(packed: bytes) -> list[tuple[Any, ...]]:
    try:
        rows: list[tuple[Any, ...]] = json.loads(zlib.decompress(packed))
    except (zlib.error, ValueError) as error:
        raise LocalStoreUnavailable(f"the kept hours of a door cannot be read: {error}") from error
    return rows
