"""One consumer of the stream."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from peoplecount.domain.event import EventKind, LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.stream.encoder import entry_frame, heartbeat_frame, object_frame, retry_frame
from peoplecount.stream.hub import Hub, Place
from peoplecount.stream.ring import Cameras
from peoplecount.stream.snapshot import Snapshot

HEARTBEAT_SECONDS = 15.0
"""Proxies cut idle connections after 60 s and more (nginx, AWS), and that a client is gone shows only on writing."""

BATCH = 500
"""Entries read from the log at a time; some 300 KB."""


class BacklogUnavailable(Exception):
    """The log could not be read; a client does best to come back later."""


class Backlog(Protocol):
    """The log, as far as a stream needs it. All raise ``BacklogUnavailable``."""

    def head(self) -> EventId:
        """The newest entry's id."""
        ...

    def oldest(self) -> EventId:
        """The earliest id after which nothing is missing."""
        ...

    def read(self, after: int, limit: int) -> Sequence[LogEntry]:
        """At most ``limit`` entries with numbers above ``after``, in order."""
        ...


class SSEClient:
    """One consumer: its cameras, its cursor and its transmission buffer.

    It has no queue. It stands somewhere in the hub's ring, or behind it in the log, and takes what follows when its
    connection has taken what came before; so a slow one costs no memory and delays nobody.
    """

    def __init__(
        self,
        hub: Hub,
        backlog: Backlog,
        snapshots: Callable[[], Snapshot],
        cursor: EventId | None = None,
        cameras: Cameras = frozenset(),
        heartbeat: float = HEARTBEAT_SECONDS,
    ) -> None:
        self.cameras = cameras
        """Ids of the cameras it wants to hear of; empty for all."""
        self.cursor = cursor
        """The newest log entry examined for it; ``None`` before its snapshot."""
        self.buffer = b""
        """What is being transmitted: at most one slice, shared with others who stand at the same place."""
        self._hub = hub
        self._backlog = backlog
        self._snapshots = snapshots
        self._heartbeat = heartbeat
        self._closed = ""
        self._place: Place | None = None

    def open_stream(self) -> Iterator[bytes]:
        """Frames until the client goes, ``close_stream`` is called, the hub closes or the log cannot be read."""
        with self._hub.attendance():
            for frames in self._frames():
                self.buffer = frames
                yield frames
            yield object_frame(EventKind.GOODBYE, {"kind": EventKind.GOODBYE.value, "reason": self._ending})

    def close_stream(self, reason: str = "closed by the server") -> None:
        """End the stream with a ``goodbye``; may be called twice."""
        self._closed = self._closed or reason
        self._hub.nudge()

    @property
    def _ending(self) -> str:
        return self._closed or self._hub.closed

    def _frames(self) -> Iterator[bytes]:
        yield retry_frame(_retry_milliseconds())
        try:
            if self.cursor:
                yield from self._resume(self.cursor)
            else:
                yield from self._begin()
            yield from self._follow()
        except BacklogUnavailable:
            self.close_stream("the event log cannot be read just now")

    def _begin(self) -> Iterator[bytes]:
        """A snapshot, to be continued where it was taken."""
        yield from self._until_ready()
        if not self._ending:
            snapshot = self._snapshots()
            self.cursor, self._place = snapshot.event_id, None
            yield snapshot.frame(self.cameras)

    def _until_ready(self) -> Iterator[bytes]:
        while not self._ending:
            signal = self._hub.signal
            if self._hub.ready:
                return
            if not signal.wait(self._heartbeat):
                yield heartbeat_frame(None)

    def _resume(self, cursor: EventId) -> Iterator[bytes]:
        """Nothing, where the log still holds what follows the cursor; else what is missing, and a snapshot."""
        yield from self._until_ready()
        if self._ending:
            return
        fault = "" if self._hub.place_after(cursor) else self._fault_of(cursor)
        if fault:
            yield from self._gap(cursor, fault)
        elif readings := self._hub.latest_readings(self.cameras):
            yield readings

    def _fault_of(self, cursor: EventId) -> str:
        head = self._backlog.head()
        if cursor.epoch != head.epoch:
            return "another epoch: the log was restored or begun anew, and its numbers do not compare"
        if cursor.number > head.number:
            return "ahead of the log: no such event has been given out"
        if cursor.number < self._backlog.oldest().number:
            return "no longer kept: the log has been trimmed since"
        return ""

    def _gap(self, cursor: EventId, reason: str) -> Iterator[bytes]:
        snapshot = self._snapshots()
        fields = {"kind": EventKind.GAP.value, "from": str(cursor), "to": str(snapshot.event_id), "reason": reason}
        yield object_frame(EventKind.GAP, fields)
        self.cursor, self._place = snapshot.event_id, None
        yield snapshot.frame(self.cameras)

    def _follow(self) -> Iterator[bytes]:
        """All that comes after the cursor, and heartbeats while nothing does."""
        last_sent = time.monotonic()
        while not self._ending:
            signal = self._hub.signal
            before = (self.cursor, self._place)
            for data in self._next():
                yield data
                last_sent = time.monotonic()
            if (self.cursor, self._place) != before:
                continue
            if not signal.wait(max(0.0, last_sent + self._heartbeat - time.monotonic())):
                yield heartbeat_frame(self.cursor)
                last_sent = time.monotonic()

    def _next(self) -> Iterator[bytes]:
        """The next frames, from the ring where it still has them, else from the log; moves the cursor."""
        cursor = self.cursor
        if cursor is None:  # the hub closed before there was anything to follow
            return
        self._place = self._place or self._hub.place_after(cursor)
        if self._place is None:
            yield from self._from_backlog(cursor)
            return
        part = self._hub.slice_after(self._place, self.cameras)
        if part is None:
            self._place = None
            return
        self.cursor, self._place = part.examined, part.after
        if part.data:
            yield part.data

    def _from_backlog(self, cursor: EventId) -> Iterator[bytes]:
        """One batch. Whether it is whole is asked afterwards, because the log may be trimmed at any moment."""
        entries = self._backlog.read(cursor.number, BATCH)
        fault = self._fault_of(cursor)
        if fault:
            yield from self._gap(cursor, fault)
            return
        if entries:
            self.cursor = entries[-1].event_id
            data = b"".join(entry_frame(entry) for entry in entries if self._wants(entry))
            if data:
                yield data

    def _wants(self, entry: LogEntry) -> bool:
        return not self.cameras or entry.event.camera_id in self.cameras


def _retry_milliseconds() -> int:
    """A second or three: clients that lost a server together must not come back together."""
    return random.randint(1000, 3000)  # noqa: S311 - nothing here is secret
