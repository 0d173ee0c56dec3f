"""Orders to poll a camera at once, from any worker to the one that polls."""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
from collections.abc import Callable
from typing import Protocol

from peoplecount.domain.offload import Offload
from peoplecount.eventlog.log import LogError, State

LOOK_SECONDS = 1.0
"""How often the process that polls looks for orders."""

REMEMBERED = 200
"""Orders that are kept: more than can be given between two looks."""

_KEY = "poll-orders"


class Store(Protocol):
    """The part of the local store that is used: all workers share it. Raises ``LogError``."""

    def get(self, key: str) -> State | None:
        """See ``LocalStore``."""
        ...

    def change(self, key: str, work: Callable[[str | None], str | None]) -> None:
        """See ``LocalStore``."""
        ...


class PollOrders:
    """Kept in the local store; the process that polls carries out those it has not seen."""

    def __init__(self, store: Store, offload: Offload) -> None:
        self._store = store
        self._offload = offload

    def order(self, camera_id: str) -> None:
        """Poll this camera within a second or two. Raises ``LogError``."""
        name = secrets.token_hex(8)

        def add(body: str | None) -> str:
            return json.dumps([*_read(body), (name, camera_id)][-REMEMBERED:])

        self._offload(self._store.change, _KEY, add)

    def worker(self, poll_soon: Callable[[str], None]) -> Callable[[threading.Event], None]:
        """Carries out what is ordered from now on, until its event is set; of what was ordered before, nothing."""

        def run(stop: threading.Event) -> None:
            seen: set[str] | None = None
            while not stop.is_set():
                with contextlib.suppress(LogError):  # whoever cannot do without the store says so
                    seen = self._look(seen, poll_soon)
                stop.wait(LOOK_SECONDS)

        return run

    def _look(self, seen: set[str] | None, poll_soon: Callable[[str], None]) -> set[str]:
        kept = self._offload(self._store.get, _KEY)
        orders = _read(kept.body if kept else None)
        if seen is not None:
            for name, camera_id in orders:
                if name not in seen:
                    poll_soon(camera_id)
        return {name for name, _ in orders}


def _read(body: str | None) -> list[tuple[str, str]]:
    try:
        return [(str(name), str(camera_id)) for name, camera_id in json.loads(body or "[]")]
    except (ValueError, TypeError):
        return []
