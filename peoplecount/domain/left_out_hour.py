"""The hour that a clock leaves out when it is put forward: who is told or remembered of it came in the hour after."""

from __future__ import annotations

from dataclasses import replace

from peoplecount.domain.camera_day import HourCell, LineDay, Slots
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.event import worst
from peoplecount.domain.figures import NOBODY, Figures


def without_left_out(line: LineDay, slots: Slots) -> LineDay:
    """A line's day on which nobody was told of an hour that was left out.

    A reading taken while the clock is put forward may go by the time before. In what was said there is no difference:
    events and records go by UTC.
    """
    left_out = [slot for slot in sorted(line.cells) if slots.begin(slot) >= slots.end(slot)]
    if not left_out:
        return line
    cells = dict(line.cells)
    for slot in left_out:
        before, cell = cells.get(slot - 1, HourCell()), cells[slot]
        cells[slot + 1] = _with(cells.get(slot + 1, HourCell(swapped=cell.swapped)), cell)
        cells[slot] = HourCell(straddling=before.straddling, settled=cell.settled)  # it ends when the one before does
    return replace(line, cells=cells)


def _with(after: HourCell, left_out: HourCell) -> HourCell:
    return replace(
        after,
        told=after.told + left_out.told,
        shown=after.shown + left_out.shown,
        quality=worst(after.quality, left_out.quality),
        broke=after.broke or left_out.broke,
    )


def remembered(hours: DayHours, slots: Slots, through: int) -> tuple[Figures, ...]:
    """What a camera remembers of the hours before ``through``."""
    people = [Figures(hours.entered[slot], hours.left[slot]) for slot in range(through)]
    for slot in range(through - 1):
        if slots.begin(slot) >= slots.end(slot):
            people[slot + 1] += people[slot]
            people[slot] = NOBODY
    return tuple(people)
