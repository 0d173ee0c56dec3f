"""Intervals: what was counted in a stretch of time that is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures


class Scope(StrEnum):
    """What an interval is the sum of."""

    LINE = "line"
    DOOR = "door"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class ClosedInterval:
    """People of a line, door or site in a stretch of time that is over, and how far that can be trusted."""

    scope: Scope
    subject: str
    """The id of the line, door or site."""

    started_at: datetime
    """UTC."""

    length: timedelta
    local_start: datetime
    """Wall clock, without a zone: of a line's camera, or of the site."""

    figures: Figures | None
    """``None`` where nothing is known: not one reading tells anything of this time."""

    quality: Quality
    """The worst in it; ``MISSING`` where ``figures`` is ``None``."""

    coverage: float
    """The share of the expected readings that came, 0 to 1; over several lines their mean."""
