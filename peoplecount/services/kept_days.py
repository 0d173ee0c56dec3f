"""The days of a camera's hour ledger as they lie beside the log: taken apart one by one, when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from datetime import date

from peoplecount.domain.camera_day import CameraDay
from peoplecount.services.camera_day_body import read_camera_day


class _Unread:
    """A day that is taken apart once, however many copies there are of the days it is among."""

    __slots__ = ("_body", "_day")

    def __init__(self, body: str) -> None:
        self._body = body
        self._day: CameraDay | None = None

    def read(self) -> CameraDay:
        if self._day is None:
            self._day = read_camera_day(self._body)
            self._body = ""
        return self._day


class KeptDays(MutableMapping[date, CameraDay]):
    """Days by date. A poll needs one or two of them; whoever takes the lead polls every camera at once.

    Reading a day that makes no sense raises ``ValueError``, ``KeyError`` and the like.
    """

    def __init__(self, bodies: Mapping[date, str]) -> None:
        """``bodies`` are what ``write_camera_day`` wrote."""
        self._days: dict[date, CameraDay | _Unread] = {day: _Unread(body) for day, body in bodies.items()}

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
