"""Whose clock is wrong: if most cameras agree with each other and not with us, it is ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median_low

AGREE = timedelta(seconds=2)
"""Clocks no further apart than this agree: they are read to the second."""

LEAST_ERROR = timedelta(seconds=3)
"""A smaller difference of ours is nothing that anybody would notice."""

LEAST_VOTES = 3
"""Fewer cameras may be wrong together by chance, or have the same faulty time server."""

SYNCED_WEIGHT = 3
"""A camera that a time server sets counts as much as so many that somebody has set by hand."""


@dataclass(frozen=True, slots=True)
class ClockVote:
    """What one camera's clock says of ours."""

    error: timedelta
    """How far the camera is ahead of us, its zone aside."""

    is_synced: bool

    @property
    def weight(self) -> int:
        """How much it counts."""
        return SYNCED_WEIGHT if self.is_synced else 1


@dataclass(frozen=True, slots=True)
class OwnClock:
    """What the cameras say of our clock."""

    ahead: timedelta = timedelta(0)
    """How far ours is ahead; nothing as long as it is not outvoted."""

    agreeing: int = 0
    asked: int = 0

    @property
    def is_wrong(self) -> bool:
        """Whether it is outvoted."""
        return bool(self.ahead)

    def of_camera(self, error: timedelta) -> timedelta:
        """How far a camera is ahead of what the cameras agree on, from how far it is ahead of us."""
        return error + self.ahead


def vote(votes: Sequence[ClockVote]) -> OwnClock:
    """Judge our clock by those of the cameras: more than half of their weight must agree with each other, not us."""
    ordered = sorted(votes, key=lambda one: one.error)
    group = _largest_group(ordered)
    error = median_low(one.error for one in group) if group else timedelta(0)
    is_majority = 2 * _weight(group) > _weight(ordered)
    outvoted = len(group) >= LEAST_VOTES and is_majority and abs(error) > LEAST_ERROR
    return OwnClock(-error if outvoted else timedelta(0), len(group), len(ordered))


def _largest_group(ordered: Sequence[ClockVote]) -> Sequence[ClockVote]:
    """Those that agree with each other and weigh most, from votes in order."""
    best, best_weight, first, weight = (0, 0), 0, 0, 0
    for number, one in enumerate(ordered):
        weight += one.weight
        while one.error - ordered[first].error > AGREE:
            weight -= ordered[first].weight
            first += 1
        if weight > best_weight:
            best, best_weight = (first, number + 1), weight
    return ordered[slice(*best)]


def _weight(votes: Sequence[ClockVote]) -> int:
    return sum(one.weight for one in votes)
