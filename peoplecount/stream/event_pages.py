"""Pages of the log, for those who ask again and again instead of keeping a stream open."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from peoplecount.domain.event import LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.stream.backlog import Backlog, Extent, Stretch, why_not_resumable
from peoplecount.stream.hub import Hub
from peoplecount.stream.selection import EVERYTHING, Selection

BATCH = 200
"""Entries read from the log at a time."""

MOST_BYTES = 1 << 20
"""Of the events of a page; the gateway of Power Automate takes 2 MB of a question and 8 MB of an answer."""

MOST_BATCHES = 50
"""That are looked through for one page where little of them is wanted."""

LOOK_SECONDS = 15.0
"""How often one that waits looks whether anybody is still there."""

Wanted = Callable[[LogEntry], bool]


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in the order of the log, and where to read on."""

    entries: Sequence[LogEntry]
    cursor: EventId
    """The newest entry that was looked at: nothing is missed, and nothing comes twice, by whoever reads on after it."""

    more: bool = False
    """Whether there is something after it already."""

    missing: str = ""
    """Why what followed the id that was asked for is not all there, in words; empty where it is."""


def _everything(_: LogEntry) -> bool:
    return True


def _nobody_has_gone() -> bool:
    return False


def _wait(signal: threading.Event, seconds: float) -> None:
    signal.wait(seconds)


class EventPages:
    """Reads the log page by page, and waits at its head. Raises ``BacklogUnavailable``."""

    def __init__(
        self,
        hub: Hub,
        backlog: Backlog,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], None] = _wait,
    ) -> None:
        self._hub = hub
        self._backlog = backlog
        self._monotonic = monotonic
        self._wait = wait

    def head(self) -> EventId:
        """The newest entry's id."""
        return self._backlog.extent().head

    def read(
        self, after: EventId, selection: Selection = EVERYTHING, *, limit: int, wanted: Wanted = _everything
    ) -> EventPage:
        """What follows an id, ``limit`` events at most, oldest first; empty where nothing does."""
        found: list[LogEntry] = []
        size, cursor, missing = 0, after, ""
        for _ in range(MOST_BATCHES):
            stretch = self._backlog.read(cursor.number, min(BATCH, limit - len(found)), selection)
            fault = why_not_resumable(cursor, stretch.extent)
            if fault and cursor != after:  # trimmed while it was read: what is there is true, the rest another page
                return EventPage(found, cursor, more=True, missing=missing)
            if fault:
                missing, after = fault, _begin_anew(cursor, stretch.extent)
                cursor = after
                continue
            found += filter(wanted, stretch.entries)
            size += sum(len(entry.event.body) for entry in stretch.entries)
            is_end = stretch.examined == cursor.number
            cursor = EventId(cursor.epoch, stretch.examined)
            if is_end or _is_head(stretch) or len(found) >= limit or size >= MOST_BYTES:
                return EventPage(found, cursor, not _is_head(stretch), missing)
        return EventPage(found, cursor, more=True, missing=missing)

    def await_next(
        self,
        after: EventId,
        selection: Selection = EVERYTHING,
        *,
        limit: int,
        timeout: float,
        wanted: Wanted = _everything,
        is_gone: Callable[[], bool] = _nobody_has_gone,
    ) -> EventPage:
        """The same; where nothing follows yet it waits for it, ``timeout`` seconds at most."""
        until = self._monotonic() + timeout
        with self._hub.attendance(selection) as channel:
            while True:
                signal = channel.signal  # before looking, so that nothing is missed in between
                page = self.read(after, selection, limit=limit, wanted=wanted)
                left = until - self._monotonic()
                if page.entries or page.missing or left <= 0 or self._hub.closed or is_gone():
                    return page
                after = page.cursor
                if not page.more:
                    self._wait(signal, min(left, LOOK_SECONDS))


def _begin_anew(cursor: EventId, extent: Extent) -> EventId:
    """Where one goes on who cannot where they were: in the same log at the oldest that is left, else at its head.

    Of a log that was restored, older entries were told under other ids.
    """
    is_same_log = cursor.epoch == extent.head.epoch and cursor.number < extent.oldest.number
    return extent.oldest if is_same_log else extent.head


def _is_head(stretch: Stretch) -> bool:
    return stretch.examined >= stretch.extent.head.number
