"""A batch of the log, taken apart and written into the history in the log's order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.correction import HourCorrection
from peoplecount.domain.correction_body import read_correction
from peoplecount.domain.count_book import CountBook, Crossings
from peoplecount.domain.event import EventKind, LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.domain.figures import Figures
from peoplecount.domain.interval import ClosedInterval, Scope
from peoplecount.domain.interval_body import read_interval
from peoplecount.domain.line import LineKey
from peoplecount.domain.roll_up import HOUR, QUARTER
from peoplecount.services.new_records import CountEntry, NewRecords
from peoplecount.services.quarter_tallies import QuarterTallies, QuarterTally
from peoplecount.storage.connection import Transaction
from peoplecount.storage.corrections import CorrectedHour, add_corrections
from peoplecount.storage.merged_records import merge_records
from peoplecount.storage.positions import load_positions, save_positions
from peoplecount.storage.records import Record, add_records
from peoplecount.storage.roll_ups import RollUpRows

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CorrectionEntry:
    """A correction of the log, read."""

    event_id: EventId
    correction: HourCorrection
    door_id: str
    site_id: str
    known_at: datetime


@dataclass(frozen=True, slots=True)
class IntervalEntry:
    """An hour or a quarter of an hour of a line that is over, read."""

    event_id: EventId
    interval: ClosedInterval
    door_id: str
    site_id: str


HistoryEntry: TypeAlias = CountEntry | CorrectionEntry | IntervalEntry
"""What of the log is of the history."""


def read_entry(entry: LogEntry) -> HistoryEntry | None:
    """Take ``entry`` apart; ``None`` where it is not of the history.

    Raises ``ValueError``, ``KeyError`` and the like where it is no event of ours.
    """
    kind, event = entry.event.kind, entry.event
    if kind is EventKind.COUNT:
        return CountEntry.read(entry)
    if kind is EventKind.COUNT_CORRECTION:
        correction = read_correction(event)
        _demand_quarter(correction.started_at)
        return CorrectionEntry(entry.event_id, correction, event.door_id, event.site_id, entry.appended_at)
    if kind is EventKind.INTERVAL_CLOSED:
        interval = read_interval(event)
        if interval.scope is Scope.LINE and interval.length in {HOUR, QUARTER}:
            _demand_quarter(interval.started_at)
            return IntervalEntry(entry.event_id, interval, event.door_id, event.site_id)
    return None


class RecordBatch:
    """Entries of the history; writing them may be tried several times."""

    def __init__(self, entries: Sequence[HistoryEntry]) -> None:
        self._entries = entries

    @classmethod
    def read(cls, entries: Iterable[LogEntry]) -> RecordBatch:
        """What of ``entries`` is of the history. Raises what ``read_entry`` raises."""
        return cls([known for known in map(read_entry, entries) if known is not None])

    def write(self, transaction: Transaction, grain: timedelta | None = None) -> WrittenBatch:
        """Add records, corrections, roll-ups and positions. Raises ``RowsLost``.

        With a ``grain``, a line's changes within it are one record.
        """
        counts = [entry for entry in self._entries if isinstance(entry, CountEntry)]
        before = load_positions(transaction, {count.increment.key for count in counts})
        new = NewRecords.of(before, counts)
        written = _Written(new)
        rows = RollUpRows(transaction, self._hours(written))
        for entry in self._entries:
            written.take(entry, rows.book)
        written.pour(rows.book)
        if grain is None:
            add_records(transaction, written.records)
        else:
            merge_records(transaction, written.records, grain)
        add_corrections(transaction, written.corrected)
        rows.save()
        save_positions(transaction, before, new.after)
        return WrittenBatch(len(written.records), new.ignored)

    def _hours(self, written: _Written) -> dict[str, set[datetime]]:
        """The beginnings of all hours that may be changed, by line."""
        hours: dict[str, set[datetime]] = {}
        for line_id, hour in written.hours():
            hours.setdefault(line_id, set()).add(hour)
        for entry in self._entries:
            if isinstance(entry, CorrectionEntry):
                one = entry.correction
                starts = _each_hour(one.started_at, one.ended_at)
                hours.setdefault(str(one.key), set()).update(starts)
            elif isinstance(entry, IntervalEntry):
                hours.setdefault(entry.interval.subject, set()).add(entry.interval.started_at)
        return hours


@dataclass(frozen=True, slots=True)
class WrittenBatch:
    """What became of a batch."""

    records: int
    ignored: Set[LineKey]
    """Lines of which the database knows a later generation than the log, see ``NewRecords``."""


class _Written:
    """Records and corrections in the order of the log."""

    def __init__(self, new: NewRecords) -> None:
        self._new = new.records
        self._quick = QuarterTallies()
        tally_of = self._quick.tally_of
        self._places = {event_id: tally_of(record) or crossings_of(record) for event_id, record in self._new.items()}
        self.records: list[Record] = []
        self.corrected: list[CorrectedHour] = []

    def take(self, entry: HistoryEntry, book: CountBook) -> None:
        if isinstance(entry, CountEntry):
            record = self._new.get(entry.event_id)
            if record is not None:
                self._add(record, self._places[entry.event_id], book)
                self.records.append(record)
            return
        self.pour(book)
        if isinstance(entry, CorrectionEntry):
            self._correct(entry, book)
        else:
            book.close(entry.interval, entry.door_id, entry.site_id)

    def hours(self) -> set[tuple[str, datetime]]:
        """Lines and hours in which people were counted."""
        long = [place for place in self._places.values() if isinstance(place, Crossings)]
        return {(bucket.line_id, bucket.hour) for bucket in self._quick.buckets()} | {
            (crossings.line_id, share.hour) for crossings in long for share in crossings.shares
        }

    def pour(self, book: CountBook) -> None:
        """What was added up is in ``book`` from now on."""
        self._quick.pour(book)

    def _add(self, record: Record, place: QuarterTally | Crossings, book: CountBook) -> None:
        if isinstance(place, QuarterTally):
            self._quick.add(place, record)
        else:
            self.pour(book)
            book.add(place)

    def _correct(self, entry: CorrectionEntry, book: CountBook) -> None:
        made = book.correct(entry.correction, entry.door_id, entry.site_id)
        if made is None:
            return
        self.records += [_record(entry, *place, change) for place, change in made.changes.items()]
        self.corrected.append(
            CorrectedHour(
                entry.event_id,
                entry.door_id,
                entry.site_id,
                entry.correction,
                made.old,
                made.old_quality,
                entry.known_at,
            )
        )


def crossings_of(record: Record) -> Crossings:
    """The people of a record."""
    return Crossings.between(
        record.started_at,
        record.ended_at,
        line_id=record.line_id,
        door_id=record.door_id,
        site_id=record.site_id,
        sight=_sight(record),
        people=Figures(record.entered, record.left),
        quality=record.quality,
    )


def _sight(record: Record) -> ClockSight:
    if record.utc_offset is None:
        return ClockSight.of(record.ended_at, record.local_time)
    return ClockSight(record.ended_at, record.local_time - record.ended_at.replace(tzinfo=None), record.utc_offset)


def _record(entry: CorrectionEntry, door_id: str, site_id: str, change: Figures) -> Record:
    correction = entry.correction
    return Record(
        event_id=entry.event_id,
        key=correction.key,
        line_id=str(correction.key),
        door_id=door_id,
        site_id=site_id,
        started_at=correction.started_at,
        ended_at=correction.ended_at,
        local_time=correction.local_start + HOUR,
        entered=change.entered,
        left=change.left,
        position=None,
        quality=correction.quality,
    )


def _each_hour(start: datetime, end: datetime) -> list[datetime]:
    return [start + number * HOUR for number in range(max((end - start) // HOUR, 1))]


def _demand_quarter(moment: datetime) -> None:
    """All hours of all zones begin on a quarter hour of UTC; the roll-ups are looked up by that."""
    if (moment - _EPOCH) % QUARTER != timedelta(0):
        raise ValueError(f"{moment.isoformat()} is no quarter of an hour, at which hours and their quarters begin")
