"""Steps on a terminal."""

from __future__ import annotations

import sys

from peoplecount.services.inspection import Step, Verdict

_MARKS = {Verdict.FINE: "✓", Verdict.ODD: "!", Verdict.WRONG: "✗"}
_PLAIN_MARKS = {Verdict.FINE: "ok", Verdict.ODD: "! ", Verdict.WRONG: "XX"}
"""For terminals and files that cannot show the others."""


def show(step: Step) -> None:
    """Print a step as it is taken."""
    print(f"  {_mark(step.verdict)} {step.name:<11} {step.said}", flush=True)


def _mark(verdict: Verdict) -> str:
    try:
        "✓✗".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return _PLAIN_MARKS[verdict]
    return _MARKS[verdict]
