"""Slots: when in its interval a camera is polled.

A camera's slot comes from its identity and absolute time, so that polls are spread evenly and a restart moves none.
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache

GRAIN = 0.1
"""Seconds. Of five thousand cameras polled every ten seconds fifty come together, some 25 milliseconds of work: they
share what a wake-up costs, and the commit of what they tell."""

LEAST_STEPS = 20
"""In an interval, so that cameras that are polled more often are spread, too: every 50 ms of a second."""


@lru_cache(maxsize=32_768)  # asked for with every poll of every camera
def phase(camera_id: str, interval: float) -> float:
    """Seconds into every interval, counted from the epoch, at which the camera is polled.

    In steps: a scheduler that wakes for each of a thousand cameras alone spends as much on waking as on polling.
    """
    steps = max(int(interval / GRAIN), LEAST_STEPS)
    return int(place(camera_id) * steps) * interval / steps


@lru_cache(maxsize=32_768)
def place(camera_id: str) -> float:
    """Where a camera stands among all there may ever be, from 0 to less than 1; always the same, and evenly spread."""
    return int.from_bytes(hashlib.blake2b(camera_id.encode(), digest_size=6).digest()) / 2**48


def next_slot(camera_id: str, interval: float, now: float) -> float:
    """The camera's first slot after ``now``; both in seconds since the epoch."""
    offset = phase(camera_id, interval)
    return (math.floor((now - offset) / interval) + 1) * interval + offset
