"""Retention of records: single changes are kept for some months, what they add up to for ever."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from peoplecount.domain.clock import Clock
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.retention import AT_ONCE, newest_local_time, purge_records, recorded_lines

logger = logging.getLogger(__name__)

LEAST_DAYS = 40
"""The hours of younger days may still be settled, and records be looked into for that."""

FIRST_WAIT = 600.0
"""Seconds after the start: first what was missed is caught up with."""

EVERY = 86400.0
AGAIN = 3600.0
"""Seconds, after the database was away."""

BUSY_WAIT = 5.0
"""Seconds to the next look at a writer that is far behind."""

SHARE = 0.1
"""Of the time, at most, that the database is kept busy with it."""

CLOCK_DOUBT = timedelta(days=1)
"""Time zones, and cameras whose clock is a little ahead."""


class RecordRetention:
    """Removes the records that are older than they are kept. Use it in one process: the one that polls."""

    def __init__(
        self,
        db: IDBConnection,
        keep: timedelta,
        clock: Clock,
        *,
        is_busy: Callable[[], bool] = lambda: False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``is_busy`` says whether the writer is far behind: it comes first."""
        self._db = db
        self._keep = max(keep, timedelta(days=LEAST_DAYS))
        self._clock = clock
        self._is_busy = is_busy
        self._monotonic = monotonic

    def run(self, stop: threading.Event, first: float = FIRST_WAIT) -> None:
        """Purge once a day until ``stop`` is set; the first time after ``first`` seconds."""
        wait = first
        while not stop.wait(wait):
            try:
                wait = AGAIN if self._is_busy() else EVERY
                if wait == EVERY:
                    self.purge(stop)
            except DatabaseError as error:  # whoever writes to it says so
                logger.debug("old records could not be removed: %s", error)
                wait = AGAIN

    def purge(self, stop: threading.Event) -> int:
        """Remove what is too old, a little at a time; how many records that were. Raises ``DatabaseError``."""
        before = self._limit()
        removed = 0
        for line in recorded_lines(self._db):
            while before is not None and self._may_go_on(stop):
                begun = self._monotonic()
                found = purge_records(self._db, line, before)
                removed += found
                if found < AT_ONCE:
                    break
                stop.wait((self._monotonic() - begun) * (1 / SHARE - 1))
        if removed and before is not None:
            logger.info(
                "%d records of before %s were removed (RECORDS_KEEP_DAYS); what they add up to stays",
                removed,
                before.date(),
            )
        return removed

    def _may_go_on(self, stop: threading.Event) -> bool:
        """Wait while the writer is busy: it may have fallen behind since. False once told to stop."""
        while self._is_busy() and not stop.is_set():
            stop.wait(BUSY_WAIT)
        return not stop.is_set()

    def _limit(self) -> datetime | None:
        """Records of before this may go; ``None`` where there are none.

        Our clock alone does not decide: one that is wrong by years would empty the table. The cameras' clocks, in
        the records written last, must have come as far.
        """
        newest = newest_local_time(self._db)
        if newest is None:
            return None
        return min(self._clock.now(), newest.replace(tzinfo=UTC) + CLOCK_DOUBT) - self._keep
