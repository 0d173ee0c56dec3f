"""Ending streams on an administrator's word, in all workers."""

from __future__ import annotations

import contextlib
import json
import secrets
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
    """Orders to end streams, kept in the local store; each worker carries out those it has not seen."""

    def __init__(self, store: Store, streams: OpenStreams, offload: Offload) -> None:
        self._store = store
        self._streams = streams
        self._offload = offload
        self._looking = threading.Lock()
        self._seen: set[str] | None = None
        """The names of the orders that were kept at the last look; ``None`` before the first. They have no numbers:
        in a store that was lost these would begin anew, and pass for old ones."""

        self._is_late = False
        """Whether the first look failed, so that streams may be open before there was one."""

    def order(self, address: str = "") -> None:
        """End all streams, or those of one address, in every worker within a second. Raises ``LogError``."""
        name = secrets.token_hex(8)

        def add(body: str | None) -> str:
            return json.dumps([*_read(body), (name, address)][-REMEMBERED:])

        self._offload(self._store.change, _KEY, add)
        self._look(own=name)

    def look(self) -> None:
        """Carry out what was ordered since the last look.

        At the first one nothing, for no stream is that old; but where the store could not be read then, everything
        that is kept: to end a stream once too often does no harm, its client comes back. Raises ``LogError``.
        """
        self._look()

    def _look(self, own: str = "") -> None:
        with self._looking:  # who looks later must not have seen less
            try:
                kept = self._offload(self._store.get, _KEY)
            except LogError:
                self._is_late = self._is_late or self._seen is None
                raise
            orders = _read(kept.body if kept else None)
            seen, self._seen = self._seen, {name for name, _ in orders}
            if seen is None:
                seen = set() if self._is_late else self._seen - {own}
            for name, address in orders:
                if name not in seen:
                    self._streams.end(REASON, address)

    def run(self, stop: threading.Event) -> None:
        """Look every second until ``stop`` is set; a store that cannot be read is looked at again."""
        while True:
            with contextlib.suppress(LogError):  # whoever cannot do without the store says so
                self.look()
            if stop.wait(LOOK_SECONDS):
                return


def _read(body: str | None) -> list[tuple[str, str]]:
    """The names of orders, and whose streams they end."""
    try:
        return [(str(name), str(address)) for name, address in json.loads(body or "[]")]
    except (ValueError, TypeError):
        return []
