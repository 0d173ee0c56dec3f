"""Today's quarters of an hour as the service draws and lists them: for browsers without scripts, and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peoplecount.domain.event import Quality, parse_utc
from peoplecount.domain.roll_up import QUARTER
from peoplecount.web.trust import DOUBTS

WIDTH, HEIGHT = 8, 60
"""Of a bar with the gap beside it, and of the highest one; units of the picture."""


@dataclass(frozen=True, slots=True)
class DrawnQuarter:
    """A quarter of an hour: its figures, and its bars."""

    start: datetime
    """UTC."""

    entered: int | None
    left: int | None
    doubt: str
    """What is to be said of the figures; empty where they were measured."""

    is_part: bool
    """Whether nothing is known of some lines: more may have crossed."""

    kind: str
    """A class of the picture: ``measured``, ``doubtful`` or ``missing``."""

    x: int
    up: float
    down: float


@dataclass(frozen=True, slots=True)
class DrawnDay:
    """The quarters of a day that have begun, and the size of their picture."""

    quarters: tuple[DrawnQuarter, ...]
    width: int
    height: int = 2 * HEIGHT


def drawn_day(curve: Mapping[str, Any], now: datetime) -> DrawnDay:
    """A site's curve, as ``TodayChart`` gives it, up to ``now``. What is not known is a gap and no zero."""
    start = parse_utc(curve["start"])
    begun = min(len(curve["in"]), max(0, -(-(now - start) // QUARTER)))
    most = max((one for way in ("in", "out") for one in curve[way][:begun] if one), default=0) or 1
    quarters = tuple(_quarter(curve, index, start + index * QUARTER, most, now) for index in range(begun))
    return DrawnDay(quarters, len(curve["in"]) * WIDTH)


def _quarter(curve: Mapping[str, Any], index: int, start: datetime, most: int, now: datetime) -> DrawnQuarter:
    entered, left, quality = (curve[name][index] for name in ("in", "out", "quality"))
    is_known = entered is not None and left is not None
    doubt = DOUBTS.get(Quality(quality), "") if is_known else ""
    is_over = start + timedelta(seconds=QUARTER.total_seconds()) <= now
    kind = ("doubtful" if doubt else "measured") if is_known else ("missing" if is_over else "measured")
    up, down = (round(HEIGHT * (one or 0) / most, 1) for one in (entered, left))
    is_part = is_known and index in curve["partial"]
    return DrawnQuarter(start, entered, left, doubt, is_part, kind, index * WIDTH, up, down)
