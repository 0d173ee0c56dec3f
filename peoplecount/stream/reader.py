"""A reader of the log: from the hub's ring where that reaches back far enough, else from the log itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from peoplecount.domain.event import EventKind, utc_text
from peoplecount.domain.event_id import EventId
from peoplecount.stream.backlog import Backlog, Extent, why_not_resumable
from peoplecount.stream.channel import Place, Slice
from peoplecount.stream.encoder import entry_frame, object_frame
from peoplecount.stream.hub import Hub
from peoplecount.stream.selection import EVERYTHING, Selection
from peoplecount.stream.snapshot import Snapshot

BATCH = 100
"""Entries read from the log at a time; some 64 KB, as a slice of the ring."""

PATIENCE = 60.0
"""Seconds in which a reader that has fallen behind the ring must have come nearer to the head of the log."""

TOO_SLOW = "too slow: more happened than this connection took, and the distance grew"


Whereto = Callable[[EventId | datetime, EventId, Selection], str]
"""An address that has what was counted between an event, or a moment, and another event."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What is transmitted next."""

    data: bytes = b""
    """May be empty: the selection let nothing through."""

    events: int = 0
    """How many events with an id are in it."""


class Reader:
    """Reads from a cursor on; has no queue and holds nothing but its place. Raises ``BacklogUnavailable``."""

    __slots__ = (
        "_backlog", "_behind", "_hub", "_monotonic", "_place", "_selection", "_snapshots", "_whereto", "cursor", "told",
    )  # fmt: skip

    def __init__(
        self,
        hub: Hub,
        backlog: Backlog,
        snapshots: Callable[[], Snapshot],
        selection: Selection = EVERYTHING,
        *,
        whereto: Whereto | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.cursor: EventId | None = None
        """The newest log entry examined; ``None`` before the beginning."""
        self.told: EventId | None = None
        """The last id that was given to whoever reads, or that they came with."""
        self._hub = hub
        self._backlog = backlog
        self._snapshots = snapshots
        self._selection = selection
        self._whereto = whereto
        self._monotonic = monotonic
        self._place: Place | None = None
        self._behind: tuple[float, int] | None = None
        """Since when it has been reading from the log, and how many entries it was behind then."""

    def begin(self) -> Iterator[Piece]:
        """A snapshot, to be continued where it was taken."""
        yield self._snapshot(self._snapshots())

    def resume(self, cursor: EventId) -> Iterator[Piece]:
        """What is told of the state, where the log still holds what follows; else what is missing, and a snapshot."""
        self.cursor, self.told, self._place = cursor, cursor, self._hub.place_after(cursor)
        fault = "" if self._place else why_not_resumable(cursor, self._backlog.extent())
        if fault:
            yield from self._gap(cursor, fault)
        elif state := self._hub.latest_state(cursor, self._selection):
            yield Piece(state)

    def resume_from(self, moment: datetime) -> Iterator[Piece]:
        """What was appended at ``moment`` or later; where the log begins after it, what is missing, and a snapshot."""
        cursor = self._backlog.before(moment)
        if cursor is None:
            yield from self._gap(moment, "no longer kept: the log has been trimmed since")
        else:
            yield from self.resume(cursor)

    @property
    def place(self) -> Place | None:
        """Where it stands in the ring; ``None`` where it reads from the log."""
        return self._place

    def take(self, part: Slice) -> None:
        """Move on: this has been transmitted from where it stands."""
        self.cursor, self._place = part.examined, part.after
        self.told = part.told or self.told

    def next(self, most: int | None = None) -> Piece | None:
        """What follows, at most so many events; ``None`` where nothing does yet. Moves the cursor."""
        cursor = self.cursor
        if cursor is None:
            return None
        self._place = self._place or self._hub.place_after(cursor)
        if self._place is None:
            return self._from_backlog(cursor, most)
        self._behind = None
        part = self._hub.slice_after(self._place, self._selection, most)
        if part is None:
            self._place = None
            return Piece()
        if part.after == self._place:
            return None
        self.take(part)
        return Piece(part.data, part.events)

    def _from_backlog(self, cursor: EventId, most: int | None) -> Piece | None:
        """One batch. Whether it is whole shows in how far the log reached afterwards."""
        limit = BATCH if most is None else min(most, BATCH)
        stretch = self._backlog.read(cursor.number, limit, self._selection)
        fault = why_not_resumable(cursor, stretch.extent) or self._fault_of_pace(cursor, stretch.extent)
        if fault:
            pieces = list(self._gap(self.told or cursor, fault))
            return Piece(b"".join(piece.data for piece in pieces), pieces[-1].events)
        if stretch.examined == cursor.number:
            return None
        self.cursor = EventId(cursor.epoch, stretch.examined)
        self.told = stretch.entries[-1].event_id if stretch.entries else self.told
        return Piece(b"".join(map(entry_frame, stretch.entries)), len(stretch.entries))

    def _fault_of_pace(self, cursor: EventId, extent: Extent) -> str:
        """Why it will never come to the head of the log; empty as long as it comes nearer."""
        now, distance = self._monotonic(), extent.head.number - cursor.number
        if distance <= BATCH:
            self._behind = None
            return ""
        since, before = self._behind or (now, distance)
        if now - since < PATIENCE:
            self._behind = since, before
            return ""
        self._behind = None if distance >= before else (now, distance)
        return TOO_SLOW if self._behind is None else ""

    def _gap(self, missing: EventId | datetime, reason: str) -> Iterator[Piece]:
        """What is missing and where it is, and the newest state."""
        snapshot = self._snapshots()
        fields = {
            "kind": EventKind.GAP.value,
            "from": utc_text(missing) if isinstance(missing, datetime) else str(missing),
            "to": str(snapshot.event_id),
            "reason": reason,
            "address": self._whereto(missing, snapshot.event_id, self._selection) if self._whereto else None,
        }
        yield Piece(object_frame(EventKind.GAP, fields))
        yield self._snapshot(snapshot)

    def _snapshot(self, snapshot: Snapshot) -> Piece:
        self.cursor = self.told = snapshot.event_id
        self._place, self._behind = self._hub.place_behind(snapshot), None
        return Piece(snapshot.frame(self._selection), 1)
