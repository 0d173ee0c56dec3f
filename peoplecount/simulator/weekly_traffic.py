"""Weekly traffic: people who come after a weekly profile, stay for a while and leave again."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from math import ceil
from random import Random

from peoplecount.simulator.crossings import DayCrossings
from peoplecount.simulator.local_days import LocalDays
from peoplecount.simulator.plan import CameraPlan, LinePlan, SitePlan
from peoplecount.simulator.pulse import Share, pulse

_SLOT = 900.0
"""Seconds; the profile hardly bends within a quarter of an hour."""

_NIGHT_WATCH = 0.05
"""The share of the pulse that is left where a place is closed: at 12 lines that are, somebody comes every 40 s."""

_OTHER_DOOR = 0.25
"""The share of people who leave by another door than they came."""


class WeeklyTraffic:
    """People enter by the profile, stay, and leave the same day: in minus out is about zero at night.

    All of it is a pure function of seed, line and day. ``busy`` multiplies the people and adds a pulse: every
    second of day and night somebody crosses one of the fleet's lines (with 12 lines or more), while the shape of the
    day stays visible above it. With ``quiet_nights`` the pulse follows the hours of each place: where it is closed,
    only few people come and go, as guards and cleaners do.
    """

    def __init__(
        self,
        cameras: Sequence[CameraPlan],
        *,
        seed: int = 1,
        busy: float | None = None,
        quiet_nights: bool = False,
    ) -> None:
        self._seed = seed
        self._busy = busy
        self._quiet_nights = quiet_nights
        lines = [(camera.site, camera.line_id(line), line) for camera in cameras for line in camera.lines]
        self._weights = {line_id: float(line.people_a_day) for _, line_id, line in lines}
        self._site_of = {line_id: site for site, line_id, _ in lines}
        self._lines: dict[str, list[tuple[str, LinePlan]]] = {}
        for site, line_id, line in lines:
            self._lines.setdefault(site.name, []).append((line_id, line))
        self._pulses = lru_cache(maxsize=4)(self._pulses_of)
        self._site_day = lru_cache(maxsize=4 * max(1, len(self._lines)))(self._plan_site_day)

    def crossings(self, line_id: str, day: date) -> DayCrossings:
        """Everybody who crosses a line on a local day of its site."""
        return self._site_day(self._site_of[line_id], day)[line_id]

    def _plan_site_day(self, site: SitePlan, day: date) -> dict[str, DayCrossings]:
        days = LocalDays(site.zone)
        start, end = days.start_of(day), days.end_of(day)
        lines = self._lines[site.name]
        entered: dict[str, list[float]] = {line_id: [] for line_id, _ in lines}
        left: dict[str, list[float]] = {line_id: [] for line_id, _ in lines}
        for number, (line_id, line) in enumerate(lines):
            other_id = lines[(number + 1) % len(lines)][0]
            chance = Random(f"{self._seed}/{line_id}/{day}")  # noqa: S311 (invented people, not secrets)
            for arrival in self._arrivals(site, line, start, end, chance):
                entered[line_id].append(arrival)
                leaves_by = other_id if chance.random() < _OTHER_DOOR else line_id
                left[leaves_by].append(self._departure(site, arrival, end, chance))
        for line_id, beats in self._pulses(start, end).items() if self._busy is not None else ():
            if line_id in entered:
                entered[line_id].extend(beats.entered)
                left[line_id].extend(beats.left)
        return {
            line_id: DayCrossings(array("d", sorted(entered[line_id])), array("d", sorted(left[line_id])))
            for line_id, _ in lines
        }

    def _arrivals(self, site: SitePlan, line: LinePlan, start: float, end: float, chance: Random) -> Iterator[float]:
        """When people come in, in no order within a quarter of an hour."""
        mood = 0.85 + 0.3 * chance.random()  # no two days are the same
        a_day = line.people_a_day * mood * (1.0 if self._busy is None else self._busy)
        slot = start
        while slot < end:
            length = min(_SLOT, end - slot)
            local = datetime.fromtimestamp(slot + length / 2, site.zone)
            expected = a_day * site.profile.share_of_day(local) * length / 3600
            for _ in range(int(expected + chance.random())):
                yield slot + length * chance.random()
            slot += length

    @staticmethod
    def _departure(site: SitePlan, arrival: float, end: float, chance: Random) -> float:
        stay = chance.expovariate(1 / (site.profile.stay_minutes * 60))
        at_the_latest = arrival + max(0.0, end - 1 - arrival) * chance.random()
        return min(arrival + stay, at_the_latest)

    def _pulses_of(self, start: float, end: float) -> dict[str, DayCrossings]:
        """Of a day from ``start`` to ``end``, in all sites of a time zone."""
        chance = Random(f"{self._seed}/pulse/{start}")  # noqa: S311 (invented people, not secrets)
        return pulse(self._weights, start, end, chance, self._share(start, end) if self._quiet_nights else None)

    def _share(self, start: float, end: float) -> Share:
        """Of the pulse: all of it from half as busy as a weekday's busiest hour on, and a night watch at least."""
        of_site = {site.name: _shares_of(site, start, end) for site in self._site_of.values()}
        of_line = {line_id: of_site[site.name] for line_id, site in self._site_of.items()}
        return lambda line_id, moment: of_line[line_id][int((moment - start) // _SLOT)]


def _shares_of(site: SitePlan, start: float, end: float) -> list[float]:
    """One for each quarter of an hour."""
    middles = (start + (slot + 0.5) * _SLOT for slot in range(ceil((end - start) / _SLOT)))
    weights = (site.profile.weight(datetime.fromtimestamp(middle, site.zone)) for middle in middles)
    return [min(1.0, max(_NIGHT_WATCH, 2 * weight)) for weight in weights]
