"""Feeds inputs to every parser and reports those that crash, hang or make something up."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from types import FrameType

from tests.fuzz.mutation import Mutator
from tests.fuzz.targets import Target

LONGEST = 0.5
"""Seconds of CPU that one input may cost."""

_HANGS_AFTER = 10
"""Seconds of CPU after which an input is given up."""


class Hangs(BaseException):
    """An input was given up. No ``Exception``, so that no parser takes it for one of its own."""


@dataclass
class Failure:
    """An input that did what none may."""

    target: str
    given: bytes
    what: str


@dataclass
class Report:
    """How it went, by parser."""

    inputs: dict[str, int] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    """Inputs that were parsed; the others were refused."""

    slowest: dict[str, float] = field(default_factory=dict)
    """Seconds of CPU."""

    failures: list[Failure] = field(default_factory=list)


def fuzz(targets: Sequence[Target], inputs: int, seed: int) -> Report:
    """Feed so many inputs, the same number to each parser. The same seed gives the same inputs."""
    report = Report()
    share = -(-inputs // len(targets))
    for target in targets:
        mutator = Mutator(Random(f"{seed}/{target.name}"))
        report.inputs[target.name] = report.taken[target.name] = 0
        report.slowest[target.name] = 0.0
        for sample in target.samples:
            _feed(target, sample, report)
        for _ in range(max(0, share - len(target.samples))):
            _feed(target, mutator.make(target.samples), report)
    return report


def _feed(target: Target, given: bytes, report: Report) -> None:
    report.inputs[target.name] += 1
    begun = time.thread_time()
    try:
        with _alarm():
            made = target.parse(given)
    except target.refusals:
        made = None
    except Hangs:
        report.failures.append(Failure(target.name, given, f"hangs: given up after {_HANGS_AFTER} s"))
        return
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        report.failures.append(Failure(target.name, given, f"crashes: {type(error).__name__}: {error}"[:300]))
        return
    else:
        report.taken[target.name] += 1
        try:
            target.holds(given, made)
        except AssertionError as error:
            report.failures.append(Failure(target.name, given, f"makes something up: {error}"[:300]))
    seconds = time.thread_time() - begun
    report.slowest[target.name] = max(report.slowest[target.name], seconds)
    if seconds > LONGEST:
        report.failures.append(Failure(target.name, given, f"takes {seconds:.2f} s"))


@contextmanager
def _alarm() -> Iterator[None]:
    """Break off what takes too long, where signals can do that."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, _HANGS_AFTER)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _give_up(_: int, __: FrameType | None) -> None:
    raise Hangs
