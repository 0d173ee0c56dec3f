"""Today's quarters of an hour as the service draws them, for browsers without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peoplecount.domain.event import Quality, parse_utc
from peoplecount.domain.roll_up import QUARTER
from peoplecount.web.trust import DOUBTS

WIDTH, HEIGHT = 8, 60
"""Of a bar with the gap beside it, and of the highest one; units of the picture."""


@dataclass(frozen=True, slots=True)
class DrawnQuarter:
    """The bars of a quarter of an hour."""

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


def begun_quarters(curve: Mapping[str, Any], now: datetime) -> int:
    """How many quarters of a site's curve have begun."""
    return min(len(curve["in"]), max(0, -(-(now - parse_utc(curve["start"])) // QUARTER)))


def drawn_day(curve: Mapping[str, Any], now: datetime) -> DrawnDay:
    """A site's curve, as ``TodayChart`` gives it, up to ``now``. What is not known is a gap and no zero."""
    begun = begun_quarters(curve, now)
    most = max((one for way in ("in", "out") for one in curve[way][:begun] if one), default=0) or 1
    return DrawnDay(tuple(_quarter(curve, index, most, now) for index in range(begun)), len(curve["in"]) * WIDTH)


def _quarter(curve: Mapping[str, Any], index: int, most: int, now: datetime) -> DrawnQuarter:
    entered, left, quality = (curve[name][index] for name in ("in", "out", "quality"))
    is_known = entered is not None and left is not None
    is_over = parse_utc(curve["start"]) + (index + 1) * QUARTER <= now
    doubtful = "doubtful" if is_known and Quality(quality) in DOUBTS else "measured"
    kind = "missing" if is_over and not is_known else doubtful
    up, down = (round(HEIGHT * (one or 0) / most, 1) for one in (entered, left))
    return DrawnQuarter(is_known and index in curve["partial"], kind, index * WIDTH, up, down)
