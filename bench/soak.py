"""Clients of the stream come and go for as long as is asked: whether memory stays flat and descriptors come back.

The real service, events from the log as the process that polls appends them, and a crowd of which most read, some are
deaf, some leave with a reset, and half come back with the last id they heard and must miss nothing. Exit status 1 where
memory grew, descriptors were kept, or an entry was missed or doubled.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.stream import allow_open_files
from bench.support.crowd import Crowd, Seen
from bench.support.stream_peers import Server, ours
from peoplecount.stream.hub import MAX_FRAMES

LONGEST = 20.0
"""Minutes."""

FILLING, FILLED_AFTER = 1000, MAX_FRAMES / 1000 * 1.5
"""Events a second, and the seconds of them, that fill the ring before anything is measured."""

SETTLING = 0.25
"""Share of the time in which memory may still grow: pools and what connections hold."""

MOST_GROWTH = 0.05
SPARE_DESCRIPTORS = 4
HEARTBEATS = 35.0
"""Seconds after which all who have gone must have been noticed: two heartbeats and some."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the service."""

    minute: float
    megabytes: float
    descriptors: int
    cpu: float
    """Share of a processor since the look before."""

    seen: Seen

    def row(self) -> str:
        seen = self.seen
        return (
            f"{self.minute:7.1f} {self.megabytes:9.1f} {self.descriptors:12} {self.cpu:6.0%} {seen.visits:8,} "
            f"{seen.events:11,} {seen.refused:8} {seen.ended:6} {seen.out_of_order:13}"
        )


HEAD = " minute  megabytes  descriptors    CPU   visits      events  refused  ended  out of order"


def watch(server: Server, crowd: Crowd, minutes: float, every: float) -> list[Sample]:
    """A sample every so many seconds, printed as it is taken."""
    print(HEAD, flush=True)
    samples: list[Sample] = []
    begun, cpu, looked_at = time.monotonic(), server.cpu(), time.monotonic()
    while time.monotonic() < begun + minutes * 60:
        time.sleep(min(every, max(0.1, begun + minutes * 60 - time.monotonic())))
        now, spent = time.monotonic(), server.cpu()
        share = (spent - cpu) / (now - looked_at)
        samples.append(Sample((now - begun) / 60, server.megabytes(), server.descriptors(), share, crowd.seen()))
        print(samples[-1].row(), flush=True)
        cpu, looked_at = spent, now
    return samples


def back_to(server: Server, most: int) -> int:
    """Descriptors once all have left, or when they should have been noticed."""
    deadline = time.monotonic() + HEARTBEATS
    while server.descriptors() > most and time.monotonic() < deadline:
        time.sleep(0.2)
    return server.descriptors()


def verdict(samples: list[Sample], before: int, after: int) -> list[str]:
    """What is wrong, in words; empty where nothing is."""
    wrong = []
    settled = samples[int(len(samples) * SETTLING) :]
    half = max(1, len(settled) // 2)
    first, last = (statistics.median(one.megabytes for one in part) for part in (settled[:half], settled[-half:]))
    print(f"memory: {first:.1f} MB in the first half after settling, {last:.1f} MB in the second")
    print(f"descriptors: {before} before, {after} after all had left")
    if last > first * (1 + MOST_GROWTH):
        wrong.append(f"memory grew by {last / first - 1:.1%}, and {MOST_GROWTH:.0%} is the most")
    if after > before + SPARE_DESCRIPTORS:
        wrong.append(f"{after - before} descriptors were not given back")
    if samples[-1].seen.out_of_order:
        wrong.append(f"{samples[-1].seen.out_of_order} entries were missed or heard twice")
    if samples[-1].seen.refused:
        wrong.append(f"{samples[-1].seen.refused} clients were not let in")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=LONGEST, help=f"at most {LONGEST:g}")
    parser.add_argument("--clients", type=int, default=300, help="at a time")
    parser.add_argument("--rate", type=float, default=20, help="events a second")
    parser.add_argument("--every", type=float, default=30, help="seconds from one look to the next")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if not 0 < asked.minutes <= LONGEST:
        parser.error(f"--minutes {asked.minutes:g}: more than 0 and at most {LONGEST:g} are allowed")
    allow_open_files()
    with tempfile.TemporaryDirectory(prefix="pc-soak-") as folder, ours(Path(folder)) as server:
        print(f"{FILLED_AFTER:g} s to fill the ring", flush=True)
        server.publisher.rate(FILLING)
        time.sleep(FILLED_AFTER)
        before = server.descriptors()
        server.publisher.rate(asked.rate)
        with Crowd(server.port, server.path, server.filtered(), asked.clients, asked.seed) as crowd:
            samples = watch(server, crowd, asked.minutes, asked.every)
        wrong = verdict(samples, before, back_to(server, before + SPARE_DESCRIPTORS))
    print("\n".join(wrong) or "nothing is wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
