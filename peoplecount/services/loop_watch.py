"""The loop watch: how long everybody in this process waits because somebody does not let others have their turn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic as real_monotonic

from peoplecount.domain.durations import Durations

LOOK_SECONDS = 0.1
"""Ten looks a second find every stall that is longer than that, and cost a thousandth of a core."""


class LoopWatch:
    """Sleeps, and notes by how much it is woken too late. Under gevent that is how long the loop stood still."""

    def __init__(self, monotonic: Callable[[], float] = real_monotonic) -> None:
        self.stalls = Durations()
        self._monotonic = monotonic

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set."""
        while True:
            began = self._monotonic()
            if stop.wait(LOOK_SECONDS):
                return
            self.stalls.note(max(0.0, self._monotonic() - began - LOOK_SECONDS))
