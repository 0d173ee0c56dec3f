"""What a reading changes: events, counting, hour ledger and occupancies, as one append."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from peoplecount.domain.camera import Camera
from peoplecount.domain.counter import Moment
from peoplecount.domain.counting import Counted, CountState, LineCount, count
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.figures import Figures
from peoplecount.domain.hour_ledger import HourLedger
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading
from peoplecount.domain.roster import Roster
from peoplecount.eventlog.log import Append
from peoplecount.services.count_events import CountEvents
from peoplecount.services.count_memory import CountMemory
from peoplecount.services.site_day import zone_of

logger = logging.getLogger(__name__)


def counted(
    memory: CountMemory,
    roster: Roster,
    camera: Camera,
    reading: Reading,
    expected_every: timedelta,
    earlier: Mapping[LineKey, DayHours],
    *,
    keep_days: int,
) -> Append | None:
    """Count a reading in ``memory``; what to append, or ``None`` where it changed nothing that must be kept."""
    camera_id = camera.camera_id
    before = memory.counts.get(camera_id, CountState())
    zone = zone_of(roster.site_of(camera))
    outcome = count(
        before, reading, expected_every=expected_every, earlier=earlier, is_swapped=roster.is_swapped, zone=zone
    )
    memory.counts[camera_id] = outcome.state
    ledger = memory.ledger(camera_id, zone, keep_days)
    _enter(ledger, memory, before, reading, outcome, 2 * expected_every)
    for line in reading.lines:
        memory.note_read(line.key, reading.taken_at)
    if not (outcome.lines or ledger.changed):
        return None
    days = memory.changes_of_ledger(camera_id, ledger, keep_days)
    if not outcome.lines:
        return Append((), tuple(days))
    events = CountEvents(memory, roster, camera)
    told = [event for line in outcome.lines for event in events.of_count(line)]
    sites = [memory.change_of_occupancy(site) for site in sorted(events.sites)]
    return Append(tuple(told), (memory.change_of_counts(camera_id), *sites, *days))


def _enter(
    ledger: HourLedger,
    memory: CountMemory,
    before: CountState,
    reading: Reading,
    outcome: Counted,
    longest: timedelta,
) -> None:
    """Enter a reading in the hour ledger: first where nobody looked, then who came, then what broke."""
    moment = Moment(reading.taken_at, reading.local_time)
    told = {line.key: line for line in outcome.lines}
    for line in reading.lines:
        count_of_line = told.get(line.key)
        if line.key not in before.lines:
            ledger.begin(line.key, moment, _untold(line, count_of_line))
        else:
            _enter_gap(ledger, line.key, memory.last_read(line.key), moment, longest)
        if count_of_line is not None:
            _enter_count(ledger, count_of_line)


def _enter_gap(ledger: HourLedger, key: LineKey, read_at: datetime | None, moment: Moment, longest: timedelta) -> None:
    if read_at is not None and moment.utc - read_at > longest:
        ledger.miss(key, read_at, moment)


def _enter_count(ledger: HourLedger, line: LineCount) -> None:
    if line.unused_history:
        logger.info("line %s: its history of today is not used: %s", line.key, line.unused_history)
    for increment in line.increments:
        ledger.tell(increment)
    for broke in line.breaks:
        ledger.breaks(broke)


def _untold(line: LineReading, count_of_line: LineCount | None) -> Figures:
    """What a line's totals held at its first reading and nobody was told of."""
    shown = Figures(line.totals.in_total, line.totals.out_total)
    increments = count_of_line.increments if count_of_line else ()
    return shown - sum((Figures(one.entered.people, one.left.people) for one in increments), Figures())
