"""How long something takes: by the clock, and of this process' processor."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds."""

    passed: float
    worked: float
    """Of the processor, this process' part: other processes on a busy machine change it less."""

    @classmethod
    def now(cls) -> Times:
        """Since some moment."""
        return cls(time.perf_counter(), time.process_time())

    def __add__(self, other: Times) -> Times:
        return Times(self.passed + other.passed, self.worked + other.worked)

    def __sub__(self, other: Times) -> Times:
        return Times(self.passed - other.passed, self.worked - other.worked)

    def __getitem__(self, place: int) -> float:
        return (self.passed, self.worked)[place]


def timed(work: Callable[[], object]) -> Times:
    """How long ``work`` takes."""
    begun = Times.now()
    work()
    return Times.now() - begun
