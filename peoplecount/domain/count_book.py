"""The count book: both roll-ups of some lines and times, and what counts, corrections and closed intervals do to them.

Of each line, the quarter hours of an hour always sum up to the hour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from peoplecount.domain.apportion import apportion, rescale
from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.correction import CorrectionReason, HourCorrection
from peoplecount.domain.event import Quality, worst
from peoplecount.domain.figures import Figures
from peoplecount.domain.interval import ClosedInterval
from peoplecount.domain.roll_up import HOUR, QUARTER, RollUp, Stretch
from peoplecount.domain.spread import spread, stretch_of


class Share(NamedTuple):
    """People in an hour of the camera's wall clock, and in its quarters."""

    hour: datetime
    """When it began, UTC."""

    people: Figures
    quarters: Mapping[datetime, Figures]


@dataclass(frozen=True, slots=True)
class Crossings:
    """People of a line between two moments, and the door and site they are counted for."""

    line_id: str
    door_id: str
    site_id: str
    lasted: timedelta
    offset: timedelta
    """The camera's wall clock less UTC, to the quarter hour."""

    quality: Quality
    shares: Sequence[Share]

    @classmethod
    def between(
        cls,
        started_at: datetime,
        ended_at: datetime,
        *,
        line_id: str,
        door_id: str,
        site_id: str,
        sight: ClockSight,
        people: Figures,
        quality: Quality,
    ) -> Crossings:
        """Two moments, UTC; ``sight`` is what was seen of the camera's clock at the later one.

        The camera's history, which corrections come from, goes by its clock, also where that is off by a minute.
        """
        offset, error = sight.offset, sight.error
        shares = _shares(people, started_at + error, ended_at + error, offset)
        return cls(line_id, door_id, site_id, ended_at - started_at, offset, quality, shares)


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction changed."""

    old: Figures | None
    """What was there; ``None`` where nothing was known."""

    old_quality: Quality
    changes: Mapping[tuple[str, str], Figures]
    """What is to be added, by door and site; without zeros."""


@dataclass(frozen=True, slots=True)
class CountBook:
    """Both roll-ups. They must hold all rows of the times that are worked on."""

    hours: RollUp = field(default_factory=RollUp)
    quarters: RollUp = field(default_factory=RollUp)

    def add(self, crossings: Crossings) -> None:
        """People were counted."""
        one, lasted = crossings, crossings.lasted
        line_id, door_id, site_id = one.line_id, one.door_id, one.site_id
        by_hour, by_quarter = (_spread_quality(one.quality, lasted, length) for length in (HOUR, QUARTER))
        for hour, people, quarters in one.shares:
            cell = self.hours.open(Stretch(line_id, hour, door_id, site_id))
            if cell.local_start is None:
                cell.local_start = _local(hour, one.offset)
            cell.add(people.entered, people.left, by_hour)
            for quarter, some in quarters.items():
                part = self.quarters.open(Stretch(line_id, quarter, door_id, site_id))
                part.add(some.entered, some.left, by_quarter)

    def correct(self, correction: HourCorrection, door_id: str, site_id: str) -> Corrected | None:
        """An hour is told anew; what that changed, or ``None`` where it was so already.

        The doors it was counted for keep their shares; what was counted for none goes to the door and site given.
        """
        line_id = str(correction.key)
        there = self.hours.between(line_id, correction.started_at, correction.ended_at)
        self._name(there, correction.local_start)
        known = [stretch for stretch in there if not self.hours[stretch].is_missing]
        old = _sum(self.hours, known) if known else None
        old_quality = worst(*(self.hours[stretch].quality for stretch in known)) if known else Quality.MISSING
        if (
            old is not None
            and correction.reason is CorrectionReason.EARLIER
            and self._knows_better(known, old, correction)
        ):
            return None
        is_so = old == correction.new and old_quality is correction.quality and len(known) == len(there)
        if is_so and all(self.hours[stretch].coverage == correction.coverage for stretch in there):
            return None
        if not there:
            there = self._make_hours(correction, door_id, site_id)
        changes = self._put_hours(correction, there, _preferred(there, door_id, site_id))
        return None if is_so else Corrected(old, old_quality, changes)

    def _knows_better(self, known: Sequence[Stretch], old: Figures, correction: HourCorrection) -> bool:
        """Whether an hour was counted live after all, and the log was lost since.

        The camera may have been replaced or cleared in between: its history must not take anybody away then.
        """
        if any(self.hours[stretch].quality not in {Quality.MEASURED, Quality.CORRECTED} for stretch in known):
            return False
        was_read = all(self.hours[stretch].coverage == 1.0 for stretch in known)
        return was_read or old.entered > correction.new.entered or old.left > correction.new.left

    def close(self, interval: ClosedInterval, door_id: str, site_id: str) -> None:
        """An interval of a line is over: how well it was read, and that nobody came where there is no row.

        Counts are never changed by it. It is about a line, and an hour or a quarter of an hour long.
        """
        roll_up = self.hours if interval.length == HOUR else self.quarters
        there = roll_up.at(interval.subject, interval.started_at)
        if interval.length == HOUR:
            self._name(there, interval.local_start)
        for stretch in there:
            self._note_reading(roll_up, stretch, interval)
        if there or interval.figures:  # people who are in no row here came in events that never arrived
            return
        local_start = interval.local_start if interval.length == HOUR else None
        cell = roll_up.open(Stretch(interval.subject, interval.started_at, door_id, site_id), local_start)
        cell.quality = Quality.MISSING if interval.figures is None else interval.quality
        cell.coverage = interval.coverage

    def _name(self, hours: Sequence[Stretch], local_start: datetime) -> None:
        """What the camera's wall clock showed, now that it is known better.

        A count says what it showed at its end: of hours before the clock was changed, and right after that before it
        was looked at again, that is not what it showed then.
        """
        for stretch in hours:
            if self.hours[stretch].local_start not in {None, local_start}:
                self.hours.open(stretch).local_start = local_start

    def _note_reading(self, roll_up: RollUp, stretch: Stretch, interval: ClosedInterval) -> None:
        """A correction knows better, and may come first."""
        cell = roll_up[stretch]
        if cell.coverage is None:
            roll_up.open(stretch).coverage = interval.coverage
        if cell.quality is Quality.MEASURED and interval.quality not in {Quality.MEASURED, Quality.MISSING}:
            roll_up.open(stretch).quality = interval.quality

    def _make_hours(self, correction: HourCorrection, door_id: str, site_id: str) -> list[Stretch]:
        made = []
        for number in range(max((correction.ended_at - correction.started_at) // HOUR, 1)):
            stretch = Stretch(str(correction.key), correction.started_at + number * HOUR, door_id, site_id)
            self.hours.open(stretch, correction.local_start).quality = Quality.MISSING
            made.append(stretch)
        return made

    def _put_hours(
        self, correction: HourCorrection, there: Sequence[Stretch], preferred: Sequence[int]
    ) -> dict[tuple[str, str], Figures]:
        before = [self.hours[stretch].figures for stretch in there]
        entered = apportion(correction.new.entered, _weights([one.entered for one in before], preferred))
        left = apportion(correction.new.left, _weights([one.left for one in before], preferred))
        changes: dict[tuple[str, str], Figures] = {}
        for stretch, old, *new in zip(there, before, entered, left, strict=True):
            cell = self.hours.open(stretch)
            cell.put(Figures(*new), correction.quality)
            cell.coverage = correction.coverage
            self._put_quarters(stretch, old, cell.figures, correction)
            place = (stretch.door_id, stretch.site_id)
            changes[place] = changes.get(place, Figures()) + cell.figures - old
        return {place: change for place, change in changes.items() if change}

    def _put_quarters(self, hour: Stretch, old: Figures, new: Figures, correction: HourCorrection) -> None:
        """When within the hour people came is a guess, unless their quarters stay as they were or nobody came."""
        place = (hour.door_id, hour.site_id)
        end = hour.starts_at + HOUR
        there = [one for one in self.quarters.between(hour.line_id, hour.starts_at, end) if one[2:] == place]
        if not there:
            there = [hour._replace(starts_at=hour.starts_at + number * QUARTER) for number in range(4)]
            for stretch in there:
                cell = self.quarters.open(stretch)
                cell.quality, cell.coverage = Quality.MISSING, correction.coverage
        before = [self.quarters[stretch].figures for stretch in there]
        unknown = [self.quarters[stretch].is_missing for stretch in there]
        target = _sum(self.quarters, there) + new - old
        entered = rescale([one.entered for one in before], max(target.entered, 0), unknown)
        left = rescale([one.left for one in before], max(target.left, 0), unknown)
        guessed = correction.quality if not target else worst(correction.quality, Quality.ESTIMATED)
        for stretch, was, is_unknown, *now in zip(there, before, unknown, entered, left, strict=True):
            if was != Figures(*now) or is_unknown:
                self.quarters.open(stretch).put(Figures(*now), guessed)


def _shares(people: Figures, started_at: datetime, ended_at: datetime, offset: timedelta) -> Sequence[Share]:
    """An hour's quarters hold what the hour holds, so they are made of it."""
    if ended_at - started_at <= QUARTER:  # nearly always; the same as below, without the way round
        hour, quarter = stretch_of(ended_at, HOUR, -offset), stretch_of(ended_at, QUARTER)
        return (Share(hour, people, {quarter: people}),)
    hours = _spread(people, started_at, ended_at, HOUR, -offset)
    return [
        Share(hour, some, _spread(some, max(started_at, hour), min(ended_at, hour + HOUR), QUARTER, timedelta(0)))
        for hour, some in hours.items()
    ]


def _spread(
    people: Figures, started_at: datetime, ended_at: datetime, length: timedelta, shift: timedelta
) -> dict[datetime, Figures]:
    entered = spread(people.entered, started_at, ended_at, length, shift)
    left = spread(people.left, started_at, ended_at, length, shift)
    return {start: Figures(entered.get(start, 0), left.get(start, 0)) for start in sorted(entered.keys() | left.keys())}


def _local(start: datetime, offset: timedelta) -> datetime:
    return (start + offset).replace(tzinfo=None)


def _spread_quality(quality: Quality, lasted: timedelta, length: timedelta) -> Quality:
    """How people came over a time that is longer than the stretch is a guess."""
    return worst(quality, Quality.ESTIMATED) if lasted > length else quality


def _sum(roll_up: RollUp, stretches: Sequence[Stretch]) -> Figures:
    return sum((roll_up[stretch].figures for stretch in stretches), Figures())


def _preferred(there: Sequence[Stretch], door_id: str, site_id: str) -> list[int]:
    return [int(stretch[2:] == (door_id, site_id)) for stretch in there]


def _weights(parts: Sequence[int], preferred: Sequence[int]) -> Sequence[int]:
    return parts if any(parts) else preferred
