"""Doubts whether the database has all: told by the machine that writes to it, looked into by those that poll."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress

from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.log import LogError
from peoplecount.services.kept_texts import KeptTexts

LOOK_SECONDS = 5.0

_KEY = "database-doubts"


class DatabaseDoubts:
    """Cameras whose past days are to be held against the database once more."""

    def __init__(self, store: KeptTexts, offload: Offload = call_here) -> None:
        self._store = store
        self._offload = offload

    def leave(self, camera_ids: Iterable[str]) -> None:
        """Have those look into it who poll these cameras. Raises ``LogError``."""
        more = set(camera_ids)
        self._offload(self._store.change, _KEY, lambda body: _write(_read(body) | more))

    def worker(
        self, polled: Callable[[], Collection[str]], doubt: Callable[[], None]
    ) -> Callable[[threading.Event], None]:
        """Has the cameras that are ``polled`` here looked into, until its event is set."""

        def run(stop: threading.Event) -> None:
            while not stop.wait(LOOK_SECONDS):
                with suppress(LogError):  # whoever cannot do without the store says so
                    self._look(polled(), doubt)

        return run

    def _look(self, polled: Collection[str], doubt: Callable[[], None]) -> None:
        kept = self._offload(self._store.get, _KEY)
        ours = _read(kept.body if kept else None).intersection(polled)
        if ours:
            doubt()
            self._offload(self._store.change, _KEY, lambda body: _write(_read(body) - ours))


def _read(body: str | None) -> set[str]:
    try:
        return {str(camera_id) for camera_id in json.loads(body or "[]")}
    except (ValueError, TypeError):
        return set()


def _write(camera_ids: Collection[str]) -> str | None:
    return json.dumps(sorted(camera_ids)) if camera_ids else None
