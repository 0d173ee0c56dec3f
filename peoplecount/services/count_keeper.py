"""Keeping count: readings in, events and the states they lead to into the log."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from peoplecount.domain.camera import Camera
from peoplecount.domain.counting import CountState, LineCount, LineState, count
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.event import NewEvent
from peoplecount.domain.event_body import Standing, break_event, count_event
from peoplecount.domain.line import LineKey
from peoplecount.domain.occupancy import Occupancy, occupancy_day
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.reading import Reading
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import Append, EventLog, State, StateChange
from peoplecount.services.break_words import words
from peoplecount.services.count_state_body import read_count_state, write_count_state
from peoplecount.services.occupancy_state import read_occupancy, write_occupancy
from peoplecount.services.site_day import zone_of

logger = logging.getLogger(__name__)

CAMERA_STATE = "camera:"
"""What the keys of states begin with: a camera's is its counting, a site's its occupancy."""

SITE_STATE = "site:"

AmendOccupancies = Callable[[Mapping[str, Occupancy]], tuple[Mapping[str, Occupancy], Sequence[NewEvent]]]
"""From occupancies by site to what they are now, and the events that tell of it."""


class Ticket(Protocol):
    """An append under way."""

    def wait(self) -> object:
        """Return once it is durable, or raise what became of it."""
        ...


class Appender(Protocol):
    """Appends in the order of its calls, many in one transaction."""

    def submit(self, term: int, append: Append) -> Ticket:
        """Queue an append."""
        ...


class CountKeeper:
    """What is counted so far, in memory as it is beside the log.

    Readings of all cameras pass here in one order, the order of the log, because the occupancy of a site depends
    on all of them. Should an append fail, what is in memory is void and read again from the log.
    """

    def __init__(
        self,
        log: EventLog,
        appender: Appender,
        *,
        term: int,
        roster: Callable[[], Roster],
        offload: Offload = call_here,
        appended: Callable[[], None] = lambda: None,
    ) -> None:
        """``appended`` is called after every append, for those who read the log in this process."""
        self._log = log
        self._appender = appender
        self._term = term
        self._roster = roster
        self._offload = offload
        self._appended = appended
        self._lock = threading.Lock()
        self._counts: dict[str, CountState] = {}
        self._occupancies: dict[str, Occupancy] = {}
        self._versions: dict[str, int] = {}
        self._seen: dict[str, datetime] = {}
        self._void = True

    def unknown_lines(self, camera_id: str, reading: Reading) -> tuple[LineKey, ...]:
        """The lines of a reading that were never read before. Raises ``LogError``."""
        with self._lock:
            self._load_if_void()
            known = self._counts.get(camera_id, CountState()).lines
        return tuple(line.key for line in reading.lines if line.key not in known)

    def observe(
        self,
        camera: Camera,
        reading: Reading,
        *,
        expected_every: timedelta,
        earlier: Mapping[LineKey, DayHours] | None = None,
    ) -> int:
        """Count a reading; how many events came of it, all of them durable.

        ``earlier`` is what its unknown lines counted earlier today. Raises ``LogError``; the next reading then carries
        what this one brought.
        """
        with self._lock:
            self._load_if_void()
            if camera.camera_id not in self._roster().cameras:
                return 0  # removed while its poll was under way
            append = self._judge_or_void(camera, reading, expected_every, earlier or {})
            self._seen.update((str(line.key), reading.taken_at) for line in reading.lines)
            if append is None:
                return 0
            ticket = self._appender.submit(self._term, append)
        self._finish(ticket)
        return len(append.events)

    def report(self, events: Iterable[NewEvent]) -> None:
        """Append events that change no count. Raises ``LogError``."""
        self._finish(self._appender.submit(self._term, Append(tuple(events))))

    def occupancies(self) -> dict[str, Occupancy]:
        """Sites by id, as their doors said last. Raises ``LogError``."""
        with self._lock:
            self._load_if_void()
            return dict(self._occupancies)

    def amend_occupancies(self, sites: Sequence[str], amend: AmendOccupancies) -> None:
        """Change the occupancy of sites, with the events that tell of it. Raises ``LogError``.

        ``amend`` gets those that are known; when it is called, all that was counted so far stands in the log, and
        nothing is added to it meanwhile.
        """
        with self._lock:
            self._load_if_void()
            self._settle(self._appender.submit(self._term, Append()))
            known = {site: self._occupancies[site] for site in sites if site in self._occupancies}
            amended, events = amend(known)
            self._occupancies.update(amended)
            changes = [
                self._change(f"{SITE_STATE}{site}", write_occupancy(occupancy)) for site, occupancy in amended.items()
            ]
            ticket = self._appender.submit(self._term, Append(tuple(events), tuple(changes)))
        self._finish(ticket)

    def flush_seen(self) -> None:
        """Note durably which lines were read since the last call. Raises ``LogError``."""
        with self._lock:
            seen, self._seen = self._seen, {}
        if seen:
            self._offload(self._log.note_seen, self._term, seen)

    def _finish(self, ticket: Ticket) -> None:
        self._settle(ticket)
        self._appended()

    def _settle(self, ticket: Ticket) -> None:
        try:
            ticket.wait()
        except BaseException:
            # Also when the wait was abandoned: nobody knows whether it became durable.
            self._void = True
            raise

    def _load_if_void(self) -> None:
        if not self._void:
            return
        loaded = self._offload(self._log.load_states)
        seen = self._offload(self._log.seen)
        self._versions = {key: state.version for key, state in loaded.states.items()}
        self._counts = {
            camera_id: _refreshed(read_count_state(state.body), seen)
            for camera_id, state in _of_kind(CAMERA_STATE, loaded.states)
        }
        self._occupancies = {
            site_id: read_occupancy(state.body) for site_id, state in _of_kind(SITE_STATE, loaded.states)
        }
        self._void = False

    def _judge_or_void(
        self, camera: Camera, reading: Reading, expected_every: timedelta, earlier: Mapping[LineKey, DayHours]
    ) -> Append | None:
        """Judge a reading; whatever goes wrong half-way, memory must not be ahead of the log afterwards."""
        try:
            return self._judge(camera, reading, expected_every, earlier)
        except BaseException:
            self._void = True
            raise

    def _judge(
        self, camera: Camera, reading: Reading, expected_every: timedelta, earlier: Mapping[LineKey, DayHours]
    ) -> Append | None:
        before = self._counts.get(camera.camera_id, CountState())
        counted = count(before, reading, expected_every=expected_every, earlier=earlier)
        self._counts[camera.camera_id] = counted.state
        if not counted.lines:
            return None
        events: list[NewEvent] = []
        sites: set[str] = set()
        for line in counted.lines:
            events.extend(self._events(camera, line, sites))
        changes = [self._change(f"{CAMERA_STATE}{camera.camera_id}", write_count_state(counted.state))]
        changes += [
            self._change(f"{SITE_STATE}{site}", write_occupancy(self._occupancies[site])) for site in sorted(sites)
        ]
        return Append(tuple(events), tuple(changes))

    def _events(self, camera: Camera, line: LineCount, sites: set[str]) -> Iterable[NewEvent]:
        if line.unused_history:
            logger.info("line %s: its history of today is not used: %s", line.key, line.unused_history)
        roster = self._roster()
        place = roster.place_of_line(camera, line.key, line.state.name)
        for broke in line.breaks:
            yield break_event(place, broke.moment.utc, str(line.key), *words(broke))
        site = roster.sites[place.site_id]
        in_today = line.state.in_today - sum(increment.entered.people for increment in line.increments)
        out_today = line.state.out_today - sum(increment.left.people for increment in line.increments)
        for increment in line.increments:
            entered, left = increment.entered.people, increment.left.people
            in_today, out_today = in_today + entered, out_today + left
            occupancy = self._occupancy(site, increment.ended_at, entered, left)
            sites.add(site.site_id)
            standing = Standing(in_today, out_today, occupancy.inside)
            yield count_event(place, increment, standing, known_at=line.increments[-1].ended_at)

    def _occupancy(self, site: Site, ended_at: datetime, entered: int, left: int) -> Occupancy:
        # People counted up to the very moment of the reset came before it: hours of a history end there.
        moment = (ended_at - datetime.resolution).astimezone(zone_of(site))
        day = occupancy_day(moment, site.reset_time)
        known = self._occupancies.get(site.site_id, Occupancy(day))
        self._occupancies[site.site_id] = occupancy = known.after(day, entered, left, ended_at)
        return occupancy

    def _change(self, key: str, body: str) -> StateChange:
        version = self._versions.get(key, 0)
        self._versions[key] = version + 1
        return StateChange(key, version, body)


def _of_kind(prefix: str, states: Mapping[str, State]) -> Iterable[tuple[str, State]]:
    return ((key.removeprefix(prefix), state) for key, state in states.items() if key.startswith(prefix))


def _refreshed(state: CountState, seen: Mapping[str, datetime]) -> CountState:
    """The state with the times of readings that changed nothing and so are not in it."""
    return replace(state, lines={key: _seen_at(line, seen.get(str(key))) for key, line in state.lines.items()})


def _seen_at(line: LineState, seen: datetime | None) -> LineState:
    if seen is None:
        return line
    entered = replace(line.entered, read_at=max(line.entered.read_at, seen))
    left = replace(line.left, read_at=max(line.left.read_at, seen))
    return replace(line, entered=entered, left=left)
