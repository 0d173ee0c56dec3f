"""The pulse of a busy fleet: in every second of day and night somebody crosses one of its lines."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from math import ceil
from random import Random

from peoplecount.simulator.crossings import DayCrossings

_FEWEST_LINES = 12
"""Fleets with fewer lines have a slower pulse, so that no single line is trampled."""

_STAY = 241
"""Beats a visitor stays: odd, so that those who come on even beats leave on odd ones. At one a second some hundred
people are inside the fleet's sites at any hour."""


Share = Callable[[str, float], float]
"""The share of its visitors that a line has at a moment (Unix seconds): 0 to 1."""


def pulse(
    weights: Mapping[str, float], start: float, end: float, chance: Random, share: Share | None = None
) -> dict[str, DayCrossings]:
    """A day's pulse by line; lines with more weight get more of it.

    Visitors come on even beats and leave by the same line ``_STAY`` beats later, on odd ones. On the odd beats before
    the first of them leaves others come; they leave on the even beats of the end, when nobody comes any more. So
    every beat has its crossing, and at the end of the day nobody is left inside. With a ``share``, only that share of
    the visitors comes.
    """
    step = max(1, ceil(_FEWEST_LINES / len(weights)))
    beats = 2 * (int(end - start) // step // 2)
    entered: dict[str, list[float]] = {line_id: [] for line_id in weights}
    left: dict[str, list[float]] = {line_id: [] for line_id in weights}
    lines = chance.choices(list(weights), list(weights.values()), k=beats)
    last_even = beats - _STAY - 1
    due = 0.0  # what of the next visitor has come: so that those who do come are spread evenly
    for beat, line_id in enumerate(lines):
        if beat % 2 == 0 and beat <= last_even:
            leaves = beat + _STAY
        elif beat % 2 == 1 and beat < _STAY:
            leaves = last_even + 1 + beat
        else:
            continue
        due += 1.0 if share is None else share(line_id, start + step * beat)
        if due < 1:
            continue
        due -= 1
        entered[line_id].append(start + step * (beat + 0.9 * chance.random()))
        left[line_id].append(start + step * (leaves + 0.9 * chance.random()))
    return {
        line_id: DayCrossings(array("d", entered[line_id]), array("d", sorted(left[line_id]))) for line_id in weights
    }
