"""The event log as streams read it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from peoplecount.domain.event_id import EventId
from peoplecount.domain.offload import Offload
from peoplecount.eventlog.log import Choice, EventLog, LogError
from peoplecount.stream.backlog import BacklogUnavailable, Extent, Stretch
from peoplecount.stream.selection import EVERYTHING, Selection

T = TypeVar("T")

READERS = 3
"""Streams that read a batch at a time. The other threads are for who follows the log, for appends and for newcomers;
and what is read is passed on by the thread that serves everybody: so many turns of it others wait at most."""


class LogBacklog:
    """A ``Backlog`` on the event log, whose calls stop nobody else."""

    def __init__(self, log: EventLog, offload: Offload) -> None:
        self._log = log
        self._offload = offload
        self._reading = threading.BoundedSemaphore(READERS)

    def extent(self) -> Extent:
        """See ``Backlog``."""
        return self._ask(self._extent)

    def read(self, after: int, limit: int, selection: Selection = EVERYTHING) -> Stretch:
        """See ``Backlog``."""
        choice = Choice(selection.kinds, selection.cameras, selection.doors, selection.sites)
        with self._reading:
            return self._ask(lambda: self._read(after, limit, choice))

    def _read(self, after: int, limit: int, choice: Choice) -> Stretch:
        chosen = self._log.choose(after, limit, choice)
        return Stretch(chosen.entries, chosen.examined, self._extent())

    def before(self, moment: datetime) -> EventId | None:
        """See ``Backlog``."""
        return self._ask(lambda: self._before(moment))

    def _before(self, moment: datetime) -> EventId | None:
        cursor = self._log.before(moment)
        incomplete_until = self._log.incomplete_until()  # asked afterwards: the log may be trimmed at any moment
        return None if incomplete_until is not None and moment <= incomplete_until else cursor

    def appended_at(self, event_id: EventId) -> datetime | None:
        """When an event was appended; ``None`` where it is not there any more. Raises ``BacklogUnavailable``."""
        stretch = self.read(event_id.number - 1, 1)
        entry = stretch.entries[0] if stretch.entries else None
        return entry.appended_at if entry and entry.event_id == event_id else None

    def _extent(self) -> Extent:
        oldest = self._log.oldest()
        return Extent(oldest, self._log.head())

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return self._offload(question)
        except LogError as error:
            raise BacklogUnavailable(str(error)) from error
