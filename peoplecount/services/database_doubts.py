"""Doubts whether the database has all: told by whoever writes to it, looked into by those that poll the cameras."""

from __future__ import annotations

import json
from collections.abc import Collection, Container, Iterable

from peoplecount.domain.offload import Offload, call_here
from peoplecount.services.kept_texts import KeptTexts

_KEY = "database-doubts"


class DatabaseDoubts:
    """Cameras whose past days are to be held against the database once more. All methods raise ``LogError``."""

    def __init__(self, store: KeptTexts, offload: Offload = call_here) -> None:
        self._store = store
        self._offload = offload

    def leave(self, camera_ids: Iterable[str]) -> None:
        """Have those look into it who poll these cameras."""
        more = set(camera_ids)
        self._offload(self._store.change, _KEY, lambda body: _write(_read(body) | more))

    def peek(self, cameras: Container[str]) -> frozenset[str]:
        """Those of these cameras of which there are doubts."""
        kept = self._offload(self._store.get, _KEY)
        return frozenset(one for one in _read(kept.body if kept else None) if one in cameras)

    def done(self, camera_ids: Collection[str]) -> None:
        """These were taken up."""
        self._offload(self._store.change, _KEY, lambda body: _write(_read(body).difference(camera_ids)))


def _read(body: str | None) -> set[str]:
    try:
        return {str(camera_id) for camera_id in json.loads(body or "[]")}
    except (ValueError, TypeError):
        return set()


def _write(camera_ids: Collection[str]) -> str | None:
    return json.dumps(sorted(camera_ids)) if camera_ids else None
