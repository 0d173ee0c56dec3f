"""What a camera is found to be set to, besides what it has counted: its clock and its lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from peoplecount.domain.line import LineKey


@dataclass(frozen=True, slots=True)
class ClockMeasurement:
    """A camera's clock beside ours, at one moment."""

    measured_at: datetime
    """UTC, by our clock."""

    steady: float | None
    """The same moment on a clock that nobody sets, in seconds of the pace of ours; ``None`` where it is not comparable,
    because another process measured."""

    utc_offset: timedelta
    """The camera's zone: its local time less what it takes for UTC, a multiple of 15 minutes."""

    least: timedelta
    """The camera is ahead of us by at least this, its zone aside; negative where it is behind."""

    most: timedelta
    """And at most by this: it tells whole seconds, some time between question and answer."""

    is_synced: bool = False
    """Whether it says that a time server or a satellite sets its clock."""

    @property
    def error(self) -> timedelta:
        """How far the camera is ahead of us, as far as can be told: nothing where the clocks may agree."""
        return timedelta(0) if self.least <= timedelta(0) <= self.most else (self.least + self.most) / 2

    @property
    def doubt(self) -> timedelta:
        """How far from ``error`` the truth may be."""
        return max(self.most - self.error, self.error - self.least)


@dataclass(frozen=True, slots=True)
class LineSetup:
    """One line as the camera is set up."""

    name: str
    """Empty where the camera gives none."""

    enabled: bool
    mode: str = ""
    """Which crossing counts as in: ``LeftToRightIn`` or ``RightToLeftIn``; empty where the camera does not say."""


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """What a camera was last found to be set to; the same object as long as nothing has been asked anew."""

    clock: ClockMeasurement
    lines: tuple[tuple[LineKey, LineSetup], ...] = ()
    """The lines that the camera lists, in its order; empty where it lists none."""
