"""Requests to ask cameras about days once more: left in the local store by whoever wants it, taken by the leader."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Container, Iterable, Mapping
from datetime import date
from typing import Protocol

from peoplecount.domain.offload import Offload
from peoplecount.eventlog.log import State

logger = logging.getLogger(__name__)

REQUESTS = "history-requests"


class Texts(Protocol):
    """What is needed of the local store. Both raise ``LogError``."""

    def get(self, key: str) -> State | None:
        """The text of ``key``."""
        ...

    def change(self, key: str, work: Callable[[str | None], str | None]) -> None:
        """Change a text, one at a time among all processes."""
        ...


class HistoryRequests:
    """Days by camera that somebody wants asked about once more."""

    def __init__(self, store: Texts, offload: Offload) -> None:
        self._store = store
        self._offload = offload

    def leave(self, days: Mapping[str, Iterable[date]]) -> None:
        """Ask for days by camera id. Raises ``LogError``."""

        def add(body: str | None) -> str:
            wanted = _read(body)
            for camera_id, some in days.items():
                wanted.setdefault(camera_id, set()).update(some)
            return _write(wanted)

        self._offload(self._store.change, REQUESTS, add)

    def peek(self, cameras: Container[str]) -> Mapping[str, frozenset[date]]:
        """What is asked of these cameras. Raises ``LogError``."""
        kept = self._offload(self._store.get, REQUESTS)
        wanted = _read(kept.body if kept else None)
        return {camera_id: frozenset(days) for camera_id, days in wanted.items() if camera_id in cameras}

    def done(self, days: Mapping[str, Iterable[date]]) -> None:
        """These were taken up. Raises ``LogError``."""

        def remove(body: str | None) -> str | None:
            wanted = _read(body)
            for camera_id, some in days.items():
                wanted.setdefault(camera_id, set()).difference_update(some)
            left = {camera_id: some for camera_id, some in wanted.items() if some}
            return _write(left) if left else None

        self._offload(self._store.change, REQUESTS, remove)


def _read(body: str | None) -> dict[str, set[date]]:
    """Requests that cannot be read are none, so that later ones can be left: whoever made them can again."""
    try:
        fields = json.loads(body) if body else {}
        return {camera_id: set(map(date.fromisoformat, days)) for camera_id, days in fields.items()}
    except (ValueError, TypeError, AttributeError):
        logger.warning("requests to ask cameras about their past cannot be read and are dropped; make them again")
        return {}


def _write(wanted: Mapping[str, Iterable[date]]) -> str:
    return json.dumps({camera_id: sorted(map(date.isoformat, days)) for camera_id, days in wanted.items()})
