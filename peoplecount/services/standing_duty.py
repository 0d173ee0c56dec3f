"""A standing duty: work that one process of several does, whoever of them polls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

LONGEST_JOIN = 0.5
"""Seconds the work is waited for at the end; what it has not done is where it found it."""


class StandingDuty:
    """A ``Session`` of ``Leadership`` that does some things until it is told to stop."""

    def __init__(self, works: Mapping[str, Callable[[threading.Event], None]]) -> None:
        """``works`` go on until the event is set, each in a thread of its name."""
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=work, args=(self._stop,), name=name, daemon=True) for name, work in works.items()
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def tick(self) -> None:
        """Nothing is due."""

    def is_alive(self) -> bool:
        """Whether all of it still goes on."""
        return all(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """End, without waiting for long."""
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=LONGEST_JOIN)
