"""Keeping the log within bounds: what the database has goes after some days, what it lacks is folded in need."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from peoplecount.domain.clock import Clock
from peoplecount.domain.event import LogEntry, utc_text
from peoplecount.domain.event_id import EventId
from peoplecount.domain.folding import Folding
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.sentence import say
from peoplecount.eventlog.log import EventLog, LogError
from peoplecount.services.log_trimming import MARGIN, SPARED, Cursors, LogTrimming

logger = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
"""A thousand cameras at a busy hour append some 5 MB in that time."""

FOLDED_AT_ONCE = 1000
"""Entries; some 50 ms of work."""

LOOK_EVERY = 20
"""Times that so many are folded, after which the file is shrunk and looked at."""

SHARE = 0.5
"""Of the time, at most, that is spent on folding: polls and the record writer need the rest."""

_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class LogState:
    """How large the log is."""

    size: int
    """Bytes on disk."""

    budget: int
    oldest_at: datetime | None
    """When the oldest entry was appended (UTC); ``None`` where there is none."""

    folded_up_to: EventId | None
    """Up to here entries were folded or removed; ``None`` where none was folded."""

    is_over: bool = False
    """Whether it is larger than it may be, and nothing can be done about it."""

    missed: Mapping[str, int] = field(default_factory=dict)
    """By consumer that lost its place in it since this process leads: how many events it missed."""

    def figures(self) -> dict[str, int | str | dict[str, int] | None]:
        """For health pages."""
        return {
            "bytes": self.size,
            "budgetBytes": self.budget,
            "oldestEventAt": None if self.oldest_at is None else utc_text(self.oldest_at),
            "foldedUpTo": None if self.folded_up_to is None else str(self.folded_up_to),
            "missed": dict(self.missed),
            "problem": _over_budget(self.size, self.budget) if self.is_over else None,
        }


class LogKeeping:
    """Trims and folds the log. Use it from one thread, in the process that leads.

    What the database has goes once it is old enough, or before, the oldest first, where the log is larger than its
    budget; see ``LogTrimming`` for who else is asked. What the database lacks is never dropped: its oldest part is
    folded, see ``peoplecount.domain.folding``.
    """

    def __init__(
        self,
        log: EventLog,
        *,
        term: int,
        written_up_to: Callable[[], EventId | None],
        consumers: Callable[[], Cursors] = dict,
        keep: timedelta,
        budget: int,
        clock: Clock,
        offload: Offload = call_here,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``written_up_to`` is the last event in the database, ``None`` where nobody knows; ``budget`` is in bytes.

        ``consumers`` tells how far all others have come that follow the log; it may raise ``LogError``.
        """
        self._log = log
        self._term = term
        self._trimming = LogTrimming(
            log,
            written_up_to=written_up_to,
            consumers=consumers,
            keep=keep,
            budget=budget,
            clock=clock,
            offload=offload,
        )
        self._budget = budget
        self._clock = clock
        self._offload = offload
        self._monotonic = monotonic
        self._folding = Folding()
        self._folded: EventId | None = None
        self._state: LogState | None = None

    @property
    def state(self) -> LogState | None:
        """How large the log was when it was last looked at; ``None`` before."""
        return self._state

    def run(self, stop: threading.Event) -> None:
        """Look after the log until ``stop`` is set."""
        while not stop.wait(LOOK_SECONDS if self._state else 0):
            try:
                self.tend(stop)
            except LogError as error:  # whoever appends says so
                logger.debug("the event log could not be looked after: %s", error)
                if self._state is None and stop.wait(LOOK_SECONDS):
                    return

    def tend(self, stop: threading.Event) -> None:
        """Drop what is old enough and, where the log is too large, make room. Raises ``LogError``."""
        self._trimming.trim_old()
        if self._size() > self._budget:
            self._trim_to_fit()
        if self._size() > self._budget:
            self._fold_to_fit(self._trimming.written(), stop)
        self._look()

    def _trim_to_fit(self) -> None:
        before, trimmed = self._size(), self._trimming.trim_to_fit()
        if trimmed:
            logger.info(
                "The event log had grown to %s, more than its budget of %s (LOG_DISK_BUDGET): the oldest %d events "
                "that are in the database were removed, it is %s now",
                _spoken(before),
                _spoken(self._budget),
                trimmed,
                _spoken(self._size()),
            )

    def _fold_to_fit(self, written: EventId | None, stop: threading.Event) -> None:
        """Fold what the database lacks, the oldest first, until the log fits again."""
        before, young = self._size(), self._clock.now() - SPARED
        number = self._fold_from(written)
        counted = _Tally()
        while not stop.is_set():
            begun = self._monotonic()
            reached = self._offload(self._fold_some, number, young, counted)
            if reached is None:
                break
            number = reached
            if counted.rounds % LOOK_EVERY == 0:
                self._offload(self._log.shrink)
                if self._size() <= MARGIN * self._budget:
                    break
            stop.wait((self._monotonic() - begun) * (1 / SHARE - 1))
        self._offload(self._log.shrink)
        if counted.gone:
            logger.info(
                "The event log had grown to %s, more than its budget of %s (LOG_DISK_BUDGET), and the database lacks "
                "what is in it: its oldest %d events were folded to %d. Nobody is lost; it is %s now",
                _spoken(before),
                _spoken(self._budget),
                counted.read,
                counted.read - counted.gone,
                _spoken(self._size()),
            )

    def _fold_from(self, written: EventId | None) -> int:
        """Where what may be folded begins: behind what is folded, and what the database has."""
        oldest, beginning = self._offload(self._log.oldest), self._offload(self._log.beginning)
        if oldest != self._folded:  # somebody else folded or trimmed, or the log was put back
            self._folding = Folding()
        known = max(beginning.number, written.number if written else 0)
        self._folding.forget(known)
        return max(oldest.number, known)

    def _fold_some(self, number: int, young: datetime, counted: _Tally) -> int | None:
        """Fold the next entries; the last one's number, or ``None`` where there are none that are old enough."""
        entries = _older(self._log.read(number, FOLDED_AT_ONCE), young)
        if not entries:
            return None
        rewrite = self._folding.take(entries)
        try:
            self._log.rewrite(self._term, rewrite)
        except BaseException:
            self._folding, self._folded = Folding(), None  # nobody knows what of it became durable
            raise
        self._folded = entries[-1].event_id
        counted.note(len(entries), len(rewrite.dropped))
        return rewrite.up_to

    def _size(self) -> int:
        return self._offload(self._log.size)

    def _look(self) -> None:
        """Note how large the log is, and say, once, that it is larger than it may be."""
        size, oldest, beginning = self._size(), self._offload(self._log.oldest), self._offload(self._log.beginning)
        first = self._offload(self._log.read, beginning.number, 1)
        was_over = self._state is not None and self._state.is_over
        self._state = LogState(
            size,
            self._budget,
            oldest_at=first[0].appended_at if first else None,
            folded_up_to=oldest if oldest.number > beginning.number else None,
            is_over=size > self._budget,
            missed=self._trimming.missed,
        )
        if self._state.is_over and not was_over:
            logger.error("%s", _over_budget(size, self._budget))
        elif was_over and not self._state.is_over:
            logger.info("The event log is within its budget again: %s of %s", _spoken(size), _spoken(self._budget))


@dataclass(slots=True)
class _Tally:
    """What became of the entries that were read."""

    read: int = 0
    gone: int = 0
    rounds: int = 0

    def note(self, read: int, gone: int) -> None:
        self.read += read
        self.gone += gone
        self.rounds += 1


def _older(entries: list[LogEntry], young: datetime) -> list[LogEntry]:
    """The entries up to the first one that is young, even where a clock set back made later ones look older."""
    for index, entry in enumerate(entries):
        if entry.appended_at >= young:
            return entries[:index]
    return entries


def _over_budget(size: int, budget: int) -> str:
    return say(
        "The event log takes %(size)s, more than its budget of %(budget)s "
        "(LOG_DISK_BUDGET), and all that can be was folded. Nothing is dropped that the "
        "database lacks, and counting goes on while the disk has room: bring the database "
        "back, or raise the budget",
        size=_spoken(size),
        budget=_spoken(budget),
    )


def _spoken(size: int) -> str:
    return f"{size / _MEGABYTE:,.0f} MB"
