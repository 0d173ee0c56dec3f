"""What is wrong with rows that somebody else wrote, row by row, so that one of them never costs the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from peoplecount.storage.entries import display_name, one_line

T = TypeVar("T")
Instead = TypeVar("Instead")

NONSENSE = (ValueError, TypeError, ArithmeticError)
"""What values lead to that are none: unreadable, of another kind, infinite (also ``decimal``'s own)."""

LONGEST_REASON = 300
LONGEST_FAULT = 500


class RowFaults:
    """Collects faults: one line each, fit for a log, without secrets."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def __len__(self) -> int:
        """How many so far."""
        return len(self._said)

    @property
    def said(self) -> frozenset[str]:
        """All so far."""
        return frozenset(self._said)

    def note(self, subject: str, what: str) -> None:
        """``subject`` as ``kind 'id'``, and what is wrong with it."""
        self._said.add(one_line(f"{subject}: {what}", LONGEST_FAULT))

    def attempt(self, subject: str, read: Callable[[], T], instead: Instead, consequence: str) -> T | Instead:
        """What ``read`` gives; where that makes no sense a fault, which ends with ``consequence``, and ``instead``."""
        try:
            return read()
        except NONSENSE as error:
            reason = one_line(str(error), LONGEST_REASON) or type(error).__name__
            self.note(subject, f"{reason}; {consequence}")
            return instead

    def name(self, subject: str, value: object, instead: str) -> str:
        """A name out of a row as it can be shown; ``instead`` where there is none."""
        text = "" if value is None else str(value).strip()
        if not text:
            return instead
        try:
            return display_name(text)
        except ValueError:
            shown = one_line(text) or instead
            self.note(subject, f"its name is longer than others or not printable as it is; it is shown as {shown!r}")
            return shown


def subject_of(kind: str, identity: object) -> str:
    """How faults name a row; the id may be anything."""
    return f"{kind} {str(identity)[:64]!r}"
