"""What takes a while to read, at hand: pages show what was read last and wait for nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from peoplecount.domain.clock import Clock

T = TypeVar("T")


def _aside(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="at-hand", daemon=True).start()


class AtHand(Generic[T]):
    """The last good answer of ``read``. Asked for it, it is read again in the background where it is old."""

    def __init__(
        self,
        read: Callable[[], T],
        faults: type[Exception],
        clock: Clock,
        *,
        fresh: float,
        kept: float,
        aside: Callable[[Callable[[], None]], None] = _aside,
    ) -> None:
        """``faults`` is what ``read`` raises where it cannot be read just now.

        Seconds: an answer is ``fresh`` for so long, and shown for as long as it is ``kept``.
        """
        self._read = read
        self._faults = faults
        self._clock = clock
        self._fresh = fresh
        self._keep = kept
        self._aside = aside
        self._reading = threading.Lock()
        self._kept: tuple[float, T] | None = None
        self._asked_at = float("-inf")

    def __call__(self) -> T | None:
        """What was read last, ``None`` where that is too long ago or never was. Does not block."""
        now = self._clock.monotonic()
        if now - self._asked_at >= self._fresh and self._reading.acquire(blocking=False):
            self._asked_at = now
            self._aside(self._refresh)
        kept = self._kept
        return kept[1] if kept is not None and now - kept[0] < self._keep else None

    def _refresh(self) -> None:
        try:
            self._kept = (self._clock.monotonic(), self._read())
        except self._faults:
            pass  # whoever read it has said so; what was there is shown until it is too old
        finally:
            self._reading.release()
