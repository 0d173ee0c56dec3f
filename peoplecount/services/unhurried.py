"""Going through many things without keeping everybody else waiting."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

AT_ONCE = 250
"""Rows of an answer; they take 3 to 8 ms."""

MOMENT = 0.001
"""Seconds of rest. Under gevent, only who waits lets others run; and for more than no time at all, which lets neither
timers nor sockets have their turn."""

T = TypeVar("T")


def rest() -> None:
    """Let others have their turn."""
    time.sleep(MOMENT)


class Breath:
    """Is called after every piece of a long work, wherever that is done, and rests after so many of them."""

    def __init__(self, at_once: int, rest: Callable[[], None] = rest) -> None:
        self._at_once = at_once
        self._rest = rest
        self._done = 0

    def __call__(self) -> None:
        """A piece is done."""
        self._done += 1
        if self._done >= self._at_once:
            self._done = 0
            self._rest()


def unhurried(items: Iterable[T], breathe: Callable[[], None] | None = None) -> Iterator[T]:
    """The items as they are, with a breath after each; by default a rest after every ``AT_ONCE`` of them."""
    breathe = breathe or Breath(AT_ONCE)
    for item in items:
        yield item
        breathe()
