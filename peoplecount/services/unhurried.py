"""Going through many things without keeping everybody else waiting."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

AT_ONCE = 1_000
"""A thousand rows take some ten milliseconds."""

MOMENT = 0.001
"""Seconds of rest. Under gevent, only who waits lets others run; and for more than no time at all, which lets neither
timers nor sockets have their turn."""

T = TypeVar("T")


def unhurried(items: Iterable[T]) -> Iterator[T]:
    """The items as they are, with a rest after every ``AT_ONCE`` of them."""
    for number, item in enumerate(items, 1):
        yield item
        if number % AT_ONCE == 0:
            time.sleep(MOMENT)
