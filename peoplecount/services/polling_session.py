"""A polling session: what the process that leads does, from taking the lead to giving it up."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from peoplecount.domain.clock import Clock
from peoplecount.domain.event_body import status_event
from peoplecount.domain.event_id import EventId
from peoplecount.domain.offload import Offload
from peoplecount.domain.roster import Roster
from peoplecount.eventlog.log import EventLog, Fenced, LogError, StaleTerm
from peoplecount.services.camera_health import CameraHealth
from peoplecount.services.collector import Collector
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.line_directions import LineDirections
from peoplecount.services.removals import OwnRemovals, Removals
from peoplecount.services.worker_threads import Worker, WorkerThreads
from peoplecount.storage.errors import DatabaseError

logger = logging.getLogger(__name__)

ROSTER_SECONDS = 10.0
"""How long a camera that was added or changed waits at most to be taken up."""

LONGEST_JOIN = 0.5
"""Seconds the writer and the roster are waited for at the end. A database that hangs holds nothing up: what it has not
taken is in the log."""

STALL_SECONDS = 30.0
"""Grace beyond three intervals before a scheduler without progress is given up; a poll may take its time-outs."""


class Writer(Protocol):
    """The record writer, as far as a session is concerned."""

    def run(self, stop: threading.Event, wake: threading.Event) -> None:
        """Write until told to stop."""
        ...


class Rosters(Protocol):
    """Where a session has its cameras from."""

    def current(self) -> Roster:
        """The roster as last refreshed."""
        ...

    def refresh(self) -> Roster:
        """The newest. Raises what the database raises, and ``LogError``."""
        ...


class PollingSession:
    """Polls, writes records and keeps house, in one process at a time."""

    def __init__(
        self,
        *,
        log: EventLog,
        keep_mark: Callable[[EventId], None],
        keeper: CountKeeper,
        health: CameraHealth,
        collector: Collector,
        rosters: Rosters,
        writer: Writer | None,
        wake_writer: threading.Event,
        clock: Clock,
        offload: Offload,
        removals: Removals | None = None,
        workers: Mapping[str, Worker] | None = None,
    ) -> None:
        """Without a ``writer`` another machine writes records. ``workers`` run by name, each in a thread of its own."""
        self.keeper = keeper
        self._directions = LineDirections(keeper)
        self.collector = collector
        self.health = health
        self._log = log
        self._keep_mark = keep_mark
        self._rosters = rosters
        self._writer = writer
        self._wake_writer = wake_writer
        self._clock = clock
        self._offload = offload
        self._removals = removals or OwnRemovals(health, lambda gone: keeper.report(map(status_event, gone)), clock)
        self._workers = {"record-writer": self._write, "roster": self._follow_roster, **(workers or {})}
        self._threads = WorkerThreads()
        self._fenced = False
        self._log_is_away = False

    def start(self) -> None:
        """Begin to poll the roster at hand, and follow the database's."""
        self.health.load(self._offload(self._log.latest).entries)
        self.collector.start(self.note_log_error)
        self.collector.sync(self._rosters.current())
        self._threads.start(self._workers)

    def is_alive(self) -> bool:
        """False once another process has the lead, or the scheduler has stopped making progress."""
        patience = 3 * self.collector.longest_interval() + STALL_SECONDS
        idle = self._clock.monotonic() - self.collector.last_progress
        return not self._fenced and (idle < patience or not self._rosters.current().cameras)

    def tick(self) -> None:
        """Do what is due every second; never raises for a log that is away."""
        self.collector.keep_time()
        try:
            self.keeper.flush_seen()
            self._offload(self._keep_mark, self._offload(self._log.head))
        except LogError as error:
            self.note_log_error(error)
        else:
            self._log_is_away = False

    def polling_figures(self) -> dict[str, int]:
        """How many cameras are polled here; polls, failed polls and missed slots of them since they were taken up."""
        figures = self.collector.figures().values()
        return {
            "cameras": len(figures),
            "polls": sum(one.polls for one in figures),
            "failures": sum(one.failures for one in figures),
            "overruns": sum(one.overruns for one in figures),
        }

    def note_log_error(self, error: LogError) -> None:
        """Take note of an append that failed: another leader ends the session, anything else is waited out.

        A stale state is no news: it follows from an append that failed before, and is read again by then.
        """
        if isinstance(error, StaleTerm):
            self._fenced = True
        if isinstance(error, Fenced):
            return
        if not self._log_is_away:
            logger.error("the event log cannot be used: %s", error)
        self._log_is_away = True

    def stop(self) -> None:
        """Stop in order: scheduler, running polls, last append, then the rest."""
        self._threads.stop()
        self._wake_writer.set()
        self.collector.stop()
        self.tick()
        self._threads.join(LONGEST_JOIN)

    def _write(self, stop: threading.Event) -> None:
        if self._writer is not None:
            self._writer.run(stop, self._wake_writer)

    def _follow_roster(self, stop: threading.Event) -> None:
        said = ""
        while not stop.is_set():
            try:
                self._take_up(self._rosters.refresh())
            except LogError as error:
                self.note_log_error(error)
            except DatabaseError as error:  # whoever found it out has said so; the roster at hand serves on
                logger.debug("the roster could not be read: %s", error)
            except Exception as error:
                if str(error) != said:
                    logger.exception("the cameras could not be read anew; those known are polled on")
                said = str(error)
            stop.wait(ROSTER_SECONDS)

    def _take_up(self, roster: Roster) -> None:
        self.collector.sync(roster)
        self._directions.follow(roster, self._clock.now())
        self._removals.follow(roster)
