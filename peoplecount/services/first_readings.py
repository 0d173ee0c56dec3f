"""First readings: what a camera counted earlier today at lines that nobody has read before."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from peoplecount.domain.day_history import DayHistory, DayHours
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import Reading
from peoplecount.sunapi.errors import CameraError

logger = logging.getLogger(__name__)


class HistoryClient(Protocol):
    """What is needed of a camera's client."""

    def history(self, day: date, lines: Sequence[LineKey] | None = None) -> DayHistory:
        """The hourly counts of lines on a day of the camera. Raises ``CameraError``."""
        ...


@dataclass(frozen=True, slots=True)
class _Asked:
    hour: datetime
    """By the camera's clock."""

    lines: frozenset[LineKey]
    hours: Mapping[LineKey, DayHours]


class FirstReadings:
    """Asks one camera for the history of today, once for lines that are unknown.

    A line is known as soon as its first reading is in the log. Should that fail, the answer still holds for the rest
    of the hour; after that another hour is over, and it is asked for again.
    """

    def __init__(self, camera_id: str, client: HistoryClient) -> None:
        self._camera_id = camera_id
        self._client = client
        self._asked: _Asked | None = None

    def earlier(self, reading: Reading, unknown: Sequence[LineKey]) -> Mapping[LineKey, DayHours]:
        """The hours of today of unknown lines of a reading, as far as the camera tells them; never raises for it.

        Takes up to half a minute. Nothing is asked in the first hour of the camera's day: no hour is over.
        """
        hour = reading.local_time.replace(minute=0, second=0, microsecond=0)
        if not unknown or hour.hour == 0:
            return {}
        asked = self._asked
        if asked is None or asked.hour != hour or not asked.lines.issuperset(unknown):
            asked = self._asked = _Asked(hour, frozenset(unknown), self._ask(hour.date(), unknown))
        return asked.hours

    def _ask(self, day: date, unknown: Sequence[LineKey]) -> Mapping[LineKey, DayHours]:
        try:
            history = self._client.history(day, unknown)
        except CameraError as error:
            logger.info("camera %s: counting begins now; no history of today: %s", self._camera_id, error)
            return {}
        if history.missing:
            reasons = "; ".join(f"{key}: {reason}" for key, reason in history.missing.items())
            logger.info(
                "camera %s: counting begins now where there is no history of today: %s", self._camera_id, reasons
            )
        return history.hours
