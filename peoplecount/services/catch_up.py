"""Catching up: how far a reader of the log is behind, how quickly it gains, and how much it takes at once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

logger = logging.getLogger(__name__)

FAR = 10
"""Batches. Whoever is further behind than that catches up; less is done in a moment."""

LARGEST = 8
"""Times the usual batch. Larger ones were not quicker, and hold others up for longer."""

QUICK, SLOW = 1.0, 2.0
"""Seconds a batch takes. Quick ones may be followed by a larger one, slow ones by a smaller one.

Large ones are worth it where the machine is busy, too: of a batch eight times as large, an entry costs half. But where
a database lets readers wait for writers, pages wait as long.
"""

TELL_SECONDS = 30.0

SHARE_FOR_OTHERS = 0.1
"""Of the time a batch took, how much is left to others after it. Writing is mostly Python: it competes with polls."""

LONGEST_PAUSE = 0.05
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How catching up goes."""

    rate: float
    """Entries a second, since it began."""

    seconds_left: float | None
    """Until everything is written, if it goes on so; ``None``: not at this rate."""


class CatchUp:
    """Follows the batches of one reader."""

    def __init__(self, batch: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """``batch`` is how many entries it takes at once as long as it is not far behind."""
        self._batch = batch
        self._monotonic = monotonic
        self._began: float | None = None
        self._lag_then = 0
        self._taken = 0
        self._told_at = 0.0
        self._told = False
        self.size = batch
        """Entries to take next."""

        self.pause = 0.0
        """Seconds to leave to others now."""

        self.progress: Progress | None = None
        """``None`` while it is not far behind."""

    def note(self, taken: int, seconds: float, lag: int) -> None:
        """A batch of ``taken`` entries took so long, and ``lag`` are left."""
        if self._began is None:
            if lag <= FAR * self._batch:
                self._rest()
                return
            self._begin(lag)
        else:
            self._taken += taken
        if lag < self._batch:
            self._end()
            return
        self._resize(seconds)
        self.pause = min(seconds * SHARE_FOR_OTHERS, LONGEST_PAUSE)
        self.progress = self._measure(lag)
        self._tell(lag)

    def interrupted(self) -> None:
        """The database went away, say: what was measured holds no longer."""
        self._began = None
        self._rest()

    def _begin(self, lag: int) -> None:
        """Measured from after the first batch: what came in during it is in no figure."""
        self._began = self._told_at = self._monotonic()
        self._lag_then, self._taken, self._told = lag, 0, False

    def _rest(self) -> None:
        self.size, self.pause, self.progress = self._batch, 0.0, None

    def _end(self) -> None:
        if self._told:
            lasted = self._monotonic() - (self._began or 0.0)
            logger.info("The history has caught up with the event log: %d events in %.0f s", self._taken, lasted)
        self.interrupted()

    def _resize(self, seconds: float) -> None:
        if seconds > SLOW:
            self.size = max(self.size // 2, self._batch)
        elif seconds < QUICK:
            self.size = min(self.size * 2, self._batch * LARGEST)

    def _measure(self, lag: int) -> Progress | None:
        elapsed = self._monotonic() - (self._began or 0.0)
        if not self._taken or elapsed <= 0:
            return None
        gained = (self._lag_then - lag) / elapsed  # new entries come in meanwhile
        return Progress(self._taken / elapsed, lag / gained if gained > 0 else None)

    def _tell(self, lag: int) -> None:
        now = self._monotonic()
        if self.progress is None or now - self._told_at < TELL_SECONDS:
            return
        self._told_at, self._told = now, True
        left = self.progress.seconds_left
        logger.info(
            "The history is %d events behind the event log and catches up, %.0f a second%s",
            lag,
            self.progress.rate,
            "; they come as quickly" if left is None else f": about {_spoken(left)} to go",
        )


def _spoken(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
