"""Replays: counts that somebody else once took at real doors, as files.

Two formats are known by their content. Both give local time without an offset:

- Hardbrücke (City of Zürich, ``vbz_frequenzen_hardbruecke``): CSV, plain or zipped, with the columns
  ``In``, ``Out``, ``Timestamp`` (start of five minutes) and ``Name`` (the counting line).
- CalIt2 (UCI data set 156): CSV without a header: flow (7 is out, 9 is in), ``MM/DD/YY``, ``HH:MM:SS``, count; the
  count is of the half hour before that time.
"""

from __future__ import annotations

import csv
import io
import zipfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from random import Random
from typing import TextIO

from peoplecount.simulator.crossings import DayCrossings, Direction
from peoplecount.simulator.plan import LinePlan

_DAY = 86_400
_HARDBRUECKE_COLUMNS = ("In", "Out", "Timestamp", "Name")
_CALIT2_FLOWS = {"9": Direction.IN, "7": Direction.OUT}
_CALIT2_LINE = "MainDoor"


class ReplayError(ValueError):
    """A file that cannot be replayed; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Span:
    """The local days to play, both ends included; ``None`` where the file decides."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        """Whether a day is to be played."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


class Replay:
    """What a file holds: people by line, local day and interval."""

    def __init__(self, *, site: str, time_zone: str, interval: int) -> None:
        self.site = site
        self.time_zone = time_zone
        self.interval = interval
        """Seconds that one count covers."""

        self._days: dict[str, dict[date, array[int]]] = {}
        """By line and day, flat: second of the day at which an interval starts, people in, people out, …"""

    @property
    def lines(self) -> list[str]:
        """The names of all lines, in order."""
        return sorted(self._days)

    @property
    def days(self) -> list[date]:
        """The days that hold a count, in order."""
        return sorted({day for days in self._days.values() for day in days})

    def add(self, line: str, start: datetime, entered: int, left: int) -> None:
        """Note a count. Nobody at all needs no note."""
        if entered or left:
            second = start.hour * 3600 + start.minute * 60 + start.second
            self._days.setdefault(line, {}).setdefault(start.date(), array("q")).extend((second, entered, left))

    def intervals(self, line: str, day: date) -> Iterator[tuple[int, int, int]]:
        """(second of the day, people in, people out), in order."""
        flat = self._days.get(line, {}).get(day, array("q"))
        return iter(sorted(zip(flat[0::3], flat[1::3], flat[2::3], strict=True)))


class ReplayTraffic:
    """Lets the people of a replay cross one by one at invented moments within their interval."""

    def __init__(self, replay: Replay, lines: dict[str, str], zone: tzinfo, seed: int = 1) -> None:
        """``lines`` says which line of the replay a line id plays."""
        self._replay = replay
        self._lines = lines
        self._zone = zone
        self._seed = seed

    def crossings(self, line_id: str, day: date) -> DayCrossings:
        """Everybody who crosses a line on a local day.

        The last second of an interval stays empty, so that a clock stopped a second before midnight has seen
        everybody of the day.
        """
        line = self._lines[line_id]
        chance = Random(f"{self._seed}/{line}/{day}")  # noqa: S311 (invented moments, not secrets)
        entered: list[float] = []
        left: list[float] = []
        for second, people_in, people_out in self._replay.intervals(line, day):
            start = self._instant(day, second)
            for instants, people in ((entered, people_in), (left, people_out)):
                instants.extend(start + chance.random() * (self._replay.interval - 1) for _ in range(people))
        return DayCrossings(array("d", sorted(entered)), array("d", sorted(left)))

    def _instant(self, day: date, second: int) -> float:
        """The first instant at which the wall clock shows it: of an hour shown twice, the files hold one."""
        local = datetime.combine(day, time()) + timedelta(seconds=second)
        return local.replace(tzinfo=self._zone).astimezone(UTC).timestamp()


def plan_lines(names: list[str], channels: int) -> tuple[LinePlan, ...]:
    """Lines of one camera, on one channel or on one each."""
    door = [name.removesuffix(" total").removesuffix(" Total") for name in names]
    if channels == 1:
        return tuple(LinePlan(index, name, door[index - 1]) for index, name in enumerate(names, start=1))
    return tuple(LinePlan(1, name, door[channel], channel=channel) for channel, name in enumerate(names))


def read_replay(path: Path, span: Span | None = None) -> Replay:
    """Read a file, or what of it lies in ``span``. Raises ``ReplayError``."""
    span = span or Span()
    try:
        replay = _read_zip(path, span) if zipfile.is_zipfile(path) else _read_plain(path, span)
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError, csv.Error) as error:
        raise ReplayError(f"{path} cannot be read: {error}") from error
    if not replay.days:
        raise ReplayError(f"{path} holds no counts{_in_words(span)}")
    return replay


def _in_words(span: Span) -> str:
    since = f" from {span.first}" if span.first else ""
    return since + (f" up to {span.last}" if span.last else "")


def _read_zip(path: Path, span: Span) -> Replay:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith((".csv", ".data"))]
        if len(names) != 1:
            raise ReplayError(f"{path} holds {len(names)} CSV files; exactly one is expected")
        with archive.open(names[0]) as packed, io.TextIOWrapper(packed, "utf-8-sig", newline="") as text:
            return _read(path, text, span)


def _read_plain(path: Path, span: Span) -> Replay:
    with path.open(encoding="utf-8-sig", newline="") as text:
        return _read(path, text, span)


def _read(path: Path, text: TextIO, span: Span) -> Replay:
    rows = csv.reader(text)
    first = next(rows, [])
    try:
        if set(_HARDBRUECKE_COLUMNS) <= set(first):
            return _read_hardbruecke(first, rows, span)
        if len(first) == 4 and first[0] in _CALIT2_FLOWS:
            return _read_calit2(first, rows, span)
    except (ValueError, IndexError, KeyError) as error:
        raise ReplayError(f"{path}, line {rows.line_num}: not understood ({error})") from error
    raise ReplayError(
        f"{path} is of no known format; Hardbrücke starts with the columns {', '.join(_HARDBRUECKE_COLUMNS)}, "
        "CalIt2 with rows such as 7,07/24/05,00:00:00,0"
    )


_MOST_PEOPLE = 1_000_000
"""In an interval of a file; each of them crosses by himself."""


def _people(text: str) -> int:
    people = int(text)
    if not 0 <= people <= _MOST_PEOPLE:
        raise ValueError(f"{text[:20]} people; 0 to {_MOST_PEOPLE} can cross in an interval")
    return people


def _read_hardbruecke(columns: list[str], rows: Iterator[list[str]], span: Span) -> Replay:
    replay = Replay(site="Hardbrücke stop", time_zone="Europe/Zurich", interval=300)
    at_in, at_out, at_time, at_name = (columns.index(name) for name in _HARDBRUECKE_COLUMNS)
    wanted: dict[str, bool] = {}
    for row in rows:
        stamp = row[at_time]
        is_wanted = wanted.get(stamp[:10])
        if is_wanted is None:  # a day has thousands of rows; a year would take seconds to parse and leave out
            is_wanted = wanted[stamp[:10]] = span.holds(date.fromisoformat(stamp[:10]))
        if is_wanted:
            replay.add(row[at_name], datetime.fromisoformat(stamp), _people(row[at_in]), _people(row[at_out]))
    return replay


def _read_calit2(first: list[str], rows: Iterator[list[str]], span: Span) -> Replay:
    replay = Replay(site="CalIt2 building", time_zone="America/Los_Angeles", interval=1800)
    row: list[str] | None = first
    while row is not None:
        if row:
            flow, day, clock, people = (field.strip() for field in row)
            end = datetime.strptime(f"{day} {clock}", "%m/%d/%y %H:%M:%S")  # noqa: DTZ007 (local time, no offset)
            start = end - timedelta(seconds=replay.interval)
            if span.holds(start.date()):
                counts = [0, 0]
                counts[_CALIT2_FLOWS[flow]] = _people(people)
                replay.add(_CALIT2_LINE, start, *counts)
        row = next(rows, None)
    return replay
