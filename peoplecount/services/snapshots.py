"""Snapshots of the live board for streams."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from peoplecount.domain.clock import Clock
from peoplecount.services.live_board import LiveBoard
from peoplecount.stream.snapshot import Snapshot

FRESH_SECONDS = 1.0
"""A thousand clients that come back together share one snapshot, as long as nothing happened since."""


class Snapshots:
    """Makes snapshots, and gives the last one again while it is still true."""

    def __init__(self, board: LiveBoard, clock: Clock, marks: Mapping[str, Any] | None = None) -> None:
        """``marks`` stand in each snapshot as well, JSON-ready."""
        self._board = board
        self._marks = marks or {}
        self._clock = clock
        self._making = threading.Lock()
        self._last: tuple[int, float, Snapshot] | None = None

    def __call__(self) -> Snapshot:
        """The state of the board, and the log entry it is the state after."""
        with self._making:  # who comes meanwhile waits for this one, instead of making another beside it
            return self._made()

    def _made(self) -> Snapshot:
        made_at = self._clock.monotonic()
        last = self._last
        if last and last[0] == self._board.version and made_at - last[1] < FRESH_SECONDS:
            return last[2]
        version = self._board.version
        head, fields = self._board.state(self._clock.now())
        snapshot = Snapshot(head, {**fields, **self._marks})
        self._last = (version, made_at, snapshot)
        return snapshot
