"""People who came on days before today, as a camera's own history has them; today nobody comes who is not walked.

Or today is like other days at all cameras but one.
"""

from __future__ import annotations

from array import array
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from peoplecount.simulator.crossings import DayCrossings

OPEN = range(9, 18)
"""Hours in which people come."""

MOST_AN_HOUR = 40
STAY = 20 * 60.0
"""Seconds; so everybody leaves in the hour in which they came, or in the next one."""


class EarlierPeople:
    """The traffic of a place that was open until yesterday. Each line has other figures, the same whenever asked."""

    def __init__(self, time_zone: str, *, silent_today: str = "") -> None:
        """``silent_today``: the camera that nobody is seen by today, while people come at the others."""
        self._silent_today = silent_today
        self._zone = ZoneInfo(time_zone)
        self._today = datetime.now(self._zone).date()

    def crossings(self, line_id: str, day: date) -> DayCrossings:
        """Everybody who crosses a line on a local day."""
        is_silent = not self._silent_today or line_id.startswith(f"{self._silent_today}-")
        if day >= self._today and is_silent:
            return DayCrossings()
        chance = Random(f"{line_id} {day}")
        midnight = datetime.combine(day, time(), self._zone)
        entered = array(
            "d", (moment for hour in OPEN for moment in self._hour(midnight + timedelta(hours=hour), chance))
        )
        return DayCrossings(entered, array("d", (moment + STAY for moment in entered)))

    @staticmethod
    def _hour(begin: datetime, chance: Random) -> list[float]:
        return sorted(begin.timestamp() + chance.uniform(0, 3599) for _ in range(chance.randint(1, MOST_AN_HOUR)))
