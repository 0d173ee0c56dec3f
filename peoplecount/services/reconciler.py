"""The reconciler: holds what was counted against what the cameras remember, and the database against both.

It runs beside polling. A camera answers one search at a time, and few cameras are searched at once: their answers all
pass through the same log.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple, Protocol

from peoplecount.domain.clock import Clock
from peoplecount.eventlog.log import LogError
from peoplecount.services.camera_history import CameraHistory, Pace
from peoplecount.services.database_doubts import DatabaseDoubts
from peoplecount.services.history_notes_keeper import HistoryNotesKeeper
from peoplecount.services.history_progress import HistoryProgress
from peoplecount.services.history_requests import HistoryRequests
from peoplecount.services.history_source import HistorySource
from peoplecount.storage.errors import DatabaseError

logger = logging.getLogger(__name__)

SEARCHES_AT_ONCE = 4
"""Cameras that are searched at the same time, and so the threads that ``Reconciler.run`` is meant for."""

LOOK_SECONDS = 30.0
"""Seconds, of the time that is played, after which a camera of which nothing was due is looked at again."""

SOON_SECONDS = 1.0
"""Real seconds after which a camera is looked at again that had not been read yet."""

IDLE_SECONDS = 0.5
"""Real seconds between two looks whether any camera is to be looked at."""

FAULT_SECONDS = 600.0
"""Real seconds a camera is left alone after a fault of ours."""

REQUEST_SECONDS = 2.0
"""Real seconds between two looks whether somebody left a request."""

LOG_AWAY_SECONDS = 5.0


class DayCheck(Protocol):
    """Holds the database against the log."""

    def reassert(self, camera_id: str, day: date) -> int | None:
        """Say again what the database has otherwise; how many hours, ``None`` where it cannot be told yet.

        Raises ``LogError`` and ``DatabaseError``.
        """
        ...


@dataclass(slots=True)
class _Turn:
    """A camera's place among the others."""

    history: CameraHistory
    due_at: float = 0.0
    """By the monotonic clock."""

    taken: bool = False


class _Place(NamedTuple):
    """A place in the queue; ``number`` keeps the order of those that are due at the same moment."""

    due_at: float
    number: int
    camera_id: str
    turn: _Turn


class Reconciler:
    """Looks after the history of all cameras that are polled. ``run`` it in as many threads as may search at once."""

    def __init__(
        self,
        sources: Callable[[], Mapping[str, HistorySource]],
        make_history: Callable[[HistorySource], CameraHistory],
        *,
        kept_days: Callable[[str], Iterable[date]],
        notes: HistoryNotesKeeper,
        requests: HistoryRequests,
        doubts: DatabaseDoubts,
        check: DayCheck,
        clock: Clock,
        on_log_error: Callable[[LogError], None],
    ) -> None:
        """``sources`` are the cameras that are polled now, by id.

        ``kept_days`` are the days of a camera whose hours are remembered. ``on_log_error`` hears of failed appends.
        """
        self._sources = sources
        self._make_history = make_history
        self._kept_days = kept_days
        self._notes = notes
        self._requests = requests
        self._doubts = doubts
        self._check = check
        self._clock = clock
        self._on_log_error = on_log_error
        self._turns: dict[str, _Turn] = {}
        self._followed: Mapping[str, HistorySource] = {}
        self._followed_at = float("-inf")
        self._queue: list[_Place] = []
        self._numbers = count()
        self._requests_at = 0.0
        self._lock = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; never raises."""
        while not stop.is_set():
            try:
                is_idle = not self.work()
            except LogError as error:
                self._on_log_error(error)
                stop.wait(LOG_AWAY_SECONDS)
            except Exception:
                logger.exception("reconciling failed for an unforeseen reason and goes on")
                stop.wait(LOG_AWAY_SECONDS)
            else:
                if is_idle:
                    stop.wait(IDLE_SECONDS)

    def work(self) -> bool:
        """Look after one camera; whether there was one to look after. Raises ``LogError``."""
        self._take_requests()
        turn = self._next()
        if turn is None:
            return False
        pause = LOG_AWAY_SECONDS
        try:
            pause = self._look_after(turn.history)
        finally:
            with self._lock:
                turn.taken = False
                self._queue_up(turn.history.camera_id, turn, self._clock.monotonic() + pause)
        return True

    def progress(self) -> Mapping[str, HistoryProgress]:
        """How far it has come, by camera."""
        with self._lock:
            return {camera_id: turn.history.progress for camera_id, turn in self._turns.items()}

    def _look_after(self, history: CameraHistory) -> float:
        """One step; real seconds until the next. Raises ``LogError``."""
        try:
            pace = history.step()
            if pace is Pace.LATER:
                pace = self._check_a_day(history)
        except LogError:
            raise
        except Exception:
            logger.exception(
                "the history of camera %s could not be reconciled for an unforeseen reason", history.camera_id
            )
            return FAULT_SECONDS
        return self._seconds(pace)

    def _seconds(self, pace: Pace) -> float:
        if pace is Pace.AT_ONCE:
            return 0.0
        return SOON_SECONDS if pace is Pace.SOON else max(LOOK_SECONDS / self._clock.speed, IDLE_SECONDS)

    def _check_a_day(self, history: CameraHistory) -> Pace:
        """Hold one settled day against the database. Raises ``LogError``."""
        notes = self._notes.of(history.camera_id)
        if not notes.unchecked:
            return Pace.LATER
        day = max(notes.unchecked)
        try:
            said = self._check.reassert(history.camera_id, day)
        except DatabaseError as error:  # whoever found it out has said so
            logger.debug("the database could not be compared: %s", error)
            return Pace.LATER
        if said is None:
            return Pace.SOON
        history.progress.reasserted += said
        if not said:
            self._notes.keep(history.camera_id, notes.checked(day))
        return Pace.AT_ONCE

    def _take_requests(self) -> None:
        """Note what somebody wants asked about once more; only then is the request done with."""
        now = self._clock.monotonic()
        with self._lock:
            if now < self._requests_at:
                return
            self._requests_at = now + REQUEST_SECONDS
        wanted = self._requests.peek(self._sources())
        for camera_id, days in wanted.items():
            self._notes.keep(camera_id, self._notes.of(camera_id).wants(days))
            with self._lock:
                if camera_id in self._turns:
                    self._queue_up(camera_id, self._turns[camera_id], 0.0)
        if wanted:
            self._requests.done(wanted)
        self._take_doubts()

    def _take_doubts(self) -> None:
        """The database may lack what was told of days that are over: note that all that are kept are to be checked."""
        doubted = self._doubts.peek(self._sources())
        for camera_id in doubted:
            *over, _today = sorted(self._kept_days(camera_id)) or (None,)
            self._notes.keep(camera_id, self._notes.of(camera_id).doubts_database(over))
        if doubted:
            self._doubts.done(doubted)

    def _next(self) -> _Turn | None:
        """The camera that waits longest, and it is taken."""
        now = self._clock.monotonic()
        with self._lock:
            turn = self._take(now) if now - self._followed_at < IDLE_SECONDS else None
            if turn is None:
                self._follow(self._sources())
                self._followed_at = now
                turn = self._take(now)
            return turn

    def _take(self, now: float) -> _Turn | None:
        while self._queue and self._queue[0].due_at <= now:
            place = heappop(self._queue)
            turn = self._turns.get(place.camera_id)
            # A camera that was forgotten, begun anew or put forward has another place, or none.
            if turn is not None and turn is place.turn and not turn.taken and turn.due_at == place.due_at:
                turn.taken = True
                return turn
        return None

    def _queue_up(self, camera_id: str, turn: _Turn, due_at: float) -> None:
        turn.due_at = due_at
        heappush(self._queue, _Place(due_at, next(self._numbers), camera_id, turn))

    def _follow(self, sources: Mapping[str, HistorySource]) -> None:
        """Forget cameras that are polled no longer, and begin anew with those that are polled otherwise."""
        if sources == self._followed:  # nearly always, and there may be thousands
            return
        self._followed = dict(sources)
        for camera_id in self._turns.keys() - sources.keys():
            del self._turns[camera_id]
        for camera_id, source in sources.items():
            known = self._turns.get(camera_id)
            if known is None or known.history.source is not source:
                turn = self._turns[camera_id] = _Turn(self._make_history(source))
                self._queue_up(camera_id, turn, 0.0)
