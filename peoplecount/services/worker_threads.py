"""Worker threads: what runs beside everything else until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5.0

Worker = Callable[[threading.Event], None]
"""Works until the event is set."""


class WorkerThreads:
    """A thread for each worker. ``stop`` may come twice, and before ``start``."""

    def __init__(self, *, tireless: bool = False) -> None:
        """``tireless`` are those that go on after an error that nobody foresaw."""
        self.stopping = threading.Event()
        self._tireless = tireless
        self._threads: list[threading.Thread] = []

    @property
    def are_started(self) -> bool:
        """Whether there are any, also once they have ended."""
        return bool(self._threads)

    def start(self, workers: Mapping[str, Worker]) -> None:
        """Begin; threads go by the names of their workers."""
        for name, work in workers.items():
            thread = threading.Thread(target=self._run, args=(name, work), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Tell all to stop, and wait for none."""
        self.stopping.set()

    def join(self, seconds: float) -> None:
        """Wait so long for each of them at most."""
        for thread in self._threads:
            thread.join(seconds)

    def _run(self, name: str, work: Worker) -> None:
        if self._tireless:
            self._keep_up(name, work)
        else:
            work(self.stopping)

    def _keep_up(self, name: str, work: Worker) -> None:
        """Do the work to its end; should it fail for an unforeseen reason, say so and do it again."""
        while not self.stopping.is_set():
            try:
                work(self.stopping)
            except Exception:
                logger.exception("%s failed for an unforeseen reason and goes on in %g s", name, RETRY_SECONDS)
                self.stopping.wait(RETRY_SECONDS)
