"""How long something takes: by the clock, and of this process' processor."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds."""

    passed: float
    worked: float
    """Of the processor, this process' part and that of a server of its own: others on a busy machine change it less."""

    @classmethod
    def now(cls, server: Callable[[], float] = lambda: 0.0) -> Times:
        """Since some moment; ``server`` gives the processor's time of another process, in seconds."""
        return cls(time.perf_counter(), time.process_time() + server())

    def __add__(self, other: Times) -> Times:
        return Times(self.passed + other.passed, self.worked + other.worked)

    def __sub__(self, other: Times) -> Times:
        return Times(self.passed - other.passed, self.worked - other.worked)

    def __getitem__(self, place: int) -> float:
        return (self.passed, self.worked)[place]


def timed(work: Callable[[], object], server: Callable[[], float] = lambda: 0.0) -> Times:
    """How long ``work`` takes, here and in ``server``."""
    begun = Times.now(server)
    work()
    return Times.now(server) - begun


def worked_by(process: int) -> float:
    """Seconds of the processor that a process of one thread has had; 0 where the system does not tell (not Linux)."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0
