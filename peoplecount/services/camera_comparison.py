"""Comparing a camera's days with the log and the database, for somebody who wants to see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_day import CameraDay, Slots
from peoplecount.domain.clock import Clock
from peoplecount.domain.comparison import Comparison, compare
from peoplecount.domain.day_history import DayHistory
from peoplecount.domain.figures import Figures
from peoplecount.domain.history_notes import HistoryNotes
from peoplecount.domain.hour_differences import hours_of_day
from peoplecount.domain.hour_slots import HourSlots
from peoplecount.domain.line import Line, LineKey
from peoplecount.services.database_check import figures_by_line
from peoplecount.services.history_source import UNKNOWN_CLOCK, ClockUnknown, Inquiry, ask, is_doubtful
from peoplecount.services.polled_camera import PolledCamera
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.history_rows import HourCount
from peoplecount.sunapi.errors import CameraError

Hours = Callable[[datetime, datetime, list[str]], Iterable[HourCount]]
"""The hours of lines that begin in a stretch (UTC), from the database. Raises ``DatabaseError``."""


class CameraComparison:
    """Compares one camera; asks it as the service does, changes nothing anywhere."""

    def __init__(
        self,
        source: PolledCamera,
        *,
        known: Mapping[date, CameraDay],
        notes: HistoryNotes,
        hours: Hours,
        clock: Clock,
        zone: tzinfo,
    ) -> None:
        """``known`` is the camera's hour ledger, ``zone`` that of its site."""
        self._source = source
        self._known = known
        self._notes = notes
        self._hours = hours
        self._clock = clock
        self._slots = HourSlots.of(known.values(), zone)
        self.left_out = ""
        """Why no day could be compared, once ``days`` was run through; empty where one was."""

        self.is_trouble = False
        """Whether that is so although there is something to compare."""

    def days(self, number: int) -> Iterator[Comparison]:
        """Compare so many whole days before today, as far as they are known here; the newest first."""
        try:
            reading = self._source.read()
            trouble, now = "", self._clock.now()
            local = reading.local_time + (now - reading.taken_at)
            doubt = UNKNOWN_CLOCK if is_doubtful(self._source, self._notes) else ""
        except CameraError as error:
            doubt, trouble, now = "", str(error), self._clock.now()
            local = self._local(now)
        wanted = [local.date() - timedelta(days=back) for back in range(1, number + 1)]
        known = [self._known[day] for day in wanted if day in self._known and self._known[day].lines]
        if not known:
            self.is_trouble = bool(trouble or doubt)
            self.left_out = trouble or doubt or "nothing is known here yet of these days"
        for day in known:
            yield from self._compare(day, trouble or self._answer(day, now, local))

    def _local(self, now: datetime) -> datetime:
        """The camera's wall clock, as far as it can be known without the camera."""
        today = self._slots.on(now.date())
        return datetime.combine(now.date(), datetime.min.time()) + (now - today.bounds[0])

    def _answer(self, known: CameraDay, now: datetime, local: datetime) -> DayHistory | str:
        if all(line.barred for line in known.lines.values()):
            return "it was not asked"
        inquiry = Inquiry(known.day, self._slots.on(known.day), known, now, local)
        try:
            return ask(self._source, inquiry, self._notes)[0]
        except CameraError as error:
            return str(error)
        except ClockUnknown:
            return UNKNOWN_CLOCK

    def _compare(self, known: CameraDay, answer: DayHistory | str) -> Iterator[Comparison]:
        slots = self._slots.on(known.day)
        kept = self._kept(slots, known)
        for key, line in sorted(known.lines.items()):
            remembered = (
                answer
                if isinstance(answer, str)
                else answer.hours.get(key) or answer.missing.get(key, "it does not have the line any more")
            )
            of_line = kept if isinstance(kept, str) else kept.get(key, {})
            yield compare(
                _line(self._source.camera, key), known.day, slots=slots, remembered=remembered, known=line, kept=of_line
            )

    def _kept(self, slots: Slots, known: CameraDay) -> Mapping[LineKey, Mapping[int, Figures]] | str:
        try:
            rows = self._hours(slots.bounds[0], slots.bounds[-1], [str(key) for key in known.lines])
        except DatabaseError as error:
            return str(error)
        by_line = figures_by_line(rows)
        return {key: hours_of_day(by_line.get(str(key), {}), slots) for key in known.lines}


def _line(camera: Camera, key: LineKey) -> Line:
    return next((line for line in camera.lines if line.key == key), Line(key, "", ""))
