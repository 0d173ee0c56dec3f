"""Settling: holding what was told of a line's hours against what its camera remembers of them.

The camera is believed, but not blindly. Its history must have at least as many people as its own totals have shown;
where it has fewer, it was cleared or has not caught up, and nothing is taken from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from peoplecount.domain.camera_day import LineDay, Slots, coverage, is_open, was_told
from peoplecount.domain.correction import CorrectionReason, HourCorrection
from peoplecount.domain.day_history import HOURS_A_DAY, DayHours
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import NOBODY, Figures
from peoplecount.domain.left_out_hour import remembered, without_left_out
from peoplecount.domain.line import Line
from peoplecount.domain.retiming import agreed


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of holding a line's hours against its camera's history."""

    line: LineDay
    corrections: tuple[HourCorrection, ...] = ()
    """In order of time; also those that change no figure but say that it is no estimate any more."""


@dataclass(frozen=True, slots=True)
class _Hours:
    """A line's hours and the camera's memory of them."""

    line: LineDay
    slots: Slots
    history: tuple[Figures, ...]
    total: Figures | None

    @property
    def through(self) -> int:
        return len(self.history)

    def is_open(self, slot: int) -> bool:
        return is_open(self.line, slot, self.slots)


def settle(
    direction: Line, line: LineDay, hours: DayHours, slots: Slots, *, through: int, total: Figures | None = None
) -> Settled:
    """Bring the hours before ``through`` up to what the camera remembers; ``direction`` knows how the line is drawn.

    ``total`` is what the camera has shown on this day up to its last reading, where nothing was reset since midnight.
    While the day goes on, only as many hours are settled as make it up together with what was told since: nobody is
    counted in two hours, or in none. The others wait for the next one.

    Hours the camera could not know are left alone: those of a device that was replaced, and those before a reset that
    cleared its history. Run again on what it returns, it changes nothing.
    """
    line = without_left_out(line, slots)
    through = usable_through(line, min(through, len(hours.entered)), slots)
    while True:
        both = _Hours(line, slots, remembered(hours, slots, through), total)
        first = _first_usable(both)
        if first is None:
            return Settled(replace(line, refusal=_refusal(both)))
        agreed_on = _agreed(both, first)
        if _is_kept(both, first, agreed_on):
            return _settled(direction, both, first, agreed_on)
        through = usable_through(line, through - 1, slots)


def _settled(direction: Line, both: _Hours, first: int, agreed_on: Sequence[Figures]) -> Settled:
    line, slots = both.line, both.slots
    cells = dict(line.cells)
    corrections = []
    for slot, people in enumerate(agreed_on, first):
        swapped = direction.is_swapped(slots.begin(slot))
        correction = _correction(direction, both, slot, people.swapped(swapped))
        quality = correction.quality if correction else line.cell(slot).quality
        cells[slot] = replace(line.cell(slot), told=people, quality=quality, swapped=swapped, settled=True)
        if correction:
            corrections.append(correction)
    return Settled(replace(line, cells=cells, refusal=""), tuple(corrections))


def usable_through(line: LineDay, through: int, slots: Slots) -> int:
    """Through which hour settling makes sense: a doubtful one at the end waits until the next one is over.

    Whether the people of the reading across its end are its own or the next one's can only be seen in both together.
    """
    while 0 < through < HOURS_A_DAY and _is_unripe(line, through - 1, slots):
        through -= 1
    return through


def _is_unripe(line: LineDay, slot: int, slots: Slots) -> bool:
    is_left_out = slots.begin(slot) >= slots.end(slot)
    return is_left_out or (is_open(line, slot, slots) and _is_crossed(line, slot, slots))


def _is_crossed(line: LineDay, slot: int, slots: Slots) -> bool:
    """Whether people of a reading across the end of an hour were told of one hour and may be of the other one."""
    end = slots.end(slot)
    return bool(line.cell(slot).straddling) or any(gap.begin < end < gap.end for gap in line.gaps)


def reorient(direction: Line, line: LineDay, slots: Slots, *, through: int) -> Settled:
    """Tell the hours before ``through`` the way the line is said to be drawn by now."""
    cells = dict(line.cells)
    corrections = []
    for slot, cell in sorted(line.cells.items()):
        swapped = direction.is_swapped(slots.begin(slot))
        if slot < through and swapped != cell.swapped:
            old, new = cell.told.swapped(cell.swapped), cell.told.swapped(swapped)
            cells[slot] = replace(cell, swapped=swapped)
            if old != new:
                quality = Quality.CORRECTED if cell.quality is Quality.MEASURED else cell.quality
                corrections.append(_say(direction, line, slots, slot, old, new, quality, CorrectionReason.SWAPPED))
    return Settled(replace(line, cells=cells), tuple(corrections))


def reassert(direction: Line, line: LineDay, slots: Slots, wanted: Sequence[int]) -> tuple[HourCorrection, ...]:
    """Say again what some hours are, because somebody who was told has it otherwise."""
    corrections = []
    for slot in wanted:
        cell = line.cell(slot)
        if slots.begin(slot) < slots.end(slot) and was_told(line, slot, slots):
            told = cell.told.swapped(cell.swapped)
            reason = CorrectionReason.DATABASE
            corrections.append(_say(direction, line, slots, slot, told, told, cell.quality, reason))
    return tuple(corrections)


def _first_usable(both: _Hours) -> int | None:
    """From which hour on the history is whole; ``None`` where it is nowhere.

    After a reset by hand, which clears the history too, it is so from the hour after the reset. Where that came while
    nobody looked, it is so after all hours in which it may have been: those before it were cleared, and look quiet.
    """
    line = both.line
    broke = [slot for slot in range(line.barred, both.through) if line.cell(slot).broke]
    after_breaks = [slot + 1 for slot in broke if not line.cell(slot + 1).broke]
    for first in (line.barred, *after_breaks):
        if first < both.through and _is_whole(both, first):
            return first
    return None


def _is_whole(both: _Hours, first: int) -> bool:
    """Whether from ``first`` on the history has all the people whom the totals have shown by the end of each hour."""
    return not _is_blank(both, first) and all(
        short.entered <= 0 and short.left <= 0 for short in _shortage(both, first)
    )


def _shortage(both: _Hours, first: int) -> Iterator[Figures]:
    """By how many people the history falls short of the totals at the end of each hour."""
    line = both.line
    short = NOBODY - line.cell(first - 1).straddling if first else NOBODY
    for slot in range(first, both.through):
        short += line.cell(slot).shown - both.history[slot]
        yield short - line.cell(slot).straddling


def _is_blank(both: _Hours, first: int) -> bool:
    """Whether a history without anybody stands against people who were told of: it is empty, and not a quiet day."""
    hours = range(first, both.through)
    return not any(both.history[slot] for slot in hours) and any(both.line.cell(slot).told for slot in hours)


def _refusal(both: _Hours) -> str:
    first = both.line.barred
    if both.through <= first:
        return "another device, or an earlier version of Peoplecount, counted in these hours" if first else ""
    if _is_blank(both, first):
        return "the camera's history knows of nobody, and its totals did"
    shortage = list(_shortage(both, first))
    entered = max(0, *(short.entered for short in shortage))
    left = max(0, *(short.left for short in shortage))
    return (
        f"the camera's history has fewer people than its totals showed ({entered} in and {left} out are missing): "
        "it was cleared, or has not caught up"
    )


def _agreed(both: _Hours, first: int) -> list[Figures]:
    """What the hours from ``first`` on should be said to be, in the camera's sense."""
    slots = [slot for slot in range(first, both.through) if both.slots.begin(slot) < both.slots.end(slot)]
    cells = [both.line.cell(slot) for slot in slots]
    is_open_ = [both.is_open(slot) for slot in slots]
    # At midnight the totals begin anew: no reading lies across it.
    doubts = [NOBODY if slot == HOURS_A_DAY - 1 else cell.straddling for slot, cell in zip(slots, cells, strict=True)]
    before = both.line.cell(first - 1).straddling if first else NOBODY
    ahead = _ahead(both)
    entered = agreed(
        [cell.told.entered for cell in cells],
        [both.history[slot].entered for slot in slots],
        [doubt.entered for doubt in doubts],
        is_open_,
        before=before.entered,
        ahead=ahead.entered,
    )
    left = agreed(
        [cell.told.left for cell in cells],
        [both.history[slot].left for slot in slots],
        [doubt.left for doubt in doubts],
        is_open_,
        before=before.left,
        ahead=ahead.left,
    )
    figures = {slot: Figures(*pair) for slot, *pair in zip(slots, entered, left, strict=True)}
    return [figures.get(slot, NOBODY) for slot in range(first, both.through)]


def _is_kept(both: _Hours, first: int, agreed_on: Sequence[Figures]) -> bool:
    """Whether the day would still be what the camera has shown of it."""
    if both.total is None or both.through == HOURS_A_DAY:
        return True
    others = (cell.told for slot, cell in both.line.cells.items() if not first <= slot < both.through)
    return sum((*agreed_on, *others), NOBODY) == both.total


def _ahead(both: _Hours) -> Figures:
    """By how many people the history of these hours is ahead because they were told of the hour after.

    Settling some hours must not count anybody in two of them: with what was told since, they are the camera's total.
    """
    if both.total is None or both.through == HOURS_A_DAY:
        return NOBODY
    later = sum((cell.told for slot, cell in both.line.cells.items() if slot >= both.through), NOBODY)
    return sum(both.history, NOBODY) + later - both.total


def _correction(direction: Line, both: _Hours, slot: int, new: Figures) -> HourCorrection | None:
    """The correction an hour needs; ``None`` where it stands as it was told."""
    line, slots, cell = both.line, both.slots, both.line.cell(slot)
    old = cell.told.swapped(cell.swapped) if was_told(line, slot, slots) else None
    quality = _quality(both, slot, old, new)
    if slots.begin(slot) >= slots.end(slot) or (new == old and quality is cell.quality):
        return None
    return _say(direction, line, slots, slot, old, new, quality, _reason(both, slot, old, new))


def _quality(both: _Hours, slot: int, old: Figures | None, new: Figures) -> Quality:
    quality = both.line.cell(slot).quality
    if new == old and quality is not Quality.ESTIMATED:
        return quality
    return Quality.BACK_FILLED if both.is_open(slot) else Quality.CORRECTED


def _reason(both: _Hours, slot: int, old: Figures | None, new: Figures) -> CorrectionReason:
    if old == new:
        return CorrectionReason.CONFIRMED
    gaps = both.line.gaps
    if old is None:
        was_read = slot > 0 and gaps and gaps[0].begin > both.slots.begin(0)
        return CorrectionReason.OUTAGE if was_read else CorrectionReason.EARLIER
    if both.line.cell(slot).broke:
        return CorrectionReason.BREAK
    return CorrectionReason.OUTAGE if both.is_open(slot) else CorrectionReason.DIFFERENCE


def _say(
    direction: Line,
    line: LineDay,
    slots: Slots,
    slot: int,
    old: Figures | None,
    new: Figures,
    quality: Quality,
    reason: CorrectionReason,
) -> HourCorrection:
    begin, end = slots.begin(slot), slots.end(slot)
    return HourCorrection(
        key=direction.key,
        started_at=begin,
        ended_at=end,
        local_start=datetime.combine(slots.day, time(slot)),
        old=old,
        new=new,
        old_quality=line.cell(slot).quality if old is not None else Quality.MISSING,
        quality=quality,
        coverage=coverage(line, begin, end),
        reason=reason,
    )
