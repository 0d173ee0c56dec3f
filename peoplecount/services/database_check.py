"""Holding the database against the log: where a day that is over is not what was told, it is told again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_day import CameraDay, LineDay, Slots, coverage
from peoplecount.domain.clock import Clock
from peoplecount.domain.day_history import HOURS_A_DAY
from peoplecount.domain.event import Quality
from peoplecount.domain.event_id import EventId
from peoplecount.domain.figures import NOBODY, Figures
from peoplecount.domain.hour_differences import differing_hours, hours_of_day, told_hours
from peoplecount.domain.hour_slots import HourSlots
from peoplecount.domain.line import LineKey
from peoplecount.domain.roster import Roster
from peoplecount.services.day_settlement import Settlement
from peoplecount.services.site_day import zone_of

logger = logging.getLogger(__name__)

MOST_TIMES = 3
"""So often a day is said again in a row. A database that takes no notice will not take any the fourth time."""


class HourRow(Protocol):
    """An hour of a line in the database, counted for one of its doors."""

    @property
    def line_id(self) -> str:
        """The line."""
        ...

    @property
    def starts_at(self) -> datetime:
        """UTC."""
        ...

    @property
    def figures(self) -> Figures | None:
        """People in and out; ``None`` where nothing is known."""
        ...

    @property
    def quality(self) -> Quality:
        """How they were come by."""
        ...


class Hours(Protocol):
    """What is needed of the history in the database. Both raise ``DatabaseError``."""

    def hours(self, start: datetime, end: datetime, *, line_ids: Collection[str] | None = None) -> Sequence[HourRow]:
        """Hours of lines that begin in a stretch (UTC)."""
        ...

    def written_up_to(self) -> EventId | None:
        """The last event that is in it."""
        ...


class Ledger(Protocol):
    """What is needed of the count keeper. Both raise ``LogError``."""

    def days(self, camera_id: str) -> Mapping[date, CameraDay]:
        """The hours of a camera's days."""
        ...

    def reassert(self, camera: Camera, day: date, slots: Mapping[LineKey, Sequence[int]], now: datetime) -> Settlement:
        """Say again what hours of a day are."""
        ...


class DatabaseCheck:
    """Compares days, once the database has everything that was told until somebody asked."""

    def __init__(
        self,
        ledger: Ledger,
        history: Hours,
        *,
        head: Callable[[], EventId],
        roster: Callable[[], Roster],
        clock: Clock,
    ) -> None:
        """``head`` is the log's. Raises ``LogError``."""
        self._ledger = ledger
        self._history = history
        self._head = head
        self._roster = roster
        self._clock = clock
        self._asked: dict[tuple[str, date], EventId] = {}
        self._times: dict[tuple[str, date], int] = {}

    def reassert(self, camera_id: str, day: date) -> int | None:
        """Say again what the database has otherwise; how many hours, ``None`` where it has not caught up yet.

        Raises ``LogError`` and ``DatabaseError``.
        """
        roster = self._roster()
        camera = roster.cameras.get(camera_id)
        known = self._ledger.days(camera_id)
        if camera is None or day not in known:
            return 0
        if not self._has_caught_up(camera_id, day):
            return None
        clock = HourSlots.of(known.values(), zone_of(roster.site_of(camera)))
        differing = self._differing(known[day], clock.on(day)) if clock.is_sure(day) else {}
        hours = sum(map(len, differing.values()))
        if hours and self._may_say_again(camera_id, day, hours):
            self._ledger.reassert(camera, day, differing, self._clock.now())
            del self._asked[camera_id, day]
            return hours
        self._forget(camera_id, day)
        return 0

    def _has_caught_up(self, camera_id: str, day: date) -> bool:
        """Whether the database has all events of the time it was first asked about the day."""
        asked = self._asked.setdefault((camera_id, day), self._head())
        written = self._history.written_up_to()
        if written is not None and written.epoch != asked.epoch:
            self._asked[camera_id, day] = self._head()
            return False
        return written is not None and written.number >= asked.number

    def _differing(self, known: CameraDay, slots: Slots) -> dict[LineKey, tuple[int, ...]]:
        told = {key: told_hours(line, slots) for key, line in known.lines.items()}
        rows = self._history.hours(slots.bounds[0], slots.bounds[-1], line_ids=[str(key) for key in told])
        kept, live = figures_by_line(rows), _counted_live(rows)
        differing = {}
        for key, hours in told.items():
            there = hours_of_day(kept.get(str(key), {}), slots)
            unread = _unread(known.lines[key], slots)
            of_ours = {
                slot: people
                for slot, people in hours.items()
                if slot not in unread or (str(key), slots.begin(slot)) not in live
            }
            differing[key] = differing_hours(of_ours, there)
        return {key: hours for key, hours in differing.items() if hours}

    def _may_say_again(self, camera_id: str, day: date, hours: int) -> bool:
        times = self._times[camera_id, day] = self._times.get((camera_id, day), 0) + 1
        if times > MOST_TIMES:
            logger.warning(
                "camera %s: the database has %d hours of %s otherwise and does not take what is said of them",
                camera_id,
                hours,
                day,
            )
            return False
        logger.info("camera %s: the database has %d hours of %s otherwise; they are said again", camera_id, hours, day)
        return True

    def _forget(self, camera_id: str, day: date) -> None:
        self._asked.pop((camera_id, day), None)
        self._times.pop((camera_id, day), None)


def _unread(line: LineDay, slots: Slots) -> set[int]:
    """Hours known from the camera only."""
    return {
        slot
        for slot in range(HOURS_A_DAY)
        if slots.begin(slot) < slots.end(slot) and not coverage(line, slots.begin(slot), slots.end(slot))
    }


def _counted_live(rows: Iterable[HourRow]) -> set[tuple[str, datetime]]:
    """Hours that were counted from readings when they were written.

    Should the log have been lost since, it has them from the camera only: the database then knows better.
    """
    hours: dict[tuple[str, datetime], bool] = {}
    for row in rows:
        place = row.line_id, row.starts_at
        hours[place] = hours.get(place, True) and row.quality in {Quality.MEASURED, Quality.CORRECTED}
    return {place for place, is_live in hours.items() if is_live}


def figures_by_line(rows: Iterable[HourRow]) -> dict[str, dict[datetime, Figures]]:
    """The figures of lines by hour, over all their doors; hours of which nothing is known are left out."""
    lines: dict[str, dict[datetime, Figures]] = {}
    for row in rows:
        if row.figures is not None:
            hours = lines.setdefault(row.line_id, {})
            hours[row.starts_at] = hours.get(row.starts_at, NOBODY) + row.figures
    return lines
