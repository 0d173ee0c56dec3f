"""Closed intervals of a replayed day, with the service killed in between: each once, and as the database has them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import select

from peoplecount.domain.correction_body import read_correction
from peoplecount.domain.event import EventKind, NewEvent
from peoplecount.domain.figures import Figures
from peoplecount.domain.interval import ClosedInterval, Scope, Step
from peoplecount.domain.interval_body import read_interval
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from peoplecount.storage.history import History
from peoplecount.storage.open import connection_for
from peoplecount.storage.schema import writer_cursor
from tests.e2e.test_a_replayed_day import DAY, Replay, made_day  # noqa: F401 - a fixture

HOUR = timedelta(hours=1)
TWO_DAYS_BEFORE = datetime.combine(DAY, time(), UTC) - 48 * HOUR


def test_each_interval_closes_once_and_hours_are_those_of_the_database(tmp_path: Path, made_day: Path) -> None:  # noqa: F811
    replay = Replay(tmp_path, made_day)
    with replay:
        replay.begin()
        for hour in (9, 15):
            replay.plays_past(hour)
            replay.service.kill()
            replay.service.start()
        replay.ends()
        assert replay.service.stop() == 0
        events = events_of(tmp_path / "var/events.sqlite")
        closed = [read_interval(event) for event in events.values() if event.kind is EventKind.INTERVAL_CLOSED]
        stored, written = hours_stored(replay)
    once = Counter((one.scope, one.subject, one.step, one.started_at) for one in closed)
    assert set(once.values()) == {1}
    hours = [one for one in closed if one.scope is Scope.LINE and one.step is Step.HOUR]
    assert len(hours) > 8 * 20, "eight lines and nearly all hours of the day"
    # Corrections may come until the very end, and be written after the next start.
    told = told_of_hours([event for number, event in events.items() if number <= written])
    assert {key: figures for key, figures in told.items() if stored.get(key) != figures} == {}
    assert sums(closed, Scope.SITE) == sums(closed, Scope.DOOR) == sums(closed, Scope.LINE)


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
    database = connection_for(replay._settings.database)
    try:
        rows = History(database).hours(TWO_DAYS_BEFORE, TWO_DAYS_BEFORE + 96 * HOUR)
        [cursor] = database.execute(select(writer_cursor.c.number).where(writer_cursor.c.name == "records"))
        return {(row.line_id, row.starts_at): row.figures for row in rows}, cursor.number
    finally:
        database.disconnect()


def sums(closed: list[ClosedInterval], scope: Scope) -> dict[object, Figures]:
    """People by hour, of the hours that have closed for everybody."""
    people: dict[object, Figures] = {}
    of_site = {one.started_at for one in closed if one.scope is Scope.SITE and one.step is Step.HOUR}
    for one in closed:
        if one.scope is scope and one.step is Step.HOUR and one.started_at in of_site:
            people[one.started_at] = people.get(one.started_at, Figures()) + (one.figures or Figures())
    return people
