"""The record writer: follows the event log and keeps the history in the database."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from peoplecount.domain.event import LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.domain.line import LineKey
from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.log import EventLog, LogError, LogUnavailable
from peoplecount.services.catch_up import CatchUp
from peoplecount.services.record_batch import RecordBatch, WrittenBatch
from peoplecount.services.writer_state import WriterState, lag_of
from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.errors import (
    AnotherWriter,
    CircuitOpen,
    DatabaseError,
    DatabaseUnavailable,
    SchemaMismatch,
    SchemaTooNew,
    UnsafeStatement,
    ValueRefused,
)
from peoplecount.storage.history import RECORDS
from peoplecount.storage.writer_cursor import WriterCursor, load_cursor, move_cursor, start_cursor

logger = logging.getLogger(__name__)

BATCH = 500
"""Entries a transaction: large enough to catch up quickly, small enough to hold nobody up for long."""

IDLE_WAIT = 1.0
"""Seconds after which the log is looked at even if nobody rang."""

GATHERING = 0.5
"""Seconds in which changes gather once all is written. A transaction costs some 5 ms whatever is in it: with one for
each change, writing would cost more than polling."""

RETRY_WAIT = 5.0
"""Seconds to the next try after an error that does not say when to try again."""

FAULTS_OF_AN_ENTRY = (ValueRefused, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What an entry that makes no sense leads to, however often it is tried. All else is the database's or the log's."""


_BEHIND = (
    "its event log was lost or put back on a day with a reset. Who crossed between what the history has and the first "
    "reading after it is left out until the hours of that day are settled"
)


class RecordWriter:
    """Carries the log into the history: counts, corrections and closed intervals, and the cursor with them.

    What is new is decided by the lines' totals and not by event numbers, so entries may come again: after a crash,
    from a log that was put back to an earlier copy, or from a second writer. Nothing is lost or doubled by that.
    An entry that can never be written is set aside and said; the next one of its line brings its people, by the
    totals. Use it from one thread.
    """

    def __init__(
        self,
        log: EventLog,
        db: IDBConnection,
        *,
        offload: Offload = call_here,
        on_rewound: Callable[[], object] | None = None,
        on_gap: Callable[[], object] = lambda: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        batch: int = BATCH,
        grain: timedelta | None = None,
        demand_tables: Callable[[], None] = lambda: None,
    ) -> None:
        """``offload`` is for the log; ``db`` sees to itself.

        ``on_rewound`` is called when the database has seen events that the log does not have, and must start a new
        epoch; left out, the writer does that itself. ``on_gap`` is called when the log does not reach back to what the
        database has: then its earlier days want looking at. ``grain`` makes one record of a line's changes within it.
        ``demand_tables`` is called before every batch and raises ``DatabaseError`` where nothing may be written.
        """
        self._log = log
        self._db = db
        self._offload = offload
        self._on_rewound = on_rewound or (lambda: offload(log.start_epoch))
        self._on_gap = on_gap
        self._now = now
        self._monotonic = monotonic
        self._grain = grain
        self._demand_tables = demand_tables
        self._catch_up = CatchUp(batch, monotonic)
        self._behind: set[LineKey] = set()
        self._cursor: WriterCursor | None = None
        self._gap_told: EventId | None = None
        self._state = WriterState()

    @property
    def state(self) -> WriterState:
        """How it is doing, for health pages."""
        return self._state

    def written_up_to(self) -> EventId | None:
        """The last event that is in the database, as far as is known here."""
        return self._state.cursor

    def run(self, stop: threading.Event, wake: threading.Event) -> None:
        """Write until ``stop`` is set; set ``wake`` after it, and whenever there is something new."""
        while not stop.is_set():
            wake.clear()
            asked = self._catch_up.size
            try:
                consumed = self.run_once()
            except CircuitOpen as error:
                stop.wait(error.retry_after)
            except (DatabaseError, LogError):
                stop.wait(RETRY_WAIT)
            except Exception:  # noqa: BLE001 - an event nobody can read, say: the service goes on, health says why
                stop.wait(RETRY_WAIT)
            else:
                stop.wait(self._catch_up.pause)
                if consumed < asked and not stop.wait(GATHERING):
                    wake.wait(IDLE_WAIT)

    def run_once(self) -> int:
        """Carry over one batch; how many entries of the log it dealt with.

        Raises ``DatabaseError`` and ``LogError``, after which it may be called again at any time.
        """
        try:
            consumed = self._advance()
        except AnotherWriter as error:  # or our own commit, whose answer was lost: look where the cursor stands
            self._note_failure(error)
            return 0
        except Exception as error:
            self._note_failure(error)
            raise
        self._state = replace(self._state, error="", fault=None, failing_since=None)
        return consumed

    def _advance(self) -> int:
        begun = self._monotonic()
        self._demand_tables()
        cursor = self._cursor or self._load_cursor()
        head = self._offload(self._log.head)
        entries = self._read_after(cursor, head)
        if entries is None:
            logger.warning("The event log was put back to an earlier state; resuming by the lines' totals")
            self._on_rewound()
            head = self._offload(self._log.head)
            entries = self._read_after(cursor, head)
        if entries is None:
            raise LogUnavailable("the event log was put back to an earlier state, and no new epoch was started")
        self._tell_of_gap(cursor, entries, head)
        if entries:
            self._write_around_faults(cursor, entries)
        self._note_progress(len(entries), self._monotonic() - begun, head)
        return len(entries)

    def _load_cursor(self) -> WriterCursor:
        """Where the database says we are, or the log's beginning.

        Read before the log's head: the other way round a growing log would look as if it had been put back.
        """
        beginning = self._offload(self._log.beginning)

        def load_or_start(transaction: Transaction) -> WriterCursor:
            return load_cursor(transaction, RECORDS) or start_cursor(transaction, RECORDS, beginning)

        self._cursor = self._db.transaction(load_or_start)
        return self._cursor

    def _read_after(self, cursor: WriterCursor, head: EventId) -> Sequence[LogEntry] | None:
        """The next batch; ``None`` where the log does not hold what has been written from it.

        The entry under the cursor is read again: a log that was put back may have grown past it since. Where it was
        folded meanwhile, it is another one or gone; the totals say what of the next ones is written.
        """
        if cursor.event_id.epoch != head.epoch:
            return self._read(0, head)[: self._catch_up.size]
        number = cursor.event_id.number
        if number > head.number:
            return None
        entries = self._read(max(number - 1, 0), head)
        if entries and entries[0].event_id.number == number:
            is_other = bool(cursor.fingerprint) and cursor.fingerprint != _fingerprint(entries[0])
            if is_other and number > self._offload(self._log.oldest).number:
                return None
            return entries[1:]
        return entries[: self._catch_up.size]

    def _tell_of_gap(self, cursor: WriterCursor, entries: Sequence[LogEntry], head: EventId) -> None:
        """Warn, once, where the log does not reach back to the cursor: it was trimmed, the database put back."""
        written = cursor.event_id
        follows = bool(entries) and entries[0].event_id.number == written.number + 1
        if written.epoch != head.epoch or written.number >= head.number or follows or written == self._gap_told:
            return
        trimmed = self._offload(self._log.beginning).number
        last = min(trimmed, entries[0].event_id.number - 1) if entries else trimmed  # trimmed since it was read: no gap
        if last > written.number:
            self._on_gap()
            self._gap_told = written
            logger.warning(
                "Events %s to %s are missing from the history: the database has those before, as from a backup, and "
                "the event log no longer keeps these. Their people come with the next event of each line, by the "
                "totals, and are called estimated",
                EventId(written.epoch, written.number + 1),
                EventId(written.epoch, last),
            )

    def _read(self, after: int, head: EventId) -> Sequence[LogEntry]:
        entries = self._offload(self._log.read, after, self._catch_up.size + 1)
        # A new epoch has begun since the head was read: where to go on is decided anew in the next round.
        return entries if not entries or entries[0].event_id.epoch == head.epoch else []

    def _write_around_faults(self, old: WriterCursor, entries: Sequence[LogEntry]) -> WriterCursor:
        """Write ``entries``; where that cannot be for one of them, halves of them, until that one stands alone.

        Every part moves the cursor, so whatever else happens in between, nothing is passed over.
        """
        try:
            return self._write(old, entries)
        except FAULTS_OF_AN_ENTRY as error:
            if isinstance(error, UnsafeStatement):  # ours, of every entry
                raise
            if len(entries) == 1:
                return self._set_aside(old, entries[0], error)
        middle = len(entries) // 2
        return self._write_around_faults(self._write_around_faults(old, entries[:middle]), entries[middle:])

    def _set_aside(self, old: WriterCursor, entry: LogEntry, error: Exception) -> WriterCursor:
        new = WriterCursor(entry.event_id, _fingerprint(entry))
        self._db.transaction(lambda transaction: move_cursor(transaction, RECORDS, old, new))
        self._cursor = new
        self._state = replace(self._state, refused=self._state.refused + 1)
        logger.error(
            "Event %s (%r) is set aside, it can never be written to the history: %s: %.300s",
            entry.event_id,
            entry.event.subject[:80],
            type(error).__name__,
            error,
        )
        return new

    def _write(self, old: WriterCursor, entries: Sequence[LogEntry]) -> WriterCursor:
        batch = self._offload(RecordBatch.read, entries)
        new = WriterCursor(entries[-1].event_id, _fingerprint(entries[-1]))

        def work(transaction: Transaction) -> WrittenBatch:
            move_cursor(transaction, RECORDS, old, new)
            return batch.write(transaction, self._grain)

        written = self._db.transaction(work)
        self._cursor = new
        self._state = replace(self._state, written=self._state.written + written.records)
        for line in sorted(written.ignored - self._behind):
            logger.warning("Line %s is counted anew below what the history has of it: %s", line, _BEHIND)
        self._behind |= written.ignored
        return new

    def _note_progress(self, taken: int, seconds: float, head: EventId) -> None:
        reached = self._cursor.event_id if self._cursor else None
        lag = lag_of(reached, head)
        self._catch_up.note(taken, seconds, lag or 0)
        self._state = replace(self._state, cursor=reached, lag=lag, progress=self._catch_up.progress)

    def _note_failure(self, error: Exception) -> None:
        """Remember and say what is wrong, once; that the database is away is said by whoever found it out."""
        self._cursor = None  # whether a commit took place is not known: ask again
        self._catch_up.interrupted()
        said = str(error) or type(error).__name__
        if isinstance(error, SchemaMismatch) and not isinstance(error, SchemaTooNew):
            said += "; `python -m peoplecount db upgrade` brings the database to what this version needs"
        if said != self._state.error and not isinstance(error, DatabaseUnavailable):
            ours = isinstance(error, DatabaseError | LogError)
            logger.error("The record writer cannot go on: %s", said, exc_info=None if ours else error)
        try:
            lag = lag_of(self._state.cursor, self._offload(self._log.head))
        except LogError:
            lag = None
        since = self._state.failing_since or self._now()
        self._state = replace(self._state, error=said, fault=type(error), failing_since=since, lag=lag, progress=None)


def _fingerprint(entry: LogEntry) -> str:
    said = f"{entry.appended_at.isoformat()} {entry.event.body}"
    return hashlib.blake2b(said.encode(), digest_size=12).hexdigest()
