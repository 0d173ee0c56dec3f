"""The lead among several machines: a lease in Redis that whoever polls renews, and that runs out when it does not."""

from __future__ import annotations

import os
import platform
import secrets
import time
from collections.abc import Callable
from contextlib import suppress

from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.log import LogError
from peoplecount.eventlog.redis_link import RedisLink
from peoplecount.eventlog.redis_scripts import lease_script

LEASE_SECONDS = 5.0
"""A machine that is lost is followed by another one after so long, and what that needs to begin: less than 10 s."""

RENEW_SECONDS = 1.0

_MARGIN = 1.0
"""Seconds before its end, by our own clock, at which it is not relied on any more."""


class RedisLease:
    """A lock among all processes that use one Redis, in the place of ``LeaderLock``.

    It only makes takeover quick. Correctness comes from the log, which refuses appends of an older term. A process that
    was stopped for longer than the lease finds by its own clock that it is over.
    """

    def __init__(
        self, link: RedisLink, offload: Offload = call_here, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._link = link
        self._offload = offload
        self._monotonic = monotonic
        self._name = f"{platform.node()} {os.getpid()} {secrets.token_hex(8)}"
        self._until = float("-inf")
        self._turn = 0
        """Grows with every release, so that the thread that renewed until then ends."""

    def try_acquire(self) -> bool:
        """Whether this process leads now. Raises ``LogUnavailable`` if Redis cannot be asked."""
        if self.still_holds():
            return True
        if not self._offload(self._extend):
            return False
        turn = self._turn = self._turn + 1
        self._link.native.start_thread(lambda: self._renew(turn))
        return True

    def still_holds(self) -> bool:
        """Whether nobody else can have it yet. Asks nobody."""
        return self._monotonic() < self._until

    def release(self) -> None:
        """Let another process lead; may be called twice. If Redis is away the lease runs out by itself."""
        self._turn += 1
        if self._until == float("-inf"):
            return
        self._until = float("-inf")
        with suppress(LogError):
            self._offload(self._link.run, lease_script(), self._name, 0)

    def _extend(self) -> bool:
        asked_at = self._monotonic()
        if not self._link.run(lease_script(), self._name, int(LEASE_SECONDS * 1000)):
            return False
        self._until = asked_at + LEASE_SECONDS - _MARGIN
        return True

    def _renew(self, turn: int) -> None:
        """In a native thread, so that it goes on while the process is busy, until the lead is given back or lost."""
        while True:
            self._link.native.sleep(RENEW_SECONDS)
            if turn != self._turn or not self._link.is_open:
                return
            with suppress(LogError):  # tried again; once it is over, whoever leads finds that out
                if not self._extend():
                    return
