"""How long a gevent loop stood still, second by second, kept in a file.

On a machine with other work a loop also waits because its process is not given a core, and then has more to do at once.
So it is told, too, how much of a wait the process was running, in whichever of its threads, and how long the longest
turn was that one greenlet took without giving the others theirs, in time of the processor.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import gevent
import greenlet

STEP = 0.002
"""Seconds between two looks; what comes later than that has waited."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The longest of a second, in milliseconds."""

    altogether: float = 0.0
    own: float = 0.0
    """While the process was running; not always of the same wait."""

    turn: float = 0.0
    """Of one greenlet."""

    def longest(self, other: Wait) -> Wait:
        return Wait(max(self.altogether, other.altogether), max(self.own, other.own), max(self.turn, other.turn))


class Turns:
    """The longest turn that a greenlet of this thread has taken."""

    def __init__(self) -> None:
        self._begun = time.thread_time()
        self.longest = 0.0
        greenlet.settrace(self._switched)

    def _switched(self, event: str, between: object) -> None:  # noqa: ARG002
        now = time.thread_time()
        self.longest = max(self.longest, now - self._begun)
        self._begun = now

    def take(self) -> float:
        """The longest in milliseconds, since it was taken last."""
        longest, self.longest = self.longest * 1000, 0.0
        return longest


def watch(file: Path) -> None:
    """Write a line a second for ever: when (Unix time), and its longest waits and turn."""
    with file.open("a", encoding="ascii", buffering=1) as told:
        second, longest = int(time.time()), Wait()
        last, ran, turns = time.monotonic(), time.process_time(), Turns()
        while True:
            gevent.sleep(STEP)
            now, runs = time.monotonic(), time.process_time()
            waited = max(now - last - STEP, 0.0) * 1000
            longest = longest.longest(Wait(waited, min(waited, (runs - ran) * 1000)))
            last, ran = now, runs
            if int(time.time()) != second:
                told.write(f"{second} {longest.altogether:.1f} {longest.own:.1f} {turns.take():.1f}\n")
                second, longest = int(time.time()), Wait()


def longest_waits(file: Path) -> Mapping[int, Wait]:
    """By second; of several loops in one file the longest."""
    waits: dict[int, Wait] = {}
    for line in file.read_text(encoding="ascii").splitlines() if file.exists() else ():
        second, altogether, own, turn = line.split()
        wait = Wait(float(altogether), float(own), float(turn))
        waits[int(second)] = waits.get(int(second), Wait()).longest(wait)
    return waits


if __name__ == "__main__":  # a loop with nothing else to do: what the machine itself holds up
    watch(Path(sys.argv[1]))
