"""The events that counting makes, with where the line and its site stand after each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_day import HOUR
from peoplecount.domain.correction import HourCorrection
from peoplecount.domain.correction_body import correction_event
from peoplecount.domain.counting import LineCount
from peoplecount.domain.event import NewEvent
from peoplecount.domain.event_body import Place, Standing, break_event, count_event
from peoplecount.domain.figures import Figures
from peoplecount.domain.increment import Increment
from peoplecount.domain.line import LineKey
from peoplecount.domain.occupancy import Occupancy, occupancy_day
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.domain.spread import spread
from peoplecount.services.break_words import words
from peoplecount.services.count_memory import CountMemory
from peoplecount.services.site_day import zone_of


class CountEvents:
    """Makes events, and takes up in ``memory`` what they do to occupancies and to today's figures."""

    def __init__(self, memory: CountMemory, roster: Roster, camera: Camera) -> None:
        self._memory = memory
        self._roster = roster
        self._camera = camera
        self.sites: set[str] = set()
        """Sites whose occupancy is another one now."""

    def of_count(self, line: LineCount) -> Iterator[NewEvent]:
        """What a reading told of a line."""
        place = self._place(line.key, line.state.name)
        for broke in line.breaks:
            yield break_event(place, broke.moment.utc, str(line.key), *words(broke))
        told = sum((increment.people for increment in line.increments), Figures())
        today = Figures(line.state.in_today, line.state.out_today) - told
        for increment in line.increments:
            today += increment.people
            occupancy = self._crossed(place, increment)
            standing = Standing(today.entered, today.left, occupancy.inside)
            yield count_event(place, increment, standing, known_at=line.increments[-1].ended_at)

    def of_corrections(
        self, key: LineKey, day: date, corrections: Iterable[HourCorrection], known_at: datetime
    ) -> Iterator[NewEvent]:
        """What settling a line's day told; today's figures move with it."""
        counts = self._memory.counts[self._camera.camera_id]
        place = self._place(key, counts.lines[key].name)
        for correction in corrections:
            occupancy = self._corrected(place, correction)
            line = counts.lines[key]
            if line.day != day:
                yield correction_event(place, correction, known_at)
                continue
            today = Figures(line.in_today, line.out_today) + correction.change
            line = replace(line, in_today=today.entered, out_today=today.left)
            counts = replace(counts, lines={**counts.lines, key: line})
            self._memory.counts[self._camera.camera_id] = counts
            standing = Standing(today.entered, today.left, occupancy.inside)
            yield correction_event(place, correction, known_at, standing)

    def _place(self, key: LineKey, reported_name: str) -> Place:
        return self._roster.place_of_line(self._camera, key, reported_name)

    def _crossed(self, place: Place, increment: Increment) -> Occupancy:
        """People counted up to the very moment of the reset came before it: hours of a history end there."""
        occupancy = self._memory.occupancy(
            place.site_id, self._occupancy_day(place, increment.ended_at - datetime.resolution)
        )
        for ended_at, people in _by_hour(increment):
            day = self._occupancy_day(place, ended_at - datetime.resolution)
            occupancy = occupancy.after(day, people.entered, people.left, ended_at)
        return self._keep(place, occupancy)

    def _corrected(self, place: Place, correction: HourCorrection) -> Occupancy:
        day = self._occupancy_day(place, correction.started_at)
        known = self._memory.occupancy(place.site_id, day)
        return self._keep(place, known.corrected(day, correction.started_at, correction.change))

    def _keep(self, place: Place, occupancy: Occupancy) -> Occupancy:
        if self._memory.occupancies.get(place.site_id) != occupancy:
            self._memory.occupancies[place.site_id] = occupancy
            self.sites.add(place.site_id)
        return occupancy

    def _occupancy_day(self, place: Place, moment: datetime) -> date:
        site: Site = self._roster.sites[place.site_id]
        return occupancy_day(moment.astimezone(zone_of(site)), site.reset_time)


def _by_hour(increment: Increment) -> Iterator[tuple[datetime, Figures]]:
    """The people of an increment by when they had come; those of a long one as the hour ledger spreads them."""
    begun, ended = increment.started_at, increment.ended_at
    if ended - begun <= HOUR:
        yield ended, increment.people
        return
    shift = -increment.sight.offset
    entered = spread(increment.people.entered, begun, ended, HOUR, shift)
    left = spread(increment.people.left, begun, ended, HOUR, shift)
    for hour in sorted(entered.keys() | left.keys()):
        yield min(hour + HOUR, ended), Figures(entered.get(hour, 0), left.get(hour, 0))
