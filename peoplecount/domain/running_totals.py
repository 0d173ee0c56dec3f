"""Whether figures are running totals: what a camera shows, which only grows until midnight, or people in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

LEAST_MOVES = 20
"""Fewer changes of figures tell nothing."""

MOST_FALLS = 0.1
"""Of the changes of running totals within a day, far fewer are falls: resets by hand, restarts, replaced cameras. Of
people between two readings it is half of the changes."""

MOST_FALLS_UNDATED = 0.25
"""Where the days are not known, every midnight is a fall, too: of a door that few people pass, of many changes."""


class Verdict(StrEnum):
    """What figures are."""

    RUNNING = "running totals"
    OTHER = "no running totals"
    TOO_FEW = "too few to tell"


@dataclass(frozen=True, slots=True)
class Findings:
    """What was seen in the figures of all cameras together."""

    rises: int = 0
    falls: int = 0
    """Of one total, within a day where the days are known."""

    repeats: int = 0
    """Rows that say the same as the one before of their camera."""

    rows: int = 0
    dated: bool = False
    negative: bool = False

    @property
    def verdict(self) -> Verdict:
        """What they are."""
        moves = self.rises + self.falls
        if self.negative:
            return Verdict.OTHER
        if moves < LEAST_MOVES:
            return Verdict.TOO_FEW
        most = MOST_FALLS if self.dated else MOST_FALLS_UNDATED
        return Verdict.RUNNING if self.falls <= most * moves else Verdict.OTHER


@dataclass(frozen=True, slots=True)
class Figure:
    """What stood in one row."""

    camera_id: str
    day: date | None
    """``None`` where the row is not dated."""

    totals: Sequence[int | None]


def examine(figures: Iterable[Figure]) -> Findings:
    """What is to be seen in rows of many cameras, in the order in which they came.

    Resets of a total at midnight are no falls where rows are dated: the first change of a day may go anywhere.
    """
    last: dict[str, Figure] = {}
    rises = falls = repeats = rows = 0
    dated, negative = True, False
    fresh: dict[tuple[str, int], date | None] = {}
    for figure in figures:
        rows += 1
        dated = dated and figure.day is not None
        negative = negative or any(total is not None and total < 0 for total in figure.totals)
        before = last.get(figure.camera_id)
        last[figure.camera_id] = figure
        if before is None:
            continue
        repeats += before.totals == figure.totals
        for place, (was, now) in enumerate(zip(before.totals, figure.totals, strict=True)):
            if was is None or now is None or was == now:
                continue
            begins = figure.day is not None and fresh.get((figure.camera_id, place), before.day) != figure.day
            fresh[figure.camera_id, place] = figure.day
            rises += now > was
            falls += now < was and not begins
    return Findings(rises, falls, repeats, rows, dated and rows > 0, negative)
