"""Projections: facts that are derived from the log, and appended to it like any other event."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import TypeVar

from peoplecount.domain.clock import Clock
from peoplecount.domain.event import EventKind, LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.domain.interval import Step
from peoplecount.domain.interval_body import interval_event
from peoplecount.domain.interval_book import Circumstances, Closing, IntervalBook, Subject
from peoplecount.domain.line import LineKey
from peoplecount.domain.line_tally import Span
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.roster import Roster
from peoplecount.domain.wall_clock import interval_around
from peoplecount.eventlog.log import Append, EventLog, Fenced, LogError
from peoplecount.services.count_keeper import Appender
from peoplecount.services.interval_entries import IntervalEntries
from peoplecount.services.interval_states import IntervalStates
from peoplecount.services.late_corrections import LateCorrections
from peoplecount.services.site_day import zone_of
from peoplecount.services.unhurried import Breath, unhurried

logger = logging.getLogger(__name__)

READ_AT_ONCE = 200
"""Entries."""

APPENDED_AT_ONCE = 50
"""Events of one append: a thousand lines close together."""

DONE_AT_ONCE = 10
"""Pieces of work after which others may have their turn: an entry folded, a line, door or site looked at, a stretch of
a line told, a state read or written. Most take 0.02 ms, and up to 0.5 ms on a slow machine."""

TURN = 0.003
"""Seconds of them after which others have it."""

REMEMBER_AFTER = 20_000
"""Entries folded before their sums are written down even if no interval closes: a second of work after a crash."""

PACE_SECONDS = 1.0
GRACE_SECONDS = 30.0
"""Beyond two polls: a poll that ends in time-outs, and the next one, are waited for."""

SEEN_SECONDS = 10.0
"""How old the times of the last readings may be. After a pause, in which the log was away or the machine slept, they
are asked anew: cameras would look silent that are not."""

RETRY_SECONDS = 5.0

USUAL_INTERVAL = 10.0
"""Seconds between two polls of a camera that nobody knows."""

GRID = timedelta(minutes=5)
"""Every interval of every zone ends on it."""

T = TypeVar("T")


class Projections:
    """Follows the log and appends ``IntervalClosed`` for every line, door and site.

    What it remembers lies beside the log and changes in the same transactions as its events, so each interval closes
    exactly once: through crashes, another leader taking over, and a log that is put back to an earlier copy. Use it
    from one thread.

    People who are told later of an interval that has closed (a camera that could not be read for hours tells its total
    when it is back) are in the count event that tells of them, in ``CountCorrection`` once the camera's history has
    been asked, and in the longer intervals that are still open. A closed interval is not told again.
    """

    def __init__(
        self,
        log: EventLog,
        appender: Appender,
        *,
        term: int,
        roster: Callable[[], Roster],
        coverage: Callable[[LineKey, Sequence[Span]], Sequence[float | None]],
        steps: Iterable[Step],
        clock: Clock,
        offload: Offload = call_here,
        appended: Callable[[], None] = lambda: None,
        breath: Breath | None = None,
    ) -> None:
        """``coverage`` tells which share of each stretch a line was read in; ``appended`` is called after every append.

        ``breath`` lets others have their turn; it is called after each piece of work.
        """
        self._log = log
        self._appender = appender
        self._term = term
        self._roster = roster
        self._coverage = coverage
        self._steps = tuple(steps)
        self._clock = clock
        self._offload = offload
        self._appended = appended
        self._breathe = breath or Breath(DONE_AT_ONCE, turn=TURN)
        self._book = IntervalBook(self._steps)
        self._states = IntervalStates()
        self._entries = IntervalEntries(self._book, self._states, self._zone, clock)
        self._seen: Mapping[str, datetime] | None = None
        """Taken in the round before: all that was counted up to these moments is in the log by now."""
        self._seen_until = 0.0
        """When that is too old to tell a silent camera by, on the monotonic clock."""
        self._tried_after: datetime | None = None
        self._void = True

    @property
    def reached(self) -> EventId | None:
        """Up to where the log was read; ``None`` until it has begun."""
        return EventId(self._states.epoch, self._states.cursor) if self._states.epoch else None

    def run(self, stop: threading.Event) -> None:
        """Follow until ``stop`` is set."""
        said = ""
        while not stop.is_set():
            pause = RETRY_SECONDS
            try:
                self.step(stop)
                pause = PACE_SECONDS
            except Fenced as error:
                self._void = True  # where another one leads, the session hears of it at its next append and ends
                logger.debug("the projections begin again: %s", error)
            except LogError as error:
                logger.debug("the projections wait for the event log: %s", error)
            except Exception as error:
                self._void = True
                if str(error) != said:
                    logger.exception("the projections stumbled, and begin again from what is written down")
                said = str(error)
            stop.wait(pause)

    def step(self, stop: threading.Event | None = None) -> int:
        """Take up what is new in the log and close what is over; how many intervals closed.

        Raises ``LogError``, after which it may be called again at any time.
        """
        if self._void:
            self._load()
        if not self._catch_up(stop or threading.Event()):
            return 0
        closed = self._close() if self._is_due() else 0
        if closed or self._states.folded_since >= REMEMBER_AFTER:
            self._remember()
        return closed

    def _load(self) -> None:
        loaded = self._offload(self._log.load_states)
        self._book = IntervalBook(self._steps)
        self._states = IntervalStates.load(loaded, self._book, self._breathe)
        self._entries = self._entries.anew(self._book, self._states)
        self._seen = self._tried_after = None
        self._void = False
        oldest = self._offload(self._log.oldest)
        if self._states.cursor < oldest.number:
            if self._states.cursor:
                logger.warning(
                    "the log was trimmed or folded before its intervals were closed; they are told as far as known"
                )
            self._states.cursor = oldest.number
            self._take_up_quiet_lines()

    def _take_up_quiet_lines(self) -> None:
        """Lines of which the log says nothing any more, because nobody has crossed them for so long."""
        for entry in unhurried(self._offload(self._log.latest).entries, self._breathe):
            if entry.event.kind is EventKind.COUNT and entry.event_id.number <= self._states.cursor:
                self._entries.fold(entry)

    def _catch_up(self, stop: threading.Event) -> bool:
        """Fold what is new; whether the head was reached."""
        head = self._offload(self._log.head)
        if head.epoch != self._states.epoch or head.number < self._states.cursor:
            self._load()  # the log was put back to an earlier copy, and these states with it
            head = self._offload(self._log.head)
        while self._states.cursor < head.number and not stop.is_set():
            entries = self._read_on(self._states.cursor)
            if self._offload(self._log.oldest).number > self._states.cursor:
                self._load()  # folded meanwhile: who is in these entries may have been told before
                continue
            if not entries:
                return False
            for entry in unhurried(entries, self._breathe):
                self._entries.fold(entry)
                self._states.cursor = entry.event_id.number
        return not stop.is_set()

    def _read_on(self, after: int) -> Sequence[LogEntry]:
        return self._offload(self._log.read, after, READ_AT_ONCE)

    def _is_due(self) -> bool:
        """Whether anything may be over: all intervals end on one grid, in every time zone."""
        begin, _ = interval_around(self._clock.now(), GRID, UTC)
        if self._tried_after == begin and not self._book.is_waiting:
            return False
        self._tried_after = begin
        return True

    def _close(self) -> int:
        seen = self._seen if self._clock.monotonic() < self._seen_until else None
        closed = 0
        if seen is not None:
            before = set(self._book.lines)
            late = LateCorrections(self._read_on, self._book.is_open, after=self._states.cursor)
            for batch in _batches(self._book.close(self._circumstances(seen), self._breathe), APPENDED_AT_ONCE):
                if late.came():
                    self._void = True  # all that is not in the log yet is reckoned anew
                    return closed
                self._append_closings(batch)
                closed += len(batch)
            self._states.touch(before - self._book.lines.keys())
        if seen is None or self._book.is_waiting:
            self._seen = self._offload(self._log.seen)
            self._seen_until = self._clock.monotonic() + SEEN_SECONDS
            self._book.is_waiting = True
        else:
            self._seen = None
        return closed

    def _circumstances(self, seen: Mapping[str, datetime]) -> Circumstances:
        return Circumstances(
            now=self._clock.now(),
            seen={key: seen[line_id] for key in self._book.lines if (line_id := str(key)) in seen},
            patience=self._patience,
            zone=self._zone,
            coverage=self._coverage_of,
        )

    def _coverage_of(self, key: LineKey, stretches: Sequence[Span]) -> Sequence[float | None]:
        """A day with gaps is asked for hour by hour."""
        self._breathe()
        return self._coverage(key, stretches)

    def _patience(self, camera_id: str) -> timedelta:
        camera = self._roster().cameras.get(camera_id)
        interval = camera.poll_interval if camera else USUAL_INTERVAL
        return timedelta(seconds=2 * interval + GRACE_SECONDS * self._clock.speed)

    def _zone(self, site_id: str) -> tzinfo:
        site = self._roster().sites.get(site_id)
        return zone_of(site) if site else UTC

    def _append_closings(self, closings: Sequence[Closing]) -> None:
        now = self._clock.now()
        events = tuple(
            interval_event(closing.place, closing.interval, now) for closing in unhurried(closings, self._breathe)
        )
        subjects = (Subject(closing.interval.scope, closing.interval.subject) for closing in closings)
        self._append(Append(events, self._states.changes(self._book, subjects, self._breathe)))

    def _remember(self) -> None:
        """Write down the sums of all lines, and then that the log is read up to here."""
        for batch in _batches(self._states.unwritten(), APPENDED_AT_ONCE):
            self._append(Append((), self._states.changes(self._book, batch, self._breathe)))
        self._append(Append((), (self._states.cursor_change(),)))

    def _append(self, append: Append) -> None:
        """Durable, or all that is in memory is void: nobody knows then what is kept."""
        self._void = True
        self._appender.submit(self._term, append).wait()
        self._void = False
        self._appended()


def _batches(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while batch := list(islice(items, size)):
        yield batch
