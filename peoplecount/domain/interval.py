"""Intervals: what was counted in a stretch of time that is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.told import Told


class Scope(StrEnum):
    """What an interval is the sum of."""

    LINE = "line"
    DOOR = "door"
    SITE = "site"


class Step(StrEnum):
    """How long intervals are: minutes, or a day from midnight to midnight."""

    FIVE_MINUTES = "5"
    QUARTER = "15"
    HOUR = "60"
    DAY = "day"

    @property
    def length(self) -> timedelta | None:
        """``None`` for a day, which has 23 to 25 hours."""
        return None if self is Step.DAY else timedelta(minutes=int(self.value))

    @classmethod
    def of(cls, length: timedelta) -> Step:
        """The step of an interval of this length."""
        return next((step for step in cls if step.length == length), cls.DAY)


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
    """The worst in it; ``MISSING`` where ``figures`` is ``None`` or, of a day, a door or a site, a part of it is."""

    coverage: float
    """The share of the expected readings that came, 0 to 1; over several lines their mean."""

    today: Told | None = None
    """Of a line's shortest intervals: the camera's day so far, up to the interval's end."""

    @property
    def ended_at(self) -> datetime:
        """UTC."""
        return self.started_at + self.length

    @property
    def step(self) -> Step:
        """A day where it is none of the shorter ones."""
        return Step.of(self.length)
