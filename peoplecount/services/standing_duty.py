"""A standing duty: work that one process of several does, whoever of them polls."""

from __future__ import annotations

import threading
from collections.abc import Callable

LONGEST_JOIN = 0.5
"""Seconds the work is waited for at the end; what it has not done is where it found it."""


class StandingDuty:
    """A ``Session`` of ``Leadership`` that does one thing until it is told to stop."""

    def __init__(self, name: str, work: Callable[[threading.Event], None]) -> None:
        """``work`` goes on until the event is set."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=work, args=(self._stop,), name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def tick(self) -> None:
        """Nothing is due."""

    def is_alive(self) -> bool:
        """Whether it still goes on."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End, without waiting for long."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=LONGEST_JOIN)
