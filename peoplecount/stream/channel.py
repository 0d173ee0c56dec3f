"""Channels: readers of the stream who chose the same, and what they are handed together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from peoplecount.domain.event_id import EventId
from peoplecount.stream.selection import Selection


@dataclass(frozen=True, slots=True)
class Place:
    """How far a reader has come in the ring."""

    generation: int
    """Which ring it was; a reset begins another."""

    position: int


@dataclass(frozen=True, slots=True)
class Slice:
    """Frames that follow a place, joined once and shared by all readers that stand there with the same filter."""

    data: bytes
    """May be empty: the filter let nothing through."""

    examined: EventId
    """The newest log entry that was looked at."""

    after: Place
    events: int
    """How many events with an id are in it."""

    told: EventId | None
    """The id of the last of these."""


class Line(Protocol):
    """A connection that can be written to without waiting, also by others than the one who serves it."""

    def offer(self, data: bytes) -> bool:
        """Send; ``False`` where the connection takes nothing now. What it takes in part is kept until ``clear``."""
        ...

    @property
    def is_clear(self) -> bool:
        """Whether nothing is kept."""
        ...

    def clear(self) -> None:
        """Wait until the connection has taken what is kept. Raises ``OSError``."""
        ...


class Listener:
    """A reader who has all there is and waits: it is handed what comes without being woken.

    To wake a thousand greenlets costs several times what it takes to write to their connections.
    """

    __slots__ = ("_line", "_taken", "_wake")

    def __init__(self, line: Line, taken: Callable[[Slice], None]) -> None:
        """``taken`` is called with every slice that went onto the line."""
        self._line = line
        self._taken = taken
        self._wake = threading.Event()

    def hand(self, part: Slice) -> bool:
        """Whether it goes on listening; else it is to be woken, with what it did not get still before it."""
        if part.data and not self._line.offer(part.data):
            return False
        self._taken(part)
        return self._line.is_clear

    def wake(self) -> None:
        """Let it look for itself."""
        self._wake.set()

    def wait(self, seconds: float) -> None:
        """Until it is woken, at most so long. Raises ``OSError`` where its connection is broken."""
        self._wake.wait(seconds)
        self._wake.clear()
        if not self._line.is_clear:
            self._line.clear()


class Channel:
    """Those who chose the same. They are told together, and only what they chose."""

    def __init__(self, selection: Selection, position: int) -> None:
        self.selection = selection
        self.readers = 0
        self.news = position
        """Behind this position of the ring nothing is for them."""

        self.listeners: set[Listener] = set()
        self._signal = threading.Event()

    @property
    def signal(self) -> threading.Event:
        """Is set with the next change. Take it *before* looking, then no change is missed."""
        return self._signal

    def renew(self) -> threading.Event:
        """The signal of those who wait now, to be set; whoever comes from now on waits for another one."""
        waiting, self._signal = self._signal, threading.Event()
        return waiting

    def hand(self, part: Slice) -> None:
        """Hand to all listeners what has come; those who cannot take it are woken."""
        for listener in list(self.listeners):
            if not listener.hand(part):
                self.listeners.discard(listener)
                listener.wake()

    def wake(self) -> None:
        """Wake all listeners."""
        listeners, self.listeners = self.listeners, set()
        for listener in listeners:
            listener.wake()
