"""Looking at something step by step: what each step found, and one sentence on what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum


class Verdict(Enum):
    """How a step came out."""

    FINE = "fine"
    ODD = "odd"
    """It works, and somebody should know."""

    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Step:
    """One step, as it is shown."""

    name: str
    said: str
    verdict: Verdict = Verdict.FINE
    advice: str = ""
    """A sentence: what is wrong and what to do."""

    proves: bool = False
    """Whether it shows that what failed before it works all the same."""

    ends: bool = False
    """Whether going on is pointless."""


def odd(name: str, said: str, advice: str = "") -> Step:
    """A step that works, and somebody should know."""
    return Step(name, said, Verdict.ODD, advice)


def wrong(name: str, said: str, advice: str, *, ends: bool = False) -> Step:
    """A step that failed; with ``ends``, after which going on is pointless."""
    return Step(name, said, Verdict.WRONG, advice, ends=ends)


def conclusion(steps: Sequence[Step]) -> str:
    """The sentence at the end: of the first step that failed, for those after it fail because of it."""
    for verdict in (Verdict.WRONG, Verdict.ODD):
        for step in _weighed(steps):
            if step.verdict is verdict and step.advice:
                return step.advice
    return "All is as it should be."


def is_well(steps: Sequence[Step]) -> bool:
    """Whether no step failed for good."""
    return all(step.verdict is not Verdict.WRONG for step in _weighed(steps))


def _weighed(steps: Sequence[Step]) -> list[Step]:
    """What failed before something that proves that it works is odd and no more."""
    proof = max((place for place, step in enumerate(steps) if step.proves), default=0)
    return [
        replace(step, verdict=Verdict.ODD) if place < proof and step.verdict is Verdict.WRONG else step
        for place, step in enumerate(steps)
    ]
