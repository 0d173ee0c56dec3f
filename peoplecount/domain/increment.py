"""Increments: people in and out of a line between two readings, with the totals they came from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.line import LineKey

_GENERATION = re.compile(r"(\d{4}-\d\d-\d\d)\.(\d{1,6})", re.ASCII)


class Generation(NamedTuple):
    """A span in which a total only grows: the camera-local day it began, and which of that day's it is.

    A later generation compares greater. In and out have generations of their own, because a camera may
    reset them apart.
    """

    day: date
    ordinal: int = 0

    @lru_cache(maxsize=1024)  # noqa: B019 - of values, and few; written as often as it is read
    def __str__(self) -> str:
        return f"{self.day.isoformat()}.{self.ordinal}"

    @classmethod
    @lru_cache(maxsize=1024)  # every event of a line names the same two all day long
    def parse(cls, text: str) -> Generation:
        """Read what ``str(generation)`` wrote. Raises ``ValueError``."""
        match = _GENERATION.fullmatch(text)
        if match is None:
            raise ValueError(f"not a generation: {text!r} (YYYY-MM-DD.N is expected)")
        return cls(date.fromisoformat(match[1]), int(match[2]))

    def next(self, day: date) -> Generation:
        """The generation after this one, begun on ``day``; never one that compares smaller."""
        return Generation(day) if day > self.day else Generation(self.day, self.ordinal + 1)


class Growth(NamedTuple):
    """What one direction's total did between two readings: ``start <= before <= after``."""

    generation: Generation
    start: int
    """The total at which the generation began: 0 after a reset, anything at the very first reading."""

    before: int
    after: int

    @property
    def people(self) -> int:
        """People who crossed in this direction."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Increment:
    """People in and out of a line between two readings."""

    key: LineKey
    started_at: datetime
    """UTC, the earlier reading; equal to ``ended_at`` at the very first one."""

    ended_at: datetime
    """UTC, the later reading."""

    local_time: datetime
    """The camera's wall clock at ``ended_at``, without a zone."""

    entered: Growth
    """Of the total the camera calls in."""

    left: Growth
    quality: Quality = Quality.MEASURED
    swapped: bool = False
    """Whether the line is drawn backwards, so that the camera's in is our out."""

    utc_offset: timedelta | None = None
    """How much of ``local_time`` less ``ended_at`` is the camera's zone; the rest is a clock that is off. ``None``
    where nobody has told them apart."""

    @property
    def sight(self) -> ClockSight:
        """What the reading showed of the camera's clock."""
        if self.utc_offset is None:
            return ClockSight.of(self.ended_at, self.local_time)
        return ClockSight(self.ended_at, self.local_time - self.ended_at.replace(tzinfo=None), self.utc_offset)

    @property
    def people(self) -> Figures:
        """People in and out in our sense."""
        return Figures(self.entered.people, self.left.people).swapped(self.swapped)
