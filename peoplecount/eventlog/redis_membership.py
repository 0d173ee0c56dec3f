"""Who is there, among several machines: a name in Redis that its owner renews, and that runs out when it does not."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress

from peoplecount.domain.member import machine_of, member_name
from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.log import LogError
from peoplecount.eventlog.redis_link import RedisLink
from peoplecount.eventlog.redis_scripts import attend_script

THERE_SECONDS = 5.0
"""A machine that is lost is followed by others after so long, and what those need to begin: less than 10 s."""

RENEW_SECONDS = 1.0

_MARGIN = 1.0
"""Seconds before its end, by our own clock, at which it is not relied on any more."""


class RedisMembership:
    """Whether this process is among those that share the work in one Redis, and who else is.

    It only makes takeover quick. Correctness comes from the log, which refuses appends of those who had a shard before.
    A process that was stopped for too long finds by its own clock that it is not there any more.
    """

    def __init__(
        self,
        link: RedisLink,
        machine: str,
        version: str,
        offload: Offload = call_here,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``machine`` is what tells this machine from others, also after a restart."""
        self._link = link
        self._offload = offload
        self._monotonic = monotonic
        self.name = member_name(machine, version, f"{os.getpid()}-{secrets.token_hex(8)}")
        self._until = float("-inf")
        self._members: tuple[str, ...] = ()
        self._turn = 0
        """Grows with every end, so that the thread that renewed until then ends."""

    def join(self) -> None:
        """Be there from now on. Raises ``LogUnavailable``."""
        if self.is_there():
            return
        turn = self._turn = self._turn + 1
        self._offload(self._attend, turn)
        self._link.native.start_thread(lambda: self._renew(turn))

    def is_there(self) -> bool:
        """Whether nobody else can take us for gone yet. Asks nobody."""
        return self._monotonic() < self._until

    def members(self) -> tuple[str, ...]:
        """The names of all who were there a second ago, in order, ours among them. Asks nobody."""
        return self._members

    def others(self) -> tuple[str, ...]:
        """The names of those who are there while we are not. Raises ``LogUnavailable``."""
        return self._say(self.name, 0)

    def follows_one_that_was_lost(self) -> bool:
        """Whether a process of this machine has ended and not said so; it is there no longer from now on.

        Raises ``LogUnavailable``. Only for a process that has this machine's lock and is not there yet: what is there
        ran before it.
        """
        lost = [name for name in self.others() if machine_of(name) == machine_of(self.name)]
        for name in lost:
            self._say(name, 0)
        return bool(lost)

    def leave(self) -> None:
        """Be there no longer; may be called twice. If Redis is away it runs out by itself."""
        self._turn += 1
        if self._until == float("-inf"):
            return
        self._until = float("-inf")
        with suppress(LogError):
            self._offload(self.others)

    def _attend(self, turn: int) -> None:
        asked_at = self._monotonic()
        members = self._say(self.name, int(THERE_SECONDS * 1000))
        if turn == self._turn:  # else we have left meanwhile
            self._members = members
            self._until = asked_at + THERE_SECONDS - _MARGIN

    def _say(self, name: str, milliseconds: int) -> tuple[str, ...]:
        return tuple(sorted(one.decode() for one in self._link.run(attend_script(), name, milliseconds)))

    def _renew(self, turn: int) -> None:
        """In a native thread, so that it goes on while the process is busy, until we leave or are too late."""
        while True:
            self._link.native.sleep(RENEW_SECONDS)
            if turn != self._turn or not self._link.is_open or not self.is_there():
                return
            with suppress(LogError):  # tried again; once it is over, whoever polls finds that out
                self._attend(turn)
