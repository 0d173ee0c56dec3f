"""Waiting for what other threads and processes do, with a deadline."""

import time


def wait_until(condition, *, seconds: float = 20.0) -> None:
    """Return as soon as ``condition()`` holds; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"still not so after {seconds:g} s")
        time.sleep(0.001)
