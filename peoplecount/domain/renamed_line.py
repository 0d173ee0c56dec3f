"""Renamed lines: a history that goes by names, and a name that was another one on the day in question.

Whether a camera's figures follow a new name is not documented. So what comes under the new name is only taken where it
agrees with what was counted live under the old one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from peoplecount.domain.camera_day import CameraDay, LineDay, Slots, is_open
from peoplecount.domain.day_history import HOURS_A_DAY, DayHistory, DayHours
from peoplecount.domain.event import Quality
from peoplecount.domain.line import LineKey


@dataclass(frozen=True, slots=True)
class Renaming:
    """A line's name changed."""

    old: str
    new: str
    seen_at: datetime
    """When it was first seen, by the camera's wall clock; the name may have changed at any time before."""


def without_renamed(
    history: DayHistory, renamings: Mapping[LineKey, Renaming], known: CameraDay | None, slots: Slots
) -> DayHistory:
    """The history without lines that bore another name on that day, unless the figures fit what was counted then."""
    hours, missing = dict(history.hours), dict(history.missing)
    for key, renaming in renamings.items():
        if key not in hours or history.day > renaming.seen_at.date():
            continue
        is_same_day = history.day == renaming.seen_at.date()
        before = renaming.seen_at.hour if is_same_day else HOURS_A_DAY
        line = known.lines.get(key) if known else None
        if line is None or not _fits(hours[key], line, before, slots):
            del hours[key]
            missing[key] = (
                f"the line was named {renaming.old!r} until {renaming.seen_at:%Y-%m-%d %H:%M}, and the camera's "
                f"history goes by names: what it has under {renaming.new!r} is not what was counted"
            )
    return replace(history, hours=hours, missing=missing)


def _fits(hours: DayHours, line: LineDay, before: int, slots: Slots) -> bool:
    """Whether hours that were read throughout have about the same people in the history; some at least."""
    counted = apart = 0
    for slot in range(min(before, len(hours.entered))):
        cell = line.cell(slot)
        if slot not in line.cells or cell.quality is not Quality.MEASURED or is_open(line, slot, slots):
            continue
        counted += cell.told.entered + cell.told.left
        apart += abs(hours.entered[slot] - cell.told.entered) + abs(hours.left[slot] - cell.told.left)
    return counted > 0 and 5 * apart <= counted
