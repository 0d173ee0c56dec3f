"""Walk tests: somebody walks through a door and counts along, and what the camera made of it is held against that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from peoplecount.domain.reading import Totals

ENOUGH = 20
"""Crossings from which on an accuracy says something: of ten, one that is missed is a tenth."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk test of a door."""

    door_id: str
    moment: datetime
    """UTC, when it was over."""

    who: str
    counted: Totals
    """By the door's lines, our in and out."""

    by_hand: Totals

    @property
    def crossings(self) -> int:
        """How many were seen to cross."""
        return self.by_hand.in_total + self.by_hand.out_total

    @property
    def accuracy(self) -> float | None:
        """From 0 to 1: one less each crossing that was missed or made up; ``None`` where nobody crossed."""
        if not self.crossings:
            return None
        return max(0.0, 1 - _distance(self.counted, self.by_hand) / self.crossings)

    @property
    def is_enough(self) -> bool:
        """Whether so many crossed that the accuracy says something."""
        return self.crossings >= ENOUGH

    @property
    def looks_backwards(self) -> bool:
        """Whether in for out fits better: then a line is drawn the wrong way round."""
        turned = Totals(self.counted.out_total, self.counted.in_total)
        return _distance(turned, self.by_hand) < _distance(self.counted, self.by_hand)


def walked(before: Totals, after: Totals) -> Totals | None:
    """Who crossed between two readings of a line; ``None`` where its totals began anew in between."""
    entered, left = after.in_total - before.in_total, after.out_total - before.out_total
    return Totals(entered, left) if entered >= 0 and left >= 0 else None


def _distance(one: Totals, other: Totals) -> int:
    return abs(one.in_total - other.in_total) + abs(one.out_total - other.out_total)
