"""The mail sender: takes letters from the outbox to the server, in the one process that leads."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from peoplecount.domain.clock import Clock
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.sentence import words_of
from peoplecount.eventlog.log import LogError
from peoplecount.mail.letter import Letter
from peoplecount.mail.smtp import MailFailure
from peoplecount.services.outbox import About, Fate, Outbox, Posted

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=30), timedelta(hours=1)

GIVEN_UP_AFTER = {About.ALERT: timedelta(days=1), About.REPORT: timedelta(days=5)}
"""An alert of yesterday is no news; a report still is one."""


class MailServer(Protocol):
    """Takes letters."""

    def send(self, letter: Letter) -> str:
        """What it answered. Raises ``MailFailure``."""
        ...


def retry_after(tries: int, chance: float = 1.0) -> timedelta:
    """How long to wait after so many tries: longer each time, and by ``chance`` (0 to 1) not all at once."""
    longest: timedelta = min(FIRST_RETRY * (1 << min(tries, 10)), LONGEST_RETRY)
    return longest * (0.5 + 0.5 * chance)


class MailSender:
    """Sends what is due, again and again."""

    def __init__(
        self,
        outbox: Outbox,
        server: MailServer,
        clock: Clock,
        *,
        offload: Offload = call_here,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """``clock`` must be one of real time."""
        self._outbox = outbox
        self._server = server
        self._clock = clock
        self._offload = offload
        self._chance = chance
        self._failures = 0
        """Of the server itself, one after the other."""

        self._not_before: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        """Send until ``stop`` is set."""
        while not stop.wait(LOOK_SECONDS):
            try:
                self.send_due(stop)
            except LogError as error:
                logger.debug("mail waits for the local store: %s", error)
            except Exception:
                logger.exception("sending mail stumbled, and goes on")
                stop.wait(10 * LOOK_SECONDS)

    def send_due(self, stop: threading.Event | None = None) -> int:
        """Send what is due; how many letters went. Raises ``LogError``."""
        if self._not_before is not None and self._clock.now() < self._not_before:
            return 0
        sent = 0
        for posted in self._offload(self._outbox.due):
            if stop is not None and stop.is_set():
                break
            letter = self._offload(lambda posted=posted: self._outbox.take(posted))  # type: ignore[misc]
            if letter is None:
                continue
            try:
                said = self._server.send(letter)
            except MailFailure as failure:
                self._failed(posted, failure)
                if failure.is_of_server:
                    break
            else:
                self._offload(lambda posted=posted, said=said: self._outbox.conclude(posted, Fate.SENT, said))  # type: ignore[misc]
                self._failures, self._not_before = 0, None
                sent += 1
        return sent

    def _failed(self, posted: Posted, failure: MailFailure) -> None:
        now, said = self._clock.now(), words_of(failure)
        if failure.is_of_server:  # others would fare no better: all wait
            self._not_before = now + retry_after(self._failures, self._chance())
            self._failures += 1
            if self._failures == 1:
                logger.warning("Mail cannot be sent, and waits: %s", said)
        if failure.is_final or now - posted.made > GIVEN_UP_AFTER[posted.about]:
            logger.warning("A mail is given up: %s", said)
            self._offload(lambda: self._outbox.conclude(posted, Fate.FAILED, said))
            return
        due = self._not_before if failure.is_of_server else now + retry_after(posted.tries, self._chance())
        self._offload(lambda: self._outbox.postpone(posted, due or now, said))
