"""How rows come into ``registros`` exactly once: with our own tables in one transaction, or noted beforehand.

- ``Together``: our tables lie in the same database. Rows, what is known of the cameras and the cursor move in one
  transaction, like records do.
- ``Apart``: they lie elsewhere, because that database takes none of ours. What is to be written, and how far the table
  reaches, is noted beside the cursor first. After an answer that was lost the note says what to look for, and only what
  is missing is written again. That is exact as long as nobody else writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from peoplecount.domain.event_id import EventId
from peoplecount.domain.shown_totals import ShownTotals
from peoplecount.services.registros_rows import Foreign, Plan, ShownReading, missing_of, plan
from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.errors import RowsLost
from peoplecount.storage.registros import MOST_FOUND, Registros, Row, Watermark
from peoplecount.storage.registros_states import (
    REGISTROS,
    KnownCamera,
    Note,
    RegistrosStates,
    load_states,
    save_cameras,
    save_mark,
    save_note,
)
from peoplecount.storage.writer_cursor import WriterCursor, load_cursor, move_cursor, start_cursor


@dataclass(frozen=True, slots=True)
class Kept:
    """How far the table is written, and what is known of it."""

    cursor: WriterCursor
    cameras: Mapping[str, KnownCamera]
    mark: Watermark
    foreign: Foreign = field(default_factory=Foreign)
    others: int = 0
    """Rows found since it was loaded that are not ours, as far as we remember."""

    written: int = 0
    """Rows of ours since then."""

    def after(self, done: Plan, cursor: WriterCursor, mark: Watermark, foreign: Foreign) -> Kept:
        """The same after a plan was carried out."""
        return replace(
            self,
            cursor=cursor,
            cameras={**self.cameras, **done.cameras},
            mark=mark,
            foreign=foreign,
            written=self.written + len(done.rows),
        )

    def noticing(self, found: Sequence[Row]) -> Kept:
        """The same after rows of somebody else's were found."""
        if not found:
            return self
        foreign = self.foreign.copy()
        foreign.note(found)
        return replace(self, foreign=foreign, others=self.others + len(found))


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the table is taken up for the first time."""

    at: EventId
    readings: Sequence[ShownReading]
    """What cameras show at that moment, as far as it is fresh."""

    stale: Sequence[ShownReading]
    """What others showed last. That stands nowhere as a row: they may show something else by now."""


class Keeping(Protocol):
    """Keeps the table. All raise ``DatabaseError``."""

    def load(self, registros: Registros, begin: Callable[[], Beginning], absent: int | None) -> Kept:
        """How far it is written. ``begin`` is asked where it never was."""
        ...

    def write(
        self, registros: Registros, kept: Kept, readings: Sequence[ShownReading], up_to: EventId, absent: int | None
    ) -> Kept:
        """Add what ``readings`` show. After an error, load again."""
        ...


class Together:
    """Our tables lie in the same database."""

    def __init__(self, db: IDBConnection, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    def load(self, registros: Registros, begin: Callable[[], Beginning], absent: int | None) -> Kept:
        """How far it is written; begun now where it never was."""
        kept = self._db.transaction(_load)
        if self._db.transaction(load_states).note is not None:  # of when our tables lay apart, before they were copied
            return Apart(self._db, self._db, self._now).load(registros, begin, absent)
        if kept is not None:
            return _recounted(kept, registros, self._db)
        beginning = begin()
        kept = _begin(self._db, self._db, registros, beginning)
        return self.write(registros, kept, beginning.readings, beginning.at, absent)

    def write(
        self, registros: Registros, kept: Kept, readings: Sequence[ShownReading], up_to: EventId, absent: int | None
    ) -> Kept:
        """One transaction for everything."""
        new = WriterCursor(up_to, "")

        def work(transaction: Transaction) -> Kept:
            move_cursor(transaction, REGISTROS, kept.cursor, new)
            seen = _notice(transaction, registros, kept)
            foreign = seen.foreign.copy()
            todo = plan(seen.cameras, readings, foreign, absent)
            added = _add(transaction, registros, seen.mark, todo.rows, self._now())
            save_cameras(transaction, todo.cameras)
            if added.mark != kept.mark:
                save_mark(transaction, added.mark)
            return seen.after(todo, new, added.mark, foreign).noticing(added.others)

        return self._db.transaction(work)


class Apart:
    """Our tables lie in another database than the table."""

    def __init__(self, own: IDBConnection, theirs: IDBConnection, now: Callable[[], datetime]) -> None:
        self._own = own
        self._theirs = theirs
        self._now = now

    def load(self, registros: Registros, begin: Callable[[], Beginning], absent: int | None) -> Kept:
        """How far it is written, after seeing to what was under way."""
        kept = self._own.transaction(_load)
        if kept is None:
            beginning = begin()
            kept = _begin(self._own, self._theirs, registros, beginning)
            return self.write(registros, kept, beginning.readings, beginning.at, absent)
        note = self._own.transaction(load_states).note
        if note is not None:
            return self._settle(registros, kept, note)
        return _recounted(kept, registros, self._theirs)

    def write(
        self, registros: Registros, kept: Kept, readings: Sequence[ShownReading], up_to: EventId, absent: int | None
    ) -> Kept:
        """Note what is to be written, write it, and note that it is."""
        seen = _notice(self._theirs, registros, kept)
        foreign = seen.foreign.copy()
        todo = plan(seen.cameras, readings, foreign, absent)
        note = Note(todo.rows, seen.mark, up_to, todo.cameras)
        if not todo.rows:
            return self._finish(seen, note, _Added(seen.mark), foreign)
        self._own.transaction(lambda transaction: save_note(transaction, note))

        def add(transaction: Transaction) -> _Added:
            registros.hold(transaction)
            return _add(transaction, registros, note.mark, note.rows, self._now())

        return self._finish(seen, note, self._theirs.transaction(add, repeatable=False), foreign)

    def _settle(self, registros: Registros, kept: Kept, note: Note) -> Kept:
        """Find out what of a note is there, and add what is missing. May come any number of times."""

        def settle(transaction: Transaction) -> _Added:
            registros.hold(transaction, settling=True)
            there = registros.watermark(transaction)
            missing, others = _missing(transaction, registros, note, there)
            added = _add(transaction, registros, there, missing, self._now())
            return _Added(added.mark, [*others, *added.others])

        added = self._theirs.transaction(settle, repeatable=False)
        return self._finish(kept, note, added, kept.foreign)

    def _finish(self, kept: Kept, note: Note, added: _Added, foreign: Foreign) -> Kept:
        new = WriterCursor(note.up_to, "")

        def work(transaction: Transaction) -> None:
            move_cursor(transaction, REGISTROS, kept.cursor, new)
            save_cameras(transaction, note.cameras)
            save_mark(transaction, added.mark)
            save_note(transaction, None)

        self._own.transaction(work)
        return kept.after(Plan(note.rows, note.cameras), new, added.mark, foreign).noticing(added.others)


@dataclass(frozen=True, slots=True)
class _Added:
    """How far the table reaches after rows were added, and whose else have come meanwhile."""

    mark: Watermark
    others: Sequence[Row] = ()


def _load(transaction: Transaction) -> Kept | None:
    cursor = load_cursor(transaction, REGISTROS)
    if cursor is None:
        return None
    states: RegistrosStates = load_states(transaction)
    return Kept(cursor, states.cameras, states.mark or Watermark(0, is_number=True))


def _begin(own: IDBConnection, theirs: IDBConnection, registros: Registros, beginning: Beginning) -> Kept:
    """Remember what the table holds, and what cameras showed last."""
    mark = registros.watermark(theirs)
    cameras = {camera_id: KnownCamera(row=row) for camera_id, row in registros.newest(theirs).items()}
    for reading in (*beginning.stale, *beginning.readings):
        camera = cameras.get(reading.camera_id, KnownCamera())
        cameras[reading.camera_id] = KnownCamera(camera.shown.after(reading.increments), camera.row)

    def work(transaction: Transaction) -> WriterCursor:
        save_cameras(transaction, cameras)
        save_mark(transaction, mark)
        return start_cursor(transaction, REGISTROS, beginning.at)

    return Kept(own.transaction(work), cameras, mark)


def _recounted(kept: Kept, registros: Registros, theirs: IDBConnection) -> Kept:
    """Without numbers, others' rows are only seen by counting all: once, when the table is taken up again."""
    if kept.mark.is_number and registros.shape.has_number:
        return kept
    found = registros.watermark(theirs)
    if kept.mark.is_number != registros.shape.has_number:  # somebody has given it numbers, or taken them away
        return replace(kept, mark=found)
    return replace(kept.noticing(_nameless(found.value - kept.mark.value)), mark=found)


def _notice(db: IDBConnection | Transaction, registros: Registros, kept: Kept) -> Kept:
    """Rows that came since; where they have no numbers, counting all of them each time would take too long."""
    there = registros.watermark(db) if kept.mark.is_number else kept.mark
    if there == kept.mark:
        return kept
    return replace(kept.noticing(registros.between(db, kept.mark, there)), mark=there)


def _add(transaction: Transaction, registros: Registros, mark: Watermark, rows: Sequence[Row], now: datetime) -> _Added:
    """Add rows to a table that reaches up to ``mark``, and hold what the server has against it. Raises ``RowsLost``."""
    registros.add(transaction, rows, now)
    if not mark.is_number or not rows:
        return _Added(mark if mark.is_number else Watermark(mark.value + len(rows), is_number=False))
    came, there = registros.came(transaction, mark), registros.watermark(transaction)
    if came < len(rows):
        raise RowsLost(f"registros: sent {len(rows)} rows, the server has {came}; they were rolled back")
    others = missing_of(rows, registros.between(transaction, mark, there))[1] if came > len(rows) else []
    return _Added(there, others)


def _missing(
    transaction: Transaction, registros: Registros, note: Note, there: Watermark
) -> tuple[Sequence[Row], list[Row]]:
    """Which rows of a note are not there, and which others are."""
    if note.mark.is_number:
        return missing_of(note.rows, registros.between(transaction, note.mark, there))
    came = there.value - note.mark.value
    if came in {0, len(note.rows)}:
        return ([] if came else note.rows), []
    return [row for row in note.rows if not registros.has(transaction, row)], _nameless(came - len(note.rows))


def _nameless(rows: int) -> list[Row]:
    """Rows that somebody else added or took away, of which no more is known than how many they are."""
    return [Row("", ShownTotals(None, None, None, None))] * min(abs(rows), MOST_FOUND)
