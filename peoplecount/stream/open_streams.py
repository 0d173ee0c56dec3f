"""Who may open a stream, and the end of those that are open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable

from peoplecount.domain.visitor import Visitor
from peoplecount.stream.client import SSEClient
from peoplecount.stream.slots import OwnSlots, Slots

MOST = 2000
"""Streams of one process."""

MOST_PER_ADDRESS = 100

NOBODY_IN_PARTICULAR = Visitor()


class NoRoom(Exception):
    """No further stream may be opened now; the message says why and what to do."""


class AllTaken(NoRoom):
    """The process serves as many streams as it may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"All {most} streams are taken. Try again later.")


class AddressHasEnough(NoRoom):
    """The address has as many streams open as it may."""

    def __init__(self, address: str, most: int) -> None:
        super().__init__(
            f"{address} has {most} streams open, which is as many as one address may (STREAMS_PER_CLIENT). Close some; "
            "if this is the address of a proxy, name it in TRUSTED_PROXIES, so that its clients are told apart."
        )


def _nothing() -> None:
    pass


class OpenStream:
    """One admitted stream: a place that is held until ``close``."""

    __slots__ = ("__weakref__", "_give_back", "address", "client", "cut", "visitor")

    def __init__(
        self, address: str, cut: Callable[[], None], give_back: Callable[[OpenStream], None], visitor: Visitor
    ) -> None:
        self.address = address
        self.visitor = visitor
        """Whose it is, and what they might see when it was opened."""

        self.client: SSEClient | None = None
        self.cut = cut
        """Break the connection: what its reader does not take is not waited for."""
        self._give_back = give_back

    def close(self) -> None:
        """Give the place back; may be called twice."""
        self._give_back(self)


def _end(streams: Iterable[OpenStream], reason: str) -> int:
    clients = [one.client for one in streams if one.client]
    for client in clients:
        client.mark_closed(reason)
    if clients:
        clients[-1].close_stream(reason)  # which wakes all of them
    return len(clients)


class OpenStreams:
    """All streams of one process. Any thread may call it; nothing blocks."""

    def __init__(self, slots: Slots | None = None, most: int = MOST, most_per_address: int = MOST_PER_ADDRESS) -> None:
        self._slots = slots or OwnSlots()
        self._most = most
        self._most_per_address = most_per_address
        self._open: dict[OpenStream, int] = {}
        self._lock = threading.Lock()
        self._give_back = self._close  # one for all
        self.refused = 0
        """Since the start, for want of room."""

    def __len__(self) -> int:
        return len(self._open)

    def admit(
        self, address: str, cut: Callable[[], None] = _nothing, visitor: Visitor = NOBODY_IN_PARTICULAR
    ) -> OpenStream:
        """A place for a stream of this address. Raises ``NoRoom``."""
        with self._lock:
            if len(self._open) >= self._most:
                self.refused += 1
                raise AllTaken(self._most)
            slot = self._slots.take(address, self._most_per_address)
            if slot is None:
                self.refused += 1
                raise AddressHasEnough(address, self._most_per_address)
            stream = OpenStream(address, cut, self._give_back, visitor)
            self._open[stream] = slot
        return stream

    def _close(self, stream: OpenStream) -> None:
        with self._lock:
            slot = self._open.pop(stream, None)
            if slot is not None:
                self._slots.give_back(stream.address, slot)

    def end(self, reason: str, address: str = "") -> int:
        """Say goodbye to all streams, or to those of one address; how many these are."""
        return _end([one for one in list(self._open) if address in {"", one.address}], reason)

    def visitors(self) -> set[Visitor]:
        """Whose streams are open."""
        return {one.visitor for one in list(self._open)}

    def end_of(self, visitors: Collection[Visitor], reason: str) -> int:
        """Say goodbye to the streams of these; how many they are."""
        return _end([one for one in list(self._open) if one.visitor in visitors], reason)

    def cut_overdue(self) -> int:
        """Break the connections that do not take their last words; how many these are."""
        late = [one for one in list(self._open) if one.client and one.client.overdue > 0]
        for stream in late:
            stream.cut()
        return len(late)

    def cut(self) -> None:
        """Break the connections that are still there: their readers have not taken the goodbye they were sent."""
        for stream in list(self._open):
            stream.cut()
