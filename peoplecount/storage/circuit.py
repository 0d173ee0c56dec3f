"""A circuit breaker: whoever asks a server that is gone is told so at once, and it is asked again ever more rarely."""

from __future__ import annotations

import threading
from collections.abc import Callable

from peoplecount.storage.errors import CircuitOpen

FIRST_DELAY = 1.0
"""Seconds from the first failure to the next try; doubles with each that fails."""

LONGEST_DELAY = 15.0
"""Whoever has brought a server back watches for the service to go on; a question now and then costs nobody anything."""


class Circuit:
    """Closed: calls pass. Open: none does until the delay is over. Half open: one does, as a probe."""

    def __init__(self, monotonic: Callable[[], float], jitter: Callable[[], float]) -> None:
        """``monotonic`` gives seconds; ``jitter`` numbers from 0 to 1, so that many services do not return at once."""
        self._monotonic = monotonic
        self._jitter = jitter
        self._lock = threading.Lock()
        self._ticket = 0
        self._failures = 0
        self._opened_at = 0.0
        self._retry_at = 0.0
        self._probing = False
        self._reason = ""

    @property
    def state(self) -> str:
        """``closed``, ``open`` or ``half-open``."""
        with self._lock:
            if not self._failures:
                return "closed"
            return "half-open" if self._probing else "open"

    @property
    def open_for(self) -> float | None:
        """Seconds since the outage began; ``None`` when closed."""
        with self._lock:
            return self._monotonic() - self._opened_at if self._failures else None

    @property
    def retry_after(self) -> float:
        """Seconds until the server is asked again; 0 when closed."""
        with self._lock:
            return max(0.0, self._retry_at - self._monotonic()) if self._failures else 0.0

    def admit(self) -> int:
        """A ticket for one call, to be given back to one of the next three. Raises ``CircuitOpen``."""
        with self._lock:
            if self._failures:
                waiting = self._retry_at - self._monotonic()
                if self._probing or waiting > 0:
                    raise CircuitOpen(self._reason, max(waiting, FIRST_DELAY / 4))
                self._probing = True
                self._ticket += 1
            return self._ticket

    def succeeded(self, ticket: int) -> float | None:
        """The server answered. If that ends an outage: how many seconds it lasted."""
        with self._lock:
            if ticket != self._ticket or not self._failures:
                return None
            self._failures = 0
            self._probing = False
            return self._monotonic() - self._opened_at

    def failed(self, ticket: int, reason: str) -> bool:
        """The server did not answer. Whether that begins an outage; of calls under way together the first decides."""
        with self._lock:
            if ticket != self._ticket:
                return False
            begins = self._failures == 0
            if begins:
                self._opened_at = self._monotonic()
            delay = min(FIRST_DELAY * 2**self._failures, LONGEST_DELAY)
            self._failures = min(self._failures + 1, 16)
            self._retry_at = self._monotonic() + delay * (0.5 + self._jitter() / 2)
            self._probing = False
            self._reason = reason
            self._ticket += 1
            return begins

    def abandoned(self, ticket: int) -> None:
        """The call ended without saying anything about the server."""
        with self._lock:
            if ticket == self._ticket:
                self._probing = False
