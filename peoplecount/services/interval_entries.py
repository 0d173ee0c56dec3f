"""Entries of the log as intervals are made from them: each is taken into the book once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import tzinfo

import orjson

from peoplecount.domain.camera import CameraState
from peoplecount.domain.clock import Clock
from peoplecount.domain.correction_body import read_correction
from peoplecount.domain.event import EventKind, LogEntry
from peoplecount.domain.event_body import increment_of, place_of, read_status
from peoplecount.domain.interval_book import IntervalBook
from peoplecount.services.interval_states import IntervalStates

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class IntervalEntries:
    """Takes entries into a book, as far as the states say that they are not in it yet."""

    book: IntervalBook
    states: IntervalStates
    zone: Callable[[str], tzinfo]
    """Of a site."""

    clock: Clock
    fault: str = ""
    """Of the newest entry that made no sense; others of its kind are not said again."""

    def anew(self, book: IntervalBook, states: IntervalStates) -> IntervalEntries:
        """The same for what was read again."""
        return replace(self, book=book, states=states)

    def fold(self, entry: LogEntry) -> None:
        """An entry that makes no sense is said and passed over: it would stop all others for ever."""
        try:
            self._take(entry)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            fault = f"{type(error).__name__}: {error}"
            if fault != self.fault:
                logger.error("event %s is left out of the intervals: %.300s", entry.event_id, fault)  # noqa: TRY400
            self.fault = fault

    def _take(self, entry: LogEntry) -> None:
        kind = entry.event.kind
        if kind is EventKind.COUNT:
            fields = orjson.loads(entry.event.body)
            increment, place = increment_of(fields), place_of(fields)
            if self.states.is_new(increment.key, entry.event_id.number):
                self.book.tell(place, increment, self.zone(place.site_id), self.clock.now())
        elif kind is EventKind.COUNT_CORRECTION:
            correction = read_correction(entry.event)
            if self.states.is_new(correction.key, entry.event_id.number):
                self.book.correct(correction)
        elif kind is EventKind.CAMERA_STATUS:
            status = read_status(entry.event)
            if status.state == CameraState.REMOVED:
                gone = [key for key in self.book.lines if key.camera_id == status.place.camera_id]
                self.book.remove(gone)
                self.states.touch(gone)
