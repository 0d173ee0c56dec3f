"""Asking one camera about its past, a day at a time, and settling what was counted by what it remembers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import Enum
from typing import Protocol

from peoplecount.domain.blank_days import BlankDays, had_people, watched_lines
from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.camera_day import CameraDay
from peoplecount.domain.clock import Clock
from peoplecount.domain.day_history import DayHistory
from peoplecount.domain.due_history import DueDay, Standing, Why, due_days, finished_hours, first_due
from peoplecount.domain.history_notes import HistoryNotes
from peoplecount.domain.hour_slots import HourSlots
from peoplecount.domain.line import LineKey
from peoplecount.domain.owed_history import owed_days
from peoplecount.domain.reading import Reading
from peoplecount.domain.renamed_line import without_renamed
from peoplecount.services.day_settlement import Settlement
from peoplecount.services.history_notes_keeper import HistoryNotesKeeper
from peoplecount.services.history_progress import HistoryProgress
from peoplecount.services.history_source import UNKNOWN_CLOCK, ClockUnknown, HistorySource, Inquiry, ask, is_doubtful
from peoplecount.sunapi.errors import AccountBlocked, CameraError, CameraUnreachable, CredentialsRejected

logger = logging.getLogger(__name__)

AWAY = timedelta(minutes=1)
"""How long a camera that cannot be reached is left alone; its polls will tell when it is back."""

CLOCK_SIGN = timedelta(hours=1)
"""How often a camera is asked for a sign of which clock its hours go by: with every hour there may be a new one."""

_AWAY = (CameraUnreachable, CredentialsRejected, AccountBlocked)


class Pace(Enum):
    """When to come again."""

    AT_ONCE = "there may be another day to ask about"
    SOON = "somebody is waited for: the camera to be read, or the database"
    LATER = "there is nothing to do"


class Ledger(Protocol):
    """What is needed of the count keeper. All raise ``LogError``."""

    def unknown_lines(self, camera_id: str, reading: Reading) -> tuple[LineKey, ...]:
        """Lines of which no reading was counted yet."""
        ...

    def days(self, camera_id: str) -> Mapping[date, CameraDay]:
        """The hours of a camera's days, as far as they are kept."""
        ...

    def settle(self, camera: Camera, history: DayHistory, now: datetime) -> Settlement:
        """Bring a day up to what the camera remembers."""
        ...


@dataclass(frozen=True, slots=True)
class _Now:
    """How things stand at the moment of a look."""

    standing: Standing
    notes: HistoryNotes

    def inquiry(self, day: date) -> Inquiry:
        standing = self.standing
        return Inquiry(day, standing.hours.on(day), standing.days.get(day), standing.utc, standing.local)


class CameraHistory:
    """Asks one camera. ``step`` by ``step``, from one thread at a time."""

    def __init__(
        self,
        source: HistorySource,
        ledger: Ledger,
        notes: HistoryNotesKeeper,
        *,
        clock: Clock,
        zone: tzinfo,
        back_fill_days: int,
    ) -> None:
        """``zone`` is that of the camera's site."""
        self.source = source
        self.progress = HistoryProgress()
        self._ledger = ledger
        self._notes = notes
        self._clock = clock
        self._zone = zone
        self._back_fill_days = back_fill_days
        self._blank = BlankDays()
        self._witnesses: set[date] = set()
        self._not_before: datetime | None = None
        self._sign_asked_at: datetime | None = None
        self._campaign, self._waits = 0, False

    @property
    def camera_id(self) -> str:
        """The camera's."""
        return self.source.camera.camera_id

    def step(self) -> Pace:
        """Ask about one day if one is due. Raises ``LogError``."""
        reading = self._reading()
        if reading is None:
            return Pace.SOON
        look = self._look(reading, self._clock.now())
        now = look.standing.utc
        due = self._due(look)
        self.progress.left = sum(one.at <= now and not one.tries for one in due)
        self.progress.owed, self.progress.is_looked_at = owed_days(due, look.standing), True
        if look.notes.not_before is not None and now < look.notes.not_before:
            self.progress.trouble = look.notes.trouble
            return Pace.LATER
        self._tell_begin()
        chosen = first_due(due, now)
        try:
            goes_on = self._conclude(look) if chosen is None else self._ask(chosen, look)
        except CameraError as error:
            self._failed(chosen.day if chosen else None, look, error)
            return Pace.LATER
        return Pace.AT_ONCE if goes_on else Pace.LATER

    def _reading(self) -> Reading | None:
        """What the last poll brought, once it is counted; ``None`` where the camera is to be left alone."""
        reading = self.source.reading
        if reading is None or (self._not_before is not None and self._clock.now() < self._not_before):
            return None
        return None if self._ledger.unknown_lines(self.camera_id, reading) else reading

    def _ask(self, due: DueDay, look: _Now) -> bool:
        if due.why is Why.EARLIER and is_doubtful(self.source, look.notes):
            return self._ask_for_a_sign(look)
        return self._ask_about(due.day, look)

    def _look(self, reading: Reading, now: datetime) -> _Now:
        local = reading.local_time + (now - reading.taken_at)
        names = {line.key: line.name for line in reading.lines}
        notes = self._notes.of(self.camera_id).read(reading.serial, names, local)
        self._notes.keep(self.camera_id, notes)
        days = self._ledger.days(self.camera_id)
        hours = HourSlots.of(days.values(), self._zone)
        return _Now(Standing(days, hours, tuple(names), now, local), notes)

    def _due(self, look: _Now) -> list[DueDay]:
        wanted = [DueDay(day, Why.WANTED, look.standing.utc) for day in look.notes.wanted]
        due = due_days(look.standing, back_fill_days=self._back_fill_days, held=self._blank.held)
        return wanted + [one for one in due if one.day not in look.notes.wanted]

    def _ask_about(self, day: date, look: _Now) -> bool:
        """Settle a day by what the camera says of it. Raises ``CameraError``."""
        inquiry = look.inquiry(day)
        try:
            answer, notes = ask(self.source, inquiry, look.notes)
        except ClockUnknown:
            return self._clock_is_unknown(look, day)
        if self.source.closed:
            return False
        answer = answer.through(finished_hours(look.standing.local, day))  # it may not have all of the others yet
        notes = self._after_finding_the_clock(look, notes)
        self.progress.asked, self.progress.day, self.progress.trouble = self.progress.asked + 1, day, ""
        believable = self._believable(answer, look, inquiry)
        for proven in self._blank.proven_by(answer):  # first: once the line is known of an earlier day, they look quiet
            self._settle(proven)
        self._settle(believable)
        self._notes.keep(self.camera_id, notes.answered().asked(day, is_over=day < look.standing.local.date()))
        return True

    def _believable(self, answer: DayHistory, look: _Now, inquiry: Inquiry) -> DayHistory:
        """What may be held against the ledger: nothing under a line's later name, nothing that proves nothing."""
        if self.source.protocol is not CameraProtocol.WISEAI:
            answer = without_renamed(answer, look.notes.renamings, inquiry.known, inquiry.slots)
        if answer.day >= look.standing.local.date():  # its totals say whether the day was quiet
            return answer
        older = {key for day, known in look.standing.days.items() if day < answer.day for key in known.lines}
        return self._blank.sift(answer, watched=watched_lines(inquiry.known, inquiry.slots), older=older)

    def _settle(self, history: DayHistory) -> None:
        if not history.hours and not history.missing:
            return
        settled = self._ledger.settle(self.source.camera, history, self._clock.now())
        self.progress.corrected += settled.corrected
        self.progress.confirmed += settled.confirmed
        for key, reason in settled.refused.items():
            logger.debug("line %s: its history of %s is not used: %s", key, history.day, reason)

    def _conclude(self, look: _Now) -> bool:
        """Nothing is due: settle what became of answers without anybody, and say how it went.

        Raises ``CameraError``.
        """
        if self._blank.held:
            witness = self._witness(look)
            if witness is not None:
                self._witnesses.add(witness)
                answer, _ = ask(self.source, look.inquiry(witness), look.notes)
                for proven in self._blank.proven_by(answer):
                    self._settle(proven)
                return True
            self._give_up()
        self._witnesses.clear()
        self._tell_end()
        return False

    def _witness(self, look: _Now) -> date | None:
        """A day before those held, on which people were counted: if the camera knows of them, it remembers."""
        first = min(day for day, _ in self._blank.held)
        days = (
            day
            for day, known in look.standing.days.items()
            if day < first and day not in self._witnesses and had_people(known)
        )
        return max(days, default=None) if not self._witnesses else None

    def _give_up(self) -> None:
        days = self._blank.given_up()
        for history in days:
            self._settle(history)
        first, last = days[-1].day, days[0].day
        logger.info(
            "camera %s: its history has nobody from %s to %s and nothing proves that it reaches back so far: not used",
            self.camera_id,
            first,
            last,
        )

    def _ask_for_a_sign(self, look: _Now) -> bool:
        """Before days that were never watched can be read: which clock the hours of today go by.

        Raises ``CameraError``.
        """
        now = look.standing.utc
        if self._sign_asked_at is not None and now - self._sign_asked_at < CLOCK_SIGN:
            self._tell_wait()
            return False
        self._sign_asked_at = now
        try:
            _, notes = ask(self.source, look.inquiry(look.standing.local.date()), look.notes)
        except ClockUnknown:
            return self._clock_is_unknown(look, None)
        self._notes.keep(self.camera_id, self._after_finding_the_clock(look, notes))
        return True

    def _clock_is_unknown(self, look: _Now, day: date | None) -> bool:
        if look.notes.clock_unknown_since is None:
            self._notes.keep(self.camera_id, look.notes.clock_doubted(look.standing.utc))
        self.progress.trouble = UNKNOWN_CLOCK
        if day is None:
            self._tell_wait()
            return False
        self._settle(DayHistory(day, {}, dict.fromkeys(look.standing.lines, UNKNOWN_CLOCK)))
        return True  # another day may show it

    def _after_finding_the_clock(self, look: _Now, notes: HistoryNotes) -> HistoryNotes:
        """Days read by the other clock are read once more."""
        if notes.clock is look.notes.clock or notes.clock is None:
            return notes
        return notes.wants(day for day, known in look.standing.days.items() if known.asked is not None)

    def _failed(self, day: date | None, look: _Now, error: CameraError) -> None:
        if self.source.closed:
            return
        now = look.standing.utc
        self.progress.trouble = str(error)
        if isinstance(error, _AWAY):
            self._not_before = now + max(AWAY, timedelta(seconds=error.retry_after))
            return
        if str(error) != look.notes.trouble:
            logger.info("camera %s: its history cannot be read: %s", self.camera_id, error)
        self._notes.keep(self.camera_id, look.notes.failed(str(error), now))
        if day is not None:
            self._settle(DayHistory(day, {}, dict.fromkeys(look.standing.lines, str(error))))

    def _tell_begin(self) -> None:
        if self.progress.left > 1 and not self._campaign:
            self._campaign = self.progress.left
            logger.info("camera %s: asking its history about %d days", self.camera_id, self._campaign)

    def _tell_wait(self) -> None:
        """Instead of an end: the days are asked about once the clock is known."""
        if self._campaign and not self._waits:
            self._waits = True
            logger.info("camera %s: its history waits: %s", self.camera_id, UNKNOWN_CLOCK)

    def _tell_end(self) -> None:
        if self._campaign:
            self._campaign, self._waits = 0, False
            logger.info(
                "camera %s: its history is read: %d days so far, %d hours filled in or corrected, %d confirmed",
                self.camera_id,
                self.progress.asked,
                self.progress.corrected,
                self.progress.confirmed,
            )
