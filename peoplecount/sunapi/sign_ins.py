"""The sign-in budget: everybody's failed sign-ins at an account, counted together and held to ``MOST_FAILURES``.

Room is taken before credentials are sent and given back when they are accepted, so that callers at the same time, in
other processes too, cannot spend it twice.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4

from peoplecount.domain.clock import Clock, Jumps
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.sentence import say
from peoplecount.domain.sign_in import (
    BLOCKED_FOR,
    MOST_FAILURES,
    NOTHING,
    WINDOW,
    Change,
    HeldBack,
    SignInRecord,
    WhyNot,
    read_sign_ins,
    write_sign_ins,
)
from peoplecount.sunapi.device_gate import device_key
from peoplecount.sunapi.errors import AccountBlocked, CameraBusy, CameraError, SignInsHeldBack

_log = logging.getLogger("peoplecount.sunapi")

SIGN_INS = "sign-ins:"
"""What the keys of the records begin with."""


class SignInStore(Protocol):
    """Where the records are kept: texts by key, shared by all processes of an installation."""

    def change(self, key: str, work: Callable[[str | None], str | None]) -> None:
        """Keep what ``work`` makes of the text of ``key``, ``None`` being no text; one change at a time."""
        ...


class StoreInMemory:
    """A store for tests and as a stopgap: knows nothing of other processes and forgets at the end."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._lock = threading.Lock()

    def change(self, key: str, work: Callable[[str | None], str | None]) -> None:
        """As the protocol says."""
        with self._lock:
            text = work(self._texts.pop(key, None))
            if text is not None:
                self._texts[key] = text


@dataclass(frozen=True, slots=True)
class Account:
    """A login of a device."""

    device: str
    username: str

    @classmethod
    def at(cls, address: str, username: str) -> Account:
        """The account at a base address; all addresses of a device are one, passwords do not matter."""
        return cls(device_key(address), username)

    @property
    def key(self) -> str:
        """The name of its record."""
        return f"{SIGN_INS}{self.username}@{self.device}"


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave for one attempt. Its outcome is due: until it is told, the attempt counts as failed."""

    account: Account
    number: str

    @classmethod
    def of(cls, account: Account) -> Ticket:
        """A new one."""
        return cls(account, uuid4().hex)


class SignIns:
    """The budget of all cameras; one object a process, shared by all its connections. From any thread or greenlet.

    Where the store is away, what this process knows has to do.
    """

    def __init__(
        self,
        clock: Clock,
        store: SignInStore | None = None,
        *,
        offload: Offload = call_here,
        unavailable: type[Exception] = OSError,
    ) -> None:
        """``clock`` is real time, also where another is played: devices do not open sooner for that.

        ``offload`` is for the calls of the store, and ``unavailable`` what those raise.
        """
        self._clock = clock
        self._store = store
        self._own = StoreInMemory()
        self._offload = offload
        self._unavailable = unavailable
        self._store_is_away = False
        self._doubts: defaultdict[Account, int] = defaultdict(int)
        self._lock = threading.Lock()
        self._jumps = Jumps(clock)
        self._set_on = 0.0
        """Seconds by which the clock was set forward since this process began."""

        self._set_when_seen: dict[Account, float] = {}

    def doubts(self, account: Account) -> int:
        """A number that grows when a sign-in of this process fails: whoever was in before is no longer sure to be."""
        return self._doubts[account]

    def require(self, camera_id: str, account: Account) -> None:
        """Raise what ``take`` would raise, but take nothing."""
        self._demand(camera_id, account, lambda record, _: record)

    def take(self, camera_id: str, account: Account, *, after_refusal: bool = False) -> Ticket:
        """Leave for an attempt. ``after_refusal``: an earlier answer was just refused, which counts in any case.

        Raises ``SignInsHeldBack`` and ``AccountBlocked`` where there is none for a while, and ``CameraBusy`` where
        somebody else is just signing in.
        """
        ticket = Ticket.of(account)
        if after_refusal:
            self.failed(Ticket.of(account))
        self._demand(camera_id, account, lambda record, now: record.begun(ticket.number, now))
        return ticket

    def succeeded(self, account: Account) -> None:
        """Somebody is in, so that the device counts from zero again."""
        self._change(account, lambda _, __: NOTHING)

    def failed(self, ticket: Ticket) -> None:
        """The attempt was refused, or nobody knows what became of it."""
        self._doubts[ticket.account] += 1
        self._change(ticket.account, lambda record, now: record.failed(ticket.number, now))

    def released(self, ticket: Ticket) -> None:
        """The device neither accepted nor refused it."""
        self._change(ticket.account, lambda record, _: record.released(ticket.number))

    def blocked(self, account: Account) -> None:
        """The device says that the account is locked."""
        self._doubts[account] += 1
        self._change(account, lambda record, now: record.blocked(now))

    def _demand(
        self, camera_id: str, account: Account, begin: Callable[[SignInRecord, datetime], SignInRecord]
    ) -> None:
        held_back: list[HeldBack | None] = []

        def work(record: SignInRecord, now: datetime) -> SignInRecord:
            held_back.append(record.held_back(now))
            return record if held_back[-1] else begin(record, now)

        self._change(account, work)
        if held_back[-1] is not None:
            raise _refusal(camera_id, held_back[-1])

    def _change(self, account: Account, work: Callable[[SignInRecord, datetime], SignInRecord]) -> None:
        """Change an account's record in the store, or here where that is away; what is here keeps up with it."""
        now, by = self._clock.now(), self._set_since(account)

        def of_now(record: SignInRecord) -> SignInRecord:
            return work(record.set_on(by, now).seen_at(now), now)

        kept: list[str | None] = []
        if self._store is not None:
            try:
                self._offload(self._store.change, account.key, lambda text: _remember(kept, _worked(text, of_now)))
            except self._unavailable as error:
                kept.clear()
                self._complain(error)
            else:
                self._store_is_away = False
        self._own.change(account.key, (lambda _: kept[-1]) if kept else (lambda text: _worked(text, of_now)))

    def _set_since(self, account: Account) -> timedelta:
        """By how much our clock was set forward since this process last looked at an account."""
        with self._lock:
            self._set_on += max(0.0, self._jumps.seconds())
            before = self._set_when_seen.get(account, 0.0)
            self._set_when_seen[account] = self._set_on
            return timedelta(seconds=self._set_on - before)

    def _complain(self, error: Exception) -> None:
        if not self._store_is_away:
            _log.warning("failed sign-ins at cameras are counted by this process alone for now: %s", error)
        self._store_is_away = True


def _worked(text: str | None, change: Change) -> str | None:
    return write_sign_ins(change(read_sign_ins(text)))


def _remember(kept: list[str | None], text: str | None) -> str | None:
    kept.append(text)
    return text


def _refusal(camera_id: str, held_back: HeldBack) -> CameraError:
    until = f"{held_back.until:%Y-%m-%d %H:%M:%S} UTC"
    if held_back.why is WhyNot.BLOCKED:
        minutes = int(BLOCKED_FOR.total_seconds() / 60)
        return AccountBlocked(
            camera_id,
            say(
                "the camera has locked this account after too many failed sign-ins (HTTP 490); it is "
                "left alone for %(minutes)s minutes, until %(until)s",
                minutes=minutes,
                until=until,
            ),
        )
    if held_back.why is WhyNot.UNDER_WAY:
        return CameraBusy(
            camera_id, say("somebody else is just signing in at this camera; whether that goes well is awaited")
        )
    return SignInsHeldBack(
        camera_id,
        say(
            "%(most_failures)s sign-ins have failed within %(int)s minutes, and cameras lock an "
            "account after five; the next one is possible at %(until)s. Is its password right?",
            most_failures=MOST_FAILURES,
            int=int(WINDOW.total_seconds() / 60),
            until=until,
        ),
    )
