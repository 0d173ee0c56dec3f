"""The clock the service runs on: the machine's, or one that plays another time for demos, replays and tests."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from peoplecount.domain.clock import REAL_TIME, PlayedTime


class PlayedClock:
    """Tells played time from the machine's clock."""

    def __init__(self, played: PlayedTime = REAL_TIME) -> None:
        self._played = played
        self.speed = played.speed

    def now(self) -> datetime:
        """The moment, UTC."""
        return self._played.at(datetime.now(UTC))

    def monotonic(self) -> float:
        """Real seconds that only grow."""
        return time.monotonic()
