"""Hours that are not the same in two places: in the hour ledger and in the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from peoplecount.domain.camera_day import LineDay, Slots, was_told
from peoplecount.domain.day_history import HOURS_A_DAY
from peoplecount.domain.figures import NOBODY, Figures


def told_hours(line: LineDay, slots: Slots) -> dict[int, Figures]:
    """What was told of a line's hours, in the sense it was told; hours that nobody knows of are left out."""
    return {
        slot: line.cell(slot).told.swapped(line.cell(slot).swapped)
        for slot in range(HOURS_A_DAY)
        if slots.begin(slot) < slots.end(slot) and was_told(line, slot, slots)
    }


def hours_of_day(figures: Mapping[datetime, Figures], slots: Slots) -> dict[int, Figures]:
    """Figures by the moment their hour begins (UTC), as hours of a camera's day; those known only."""
    hours: dict[int, Figures] = {}
    for slot in range(HOURS_A_DAY):
        begin, end = slots.begin(slot), slots.end(slot)
        known = [people for moment, people in figures.items() if begin <= moment < end]
        if known:
            hours[slot] = sum(known, NOBODY)
    return hours


def differing_hours(told: Mapping[int, Figures], kept: Mapping[int, Figures]) -> tuple[int, ...]:
    """The hours that were told and are kept otherwise, or not at all."""
    return tuple(slot for slot, people in sorted(told.items()) if kept.get(slot) != people)
