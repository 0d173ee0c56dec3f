"""Ending streams on an administrator's word, in all workers."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from typing import Protocol

from peoplecount.domain.offload import Offload
from peoplecount.eventlog.log import LogError, State
from peoplecount.stream.open_streams import OpenStreams

LOOK_SECONDS = 1.0
"""How often a worker looks for the orders of others."""

REMEMBERED = 50
"""Orders that are kept: more than can be given between two looks of a worker."""

REASON = "ended by an administrator"

_KEY = "close-stream"


class Store(Protocol):
    """The part of the local store that is used: all workers share it. Raises ``LogError``."""

    def get(self, key: str) -> State | None:
        """See ``LocalStore``."""
        ...

    def change(self, key: str, work: Callable[[str | None], str | None]) -> None:
        """See ``LocalStore``."""
        ...


class StreamClosing:
    """Orders to end streams, numbered in the local store; each worker carries out those it has not seen."""

    def __init__(self, store: Store, streams: OpenStreams, offload: Offload) -> None:
        self._store = store
        self._streams = streams
        self._offload = offload
        self._seen: int | None = None
        """The number of the last order that was carried out here; ``None`` before the first look."""

    def order(self, address: str = "") -> None:
        """End all streams, or those of one address, in every worker within a second. Raises ``LogError``."""

        def add(body: str | None) -> str:
            orders = _read(body)
            number = orders[-1][0] + 1 if orders else 1
            return json.dumps([*orders, (number, address)][-REMEMBERED:])

        self._offload(self._store.change, _KEY, add)
        self.look()

    def look(self) -> None:
        """Carry out what was ordered since the last look; at the first one nothing, for no stream is that old.

        Raises ``LogError``.
        """
        kept = self._offload(self._store.get, _KEY)
        orders = _read(kept.body if kept else None)
        seen, self._seen = self._seen, orders[-1][0] if orders else 0
        for number, address in orders:
            if seen is not None and number > seen:
                self._streams.end(REASON, address)

    def run(self, stop: threading.Event) -> None:
        """Look every second until ``stop`` is set; a store that cannot be read is looked at again."""
        while True:
            with contextlib.suppress(LogError):  # whoever cannot do without the store says so
                self.look()
            if stop.wait(LOOK_SECONDS):
                return


def _read(body: str | None) -> list[tuple[int, str]]:
    try:
        return [(int(number), str(address)) for number, address in json.loads(body or "[]")]
    except (ValueError, TypeError):
        return []
