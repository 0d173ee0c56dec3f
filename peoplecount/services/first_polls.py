"""First polls: what a camera is asked before it is known, and how many of them are asked it at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

MOST_AT_ONCE = 256
"""Cameras that are asked for the first time at once. That takes a dozen requests and the search of a day, and all that
thousands of them would be in the midst of lies in memory together, and leaves it in pieces."""


class FirstPolls:
    """Lets so many in at once; the others wait, in the order in which they came. From any thread."""

    def __init__(self, let_in: Callable[[str], None], most: int = MOST_AT_ONCE) -> None:
        """``let_in`` is called for a camera that was turned away, once there is room: it is to come again."""
        self._let_in = let_in
        self._most = most
        self._lock = threading.Lock()
        self._inside: set[str] = set()
        self._waiting: dict[str, None] = {}

    def enter(self, camera_id: str) -> bool:
        """Whether its first poll may begin now; then ``leave`` is due."""
        with self._lock:
            if len(self._inside) >= self._most:
                self._waiting[camera_id] = None
                return False
            self._waiting.pop(camera_id, None)
            self._inside.add(camera_id)
            return True

    def leave(self, camera_id: str) -> None:
        """Its first poll is over, however it went."""
        with self._lock:
            self._inside.discard(camera_id)
            following = next(iter(self._waiting), None)
            if following is not None:
                del self._waiting[following]
        if following is not None:
            self._let_in(following)

    def forget(self, camera_id: str) -> None:
        """A camera that is not polled any more does not wait, either."""
        with self._lock:
            self._waiting.pop(camera_id, None)
