"""The writer of ``registros``: follows the event log and keeps an installation's older table as reports expect it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from peoplecount.domain.clock import Clock
from peoplecount.domain.event import EventKind, LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.running_totals import Findings, Verdict, examine
from peoplecount.eventlog.log import EventLog, LogError
from peoplecount.services.registros_keeping import Beginning, Keeping, Kept
from peoplecount.services.registros_rows import ShownReading, figures, take_apart
from peoplecount.services.registros_state import RegistrosState
from peoplecount.services.writer_state import lag_of
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.errors import (
    AnotherWriter,
    CircuitOpen,
    DatabaseError,
    DatabaseUnavailable,
    SchemaMismatch,
    ValueRefused,
)
from peoplecount.storage.registros import Registros
from peoplecount.storage.registros_shape import RegistrosShape

logger = logging.getLogger(__name__)

BATCH = 500
"""Entries of the log at once."""

SAMPLE = 20_000
"""Rows that are looked at before the first one is written."""

FRESH = timedelta(minutes=15)
"""What was read longer ago is no row of now."""

IDLE_WAIT = 1.0
RETRY_WAIT = 5.0
"""Seconds."""

SHARE = 0.1
"""Of the time, at most, that their database is kept busy: a table without an index is slow to ask."""

LONGEST_PAUSE = 60.0
"""Seconds."""


@dataclass
class _Session:
    """The table as it was found, and how far it is written."""

    registros: Registros
    kept: Kept
    absent: int | None
    others_before: int
    written_before: int
    refused: set[str] = field(default_factory=set)
    """Cameras of which rows were refused."""


class RegistrosWriter:
    """Carries the totals of the log's counts into ``registros``: one row a reading that shows something new.

    What is new is decided by the totals and not by event numbers, so entries may come again: after a crash, or from a
    log that was put back. Use it from one thread.
    """

    def __init__(
        self,
        log: EventLog,
        keeping: Keeping,
        look: Callable[[], RegistrosShape],
        theirs: IDBConnection,
        *,
        clock: Clock,
        offload: Offload = call_here,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``look`` finds out the shape of the table, ``theirs`` is its database; both see to blocking by themselves."""
        self._log = log
        self._keeping = keeping
        self._look = look
        self._theirs = theirs
        self._clock = clock
        self._offload = offload
        self._monotonic = monotonic
        self._session: _Session | None = None
        self._reached: EventId | None = None
        self._begun = 0.0
        self._state = RegistrosState()

    @property
    def state(self) -> RegistrosState:
        """How it is doing, for health pages."""
        return self._state

    def written_up_to(self) -> EventId | None:
        """The last event that is dealt with, as far as is known here."""
        return self._state.cursor

    def run(self, stop: threading.Event) -> None:
        """Write until ``stop`` is set."""
        while not stop.is_set():
            self._begun = self._monotonic()
            try:
                busy = self.run_once() == BATCH
            except CircuitOpen as error:
                stop.wait(error.retry_after)
            except Exception as error:  # noqa: BLE001 - the service goes on, health says why
                logger.debug("registros: %s", error)
                stop.wait(RETRY_WAIT)
            else:
                spent = (self._monotonic() - self._begun) * (1 / SHARE - 1)
                stop.wait(min(spent if busy else max(spent, IDLE_WAIT), LONGEST_PAUSE))

    def run_once(self) -> int:
        """Carry over one batch; how many entries of the log it dealt with.

        Raises ``DatabaseError`` and ``LogError``, after which it may be called again at any time.
        """
        try:
            taken = self._advance()
        except AnotherWriter as error:  # or our own commit, whose answer was lost
            self._note_failure(error)
            return 0
        except Exception as error:
            self._note_failure(error)
            raise
        self._state = replace(self._state, error="")
        return taken

    def _advance(self) -> int:
        session = self._session or self._open_session()
        self._begun = self._monotonic()  # to look at their table takes long, and comes once: no share of the time
        head = self._offload(self._log.head)
        after = self._reached or session.kept.cursor.event_id
        if after.epoch != head.epoch or after.number > head.number:  # put back: the totals say what is new of it
            after = EventId(head.epoch, 0)
        entries = self._offload(self._log.read, after.number, BATCH)
        if entries and entries[0].event_id.epoch != head.epoch:  # a new epoch has begun just now
            return 0
        part = take_apart(entries, more=len(entries) == BATCH)
        if part.unreadable:
            logger.error(
                "%d counts of the log cannot be read, the first is %s", len(part.unreadable), part.unreadable[0]
            )
            self._state = replace(self._state, refused=self._state.refused + len(part.unreadable))
        if part.readings and part.up_to is not None:
            self._write_around_faults(session, part.readings, part.up_to)
        self._reached = part.up_to or after
        self._note_progress(session, head)
        return len(entries)

    def _write_around_faults(self, session: _Session, readings: Sequence[ShownReading], up_to: EventId) -> None:
        """Write ``readings``; where that cannot be for one of them, halves of them, until that one stands alone.

        It is passed over then: the camera's next one has its people, too.
        """
        try:
            self._write(session, readings, up_to)
        except ValueRefused as error:
            if len(readings) == 1:
                self._pass_over(session, readings[0], up_to, error)
                return
            middle = len(readings) // 2
            self._write_around_faults(session, readings[:middle], readings[middle - 1].up_to)
            self._write_around_faults(session, readings[middle:], up_to)

    def _write(self, session: _Session, readings: Sequence[ShownReading], up_to: EventId) -> None:
        session.kept = self._keeping.write(session.registros, session.kept, readings, up_to, session.absent)

    def _pass_over(self, session: _Session, reading: ShownReading, up_to: EventId, error: ValueRefused) -> None:
        self._write(session, (), up_to)
        self._state = replace(self._state, refused=self._state.refused + 1)
        if reading.camera_id not in session.refused:  # of every reading, it may be
            session.refused.add(reading.camera_id)
            logger.error("What camera %s shows cannot be written into registros: %s", reading.camera_id, error)

    def _open_session(self) -> _Session:
        self._reached = None
        self._theirs.connect()
        registros = Registros(self._look())
        sample = registros.sample(self._theirs, SAMPLE)
        absent = None if any(None in one.row.totals for one in sample) else 0

        def begin() -> Beginning:
            findings = examine(figures(sample))
            _demand_running(findings)
            return self._begin()

        kept = self._keeping.load(registros, begin, absent)
        self._session = _Session(registros, kept, absent, self._state.others, self._state.written)
        return self._session

    def _begin(self) -> Beginning:
        """What cameras show now, by the newest count of each of their lines."""
        latest = self._offload(self._log.latest)
        seen = self._offload(self._log.seen)
        now = self._clock.now()
        fresh: list[ShownReading] = []
        stale: list[ShownReading] = []
        for reading in _by_camera(latest.entries):
            read_at = max((seen.get(str(one.key), one.ended_at) for one in reading.increments), default=reading.read_at)
            (fresh if now - read_at <= FRESH else stale).append(replace(reading, read_at=read_at))
        return Beginning(latest.head, fresh, stale)

    def _note_progress(self, session: _Session, head: EventId) -> None:
        kept = session.kept
        others = session.others_before + kept.others
        if others > self._state.others and not self._state.others:
            logger.warning(
                "Somebody else writes into registros, too: %d rows are not ours, or not remembered. What is there "
                "already is not written again, but after a lost answer nobody can tell any more for certain what is",
                others,
            )
        left_out = tuple(str(key) for camera in kept.cameras.values() for key in camera.shown.left_out())
        if set(left_out) - set(self._state.lines_left_out):
            logger.warning("registros has room for lines 1 and 2 of a camera; left out are %s", ", ".join(left_out))
        self._state = replace(
            self._state,
            cursor=self._reached,
            lag=lag_of(self._reached, head),
            written=session.written_before + kept.written,
            others=others,
            lines_left_out=left_out,
        )

    def _note_failure(self, error: Exception) -> None:
        """Remember and say what is wrong, once; that the database is away is said by whoever found it out."""
        self._session = None
        said = str(error) or type(error).__name__
        if said != self._state.error and not isinstance(error, DatabaseUnavailable):
            ours = isinstance(error, DatabaseError | LogError)
            logger.error("registros cannot be written: %s", said, exc_info=None if ours else error)
        self._state = replace(self._state, error=said)


def _by_camera(entries: Sequence[LogEntry]) -> Sequence[ShownReading]:
    """One reading a camera, of the newest count of each line."""
    readings: dict[str, ShownReading] = {}
    counts = [entry for entry in entries if entry.event.kind is EventKind.COUNT]
    for entry in counts:
        for one in take_apart([entry], more=False).readings:
            before = readings.get(one.camera_id)
            increments = (*before.increments, *one.increments) if before else one.increments
            readings[one.camera_id] = replace(one, increments=increments)
    return list(readings.values())


def _demand_running(findings: Findings) -> None:
    """Refuse to write into a table in which others mean something else by the same columns."""
    if findings.verdict is Verdict.OTHER:
        raise SchemaMismatch(
            f"the rows of registros are {findings.verdict}: of {findings.rises + findings.falls} changes "
            f"{findings.falls} are falls. `python -m peoplecount db attach` tells more"
        )
