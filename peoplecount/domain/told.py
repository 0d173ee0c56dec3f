"""What is known of the people of a stretch of time, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from peoplecount.domain.event import Quality, worst
from peoplecount.domain.figures import Figures


@dataclass(frozen=True, slots=True)
class Told:
    """People of a line, door or site in a stretch of time."""

    figures: Figures | None
    """``None`` where nothing is known."""

    quality: Quality
    """The worst in it. ``MISSING``: nothing is known or, of a sum, not all of it."""

    coverage: float
    """The share of the expected readings that came, 0 to 1."""

    @property
    def is_complete(self) -> bool:
        """Whether something is known of every part."""
        return self.quality is not Quality.MISSING


UNTOLD = Told(None, Quality.MISSING, 0.0)


def sum_of(parts: Iterable[tuple[Told, float]]) -> Told:
    """The sum of parts, each with its weight: how long it is, where they are of different lengths.

    It holds what is known, is as good as the worst of its parts, and covered as they are in the mean. ``UNTOLD`` of
    none.
    """
    entered = left = 0
    is_known = False
    quality = Quality.MEASURED
    covered = weights = 0.0
    for part, weight in parts:
        if part.figures is not None:
            is_known = True
            entered += part.figures.entered
            left += part.figures.left
        if part.quality is not quality:
            quality = worst(quality, part.quality)
        covered += part.coverage * weight
        weights += weight
    return Told(Figures(entered, left) if is_known else None, quality, covered / weights) if weights else UNTOLD
