"""What was counted at a place in a stretch of time, added up, with how it was come by and how much of it is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from peoplecount.domain.event import WORSE, Quality
from peoplecount.domain.figures import Figures

QUALITIES = len(WORSE)
_MISSING = WORSE.index(Quality.MISSING)


class PlaceStretch(NamedTuple):
    """All rows of one place that begin at one moment. Differences of stretches may be below zero."""

    subject: str
    """The id of the line, door or site."""

    start: datetime
    """UTC."""

    entered: int
    left: int
    by_quality: tuple[int, ...]
    """How many rows there are of each quality, in the order of ``WORSE``. A row is one line in one hour, or quarter."""

    covered: float
    """The sum of the coverages that are known."""

    coverages: int
    """How many of them are known."""

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(self.by_quality)


_ENTERED, _LEFT, _BY_QUALITY, _COVERED, _COVERAGES = map(
    attrgetter, ("entered", "left", "by_quality", "covered", "coverages")
)


@dataclass(slots=True)
class PlaceSum:
    """Many stretches together."""

    entered: int = 0
    left: int = 0
    by_quality: list[int] = field(default_factory=lambda: [0] * QUALITIES)
    covered: float = 0.0
    coverages: int = 0
    unseen: float = 0.0
    """Rows that there should be and are not: nobody counted then, though somebody did before and after."""

    def add(self, stretch: PlaceStretch) -> None:
        """One more."""
        self.entered += stretch.entered
        self.left += stretch.left
        self.covered += stretch.covered
        self.coverages += stretch.coverages
        into = self.by_quality
        into[0] += stretch.by_quality[0]  # mostly all there is; a page adds up thousands
        if any(stretch.by_quality[1:]):
            for place in range(1, QUALITIES):
                into[place] += stretch.by_quality[place]

    def add_all(self, stretches: Sequence[PlaceStretch]) -> None:
        """The same as adding each; a year has 8,760, and few kinds of ``by_quality``."""
        self.entered += sum(map(_ENTERED, stretches))
        self.left += sum(map(_LEFT, stretches))
        self.covered += sum(map(_COVERED, stretches))
        self.coverages += sum(map(_COVERAGES, stretches))
        for by_quality, times in Counter(map(_BY_QUALITY, stretches)).items():
            for place, rows in enumerate(by_quality):
                self.by_quality[place] += rows * times

    def include(self, other: PlaceSum) -> None:
        """All that is in another sum."""
        self.entered += other.entered
        self.left += other.left
        self.covered += other.covered
        self.coverages += other.coverages
        self.unseen += other.unseen
        for place, rows in enumerate(other.by_quality):
            self.by_quality[place] += rows

    @property
    def rows(self) -> int:
        """How many rows are in it."""
        return sum(self.by_quality)

    @property
    def known(self) -> int:
        """How many of them tell something."""
        return self.rows - self.by_quality[_MISSING]

    @property
    def figures(self) -> Figures | None:
        """In and out; ``None`` where nothing is known."""
        return Figures(self.entered, self.left) if self.known else None

    @property
    def quality(self) -> Quality:
        """The worst in it that is known; ``MISSING`` where nothing is."""
        return next((WORSE[place] for place in reversed(range(_MISSING)) if self.by_quality[place]), Quality.MISSING)

    @property
    def is_whole(self) -> bool:
        """Whether something is known of every part of it."""
        return self.known == self.rows > 0 and not self.unseen

    @property
    def known_share(self) -> float | None:
        """The share of it of which something is known, 0 to 1; ``None`` where there is nothing of it."""
        total = self.rows + self.unseen
        return self.known / total if total else None

    @property
    def coverage(self) -> float | None:
        """The share of the expected readings that came, 0 to 1; ``None`` where that is not known."""
        if not self.coverages:
            return None if self.known or not (self.rows or self.unseen) else 0.0
        return min(1.0, self.covered / (self.coverages + self.unseen))

    def shares(self) -> dict[Quality, float]:
        """Which share of it was come by in which way, 0 to 1; what is not there counts as missing."""
        total = self.rows + self.unseen
        if not total:
            return {}
        rows = [float(one) for one in self.by_quality]
        rows[_MISSING] += self.unseen
        return {WORSE[place]: share / total for place, share in enumerate(rows) if share > 0}


def unseen_rows(rows: list[int]) -> list[int]:
    """Of the rows of a place by hour, in order and without gaps: how many are not there that should be.

    As many lines should be there as were before and as come after: one that is new, or taken away, was not missed.
    """
    after = 0
    most_after: list[int] = []
    for one in reversed(rows):
        after = max(after, one)
        most_after.append(after)
    before = 0
    unseen: list[int] = []
    for one, later in zip(rows, reversed(most_after), strict=True):
        before = max(before, one)
        unseen.append(min(before, later) - one)
    return unseen
