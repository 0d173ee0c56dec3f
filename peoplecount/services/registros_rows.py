"""From the event log to rows of ``registros``: one a reading, where it shows something else than the row before."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from peoplecount.domain.event import EventKind, LogEntry, parse_utc
from peoplecount.domain.event_body import read_increment
from peoplecount.domain.event_id import EventId
from peoplecount.domain.increment import Increment
from peoplecount.domain.running_totals import Figure
from peoplecount.domain.shown_totals import ShownTotals
from peoplecount.storage.registros import OldRow, Row
from peoplecount.storage.registros_states import KnownCamera

FAULTS = (ValueError, TypeError, LookupError, AttributeError)
"""What an entry that makes no sense leads to."""


@dataclass(frozen=True, slots=True)
class ShownReading:
    """What one poll of a camera told."""

    camera_id: str
    read_at: datetime
    """UTC."""

    increments: Sequence[Increment]
    up_to: EventId
    """The entry it ends with."""


@dataclass(frozen=True, slots=True)
class LogPart:
    """Entries of the log, taken apart."""

    readings: Sequence[ShownReading]
    unreadable: Sequence[EventId]
    """Counts that make no sense."""

    up_to: EventId | None
    """The last entry that is dealt with; ``None`` of nothing."""


def take_apart(entries: Sequence[LogEntry], *, more: bool) -> LogPart:
    """The readings in ``entries``. Where ``more`` follow, what may go on in them is left to the next part."""
    whole = _without_last_reading(entries) if more else entries
    readings: list[ShownReading] = []
    unreadable = []
    places: dict[str, int] = {}
    for entry in whole:
        if entry.event.kind is not EventKind.COUNT:
            continue
        try:
            increment, known_at = read_increment(entry.event), _known_at(entry)
        except FAULTS:
            unreadable.append(entry.event_id)
            continue
        camera_id = increment.key.camera_id
        begun = readings[places[camera_id]] if camera_id in places else None
        if begun is not None and begun.read_at == known_at:
            together = ShownReading(camera_id, known_at, (*begun.increments, increment), entry.event_id)
            readings[places[camera_id]] = together
            continue
        places[camera_id] = len(readings)
        readings.append(ShownReading(camera_id, known_at, (increment,), entry.event_id))
    return LogPart(readings, unreadable, whole[-1].event_id if whole else None)


@dataclass(frozen=True, slots=True)
class Plan:
    """What readings add to the table."""

    rows: Sequence[Row]
    cameras: Mapping[str, KnownCamera]
    """What is known afterwards of the cameras that were read."""


@dataclass
class Foreign:
    """Rows that somebody else wrote, or that we do not remember, by camera: the next of ours may be among them."""

    rows: dict[str, deque[ShownTotals]] = field(default_factory=dict)

    def note(self, found: Iterable[Row]) -> None:
        """Take up rows in their order."""
        for row in found:
            self.rows.setdefault(row.camera_id, deque()).append(row.totals)

    def copy(self) -> Foreign:
        """The same, to be tried on."""
        return Foreign({camera_id: deque(rows) for camera_id, rows in self.rows.items()})

    def holds(self, camera_id: str, totals: ShownTotals) -> bool:
        """Whether such a row is there; it and those before it are done with. Where not, all of the camera are."""
        rows = self.rows.pop(camera_id, deque())
        if totals not in rows:
            return False
        while rows.popleft() != totals:
            pass
        if rows:
            self.rows[camera_id] = rows
        return True


def plan(
    cameras: Mapping[str, KnownCamera], readings: Iterable[ShownReading], foreign: Foreign, absent: int | None
) -> Plan:
    """What ``readings`` add; ``absent`` stands for a line that a camera does not have."""
    known = dict(cameras)
    rows: list[Row] = []
    read: set[str] = set()
    for reading in readings:
        camera = known.get(reading.camera_id, KnownCamera())
        shown = camera.shown.after(reading.increments)
        totals = as_kept(shown.totals(), absent)
        if totals != camera.row and not foreign.holds(reading.camera_id, totals):
            rows.append(Row(reading.camera_id, totals, reading.read_at))
        known[reading.camera_id] = KnownCamera(shown, totals)
        read.add(reading.camera_id)
    return Plan(rows, {camera_id: known[camera_id] for camera_id in read})


def figures(rows: Iterable[OldRow]) -> Iterator[Figure]:
    """Rows of the table as they are examined."""
    for one in rows:
        yield Figure(one.row.camera_id, one.dated.date() if one.dated else None, one.row.totals)


def as_kept(totals: ShownTotals, absent: int | None) -> ShownTotals:
    """The totals as the table holds them."""
    return ShownTotals(*(absent if figure is None else figure for figure in totals))


def missing_of(rows: Sequence[Row], found: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Which of ``rows`` are not among those that were ``found``, and which of those found are not ours.

    Of cameras of which somebody else wrote meanwhile nothing is missing: it might come after what is newer.
    """
    unclaimed = Counter((row.camera_id, row.totals) for row in found)
    missing = []
    for row in rows:
        if unclaimed[row.camera_id, row.totals]:
            unclaimed[row.camera_id, row.totals] -= 1
        else:
            missing.append(row)
    others = [Row(*said) for said in unclaimed.elements()]
    theirs = {row.camera_id for row in others}
    return [row for row in missing if row.camera_id not in theirs], others


def _without_last_reading(entries: Sequence[LogEntry]) -> Sequence[LogEntry]:
    """A reading is appended in one piece, so only the last one may go on."""
    counts = [place for place, entry in enumerate(entries) if entry.event.kind is EventKind.COUNT]
    if not counts:
        return entries
    last = entries[counts[-1]]
    for place in reversed(counts):
        entry = entries[place]
        if entry.event.camera_id != last.event.camera_id or _moment(entry) != _moment(last):
            return entries[: place + 1]
    return entries  # longer than what is read at once: better in pieces than never


def _moment(entry: LogEntry) -> datetime | None:
    try:
        return _known_at(entry)
    except FAULTS:
        return None


def _known_at(entry: LogEntry) -> datetime:
    return parse_utc(json.loads(entry.event.body)["time"])
