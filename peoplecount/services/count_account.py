"""What a reading changes: events, counting, hour ledger and occupancies, as one append."""

from __future__ import annotations

import logging
from collections.abc import Container, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from peoplecount.domain.camera import Camera
from peoplecount.domain.counter import Moment
from peoplecount.domain.counting import Counted, CountState, LineCount, LineState, count
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.figures import Figures
from peoplecount.domain.hour_ledger import HourLedger
from peoplecount.domain.line import LineKey
from peoplecount.domain.quiet_reading import after_quiet
from peoplecount.domain.reading import LineReading, Reading
from peoplecount.domain.roster import Roster
from peoplecount.eventlog.log import Append
from peoplecount.services.count_events import CountEvents
from peoplecount.services.count_memory import CountMemory
from peoplecount.services.site_day import zone_of

logger = logging.getLogger(__name__)


def passed(memory: CountMemory, reading: Reading, expected_every: timedelta) -> bool:
    """Note a reading that tells nothing, as ``counted`` would; ``False`` where it must be counted."""
    longest = 2 * expected_every
    if memory.counts.stands(reading, longest):
        return True
    reading = reading.as_told()
    known = memory.counts.get(reading.camera_id)
    if known is None or not memory.days(reading.camera_id):
        return False
    quiet = after_quiet(known, reading, longest)
    if quiet is None:
        return False
    memory.counts.stand(reading, quiet)
    return True


def counted(
    memory: CountMemory,
    roster: Roster,
    camera: Camera,
    reading: Reading,
    expected_every: timedelta,
    earlier: Mapping[LineKey, DayHours],
    *,
    listed: Container[str],
    keep_days: int,
) -> Append | None:
    """Count a reading in ``memory``; what to append, or ``None`` where it changed nothing that must be kept.

    ``listed`` are the ids of all cameras there are, also of those that another machine polls.
    """
    reading = reading.as_told()
    camera_id = camera.camera_id
    before = memory.counts.get(camera_id, CountState())
    zone = zone_of(roster.site_of(camera))
    elsewhere = _counted_elsewhere(memory, listed, reading)
    earlier = {key: hours for key, hours in earlier.items() if key not in elsewhere}
    outcome = count(
        before, reading, expected_every=expected_every, earlier=earlier, is_swapped=roster.is_swapped, zone=zone
    )
    ledger = memory.ledger(camera_id, zone, keep_days)
    moment = Moment(reading.taken_at, reading.local_time)
    ledger.take_over(elsewhere if ledger.days else {*before.lines, *elsewhere}, moment)
    _enter(ledger, memory, before, reading, outcome, 2 * expected_every)
    outcome = _with_days_begun(before, outcome, ledger)
    memory.counts[camera_id] = outcome.state
    memory.counts.note_read(reading)
    is_held = _falls(outcome.state) - _falls(before)
    if not (outcome.lines or ledger.changed or is_held):
        return None
    days = memory.changes_of_ledger(camera_id, ledger, keep_days)
    if not outcome.lines:
        return Append((), (*([memory.change_of_counts(camera_id)] if is_held else ()), *days))
    events = CountEvents(memory, roster, camera)
    told = [event for line in outcome.lines for event in events.of_count(line)]
    sites = [memory.change_of_occupancy(site) for site in sorted(events.sites)]
    return Append(tuple(told), (memory.change_of_counts(camera_id), *sites, *days))


def _counted_elsewhere(memory: CountMemory, listed: Container[str], reading: Reading) -> set[LineKey]:
    """Lines that were counted by another camera id before: the device was removed, and entered again under a new one.

    What it remembers is told already, under the old id. Recorders have one number for many cameras, so only ids that
    are gone are looked at.
    """
    counts = memory.counts
    known = counts[reading.camera_id].lines if reading.camera_id in counts else {}
    new = [line.key for line in reading.lines if line.key not in known]
    if not new or not reading.serial:
        return set()
    # By their ids first: thousands of cameras are new together, and each of them would look at all others.
    gone = [counts[one] for one in [one for one in counts if one not in listed]]
    told = {
        (key.channel, key.rule, key.index) for state in gone if state.serial == reading.serial for key in state.lines
    }
    return {key for key in new if (key.channel, key.rule, key.index) in told}


def _falls(state: CountState) -> set[tuple[LineKey, bool, int]]:
    """The falls that are held. They must survive a restart: read anew, the total could not be judged any more."""
    return {
        (key, counter is line.entered, counter.fall.total)
        for key, line in state.lines.items()
        for counter in (line.entered, line.left)
        if counter.fall is not None
    }


def _with_days_begun(before: CountState, outcome: Counted, ledger: HourLedger) -> Counted:
    """Today's figures of lines on another day than before: not all of a long interval need have come today.

    And a camera whose clock was somewhere else for a while has people on its day already.
    """
    begun = {
        key: _with_today(line, ledger.told_on(line.day, key))
        for key, line in outcome.state.lines.items()
        if key in before.lines and before.lines[key].day != line.day
    }
    if not begun:
        return outcome
    lines = tuple(replace(line, state=begun.get(line.key, line.state)) for line in outcome.lines)
    return Counted(replace(outcome.state, lines={**outcome.state.lines, **begun}), lines)


def _with_today(line: LineState, told: Figures) -> LineState:
    return replace(line, in_today=told.entered, out_today=told.left)


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
            _enter_gap(ledger, line.key, memory.counts.last_read(line.key), moment, longest)
        if count_of_line is not None:
            _enter_count(ledger, count_of_line, max(reading.doubt, memory.counts.doubt_of(line.key)))


def _enter_gap(ledger: HourLedger, key: LineKey, read_at: datetime | None, moment: Moment, longest: timedelta) -> None:
    if read_at is not None and moment.utc - read_at > longest:
        ledger.miss(key, read_at, moment)


def _enter_count(ledger: HourLedger, line: LineCount, doubt: timedelta) -> None:
    if line.unused_history:
        logger.info("line %s: its history of today is not used: %s", line.key, line.unused_history)
    for increment in line.increments:
        ledger.tell(increment, doubt)
    for broke in line.breaks:
        ledger.breaks(broke)


def _untold(line: LineReading, count_of_line: LineCount | None) -> Figures:
    """What a line's totals held at its first reading and nobody was told of."""
    shown = Figures(line.totals.in_total, line.totals.out_total)
    increments = count_of_line.increments if count_of_line else ()
    return shown - sum((Figures(one.entered.people, one.left.people) for one in increments), Figures())
