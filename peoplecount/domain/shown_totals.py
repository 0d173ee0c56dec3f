"""What a camera shows: the running totals of its lines 1 and 2, as the rows of ``registros`` hold them.

Such a row is what somebody who polls the camera sees on it, in the camera's own sense of in and out: lines that are
swapped here are not swapped there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from peoplecount.domain.increment import Growth, Increment
from peoplecount.domain.line import LineKey
from peoplecount.domain.position import Mark, Position, accept

LINES = (1, 2)
"""The lines a row has room for, by their index."""


class ShownTotals(NamedTuple):
    """A row: in and out of lines 1 and 2 since the camera's midnight; ``None`` of a line that nobody has seen."""

    in1: int | None
    out1: int | None
    in2: int | None
    out2: int | None


@dataclass(frozen=True, slots=True)
class ShownTotal:
    """One direction of a line, as far as it was told."""

    mark: Mark
    is_over: bool = False
    """Whether another total of the camera has begun a new day since. All begin it together, but one that stays at 0 is
    held back for some minutes (``counter.py``): until it is told, the mark is yesterday's, and the camera shows 0."""

    @property
    def figure(self) -> int:
        """What the camera shows."""
        return 0 if self.is_over else self.mark.total


@dataclass(frozen=True, slots=True)
class ShownLine:
    """Both directions of a line."""

    entered: ShownTotal
    left: ShownTotal

    @property
    def position(self) -> Position:
        """How far the line was told."""
        return Position(self.entered.mark, self.left.mark)

    def moved_to(self, position: Position) -> ShownLine:
        """The line as told up to ``position``; a direction that is there already stays as it is."""
        return ShownLine(_moved(self.entered, position.entered), _moved(self.left, position.left))

    def after_midnight_of(self, day: date, before: ShownLine | None) -> ShownLine:
        """The line once its camera has begun ``day``, where it was ``before`` at the reading before."""
        return ShownLine(
            _begun(self.entered, day, before.entered if before else None),
            _begun(self.left, day, before.left if before else None),
        )


@dataclass(frozen=True, slots=True)
class ShownCamera:
    """All lines of a camera that were told of."""

    lines: Mapping[LineKey, ShownLine] = field(default_factory=dict)

    def after(self, increments: Iterable[Increment]) -> ShownCamera:
        """The camera after one of its readings, given as increments. What was told before changes nothing."""
        lines = dict(self.lines)
        days: list[date] = []
        for one in increments:
            line = lines.get(one.key)
            accepted = accept(line.position if line else None, one)
            if accepted is None:
                continue
            days += _days_begun(line, one)
            position = accepted.position
            fresh = ShownLine(ShownTotal(position.entered), ShownTotal(position.left))
            lines[one.key] = line.moved_to(position) if line else fresh
        if days:
            day = max(days)
            lines = {key: line.after_midnight_of(day, self.lines.get(key)) for key, line in lines.items()}
        return ShownCamera(lines)

    def totals(self) -> ShownTotals:
        """The row. Lines are numbered anew in every rule: the lowest rule of the lowest channel is the one shown."""
        shown = {key.index: self.lines[key] for key in self._with_room()}
        in1, out1, in2, out2 = (
            figure
            for index in LINES
            for figure in ((shown[index].entered.figure, shown[index].left.figure) if index in shown else (None, None))
        )
        return ShownTotals(in1, out1, in2, out2)

    def left_out(self) -> list[LineKey]:
        """Lines that a row has no room for."""
        return sorted(set(self.lines) - set(self._with_room()))

    def _with_room(self) -> Iterator[LineKey]:
        first = min(((key.channel, key.rule) for key in self.lines), default=None)
        return (key for key in self.lines if (key.channel, key.rule) == first and key.index in LINES)


def _moved(total: ShownTotal, mark: Mark) -> ShownTotal:
    return total if total.mark == mark else ShownTotal(mark)


def _begun(total: ShownTotal, day: date, before: ShownTotal | None) -> ShownTotal:
    """Who moved in the same reading has told what it shows: a total that was 0 at midnight needs no fall."""
    if before is None or before.mark != total.mark or total.mark.generation.day >= day:
        return total
    return replace(total, is_over=True)


def _days_begun(before: ShownLine | None, increment: Increment) -> Iterator[date]:
    """The days that totals of a line began from zero with this increment."""
    if before is None:
        return
    pairs: tuple[tuple[ShownTotal, Growth], ...] = ((before.entered, increment.entered), (before.left, increment.left))
    for total, growth in pairs:
        if growth.generation.day > total.mark.generation.day and growth.start == 0:
            yield growth.generation.day
