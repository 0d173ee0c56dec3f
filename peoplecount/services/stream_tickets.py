"""Tickets: for a browser's ``EventSource``, which can send no header."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from typing import Protocol

from peoplecount.domain.clock import Clock
from peoplecount.domain.offload import Offload
from peoplecount.eventlog.log import LogError

TICKET_SECONDS = 30.0
"""From asking for a ticket to opening the stream is one step of a script."""

MOST_TICKETS = 5_000
"""That are out at a time, so that nobody fills the disk with them."""

_KEY = "stream-tickets"


class TicketsUnavailable(Exception):
    """No ticket can be given or looked at just now; the message says why."""


class Store(Protocol):
    """The part of the local store that is used: all workers share it. Raises ``LogError``."""

    def change(self, key: str, work: Callable[[str | None], str | None]) -> None:
        """See ``LocalStore``."""
        ...


class StreamTickets:
    """Gives tickets, each good for one stream within half a minute, in whichever worker.

    Kept is only the digest of a ticket, when it ends and whose it is.
    """

    def __init__(self, store: Store, clock: Clock, offload: Offload) -> None:
        """``clock`` must be one of real time."""
        self._store = store
        self._clock = clock
        self._offload = offload

    def give(self, holder: str) -> str:
        """A new ticket for somebody. Raises ``TicketsUnavailable``."""
        ticket = secrets.token_urlsafe(24)

        def add(kept: dict[str, tuple[float, str]]) -> None:
            if len(kept) >= MOST_TICKETS:
                raise TicketsUnavailable(
                    f"{MOST_TICKETS} tickets are out already; each ends after {TICKET_SECONDS:g} s"
                )
            kept[_digest(ticket)] = (self._now() + TICKET_SECONDS, holder)

        self._change(add)
        return ticket

    def redeem(self, ticket: str) -> str | None:
        """Whose ticket this is, and it is void from now on; ``None`` if it is void. Raises ``TicketsUnavailable``."""
        holders: list[str] = []

        def take(kept: dict[str, tuple[float, str]]) -> None:
            found = kept.pop(_digest(ticket), None)
            if found is not None:
                holders.append(found[1])

        self._change(take)
        return holders[0] if holders else None

    def _change(self, work: Callable[[dict[str, tuple[float, str]]], None]) -> None:
        def changed(body: str | None) -> str | None:
            now = self._now()
            # One that ends later than any can was given before the clock was set back.
            kept = {key: (ends, holder) for key, (ends, holder) in _read(body) if now < ends <= now + TICKET_SECONDS}
            work(kept)
            return json.dumps(kept, separators=(",", ":")) if kept else None

        try:
            self._offload(self._store.change, _KEY, changed)
        except LogError as error:
            raise TicketsUnavailable(str(error)) from error

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _read(body: str | None) -> list[tuple[str, tuple[float, str]]]:
    """What is kept; what cannot be read are tickets nobody can use."""
    try:
        return [(key, (float(ends), str(holder))) for key, (ends, holder) in json.loads(body or "{}").items()]
    except (ValueError, TypeError, AttributeError):
        return []


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
