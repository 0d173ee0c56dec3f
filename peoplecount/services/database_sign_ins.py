"""The sign-in budget of the database's login: what the service, its restarts and one-off commands may spend together.

Servers lock a login after some refusals in a while: SQL Server by the policy of Windows, often five or ten in half an
hour. Two are risked in that time, whoever asks: one by the service, which then waits, and one after it was started
again, perhaps with another password.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import uuid4

from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.storage.errors import CircuitOpen, SignInsHeldBack

logger = logging.getLogger(__name__)

MOST_REFUSALS = 2
WINDOW = timedelta(minutes=30)
"""At most ``MOST_REFUSALS`` in each stretch of this length."""

NOT_AGAIN_FOR = timedelta(minutes=15)
"""After a refusal that came since this process began: nothing has changed that would make the next one different."""

LONGEST_ATTEMPT = timedelta(seconds=20)
"""An attempt without an outcome after that has ended with its process. Servers do not count those."""

WAIT_FOR_OTHERS = 1.0
"""Seconds, for those who are just trying; as long as a page can wait."""

LOOK_EVERY = 0.1
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SignInRecord:
    """What is remembered of a login."""

    refused: tuple[datetime, ...] = ()
    """UTC."""

    trying: str = ""
    """Who is signing in just now; empty: nobody."""

    since: datetime = LONG_AGO
    """Since when."""

    def seen_at(self, now: datetime) -> SignInRecord:
        """Without what is over. What lies ahead was written by a clock that has been set since: it is taken for now."""
        refused = tuple(min(one, now) for one in self.refused if now - one < WINDOW)
        is_trying = self.trying and timedelta(0) <= now - self.since < LONGEST_ATTEMPT
        return SignInRecord(refused, self.trying, self.since) if is_trying else SignInRecord(refused)

    def held_back_until(self, now: datetime, begun: datetime) -> datetime | None:
        """When there may be the next attempt of a process that began at ``begun``; ``None``: now."""
        until = [one + NOT_AGAIN_FOR for one in self.refused if one >= begun]
        if len(self.refused) >= MOST_REFUSALS:
            until.append(sorted(self.refused)[-MOST_REFUSALS] + WINDOW)
        return max((one for one in until if one > now), default=None)

    def text(self) -> str | None:
        """As it is kept; ``None``: there is nothing to remember."""
        if not self.refused and not self.trying:
            return None
        refused = [one.isoformat() for one in self.refused]
        return json.dumps({"refused": refused, "trying": self.trying, "since": self.since.isoformat()})

    @classmethod
    def parse(cls, text: str | None) -> SignInRecord:
        """What ``text`` made. What cannot be understood is as good as nothing."""
        try:
            fields = json.loads(text or "{}")
            refused = tuple(map(_moment, fields["refused"]))
            return cls(refused, str(fields["trying"]), _moment(fields["since"]))
        except (ValueError, KeyError, TypeError, OverflowError):
            return cls()


class Texts(Protocol):
    """Where the record is kept, shared by all processes of an installation. Raises ``LocalStoreUnavailable``."""

    def change(self, key: str, work: Callable[[str | None], str | None]) -> None:
        """Keep what ``work`` makes of the text of ``key``, ``None`` being no text; one change at a time."""
        ...


class DatabaseSignIns:
    """A ``SignInGate`` of one database. Where the local store is away it is open: nobody can count then."""

    def __init__(
        self,
        login: str,
        store: Texts,
        *,
        offload: Offload = call_here,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """``login`` names it and where it is used; ``now`` is real time."""
        self._key = f"sign-ins:database:{login}"
        self._store = store
        self._offload = offload
        self._now = now
        self._pause = pause
        self._begun = now()

    def take(self) -> str:
        """See ``SignInGate``."""
        leave, waited = uuid4().hex, 0.0
        while not self._is_taken(leave):
            if waited >= WAIT_FOR_OTHERS:
                raise CircuitOpen("others are just signing in", WAIT_FOR_OTHERS)
            self._pause(LOOK_EVERY)
            waited += LOOK_EVERY
        return leave

    def accepted(self, leave: str) -> None:  # noqa: ARG002 - whoever tries, the server counts from zero again
        """See ``SignInGate``."""
        self.forget()

    def refused(self, leave: str | None) -> None:
        """See ``SignInGate``."""
        self._change(lambda record, now: replace(_without(record, leave), refused=(*record.refused, now)))

    def released(self, leave: str) -> None:
        """See ``SignInGate``."""
        self._change(lambda record, _: _without(record, leave))

    def forget(self) -> None:
        """The login is known to be right."""
        self._change(lambda _, __: SignInRecord())

    def _is_taken(self, leave: str) -> bool:
        """Whether ``leave`` is given; not while somebody else is trying. Raises ``SignInsHeldBack``."""
        until: list[datetime | None] = [None]
        is_taken: list[bool] = [True]

        def take(record: SignInRecord, now: datetime) -> SignInRecord:
            until[0] = record.held_back_until(now, self._begun)
            is_taken[0] = until[0] is None and not record.trying
            return replace(record, trying=leave, since=now) if is_taken[0] else record

        self._change(take)
        if until[0] is not None:
            raise SignInsHeldBack(
                f"it has refused the login, which is tried again at {until[0]:%H:%M} UTC, lest it is locked. "
                "Once it is set right, `python -m peoplecount db check` tries at once, and the service follows"
            )
        return is_taken[0]

    def _change(self, work: Callable[[SignInRecord, datetime], SignInRecord]) -> None:
        now = self._now()
        try:
            self._offload(
                self._store.change, self._key, lambda text: work(SignInRecord.parse(text).seen_at(now), now).text()
            )
        except LocalStoreUnavailable as error:
            logger.debug("sign-ins at the database are not counted: %s", error)


def _without(record: SignInRecord, leave: str | None) -> SignInRecord:
    return SignInRecord(record.refused) if record.trying == leave else record


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
