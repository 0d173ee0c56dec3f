"""The log, as far as a stream needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from peoplecount.domain.event import LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.stream.selection import EVERYTHING, Selection


class BacklogUnavailable(Exception):
    """The log could not be read; a client does best to come back later."""


@dataclass(frozen=True, slots=True)
class Extent:
    """From where to where the log reaches."""

    oldest: EventId
    """The earliest id after which nothing is missing."""

    head: EventId
    """The newest entry's id."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Entries that were asked for, and how far the log reached once they had been read."""

    entries: Sequence[LogEntry]
    examined: int
    """Up to this number all that were asked for are there, if ``extent`` says so."""

    extent: Extent
    """Asked afterwards, because the log may be trimmed or put back at any moment: it tells whether all are there."""


class Backlog(Protocol):
    """Reads the log without stopping anybody else. All raise ``BacklogUnavailable``."""

    def extent(self) -> Extent:
        """From where to where it reaches now."""
        ...

    def read(self, after: int, limit: int, selection: Selection = EVERYTHING) -> Stretch:
        """At most ``limit`` entries of a selection with numbers above ``after``, in order.

        There may be none though more follow: then ``examined`` lies before the head.
        """
        ...

    def before(self, moment: datetime) -> EventId | None:
        """The last entry that was appended before ``moment``, to read on from.

        ``None`` where something of what was appended then or later is not there any more as it was.
        """
        ...


def why_not_resumable(cursor: EventId, extent: Extent) -> str:
    """Why nobody can read on from this entry, in words; empty where the log holds all that follows it."""
    if cursor.epoch != extent.head.epoch:
        return "another epoch: the log was restored or begun anew, and its numbers do not compare"
    if cursor.number > extent.head.number:
        return "ahead of the log: no such event has been given out"
    if cursor.number < extent.oldest.number:
        return "no longer kept: the log has been trimmed since"
    return ""
