"""One consumer of the stream."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Generator, Iterator

from peoplecount.domain.event import EventKind
from peoplecount.domain.event_id import EventId
from peoplecount.stream.backlog import Backlog, BacklogUnavailable
from peoplecount.stream.channel import Channel, Line, Listener, Slice
from peoplecount.stream.encoder import heartbeat_frame, object_frame, retry_frame
from peoplecount.stream.endings import LIFE_IS_OVER, LIMIT_REACHED, LOG_UNREADABLE, NOTHING_MORE, TIME_IS_UP
from peoplecount.stream.hub import Hub
from peoplecount.stream.order import Order
from peoplecount.stream.reader import Piece, Reader, Whereto
from peoplecount.stream.snapshot import Snapshot

HEARTBEAT_SECONDS = 15.0
"""Proxies cut idle connections after 60 s and more (nginx, AWS), and that a client is gone shows only on writing."""

LEAST_BEAT_SECONDS = 1.0
"""While something is on its way."""

FAREWELL_SECONDS = 1.0
"""What a reader has not taken by then of its goodbye is not waited for."""

LAST_WORD_SECONDS = 30.0
"""The same where it ends because it was to: what it asked for may still be on its way."""


def _is_there() -> bool:
    return False


class SSEClient:
    """One consumer: what it chose, its cursor and its transmission buffer.

    It has no queue. It stands somewhere in the hub's ring, or behind it in the log, and takes what follows when its
    connection has taken what came before; so a slow one costs no memory and delays nobody.
    """

    __slots__ = (
        "_beat_at", "_closed", "_closed_at", "_dies_at", "_due_at", "_events", "_goal", "_heartbeat", "_hub",
        "_is_gone", "_life", "_listener", "_looked_at", "_monotonic", "_moved", "_reader", "_sent", "_told_all",
        "buffer", "ending", "order",
    )  # fmt: skip

    def __init__(
        self,
        hub: Hub,
        backlog: Backlog,
        snapshots: Callable[[], Snapshot],
        order: Order | None = None,
        *,
        heartbeat: float = HEARTBEAT_SECONDS,
        life: float = float("inf"),
        is_gone: Callable[[], bool] = _is_there,
        whereto: Whereto | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        line: Line | None = None,
    ) -> None:
        """``line`` is its connection, where that can be written to by others.

        ``life`` is how long a stream may last, in seconds; ``is_gone`` tells whether nobody reads it any more.
        """
        self.order = order or Order()
        self.buffer = b""
        """What is being transmitted: at most one slice, shared with others who stand at the same place."""
        self.ending = ""
        """Why it ended, in words; empty while it is open."""
        self._hub = hub
        self._reader = Reader(hub, backlog, snapshots, self.order.selection, whereto=whereto, monotonic=monotonic)
        self._heartbeat = heartbeat
        self._life = life
        self._is_gone = is_gone
        self._monotonic = monotonic
        self._listener = None if line is None or self.order.limit is not None else Listener(line, self._take)
        self._closed, self._closed_at = "", float("inf")
        self._events = 0
        self._beat_at = 0.0
        """When its client knew last where it stands."""
        self._looked_at = 0.0
        """When it was last seen to be there. What is written to one that has gone gives no error at first."""
        self._dies_at = self._due_at = float("inf")
        self._goal: EventId | None = None
        """How far one goes on that was given no time: to where the log stood when it began."""
        self._told_all = self._sent = False
        """Whether the piece under way tells where all stands, and whether one is to be followed by a heartbeat."""
        self._moved = False
        """Whether it has looked at anything since it began."""

    @property
    def cursor(self) -> EventId | None:
        """The newest log entry examined for it; ``None`` before its snapshot."""
        return self._reader.cursor

    def open_stream(self) -> Generator[bytes, None, None]:
        """Frames until the client goes, ``close_stream`` is called, the hub closes or the log cannot be read."""
        channel = self._hub.join(self.order.selection)
        try:
            for frames in self._begin(channel):
                self.buffer = frames
                yield frames
            # Not by a generator of its own: while it waits, each costs a stream half a kilobyte of stack.
            while (following := self._next(channel)) is not None:
                self.buffer = following
                yield following
            fields = {"kind": EventKind.GOODBYE.value, "reason": self.ending}
            yield object_frame(EventKind.GOODBYE, fields, self.cursor)
        except _Gone:
            self.ending = "the client has gone"
        finally:
            self._hub.part(channel)
            # It leads back to this client; without it both are gone at once, and need not be searched for.
            self._listener = None

    def close_stream(self, reason: str = "closed by the server") -> None:
        """End the stream with a ``goodbye``; may be called twice."""
        self.mark_closed(reason)
        self._hub.nudge()

    def mark_closed(self, reason: str) -> None:
        """As ``close_stream``, when it looks the next time."""
        if not self._closed:
            self._closed, self._closed_at = reason, self._monotonic()

    @property
    def overdue(self) -> float:
        """Seconds since when nobody waits for it to take what it was sent; negative while all is well."""
        now = self._monotonic()
        due_at = self._dies_at if self._is_short_of_goal() else min(self._dies_at, self._due_at)
        return now - min(self._closed_at + FAREWELL_SECONDS, due_at + LAST_WORD_SECONDS)

    def _begin(self, channel: Channel) -> Iterator[bytes]:
        """How long to wait before the next connection, and what is there to begin with."""
        now = self._beat_at = self._looked_at = self._monotonic()
        self._dies_at = now + self._life
        self._due_at = now + (float("inf") if self.order.timeout is None else self.order.timeout)
        yield retry_frame(_retry_milliseconds())
        try:
            while (frames := self._until_ready(channel)) is not None:
                yield frames
            if self.order.timeout == 0 and self._hub.ready:
                self._goal = self._hub.head
            if not self._is_over():
                for piece in self._beginning():
                    if self._transmits(piece):
                        yield piece.data
        except BacklogUnavailable:
            self.ending = LOG_UNREADABLE

    def _beginning(self) -> Iterator[Piece]:
        start = self.order.start
        if start is None:
            return self._reader.begin()
        return self._reader.resume(start) if isinstance(start, EventId) else self._reader.resume_from(start)

    def _until_ready(self, channel: Channel) -> bytes | None:
        """Wait until it is known where the log stands; a heartbeat where that takes long."""
        while True:
            signal = channel.signal
            if self._hub.ready or self._is_over(waits=True):
                return None
            beat = self._beat(self._heartbeat)
            if beat is not None:
                return beat
            self._wait(signal)

    def _next(self, channel: Channel) -> bytes | None:
        """What is transmitted next, once there is something: what comes after the cursor, or a heartbeat.

        ``None`` at the end. Who is not concerned is not woken, so it is looked first and beaten then: a heartbeat tells
        how far all was looked at.
        """
        try:
            return self._next_frames(channel)
        except BacklogUnavailable:
            self.ending = LOG_UNREADABLE
            return None

    def _next_frames(self, channel: Channel) -> bytes | None:
        while True:
            beat = self._beat_after_piece()
            if beat is not None:
                return beat
            if self._is_over():
                return None
            signal = channel.signal
            piece = self._reader.next(None if self.order.limit is None else self.order.limit - self._events)
            if piece is not None:
                self._moved = self._sent = True
                if self._transmits(piece):
                    return piece.data
            elif self._events and not self.order.lingers:
                self.ending = NOTHING_MORE
            elif not self._is_over(waits=True):
                beat = self._beat(self._heartbeat)
                if beat is not None:
                    return beat
                if not self._listen(channel):
                    self._wait(signal)

    def _transmits(self, piece: Piece) -> bool:
        """Whether a piece has anything in it to be sent."""
        self._events += piece.events
        self._hub.delivered += piece.events
        self._told_all = bool(piece.data) and self._reader.told == self.cursor
        return bool(piece.data)

    def _beat_after_piece(self) -> bytes | None:
        """A heartbeat behind what was transmitted last, where it is due."""
        if self._told_all:
            self._told_all, self._beat_at = False, self._monotonic()
        if not self._sent:
            return None
        self._sent = False
        return self._beat(max(self._heartbeat, LEAST_BEAT_SECONDS))

    def _listen(self, channel: Channel) -> bool:
        """Wait and be handed meanwhile what comes; ``False`` where that cannot be."""
        listener, place = self._listener, self._reader.place
        if listener is None or place is None or not self.order.lingers:
            return False
        if self._hub.listen(listener, channel, place):
            try:
                listener.wait(self._seconds_to_wait())
            except OSError as error:
                raise _Gone from error
            finally:
                self._hub.leave(listener, channel)
        return True

    def _take(self, part: Slice) -> None:
        """It was handed this."""
        self._reader.take(part)
        self._events += part.events
        self._hub.delivered += part.events
        self.buffer = part.data
        self._moved = True
        if self._reader.told == self.cursor:
            self._beat_at = self._monotonic()

    def _seconds_to_wait(self) -> float:
        """Until a heartbeat, a look at the client or the end is due."""
        beat_at = min(self._beat_at, self._looked_at) + self._heartbeat
        return max(0.0, min(beat_at, self._dies_at, self._due_at) - self._monotonic())

    def _wait(self, signal: threading.Event) -> None:
        """For the next change, but no longer than until a heartbeat or the end is due."""
        signal.wait(self._seconds_to_wait())

    def _beat(self, seconds: float) -> bytes | None:
        """A heartbeat, where the client has not been told for so long where it stands."""
        now = self._monotonic()
        if now - self._looked_at >= seconds:
            if self._is_gone():
                raise _Gone
            self._looked_at = now
        if now - self._beat_at < seconds:
            return None
        self._reader.told = self.cursor
        self._beat_at = now
        return heartbeat_frame(self.cursor)

    def _is_over(self, *, waits: bool = False) -> bool:
        """Whether to end, and why. ``waits``: nothing is there that could be sent at once.

        Who asked for little time gets a piece of what is there at least, who asked for none gets all of it.
        """
        now = self._monotonic()
        if not self.ending:
            if self._closed or self._hub.closed:
                self.ending = self._closed or self._hub.closed
            elif self.order.limit is not None and self._events >= self.order.limit:
                self.ending = LIMIT_REACHED
            elif now >= self._due_at and (waits or (self._moved and not self._is_short_of_goal())):
                self.ending = TIME_IS_UP
            elif now >= self._dies_at:
                self.ending = LIFE_IS_OVER
        return bool(self.ending)

    def _is_short_of_goal(self) -> bool:
        goal, cursor = self._goal, self.cursor
        return goal is not None and (cursor is None or (cursor.epoch == goal.epoch and cursor.number < goal.number))


class _Gone(Exception):
    """Nobody reads the stream any more."""


def _retry_milliseconds() -> int:
    """A second or three: clients that lost a server together must not come back together."""
    return random.randint(1000, 3000)  # noqa: S311 - nothing here is secret
