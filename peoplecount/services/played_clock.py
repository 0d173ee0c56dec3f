"""The clock the service runs on: the machine's, or one that plays another time for demos, replays and tests."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from peoplecount.domain.clock import REAL_TIME, PlayedTime
from peoplecount.domain.event import parse_utc

logger = logging.getLogger(__name__)

FOLLOW_SECONDS = 1.0

PATIENCE = 10.0
"""Seconds for a simulator that is started together with the service."""

_UNTOLD = (requests.RequestException, KeyError, TypeError, ValueError)
"""What asking for the time may raise where nobody tells it."""


class ClockUnavailable(Exception):
    """No simulator tells the time at the address that was given."""


class PlayedClock:
    """Tells played time from the machine's clock."""

    def __init__(self, played: PlayedTime = REAL_TIME) -> None:
        self._played = played
        self.speed = played.speed

    @classmethod
    def at(cls, url: str) -> PlayedClock:
        """The clock of the simulator at ``CLOCK_URL``; the machine's where none is set. Raises ``ClockUnavailable``."""
        return cls(fetch_played_time(url) if url else REAL_TIME)

    def now(self) -> datetime:
        """The moment, UTC."""
        now = datetime.now(UTC)
        return now if self._played is REAL_TIME else self._played.at(now)

    def monotonic(self) -> float:
        """Real seconds that only grow."""
        return time.monotonic()

    def follow(self, url: str, stop: threading.Event) -> None:
        """Ask the simulator once a second whether the clock was set, until told to stop.

        While nobody answers, the clock goes on as it went.
        """
        with _session() as session:
            while not stop.wait(FOLLOW_SECONDS):
                try:
                    self._played = _ask(session, url)
                except _UNTOLD as error:
                    logger.debug("the simulator does not tell the time: %s", error)


def fetch_played_time(url: str, patience: float | None = None) -> PlayedTime:
    """The clock a simulator plays. Raises ``ClockUnavailable`` if none tells the time there within ``patience`` s."""
    deadline = time.monotonic() + (PATIENCE if patience is None else patience)
    with _session() as session:
        while True:
            try:
                return _ask(session, url)
            except _UNTOLD as error:
                if time.monotonic() > deadline:
                    raise ClockUnavailable(f"CLOCK_URL is {url}, but no simulator tells the time there") from error
                time.sleep(0.1)


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def _ask(session: requests.Session, url: str) -> PlayedTime:
    answer = session.get(url, timeout=5)
    answer.raise_for_status()
    fields: Mapping[str, Any] = answer.json()
    until = fields["playedUntil"]
    return PlayedTime(
        played_from=parse_utc(fields["playedFrom"]),
        real_from=parse_utc(fields["realFrom"]),
        speed=float(fields["speed"]),
        played_until=parse_utc(until) if until else None,
        ahead=timedelta(seconds=fields.get("serviceAhead", 0)),
    )
