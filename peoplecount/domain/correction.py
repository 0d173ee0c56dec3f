"""Corrections: another figure for an hour that had been told, or the first one for an hour nobody had watched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.line import LineKey


class CorrectionReason(StrEnum):
    """Why an hour has another figure now."""

    EARLIER = "from before the first reading"
    """Back-fill: the hour had not been counted at all."""

    OUTAGE = "settled after an outage"
    """The hour had been spread or was missing, because nobody could read the camera."""

    BREAK = "counted between the last reading and a reset"
    DIFFERENCE = "the camera's history has another figure"
    CONFIRMED = "confirmed by the camera's history"
    """The figure stays, but it is no longer an estimate."""

    SWAPPED = "the line's direction was swapped"
    DATABASE = "the database held another figure"
    """Said again, because the records did not agree with what is known here."""


@dataclass(frozen=True, slots=True)
class HourCorrection:
    """What a line counted in one hour of its camera's wall clock, as it is known now.

    It says what the hour *is* and not what to add, so it may be applied any number of times.
    """

    key: LineKey
    started_at: datetime
    """UTC."""

    ended_at: datetime
    """UTC. Two hours later where the camera's clock was put back in between and its history has one slot for both."""

    local_start: datetime
    """The camera's wall clock when the hour began, without a zone."""

    old: Figures | None
    """What had been told; ``None`` where nothing had."""

    new: Figures
    old_quality: Quality
    """``MISSING`` where ``old`` is ``None``."""

    quality: Quality
    coverage: float
    """The share of the hour in which the line was read as often as it should be, 0 to 1."""

    reason: CorrectionReason

    @property
    def change(self) -> Figures:
        """What is to be added to what had been told; may be below zero."""
        return self.new - (self.old or Figures())
