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

    def __init__(
        self,
        at_once: int,
        rest: Callable[[], None] = rest,
        *,
        turn: float = 0.0,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Pieces that took less than a ``turn`` of seconds together are followed by as many again before the rest.

        Where many others are at work a rest lasts some milliseconds: pieces much shorter than that would make a long
        work last for ever.
        """
        self._at_once = at_once
        self._rest = rest
        self._turn = turn
        self._now = now
        self._done = 0
        self._begun = now()

    def __call__(self) -> None:
        """A piece is done."""
        self._done += 1
        if self._done >= self._at_once:
            self._done = 0
            if not self._turn:
                self._rest()
            elif self._now() - self._begun >= self._turn:
                self._rest()
                self._begun = self._now()


def unhurried(items: Iterable[T], breathe: Callable[[], None] | None = None) -> Iterator[T]:
    """The items as they are, with a breath after each; by default a rest after every ``AT_ONCE`` of them."""
    breathe = breathe or Breath(AT_ONCE)
    for item in items:
        yield item
        breathe()
