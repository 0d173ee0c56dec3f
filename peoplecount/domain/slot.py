"""Slots: when in its interval a camera is polled.

A camera's slot comes from its identity and absolute time, so that polls are spread evenly and a restart moves none.
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache

GRAIN = 0.02
"""Seconds. Of a thousand cameras polled every second twenty come together, which is some ten milliseconds of work."""

LEAST_STEPS = 50


@lru_cache(maxsize=32_768)  # asked for with every poll of every camera
def phase(camera_id: str, interval: float) -> float:
    """Seconds into every interval, counted from the epoch, at which the camera is polled.

    In steps of ``GRAIN``: a scheduler that wakes for each of a thousand cameras alone spends as much on waking.
    """
    digest = hashlib.blake2b(camera_id.encode(), digest_size=8).digest()
    steps = max(int(interval / GRAIN), LEAST_STEPS)
    return int.from_bytes(digest) * steps // 2**64 * interval / steps


def next_slot(camera_id: str, interval: float, now: float) -> float:
    """The camera's first slot after ``now``; both in seconds since the epoch."""
    offset = phase(camera_id, interval)
    return (math.floor((now - offset) / interval) + 1) * interval + offset
