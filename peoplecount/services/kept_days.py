"""The days of a camera's hour ledger as they lie beside the log: taken apart one by one, when somebody asks."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import date

from peoplecount.domain.camera_day import CameraDay
from peoplecount.services.camera_day_body import read_camera_day

logger = logging.getLogger(__name__)

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)
"""What a damaged text leads to."""


class _Unread:
    """A day that is taken apart once, however many copies there are of the days it is among."""

    __slots__ = ("_body", "_date", "_day")

    def __init__(self, day: date, body: str) -> None:
        self._date = day
        self._body = body
        self._day: CameraDay | None = None

    def read(self) -> CameraDay:
        if self._day is None:
            self._day = self._taken_apart()
            self._body = ""
        return self._day

    def _taken_apart(self) -> CameraDay:
        try:
            return read_camera_day(self._body)
        except UNREADABLE:
            logger.exception(
                "What is remembered of the hours of %s is damaged and not used: %.100r", self._date, self._body
            )
            return CameraDay(self._date)


class KeptDays(MutableMapping[date, CameraDay]):
    """Days by date. A poll needs one or two of them; whoever takes the lead polls every camera at once.

    A day that cannot be read is one of which nothing is known: it must not keep its camera from counting.
    """

    def __init__(self, bodies: Mapping[date, str]) -> None:
        """``bodies`` are what ``write_camera_day`` wrote."""
        self._days: dict[date, CameraDay | _Unread] = {day: _Unread(day, body) for day, body in bodies.items()}

    def __getitem__(self, day: date) -> CameraDay:
        known = self._days[day]
        return known.read() if isinstance(known, _Unread) else known

    def __setitem__(self, day: date, known: CameraDay) -> None:
        self._days[day] = known

    def __delitem__(self, day: date) -> None:
        del self._days[day]

    def __iter__(self) -> Iterator[date]:
        return iter(self._days)

    def __len__(self) -> int:
        return len(self._days)

    def __contains__(self, day: object) -> bool:
        return day in self._days

    def __copy__(self) -> KeptDays:
        copied = KeptDays({})
        copied._days = dict(self._days)
        return copied
