"""How far a line's counts have been written, and what of an increment is new to whoever wrote them.

Log numbers alone are no key, because a log can be rewound. Totals are: of a line and direction the writer
keeps the generation and the total it has written, takes what lies beyond, and skips what it already has.
"""

from __future__ import annotations

from typing import NamedTuple

from peoplecount.domain.increment import Generation, Growth, Increment


class Mark(NamedTuple):
    """How far one direction is written."""

    generation: Generation
    total: int


class Position(NamedTuple):
    """How far a line is written, in both directions."""

    entered: Mark
    left: Mark


class Accepted(NamedTuple):
    """What of an increment is new, and where that leaves the writer."""

    entered: int
    left: int
    position: Position
    bridged: bool
    """True where part of it belongs to earlier increments that never arrived: people known, time not."""


def accept(position: Position | None, increment: Increment, *, is_later: bool = False) -> Accepted | None:
    """What of ``increment`` is not written yet, given what is; ``None`` if nothing is new.

    ``position`` is ``None`` for a line that has never been written. ``is_later``: the increment began after all that
    is written. Then its people are new also where its generation is an older one: whoever counts has lost sight of a
    reset, because its log was put back to before it.
    """
    entered, entered_mark, entered_gap = _beyond(position.entered if position else None, increment.entered, is_later)
    left, left_mark, left_gap = _beyond(position.left if position else None, increment.left, is_later)
    reached = Position(entered_mark, left_mark)
    if reached == position:
        return None
    return Accepted(entered, left, reached, entered_gap or left_gap)


def _beyond(mark: Mark | None, growth: Growth, is_later: bool) -> tuple[int, Mark, bool]:  # noqa: FBT001
    """People beyond the mark, the mark afterwards, and whether a hole was bridged to get there."""
    generation, start, before, after = growth
    if mark is None:
        written = start
    elif generation == mark.generation:  # nearly always
        if after <= mark.total:
            return 0, mark, False
        written = mark.total
    elif generation < mark.generation:
        if not is_later:
            return 0, mark, False
        written = before
    else:
        written = start
    return after - written, Mark(generation, after), before > written
