"""Waiting for what other threads and processes do, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

SHORTEST_PAUSE = 0.001

LONGEST_PAUSE, LONGEST_PAUSE_OF_ALL = 0.25, 1.0
"""Seconds, where a look costs nothing and where it takes long itself."""


def looks(condition: Callable[[], object], seconds: float) -> Iterator[object]:
    """What ``condition()`` gives, again and again until so many seconds are over.

    Other tests want the machine as well: what takes long is looked at seldom, and so is what has not come for long.
    """
    begun = time.monotonic()
    while True:
        looked_at = time.monotonic()
        yield condition()
        now = time.monotonic()
        waited, took = now - begun, now - looked_at
        if waited > seconds:
            return
        pause = max(SHORTEST_PAUSE, min(waited / 20, LONGEST_PAUSE), min(4 * took, LONGEST_PAUSE_OF_ALL))
        time.sleep(pause)


def wait_until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Return as soon as ``condition()`` holds; fail if it does not in time."""
    if not any(looks(condition, seconds)):
        raise AssertionError(f"still not so after {seconds:g} s")
