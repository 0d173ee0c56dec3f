"""The weekly profile: how many people come at which hour of which day, by kind of place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

_SATURDAY, _SUNDAY, _MONDAY = 5, 6, 0

Hours = tuple[float, ...]
"""24 weights, one an hour; 1 is the busiest."""


def _hours(weights: Mapping[int, float]) -> Hours:
    return tuple(weights.get(hour, 0.0) for hour in range(24))


_CLOSED = _hours({})

_STORE_WEEKDAY = _hours(
    {8: 0.05, 9: 0.3, 10: 0.45, 11: 0.65, 12: 1.0, 13: 0.7, 14: 0.5, 15: 0.55, 16: 0.75, 17: 1.0, 18: 0.75, 19: 0.35}
)
_STORE_SATURDAY = _hours(
    {8: 0.1, 9: 0.5, 10: 0.8, 11: 1.1, 12: 1.3, 13: 1.15, 14: 1.1, 15: 1.15, 16: 1.25, 17: 1.3, 18: 0.8, 19: 0.3}
)
_STORE_SUNDAY = _hours({10: 0.15, 11: 0.25, 12: 0.4, 13: 0.3, 14: 0.25, 15: 0.3, 16: 0.35, 17: 0.4, 18: 0.1})

_BANK_WEEKDAY = _hours(
    {8: 0.3, 9: 0.5, 10: 0.55, 11: 0.7, 12: 1.0, 13: 0.7, 14: 0.5, 15: 0.55, 16: 0.7, 17: 0.9, 18: 0.2}
)
_BANK_SATURDAY = _hours({9: 0.2, 10: 0.3, 11: 0.35, 12: 0.4, 13: 0.2, 14: 0.15, 15: 0.15, 16: 0.2, 17: 0.25})

_MUSEUM_WEEKDAY = _hours({9: 0.1, 10: 0.5, 11: 0.75, 12: 1.0, 13: 0.7, 14: 0.65, 15: 0.7, 16: 0.8, 17: 0.95, 18: 0.2})
_MUSEUM_WEEKEND = tuple(weight * 1.6 for weight in _MUSEUM_WEEKDAY)


@dataclass(frozen=True, slots=True)
class WeeklyProfile:
    """The shape of a week at one kind of place: peaks at noon and at 17h, empty at night."""

    name: str
    weekday: Hours
    saturday: Hours
    sunday: Hours
    stay_minutes: float
    """How long people stay, on average."""

    monday: Hours | None = None
    """Where it differs from the other weekdays."""

    def weight(self, local: datetime) -> float:
        """How busy it is at a local moment, 1 being the busiest of a weekday; bends smoothly between the hours."""
        hours = self._hours_of(local.weekday())
        position = local.hour + local.minute / 60 - 0.5  # a weight stands in the middle of its hour
        before = int(position // 1)
        share = position - before
        return hours[before % 24] * (1 - share) + hours[(before + 1) % 24] * share

    def share_of_day(self, local: datetime) -> float:
        """The share of an ordinary weekday's people who come in an hour like this one."""
        return self.weight(local) / sum(self.weekday)

    def _hours_of(self, weekday: int) -> Hours:
        if weekday == _SATURDAY:
            return self.saturday
        if weekday == _SUNDAY:
            return self.sunday
        return self.monday if weekday == _MONDAY and self.monday is not None else self.weekday


STORE = WeeklyProfile("store", _STORE_WEEKDAY, _STORE_SATURDAY, _STORE_SUNDAY, stay_minutes=35)
BANK = WeeklyProfile("bank", _BANK_WEEKDAY, _BANK_SATURDAY, _CLOSED, stay_minutes=12)
MUSEUM = WeeklyProfile("museum", _MUSEUM_WEEKDAY, _MUSEUM_WEEKEND, _MUSEUM_WEEKEND, stay_minutes=75, monday=_CLOSED)
