"""Tickets: for a browser's ``EventSource``, which can send no header."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from typing import NamedTuple, Protocol

from peoplecount.domain.clock import Clock
from peoplecount.domain.offload import Offload
from peoplecount.eventlog.log import LogError, State

TICKET_SECONDS = 30.0
"""From asking for a ticket to opening the stream is one step of a script."""

MOST_TICKETS = 500
"""That are out at a time. They are one text, which is read and written with each of them: some milliseconds then."""

MOST_PER_ADDRESS = 100
"""That are out at a time, so that nobody takes them from all others."""

_KEY = "stream-tickets"


class TicketsUnavailable(Exception):
    """No ticket can be given or looked at just now; the message says why."""


class Store(Protocol):
    """The part of the local store that is used: all workers share it. Raises ``LogError``."""

    def get(self, key: str) -> State | None:
        """See ``LocalStore``."""
        ...

    def change(self, key: str, work: Callable[[str | None], str | None]) -> None:
        """See ``LocalStore``."""
        ...


class _Ticket(NamedTuple):
    ends: float
    holder: str
    address: str


class StreamTickets:
    """Gives tickets, each good for one stream within half a minute, in whichever worker.

    Kept is only the digest of a ticket, when it ends, whose it is and who asked for it.
    """

    def __init__(self, store: Store, clock: Clock, offload: Offload) -> None:
        """``clock`` must be one of real time."""
        self._store = store
        self._clock = clock
        self._offload = offload

    def give(self, holder: str, address: str = "") -> str:
        """A new ticket for somebody who asks from an address. Raises ``TicketsUnavailable``."""
        ticket = secrets.token_urlsafe(24)

        def add(kept: dict[str, _Ticket]) -> None:
            if len(kept) >= MOST_TICKETS:
                raise TicketsUnavailable(
                    f"{MOST_TICKETS} tickets are out already; each ends after {TICKET_SECONDS:g} s"
                )
            if sum(one.address == address for one in kept.values()) >= MOST_PER_ADDRESS:
                raise TicketsUnavailable(
                    f"{MOST_PER_ADDRESS} tickets for one address are out already. Ask for one when you open a stream: "
                    f"each ends after {TICKET_SECONDS:g} s, or when it is used"
                )
            kept[_digest(ticket)] = _Ticket(self._now() + TICKET_SECONDS, holder, address)

        self._change(add)
        return ticket

    def holder_of(self, ticket: str) -> str | None:
        """Whose ticket this is, which stays good; ``None`` if it is void. Raises ``TicketsUnavailable``."""
        try:
            state = self._offload(self._store.get, _KEY)
        except LogError as error:
            raise TicketsUnavailable(str(error)) from error
        found = self._kept(state.body if state else None).get(_digest(ticket))
        return found.holder if found else None

    def redeem(self, ticket: str) -> str | None:
        """Whose ticket this is, and it is void from now on; ``None`` if it is void. Raises ``TicketsUnavailable``."""
        holders: list[str] = []

        def take(kept: dict[str, _Ticket]) -> None:
            found = kept.pop(_digest(ticket), None)
            if found is not None:
                holders.append(found.holder)

        self._change(take)
        return holders[0] if holders else None

    def _change(self, work: Callable[[dict[str, _Ticket]], None]) -> None:
        def changed(body: str | None) -> str | None:
            kept = self._kept(body)
            work(kept)
            return json.dumps(kept, separators=(",", ":")) if kept else None

        try:
            self._offload(self._store.change, _KEY, changed)
        except LogError as error:
            raise TicketsUnavailable(str(error)) from error

    def _kept(self, body: str | None) -> dict[str, _Ticket]:
        """What is good now. One that ends later than any can was given before the clock was set back."""
        now = self._now()
        return {key: one for key, one in _read(body) if now < one.ends <= now + TICKET_SECONDS}

    def _now(self) -> float:
        return self._clock.now().timestamp()


def void_all_tickets(store: Store) -> None:
    """None opens a stream any more. Raises ``LogError``."""
    store.change(_KEY, lambda _: None)


def _read(body: str | None) -> list[tuple[str, _Ticket]]:
    """What is kept; what cannot be read are tickets nobody can use."""
    try:
        kept = json.loads(body or "{}").items()
        return [(key, _Ticket(float(ends), str(holder), str(address))) for key, (ends, holder, address) in kept]
    except (ValueError, TypeError, AttributeError):
        return []


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
