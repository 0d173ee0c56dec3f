"""People inside a site after each quarter of an hour; ``static/js/chart-curve.js`` reckons the same way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from peoplecount.domain.event import parse_utc
from peoplecount.domain.roll_up import QUARTER


def inside_after(curve: Mapping[str, Any], read_at: datetime) -> list[int | None]:
    """Of each quarter of a site's curve, as ``TodayChart`` gave it at ``read_at``: people inside as it ended.

    Reckoned back from who was inside then, which stands at the quarter that was under way. ``None`` where it is not
    known: before a quarter of which nothing is known, before the daily reset, before somebody counted by hand; later.
    """
    start, count = parse_utc(curve["start"]), len(curve["in"])
    running = min(count - 1, (read_at - start) // QUARTER)
    begins = _begins_at(curve)
    found: list[int | None] = [None] * count
    inside: int | None = curve["occupancy"]
    for index in range(running, -1, -1):
        if inside is None:
            break
        found[index] = max(0, inside)
        entered, left = curve["in"][index], curve["out"][index]
        is_known = entered is not None and left is not None and start + index * QUARTER >= begins
        inside = inside - (entered - left) if is_known else None
    return found


def _begins_at(curve: Mapping[str, Any]) -> datetime:
    """Before it, what the doors counted does not tell who was inside."""
    moments = [curve["occupancySince"], curve["countedByHandAt"]]
    return max(parse_utc(one) for one in moments if one)
