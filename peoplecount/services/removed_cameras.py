"""Cameras that were removed: what is remembered of them beside the log goes, too, after a while."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from peoplecount.domain.clock import Clock
from peoplecount.domain.line import camera_of
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.roster import Roster
from peoplecount.eventlog.log import EventLog, LogError, StateChange
from peoplecount.services.camera_watch import WATCH_STATE
from peoplecount.services.count_keeper import CountKeeper

logger = logging.getLogger(__name__)

KEPT = timedelta(days=31)
"""After the last reading. Whoever comes back before is counted on as if it had been away."""

FIRST_WAIT = 3600.0
EVERY = 6 * 3600.0
"""Seconds."""


class RemovedCameras:
    """Forgets cameras that are not polled any more. Use it in the process that leads."""

    def __init__(
        self,
        log: EventLog,
        keeper: CountKeeper,
        *,
        term: int,
        roster: Callable[[], Roster],
        clock: Clock,
        offload: Offload = call_here,
    ) -> None:
        self._log = log
        self._keeper = keeper
        self._term = term
        self._roster = roster
        self._clock = clock
        self._offload = offload

    def run(self, stop: threading.Event, first: float = FIRST_WAIT) -> None:
        """Forget now and then until ``stop`` is set."""
        wait = first
        while not stop.wait(wait):
            wait = EVERY
            try:
                self.forget()
            except LogError as error:  # whoever appends says so
                logger.debug("removed cameras could not be forgotten: %s", error)

    def forget(self) -> list[str]:
        """Forget cameras that were read last long ago and are on no list; which they are. Raises ``LogError``."""
        gone = self._gone()
        if gone:
            self._keeper.look_anew()  # another machine may have counted them since they were read
            self._keeper.forget(gone, self._watch_states(gone))
            # Last, for this is what they are found by: should it fail before, it is all done again.
            self._offload(self._log.forget, self._term, gone)
            logger.info("removed cameras are forgotten: %s", ", ".join(gone))
        return gone

    def _gone(self) -> list[str]:
        cameras = self._roster().cameras
        if not cameras:  # more likely a list that could not be read than an empty one
            return []
        last: dict[str, datetime] = {}
        for line_id, at in self._offload(self._log.seen).items():
            camera_id = camera_of(line_id)
            last[camera_id] = max(last.get(camera_id, at), at)
        before = self._clock.now() - KEPT
        return sorted(camera_id for camera_id, at in last.items() if camera_id not in cameras and at < before)

    def _watch_states(self, gone: Collection[str]) -> list[StateChange]:
        states = self._offload(self._log.load_states).states
        keys = [key for camera_id in gone if (key := f"{WATCH_STATE}{camera_id}") in states]
        return [StateChange(key, states[key].version, "") for key in keys]
