"""Keeping count: readings in, events and the states they lead to into the log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_day import CameraDay
from peoplecount.domain.counting import CountState
from peoplecount.domain.day_history import DayHistory, DayHours
from peoplecount.domain.event import NewEvent
from peoplecount.domain.line import LineKey
from peoplecount.domain.occupancy import Occupancy
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.reading import Reading
from peoplecount.domain.roster import Roster
from peoplecount.eventlog.log import Append, EventLog, StateChange
from peoplecount.services.count_account import counted, passed
from peoplecount.services.count_memory import CountMemory
from peoplecount.services.coverage import coverage_in
from peoplecount.services.day_settlement import DaySettlement, Settlement, amended
from peoplecount.services.line_limit import LineLimit

T = TypeVar("T")

KEPT_DAYS = 31
"""Days of the hour ledger behind the newest one, unless more are to be filled in."""

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
        listed: Callable[[], Container[str]] | None = None,
        offload: Offload = call_here,
        appended: Callable[[], None] = lambda: None,
        keep_days: int = KEPT_DAYS,
    ) -> None:
        """``roster`` has the cameras that are counted here; ``listed`` has the ids of all, if those are not all.

        ``appended`` is called after every append, for those who read the log in this process.

        ``keep_days`` is how many days of a camera's hours are remembered behind its newest one.
        """
        self._log = log
        self._appender = appender
        self._term = term
        self._roster = roster
        self._listed = listed or (lambda: roster().cameras)
        self._offload = offload
        self._appended = appended
        self._keep_days = keep_days
        self._lock = threading.Lock()
        self._kept: CountMemory | None = None
        self._seen: dict[str, datetime] = {}
        self._limit = LineLimit()

    def unknown_lines(self, camera_id: str, reading: Reading) -> tuple[LineKey, ...]:
        """The lines of a reading that were never read before. Raises ``LogError``."""
        with self._lock:
            known = self._memory().counts.get(camera_id, CountState()).lines
            reading = self._limit.within(reading, known)
        return tuple(line.key for line in reading.lines if line.key not in known)

    def counting(self, camera_id: str) -> CountState:
        """What is remembered of a camera's totals. Raises ``LogError``."""
        with self._lock:
            return self._memory().counts.get(camera_id, CountState())

    def read_at(self, camera_id: str) -> datetime | None:
        """When any line of a camera was last read (UTC); ``None`` where none ever was. Raises ``LogError``."""
        with self._lock:
            memory = self._memory()
            lines = memory.counts.get(camera_id, CountState()).lines
            return max(filter(None, map(memory.counts.last_read, lines)), default=None)

    def fallen_since(self, camera_id: str) -> datetime | None:
        """When a line whose total has fallen within its day, nobody knows yet why, was last read before (UTC).

        ``None`` where no total has. Raises ``LogError``.
        """
        with self._lock:
            lines = self._memory().counts.get(camera_id, CountState()).lines.values()
        counters = (counter for line in lines for counter in (line.entered, line.left))
        return min((counter.read_at for counter in counters if counter.has_fallen_within_a_day), default=None)

    def passes(self, camera: Camera, reading: Reading, *, expected_every: timedelta) -> bool:
        """Note a reading that tells nothing; ``False`` where it is to be observed. Raises ``LogError``."""
        with self._lock:
            if camera.camera_id not in self._roster().cameras:
                return False
            is_quiet = self._judge(lambda memory: passed(memory, reading, expected_every))
            if is_quiet:
                self._note_seen(reading)
            return is_quiet

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
            roster = self._roster()
            if camera.camera_id not in roster.cameras:
                return 0  # removed while its poll was under way
            known = self._memory().counts.get(camera.camera_id, CountState()).lines
            reading = self._limit.within(reading, known)
            append = self._judge(
                lambda memory: counted(
                    memory,
                    roster,
                    camera,
                    reading,
                    expected_every,
                    earlier or {},
                    listed=self._listed(),
                    keep_days=self._keep_days,
                )
            )
            if append is None:
                self._note_seen(reading)
                return 0
            ticket = self._appender.submit(self._term, append)
        self._finish(ticket)
        with self._lock:
            self._note_seen(reading)
        return len(append.events)

    def report(self, events: Iterable[NewEvent], states: Iterable[StateChange] = ()) -> None:
        """Append events that change no count, and states that are not the keeper's own. Raises ``LogError``."""
        self._finish(self._appender.submit(self._term, Append(tuple(events), tuple(states))))

    def days(self, camera_id: str) -> Mapping[date, CameraDay]:
        """The hour ledger of a camera, by day. Raises ``LogError``."""
        with self._lock:
            return dict(self._memory().days(camera_id))

    def coverage(self, key: LineKey, stretches: Sequence[tuple[datetime, datetime]]) -> Sequence[float | None]:
        """The share of each stretch (UTC) in which a line was read often enough; ``None`` before it was known.

        Time after its last reading counts as unread. Raises ``LogError``.
        """
        with self._lock:
            return coverage_in(self._memory(), self._roster(), key, stretches, self._keep_days)

    def look_anew(self) -> None:
        """Read what is remembered from the log again: others have appended, too."""
        with self._lock:
            self._kept = None

    def settle(self, camera: Camera, history: DayHistory, now: datetime) -> Settlement:
        """Hold a day of the hour ledger against what the camera remembers of it, and correct what differs.

        Only hours after whose end the line was read are touched, so nothing is ever added to a settled one. Run again,
        it changes nothing. Raises ``LogError``.
        """
        return self._amend(camera, now, lambda settlement: settlement.settle(history))

    def note_asked(self, camera: Camera, day: date, now: datetime, note: str) -> None:
        """Remember that the history of a day was asked for in vain, and why. Raises ``LogError``."""
        self._amend(camera, now, lambda settlement: settlement.note_asked(day, note))

    def reorient(self, camera: Camera, now: datetime) -> Settlement:
        """Tell past hours the way the camera's lines are said to be drawn by now. Raises ``LogError``."""
        return self._amend(camera, now, lambda settlement: settlement.reorient())

    def reassert(self, camera: Camera, day: date, slots: Mapping[LineKey, Sequence[int]], now: datetime) -> Settlement:
        """Say again what hours of a day are, because the database has them otherwise. Raises ``LogError``."""
        return self._amend(camera, now, lambda settlement: settlement.reassert(day, slots))

    def forget(self, camera_ids: Iterable[str], states: Iterable[StateChange] = ()) -> None:
        """Forget cameras that are gone, with ``states`` that are not the keeper's own. Raises ``LogError``."""
        with self._lock:
            own = self._judge(lambda memory: [change for one in camera_ids for change in memory.forget(one)])
            ticket = self._appender.submit(self._term, Append((), (*own, *states)))
        self._finish(ticket)

    def occupancies(self) -> dict[str, Occupancy]:
        """Sites by id, as their doors said last. Raises ``LogError``."""
        with self._lock:
            return dict(self._memory().occupancies)

    def amend_occupancies(self, sites: Sequence[str], amend: AmendOccupancies) -> None:
        """Change the occupancy of sites, with the events that tell of it. Raises ``LogError``.

        ``amend`` gets those that are known; when it is called, all that was counted so far stands in the log, and
        nothing is added to it meanwhile.
        """
        with self._lock:
            self._memory()
            self._await(self._appender.submit(self._term, Append()))
            append = self._judge(lambda memory: _amended(memory, sites, amend))
            ticket = self._appender.submit(self._term, append)
        self._finish(ticket)

    def flush_seen(self) -> None:
        """Note durably which lines were read since the last call. Raises ``LogError``."""
        with self._lock:
            seen, self._seen = self._seen, {}
        if seen:
            self._offload(self._log.note_seen, self._term, seen)

    def _amend(self, camera: Camera, now: datetime, work: Callable[[DaySettlement], Settlement]) -> Settlement:
        with self._lock:
            settlement, append = self._judge(
                lambda memory: amended(memory, self._roster(), camera, now, work, keep_days=self._keep_days)
            )
            if append is None:
                return settlement
            ticket = self._appender.submit(self._term, append)
        self._finish(ticket)
        return settlement

    def _note_seen(self, reading: Reading) -> None:
        """Only of what is in the log: should an append fail, its people have come since the reading before."""
        self._seen.update((str(line.key), reading.taken_at) for line in reading.lines)

    def _finish(self, ticket: Ticket) -> None:
        self._await(ticket)
        self._appended()

    def _await(self, ticket: Ticket) -> None:
        try:
            ticket.wait()
        except BaseException:
            # Also when the wait was abandoned: nobody knows whether it became durable.
            self._kept = None
            raise

    def _memory(self) -> CountMemory:
        if self._kept is None:
            self._kept = CountMemory(self._offload(self._log.load_states), self._offload(self._log.seen))
        return self._kept

    def _judge(self, work: Callable[[CountMemory], T]) -> T:
        """Do what changes the memory; whatever goes wrong half-way, it must not be ahead of the log afterwards."""
        memory = self._memory()
        try:
            return work(memory)
        except BaseException:
            self._kept = None
            raise


def _amended(memory: CountMemory, sites: Sequence[str], amend: AmendOccupancies) -> Append:
    known = {site: memory.occupancies[site] for site in sites if site in memory.occupancies}
    occupancies, events = amend(known)
    memory.occupancies.update(occupancies)
    return Append(tuple(events), tuple(memory.change_of_occupancy(site) for site in occupancies))
