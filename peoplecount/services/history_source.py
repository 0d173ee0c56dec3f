"""A camera's history by its wall clock, whichever clock the camera files its hours by."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from peoplecount.domain.bucket_clock import (
    BucketClock,
    can_be_reassembled,
    clock_by_counts,
    clock_by_now,
    people_by_hour,
    reassembled,
    utc_days,
)
from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.camera_day import CameraDay, LineDay, Slots, is_open
from peoplecount.domain.day_history import DayHistory
from peoplecount.domain.due_history import finished_hours
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import NOBODY
from peoplecount.domain.history_notes import HistoryNotes
from peoplecount.domain.hour_slots import offset_of
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import Reading, Totals

logger = logging.getLogger(__name__)

LONGEST_DOUBT = timedelta(days=2)
"""How long people are waited for who show which clock a camera goes by; after that its manual is believed."""

UNKNOWN_CLOCK = "it is not known yet whether its hours are those of its own clock or of UTC; a busy hour will tell"

_HALF_HOUR_ZONE = "its hours are those of UTC, which are no hours of its own clock"


class HistorySource(Protocol):
    """A camera that is polled, as far as its history is concerned."""

    @property
    def camera(self) -> Camera:
        """Which one it is."""
        ...

    @property
    def reading(self) -> Reading | None:
        """What the last poll brought; ``None`` before the first one and after one that failed."""
        ...

    @property
    def protocol(self) -> CameraProtocol | None:
        """The interface it counts by."""
        ...

    @property
    def closed(self) -> bool:
        """Whether nobody wants to know any more."""
        ...

    def search(self, day: date) -> DayHistory:
        """What it files under a day. Takes up to half a minute. Raises ``CameraError``."""
        ...


class ClockUnknown(Exception):
    """It is not known yet whether the hours of a camera's history are those of its wall clock or of UTC."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A day to ask about, and what is known besides."""

    day: date
    slots: Slots
    known: CameraDay | None
    """What was counted that day."""

    utc: datetime
    local: datetime
    """By the camera's wall clock."""

    @property
    def offset(self) -> timedelta:
        """The wall clock less UTC on that day."""
        noon = self.slots.begin(12)
        return offset_of(noon, datetime.combine(self.day, datetime.min.time()) + timedelta(hours=12))


def ask(source: HistorySource, inquiry: Inquiry, notes: HistoryNotes) -> tuple[DayHistory, HistoryNotes]:
    """A camera's day by the hours of its wall clock, and what is known of how it remembers.

    Raises ``CameraError``, and ``ClockUnknown`` where the answer is of no use yet.
    """
    answer = source.search(inquiry.day)
    notes = _with_clock(source, inquiry, answer, notes)
    if notes.clock is not BucketClock.UTC:
        return answer, notes
    answers = {inquiry.day: answer}
    for day in utc_days(inquiry.slots):
        if day not in answers and day <= inquiry.utc.date():
            answers[day] = source.search(day)
    return _by_wall_clock(inquiry, answers), notes


def is_doubtful(source: HistorySource, notes: HistoryNotes) -> bool:
    """Whether a camera may go by either clock. Classic ones go by their own (vendor's web viewer)."""
    return notes.clock is None and source.protocol is CameraProtocol.WISEAI


def _with_clock(source: HistorySource, inquiry: Inquiry, answer: DayHistory, notes: HistoryNotes) -> HistoryNotes:
    """The notes with the clock, once it shows, and the other one where that shows later. Raises ``ClockUnknown``.

    Classic cameras go by their own clock (vendor's web viewer).
    """
    if source.protocol is not CameraProtocol.WISEAI:
        return notes
    people = people_by_hour(answer.hours.values())
    counted = _counted(inquiry, answer.hours)
    clock = clock_by_counts(people, counted, inquiry.offset)
    if clock is None and inquiry.day == inquiry.local.date():
        clock = clock_by_now(people, inquiry.day, inquiry.utc, inquiry.local)
    if clock is not None and clock is not notes.clock:
        logger.info("camera %s: the hours of its history are %s", source.camera.camera_id, _CLOCK_WORDS[clock])
        return notes.found(clock)
    if notes.clock is not None:
        return notes
    if not is_doubtful(source, notes) or _fits(people, counted) or _is_quiet(source, inquiry, people):
        return notes
    since = notes.clock_unknown_since or inquiry.utc
    if inquiry.utc - since < LONGEST_DOUBT:
        raise ClockUnknown
    return notes


_CLOCK_WORDS = {BucketClock.LOCAL: "those of its own clock", BucketClock.UTC: "those of UTC"}


def _is_quiet(source: HistorySource, inquiry: Inquiry, people: Mapping[int, int]) -> bool:
    """Whether nobody has come yet on a day that goes on, as its totals say, too: no hour has anybody by either."""
    reading = source.reading
    if reading is None or any(people.values()) or not inquiry.day == inquiry.local.date() == reading.local_time.date():
        return False
    return all(line.totals == Totals(0, 0) for line in reading.lines)


def _fits(people: Mapping[int, int], counted: Mapping[int, int]) -> bool:
    """Whether hours in which somebody came are the same as counted, though too few came to be sure."""
    return any(counted.values()) and all(people.get(hour) == count for hour, count in counted.items())


def _counted(inquiry: Inquiry, lines: Iterable[LineKey]) -> dict[int, int]:
    """People at all these lines by hour, where every one of them was read throughout."""
    known = [inquiry.known.lines.get(key) if inquiry.known else None for key in lines]
    through = finished_hours(inquiry.local, inquiry.day)
    counted = {}
    for slot in range(through):
        cells = [
            line.cell(slot)
            for line in known
            if line is not None and slot >= line.barred and not is_open(line, slot, inquiry.slots)
        ]
        if known and len(cells) == len(known) and all(cell.quality is Quality.MEASURED for cell in cells):
            if any(_crossing(line, slot) > _people(line, slot) for line in known if line is not None):
                continue  # which hour they came in is not known well enough
            counted[slot] = sum(cell.told.entered + cell.told.left for cell in cells)
    return counted


def _people(line: LineDay, slot: int) -> int:
    told = line.cell(slot).told
    return told.entered + told.left


def _crossing(line: LineDay, slot: int) -> int:
    """People of readings across either end of an hour."""
    crossing = line.cell(slot).straddling + (line.cell(slot - 1).straddling if slot else NOBODY)
    return crossing.entered + crossing.left


def _by_wall_clock(inquiry: Inquiry, answers: Mapping[date, DayHistory]) -> DayHistory:
    """The day put together from the days of UTC."""
    answer = answers[inquiry.day]
    if not can_be_reassembled(inquiry.slots):
        return replace(answer, hours={}, missing={**answer.missing, **dict.fromkeys(answer.hours, _HALF_HOUR_ZONE)})
    missing: dict[LineKey, str] = {}
    for one in answers.values():
        missing |= one.missing
    keys = {key for one in answers.values() for key in one.hours if key not in missing}
    hours = {
        key: reassembled(inquiry.slots, {day: one.hours[key] for day, one in answers.items() if key in one.hours})
        for key in sorted(keys)
    }
    return replace(answer, hours=hours, missing=missing)
