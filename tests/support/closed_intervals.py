"""Closed intervals as a log tells of them, held against each other and against the database."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import select

from peoplecount.domain.correction_body import read_correction
from peoplecount.domain.event import EventKind, NewEvent
from peoplecount.domain.event_body import increment_of, place_of
from peoplecount.domain.figures import Figures
from peoplecount.domain.increment import Increment
from peoplecount.domain.interval import ClosedInterval, Scope, Step
from peoplecount.domain.interval_body import read_interval
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from peoplecount.storage.history import History
from peoplecount.storage.open import connection_for
from peoplecount.storage.schema import writer_cursor
from tests.support.replay import DAY, Replay

HOUR = timedelta(hours=1)
TWO_DAYS_BEFORE = datetime.combine(DAY, time(), UTC) - 48 * HOUR


def demand_each_once(replay: Replay) -> None:
    """Each interval of a day that is over has closed once, and hours are those of the database."""
    events = events_of(replay.log)
    stored, written = hours_stored(replay)
    closed = [read_interval(event) for event in events.values() if event.kind is EventKind.INTERVAL_CLOSED]
    once = Counter((one.scope, one.subject, one.step, one.started_at) for one in closed)
    assert set(once.values()) == {1}
    hours = [one for one in closed if one.scope is Scope.LINE and one.step is Step.HOUR]
    assert len(hours) > len(replay.names) * 20, "all lines and nearly all hours of the day"
    # Corrections may come until the very end, and be written after the next start.
    told = told_of_hours([event for number, event in events.items() if number <= written])
    assert {key: figures for key, figures in told.items() if stored.get(key) != figures} == {}
    sums = SumsTold()
    for event in events.values():
        sums.hear(event)
    assert sums.agreed > 20
    assert sums.differences == []


def events_of(file: Path) -> dict[int, NewEvent]:
    """All of the log, by number."""
    log = SQLiteEventLog(file)
    try:
        return {entry.event_id.number: entry.event for entry in log.read(0, 1_000_000)}
    finally:
        log.close()


def told_of_hours(events: list[NewEvent]) -> dict[tuple[str, object], Figures]:
    """What is said of each line's hour last: when it closed, or when it was corrected after that."""
    told: dict[tuple[str, object], Figures] = {}
    for event in events:
        if event.kind is EventKind.INTERVAL_CLOSED:
            one = read_interval(event)
            if one.scope is Scope.LINE and one.step is Step.HOUR and one.figures is not None:
                told[one.subject, one.started_at] = one.figures
        elif event.kind is EventKind.COUNT_CORRECTION:
            correction = read_correction(event)
            if (str(correction.key), correction.started_at) in told:
                told[str(correction.key), correction.started_at] = correction.new
    return told


def hours_stored(replay: Replay) -> tuple[dict[tuple[str, object], Figures | None], int]:
    """What the database has, and up to which event of the log."""
    database = connection_for(replay.settings.database)
    try:
        rows = History(database).hours(TWO_DAYS_BEFORE, TWO_DAYS_BEFORE + 96 * HOUR)
        [cursor] = database.execute(select(writer_cursor.c.number).where(writer_cursor.c.name == "records"))
        return {(row.line_id, row.starts_at): row.figures for row in rows}, cursor.number
    finally:
        database.disconnect()


class SumsTold:
    """Holds the hours of doors and sites against those of their lines, in the order of the log.

    A door closes after its lines. What is known better by then is in it: a correction, which lines are told of as well,
    and people who were told late, of whom lines are told once the camera's history was asked. Hours with such people
    are left out, and those that are known of before a line began to close its own.
    """

    def __init__(self) -> None:
        self.agreed = 0
        self.differences: list[str] = []
        self._told: dict[tuple[str, datetime], Figures] = {}
        self._late: set[tuple[str, datetime]] = set()
        self._lines: dict[tuple[Scope, str], set[str]] = defaultdict(set)
        self._sums: dict[tuple[Scope, str, datetime], list[Figures]] = defaultdict(list)
        """All that a sum was since its last line closed: a correction may come in the moment in which a door closes."""

    def hear(self, event: NewEvent) -> None:
        if event.kind is EventKind.COUNT:
            self._hear_count(increment_of(json.loads(event.body)))
        elif event.kind is EventKind.COUNT_CORRECTION:
            correction = read_correction(event)
            if (str(correction.key), correction.started_at) in self._told:
                self._tell(str(correction.key), correction.started_at, correction.new, is_new=False)
        elif event.kind is EventKind.INTERVAL_CLOSED:
            interval = read_interval(event)
            if interval.step is Step.HOUR and interval.scope is Scope.LINE:
                place = place_of(json.loads(event.body))
                self._lines[Scope.DOOR, place.door_id].add(interval.subject)
                self._lines[Scope.SITE, place.site_id].add(interval.subject)
                self._tell(interval.subject, interval.started_at, interval.figures or Figures(), is_new=True)
            elif interval.step is Step.HOUR:
                self._compare(interval)

    def _hear_count(self, increment: Increment) -> None:
        began = increment.sight.by_camera(increment.started_at)
        if increment.people:
            line = str(increment.key)
            self._late |= {hour for hour in self._told if hour[0] == line and hour[1] + HOUR > began}

    def _tell(self, line: str, hour: datetime, figures: Figures, *, is_new: bool) -> None:
        self._told[line, hour] = figures
        for (scope, subject), lines in self._lines.items():
            if line in lines:
                sums = self._sums[scope, subject, hour]
                if is_new:
                    sums.clear()
                parts = [self._told.get((one, hour), Figures()) for one in lines]
                sums.append(sum(parts, Figures()))

    def _compare(self, interval: ClosedInterval) -> None:
        hours = {(line, interval.started_at) for line in self._lines[interval.scope, interval.subject]}
        if not hours or hours & self._late or not hours <= self._told.keys():
            return
        told = self._sums[interval.scope, interval.subject, interval.started_at]
        if (interval.figures or Figures()) in told:
            self.agreed += 1
        else:
            self.differences.append(f"{interval.subject} {interval.started_at}: {interval.figures}, lines {told}")
