"""Owed history: days of its own past that a camera is still to be asked about, by line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from peoplecount.domain.due_history import DueDay, Standing
from peoplecount.domain.line import LineKey


class OwedDays(NamedTuple):
    """From one day to another, both included, by the camera's calendar."""

    first: date
    last: date


class OwedSpan(NamedTuple):
    """A time of which a line's people may still become known, and where the line counts now."""

    line_id: str
    door_id: str
    site_id: str
    begin: datetime
    """UTC."""

    end: datetime


def owed_days(due: Iterable[DueDay], standing: Standing) -> dict[LineKey, OwedDays]:
    """Lines of which there are days that nothing is known of, and that were not asked about yet."""
    owed: dict[LineKey, OwedDays] = {}
    for one in due:
        if one.tries or one.at > standing.utc or one.day >= standing.local.date():
            continue
        known = standing.days.get(one.day)
        for key in standing.lines:
            if known is None or key not in known.lines:
                first, last = owed.get(key, (one.day, one.day))
                owed[key] = OwedDays(min(first, one.day), max(last, one.day))
    return owed
