"""Signing in: how many attempts at an account may fail in a while, so that nobody makes a device lock it.

Devices lock an account after five failures in a row (SUNAPI Introduction 2.6.2, HTTP 490). How long, and whether they
count by account, by caller or by device, is not documented: hence far fewer, and everybody's together.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

MOST_FAILURES = 2
WINDOW = timedelta(minutes=30)
"""At most ``MOST_FAILURES`` in each stretch of this length."""

BLOCKED_FOR = timedelta(minutes=15)
"""How long a device that has locked an account is left alone."""

LONGEST_ATTEMPT = timedelta(minutes=1)
"""An attempt without an outcome after that is one whose process has ended; it counts as failed."""


class WhyNot(Enum):
    """Why there may be no attempt now."""

    UNDER_WAY = auto()
    """Somebody else is just signing in; if that goes well, there is nothing to wait for."""

    FAILED = auto()
    """Too many have failed."""

    BLOCKED = auto()
    """The device says that it has locked the account."""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """There may be no attempt before ``until`` (UTC)."""

    why: WhyNot
    until: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that failed, or whose outcome is not known (yet)."""

    ticket: str
    at: datetime
    """UTC."""

    under_way: bool = False


@dataclass(frozen=True, slots=True)
class SignInRecord:
    """What is remembered of the attempts at one account of one device."""

    attempts: tuple[Attempt, ...] = ()
    blocked_until: datetime | None = None

    def seen_at(self, now: datetime) -> SignInRecord:
        """Without what is over by ``now``.

        What lies further in the future than it can was written by a clock that has been put right since: it is taken
        for now, lest it holds for years.
        """
        attempts = (replace(one, at=_possible(one.at, now, WINDOW)) for one in self.attempts)
        blocked = _possible(self.blocked_until, now + BLOCKED_FOR, WINDOW) if self.blocked_until else None
        return SignInRecord(
            attempts=tuple(one for one in attempts if now - one.at < WINDOW),
            blocked_until=blocked if blocked and blocked > now else None,
        )

    def set_on(self, by: timedelta, now: datetime) -> SignInRecord:
        """The same after our clock was set forward to ``now``: no time has passed for the device by that."""
        if by <= timedelta(0):
            return self
        attempts = tuple(replace(one, at=max(one.at, min(one.at + by, now))) for one in self.attempts)
        blocked = self.blocked_until
        return SignInRecord(attempts, max(blocked, min(blocked + by, now + BLOCKED_FOR)) if blocked else None)

    def held_back(self, now: datetime) -> HeldBack | None:
        """Why there may be no attempt at ``now``; ``None`` where there may."""
        seen = self.seen_at(now)
        if seen.blocked_until is not None:
            return HeldBack(WhyNot.BLOCKED, seen.blocked_until)
        if len(seen.attempts) < MOST_FAILURES:
            return None
        running = [one for one in seen.attempts if one.under_way and now - one.at < LONGEST_ATTEMPT]
        if len(seen.attempts) - len(running) < MOST_FAILURES:
            return HeldBack(WhyNot.UNDER_WAY, max(one.at for one in running) + LONGEST_ATTEMPT)
        oldest_first = sorted(one.at for one in seen.attempts)
        return HeldBack(WhyNot.FAILED, oldest_first[-MOST_FAILURES] + WINDOW)

    def begun(self, ticket: str, now: datetime) -> SignInRecord:
        """An attempt is about to be made; until its outcome is known it counts as failed."""
        return replace(self, attempts=(*self.attempts, Attempt(ticket, now, under_way=True)))

    def failed(self, ticket: str, now: datetime) -> SignInRecord:
        """The attempt failed, or nobody knows; also one that was not begun here."""
        return replace(self, attempts=(*self._without(ticket), Attempt(ticket, now)))

    def released(self, ticket: str) -> SignInRecord:
        """The attempt was none after all."""
        return replace(self, attempts=self._without(ticket))

    def blocked(self, now: datetime) -> SignInRecord:
        """The device has locked the account."""
        return replace(self, blocked_until=now + BLOCKED_FOR)

    def _without(self, ticket: str) -> tuple[Attempt, ...]:
        return tuple(one for one in self.attempts if one.ticket != ticket)


NOTHING = SignInRecord()
"""The record of an account at which nothing went wrong, and after an attempt that went well."""


def write_sign_ins(record: SignInRecord) -> str | None:
    """The record as text; ``None`` where there is nothing to remember."""
    if record == NOTHING:
        return None
    attempts = [[one.ticket, one.at.isoformat(), one.under_way] for one in record.attempts]
    blocked = record.blocked_until.isoformat() if record.blocked_until else None
    return json.dumps({"attempts": attempts, "blockedUntil": blocked})


def read_sign_ins(text: str | None) -> SignInRecord:
    """The record from its text. What cannot be understood is as good as nothing."""
    if text is None:
        return NOTHING
    try:
        fields = json.loads(text)
        attempts = tuple(Attempt(str(ticket), _moment(at), bool(running)) for ticket, at, running in fields["attempts"])
        blocked = fields["blockedUntil"]
        return SignInRecord(attempts, _moment(blocked) if blocked is not None else None)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return NOTHING


Change = Callable[[SignInRecord], SignInRecord]


def _possible(moment: datetime, now: datetime, most: timedelta) -> datetime:
    return now if moment > now + most else moment


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
