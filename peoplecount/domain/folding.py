"""Folding: what counts of the log are made of when there is no room for all of them.

The counts of one line within one hour of its camera's wall clock become one, from the total before the first of them
to the total after the last, so that nobody who goes by the totals misses anybody. It stands where the last of them
stood: the log then has holes, and its order stays. Corrections, breaks and the hours of lines stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from peoplecount.domain.event import EventKind, LogEntry, NewEvent, utc_text, worst
from peoplecount.domain.event_body import read_increment, write_body
from peoplecount.domain.increment import Growth, Increment
from peoplecount.domain.roll_up import HOUR, QUARTER
from peoplecount.domain.spread import stretch_of

_HOUR_MINUTES = 60
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """How a part of the log is to be changed."""

    dropped: tuple[LogEntry, ...]
    """As they stand in the log."""

    replaced: tuple[tuple[LogEntry, NewEvent], ...]
    """Entries as they stand in the log, and what takes their place under the same number."""

    up_to: int
    """The number of the last entry that was looked at."""


class Folding:
    """Folds a log, some entries at a time and in order. Remembers what of it may still grow."""

    def __init__(self) -> None:
        self._open: dict[str, _Run] = {}

    def take(self, entries: Sequence[LogEntry]) -> Rewrite:
        """What becomes of the next entries. There must be some."""
        dropped: list[LogEntry] = []
        grown: dict[int, _Run] = {}
        for entry in entries:
            if _is_derived(entry.event):
                dropped.append(entry)
                continue
            alone = _Run.of(entry)
            if alone is None:
                self._interrupt(entry.event)
                continue
            known = self._open.get(alone.line)
            longer = known.and_then(alone) if known else None
            if known and longer:
                dropped.append(known.last)
                grown.pop(known.number, None)
                grown[longer.number] = longer
            self._open[alone.line] = longer or alone
        return Rewrite(tuple(dropped), tuple(self._written(grown.values())), entries[-1].event_id.number)

    def forget(self, up_to: int) -> None:
        """Entries up to this number are no longer in the log, or in the database by now."""
        self._open = {line: run for line, run in self._open.items() if run.number > up_to}

    def _written(self, grown: Iterable[_Run]) -> Iterable[tuple[LogEntry, NewEvent]]:
        for run in grown:
            event = run.event()
            yield run.last, event
            if self._open.get(run.line) is run:
                self._open[run.line] = replace(run, last=replace(run.last, event=event))

    def _interrupt(self, event: NewEvent) -> None:
        """Nothing is moved past a correction or a break of its line, or past a count that nobody can read."""
        if event.kind is EventKind.COUNT:
            self._open.pop(event.subject, None)
        elif event.kind in {EventKind.COUNT_CORRECTION, EventKind.COUNTER_BREAK}:
            line = _line_of(event)
            for known in [line] if line else [one for one, run in self._open.items() if run.is_of(event.camera_id)]:
                self._open.pop(known, None)


@dataclass(frozen=True, slots=True)
class _Run:
    """Counts of one line that follow each other, of one hour."""

    last: LogEntry
    """As it stands in the log."""

    increment: Increment
    """Of all of them."""

    hour: datetime
    """UTC, by the camera's clock."""

    is_of_one_quarter: bool
    folded: int
    """How many they are."""

    @classmethod
    def of(cls, entry: LogEntry) -> _Run | None:
        """A count by itself; ``None`` where it cannot be folded: one that took long is an estimate."""
        if entry.event.kind is not EventKind.COUNT:
            return None
        try:
            increment = read_increment(entry.event)
            folded = json.loads(entry.event.body).get("folded", 1)
        except _UNREADABLE:
            return None
        lasted = increment.ended_at - increment.started_at
        if lasted > (QUARTER if folded == 1 else HOUR):
            return None
        hour = stretch_of(increment.sight.by_camera(increment.ended_at), HOUR, -increment.sight.offset)
        return cls(entry, increment, hour, lasted <= QUARTER, folded)

    @property
    def line(self) -> str:
        return str(self.increment.key)

    @property
    def number(self) -> int:
        return self.last.event_id.number

    @property
    def quarter(self) -> datetime:
        return stretch_of(self.increment.sight.by_camera(self.increment.ended_at), QUARTER)

    def is_of(self, camera_id: str) -> bool:
        return self.increment.key.camera_id == camera_id

    def and_then(self, later: _Run) -> _Run | None:
        """Both in one; ``None`` where they cannot be told as one."""
        one, two = self.increment, later.increment
        entered, left = _joined(one.entered, two.entered), _joined(one.left, two.left)
        if entered is None or left is None or not self._is_alike(later):
            return None
        is_of_one_quarter = self.is_of_one_quarter and later.is_of_one_quarter and self.quarter == later.quarter
        quality = worst(one.quality, two.quality)
        both = replace(two, started_at=one.started_at, entered=entered, left=left, quality=quality)
        began = _began(both, self.quarter if is_of_one_quarter else self.hour, is_of_one_quarter=is_of_one_quarter)
        return replace(
            later,
            increment=replace(both, started_at=began),
            is_of_one_quarter=is_of_one_quarter,
            folded=self.folded + later.folded,
        )

    def _is_alike(self, later: _Run) -> bool:
        one, two = self.increment, later.increment
        place = (self.last.event.site_id, self.last.event.door_id, one.swapped, one.sight.offset, self.hour)
        their_place = (later.last.event.site_id, later.last.event.door_id, two.swapped, two.sight.offset, later.hour)
        return place == their_place and one.started_at <= two.started_at and one.ended_at <= two.ended_at

    def event(self) -> NewEvent:
        """The last of them, with what all of them tell."""
        told = self.increment
        people = told.people
        fields = json.loads(self.last.event.body) | {
            "from": utc_text(told.started_at),
            "in": people.entered,
            "out": people.left,
            "quality": told.quality.value,
            "folded": self.folded,
        }
        return replace(self.last.event, body=write_body(fields))


def _joined(one: Growth, two: Growth) -> Growth | None:
    if (one.generation, one.start, one.after) != (two.generation, two.start, two.before):
        return None
    return two._replace(before=one.before)


def _began(both: Increment, stretch: datetime, *, is_of_one_quarter: bool) -> datetime:
    """Since when they came, so that whoever spreads them over time puts them where they were.

    What lasts no longer than a quarter of an hour counts for the quarter in which it ended, and what lasts no longer
    than an hour for that hour (``domain/spread.py``). So what is of one quarter begins within it, what is of one hour
    within that; and what is of several quarters must last longer than one, to be told as an estimate of each.
    """
    begin = stretch - both.sight.error
    is_too_short = not is_of_one_quarter and both.ended_at - both.started_at <= QUARTER
    return begin if is_too_short else max(both.started_at, begin)


def _is_derived(event: NewEvent) -> bool:
    """Whether the event says only what others say, and nobody who keeps records needs it."""
    if event.kind is EventKind.OCCUPANCY_CHANGED:
        return True
    if event.kind is not EventKind.INTERVAL_CLOSED:
        return False
    try:
        fields = json.loads(event.body)
        return not (fields["scope"] == "line" and fields["minutes"] == _HOUR_MINUTES)
    except _UNREADABLE:
        return False


def _line_of(event: NewEvent) -> str:
    try:
        return str(json.loads(event.body)["lineId"])
    except _UNREADABLE:
        return ""
