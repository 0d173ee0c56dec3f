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
from peoplecount.domain.sentence import say, words_of
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
        self._gone: dict[str, str] = {}
        """What the server answered, by letter, where that could not be written down yet."""

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
        if self._server_rests():
            return 0
        sent = 0
        for posted in self._offload(self._outbox.due):
            if stop is not None and stop.is_set():
                break
            if posted.letter_id in self._gone:
                self._conclude(posted, Fate.SENT, self._gone[posted.letter_id])
                continue
            if self._is_stale(posted):
                self._give_up(posted, posted.said or say("It could not be sent in time."))
                continue
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
                self._gone[posted.letter_id] = said  # whatever happens now, it is not sent once more
                self._failures, self._not_before = 0, None
                self._conclude(posted, Fate.SENT, said)
                sent += 1
        return sent

    def _server_rests(self) -> bool:
        """Whether the server is left alone just now. A clock that was set back makes nobody wait longer."""
        return self._not_before is not None and timedelta(0) < self._not_before - self._clock.now() <= LONGEST_RETRY

    def _is_stale(self, posted: Posted) -> bool:
        return self._clock.now() - posted.made > GIVEN_UP_AFTER[posted.about]

    def _give_up(self, posted: Posted, said: str) -> None:
        logger.warning("A mail is given up: %s", said)
        self._conclude(posted, Fate.FAILED, said)

    def _conclude(self, posted: Posted, fate: Fate, said: str) -> None:
        self._offload(lambda: self._outbox.conclude(posted, fate, said))
        self._gone.pop(posted.letter_id, None)

    def _failed(self, posted: Posted, failure: MailFailure) -> None:
        now, said = self._clock.now(), words_of(failure)
        if failure.is_of_server:  # others would fare no better: all wait
            self._not_before = now + retry_after(self._failures, self._chance())
            self._failures += 1
            if self._failures == 1:
                logger.warning("Mail cannot be sent, and waits: %s", said)
        if failure.is_final or self._is_stale(posted):
            self._give_up(posted, said)
            return
        due = self._not_before if failure.is_of_server else now + retry_after(posted.tries, self._chance())
        self._offload(lambda: self._outbox.postpone(posted, due or now, said))
