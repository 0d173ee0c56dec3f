"""Leadership: exactly one process polls, and when it dies another takes over.

The lock only makes the takeover quick. That nothing is counted twice comes from the log, which refuses appends of
a term that is over.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from peoplecount.domain.clock import Clock
from peoplecount.eventlog.log import LogError
from peoplecount.storage.errors import DatabaseError

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
"""How often the lock is tried; a takeover takes about that long."""


HELD_SECONDS = 10.0
"""Who has held the lock for so long leads; until then it may be another one that tries in vain."""


class Lock(Protocol):
    """A lock among the processes of one machine, or of several."""

    def try_acquire(self) -> bool:
        """Take it if it is free; does not wait."""
        ...

    def still_holds(self) -> bool:
        """Whether it is still ours, and not deleted under our hands."""
        ...

    def release(self) -> None:
        """Give it back."""
        ...


class Session(Protocol):
    """What a leader does."""

    def start(self) -> None:
        """Begin."""
        ...

    def tick(self) -> None:
        """Do what is due every second."""
        ...

    def is_alive(self) -> bool:
        """Whether it still makes sense to lead."""
        ...

    def stop(self) -> None:
        """End in order."""
        ...


class Leadership:
    """Waits for the lead, leads, and gives it up when it must."""

    def __init__(
        self,
        lock: Lock,
        begin: Callable[[], Session],
        clock: Clock,
        duty: str = "polls the cameras",
        *,
        has_other_part: Callable[[], bool] = lambda: False,
    ) -> None:
        """``duty`` is what whoever leads does, in words for the service's log.

        ``has_other_part`` tells whether another part of the work falls to this process by now than when it began.
        """
        self._duty = duty
        self._has_other_part = has_other_part
        self._lock = lock
        self._begin = begin
        self._clock = clock
        self._failing_since: float | None = None
        self._held_since: float | None = None
        self.session: Session | None = None
        """The session under way, if this process leads."""

    def leads(self) -> bool:
        """Whether this process does."""
        return self.session is not None

    def leaderless_for(self) -> float:
        """Seconds since this process failed to take the lead; 0 where it or another has it."""
        return 0.0 if self._failing_since is None else self._clock.monotonic() - self._failing_since

    def run(self, stop: threading.Event) -> None:
        """Try for the lead and lead until told to stop."""
        try:
            while not stop.is_set():
                self._step()
                stop.wait(TICK_SECONDS)
        finally:
            self._end()

    def _step(self) -> None:
        if self.session is None:
            self._try()
        elif self._lock.still_holds() and self._has_other_part():  # first: a term that is over is no reason to leave
            logger.info("the cameras are shared out anew")
            self._end_session()
            self._try()
        elif not (self.session.is_alive() and self._lock.still_holds()):
            logger.warning("giving up the lead: another process has it, or this one makes no progress")
            self._end()
        else:
            self.session.tick()

    def _try(self) -> None:
        try:
            if not self._lock.try_acquire():
                self._note_other()
                return
            self._held_since = None
            self.session = self._begin()
            self.session.start()
        except Exception as error:
            if self._failing_since is None:
                self._failing_since = self._clock.monotonic()
                known = isinstance(error, LogError | DatabaseError)
                logger.log(
                    logging.ERROR,
                    "cannot take the lead, and tries again every second: %s",
                    error,
                    exc_info=None if known else error,
                )
            self._end()
            return
        self._failing_since = None
        logger.info("this process %s now", self._duty)

    def _note_other(self) -> None:
        now = self._clock.monotonic()
        if self._held_since is None:
            self._held_since = now
        if now - self._held_since >= HELD_SECONDS:
            self._failing_since = None

    def _end(self) -> None:
        try:
            self._end_session()
        finally:
            self._lock.release()

    def _end_session(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            session.stop()
