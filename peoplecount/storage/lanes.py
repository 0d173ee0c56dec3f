"""Several ways to one database: each a connection of its own in a thread of its own, for one call at a time.

One connection a thread, because SQLAlchemy's locks are gevent's own once gevent has patched, and those must not be
contended by native threads. Their number is also the most connections there are, and a call that hangs holds up nobody
else.

Drivers have time-outs, but not for everything: libpq waits for ever for a server that is frozen, because the machine it
runs on still acknowledges what it is sent. So whoever waits for long has the smallest question there is asked beside.
If that is answered, the first one is only slow; if not, both are given up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Executable

from peoplecount.domain.offload import Offload, call_here
from peoplecount.storage.connection import IDBConnection, Parameters, Rows, ServerInfo, Transaction
from peoplecount.storage.errors import DatabaseBusy, DatabaseSilent, DatabaseUnavailable
from peoplecount.storage.lane import BreakableConnection, Lane

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a caller waits, in seconds."""

    queue: float
    """For a lane that is free."""

    alarm: float
    """For an answer, until it is looked whether the database answers anything at all; and again after as long."""

    probe: float
    """For the answer to that."""

    most: float
    """For an answer of a database that does answer others."""

    leaves: int
    """Lanes that are not this caller's to take."""

    log_in: float = 0.0
    """For being let in, at least, whatever the database answers others meanwhile."""


WORK = Patience(queue=60.0, alarm=5.0, probe=5.0, most=120.0, leaves=2)
"""Of what nobody waits for. A transaction may have several statements, each with a time-out of its own."""

PAGES = Patience(queue=1.0, alarm=1.2, probe=0.6, most=20.0, leaves=1)
"""Of pages: that the database is away is said within two seconds, and a long question is answered all the same."""


class Lanes:
    """An ``IDBConnection`` over several connections to the same database. Its callers wait, and nobody else."""

    def __init__(
        self,
        connections: Sequence[BreakableConnection],
        make_offload: Callable[[], Offload] = lambda: call_here,
        *,
        work: Patience = WORK,
        pages: Patience = PAGES,
    ) -> None:
        """``make_offload`` makes one that runs its calls in a thread of its own: two a connection, one to break it."""
        self._lanes = [Lane(one, make_offload(), make_offload()) for one in connections]
        self._idle = list(self._lanes)
        self._change = threading.Condition()
        self._work = work
        self._pages = pages
        self._probe: Future[Any] | None = None
        self._answered_at = float("-inf")

    def hurried(self) -> IDBConnection:
        """The same lanes for whoever waits in front of a page."""
        return _View(self, self._pages)

    @property
    def busy(self) -> int:
        """Connections in use just now."""
        return len(self._lanes) - len(self._idle)

    def connect(self) -> None:
        """Make sure the database answers."""
        self._at_work().connect()

    def disconnect(self) -> None:
        """Close the connections that are not in use, and break those that are: nobody is to wait for what hangs."""
        with self._change:
            idle, self._idle = self._idle, []
        for lane in set(self._lanes) - set(idle):
            self._break_off(lane)
        closing = [lane.begin(lambda connection: connection.disconnect(), self._back(lane)) for lane in idle]
        wait(closing, timeout=self._work.alarm)

    def check(self) -> ServerInfo:
        """Ask the server who it is."""
        return self._at_work().check()

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        """Run one statement in a transaction of its own."""
        return self._at_work().execute(statement, parameters)

    def transaction(self, work: Callable[[Transaction], T], *, repeatable: bool = True) -> T:
        """Run ``work`` in one transaction."""
        return self._at_work().transaction(work, repeatable=repeatable)

    def run(self, call: Callable[[IDBConnection], T], patience: Patience) -> T:
        """Run ``call`` on a connection that is free. Raises ``DatabaseBusy`` and ``DatabaseSilent``."""
        lane = self._take(patience)
        begun = time.monotonic()
        outcome = lane.begin(call, self._back(lane))
        while not _is_there(outcome, patience.alarm):
            waited = time.monotonic() - begun
            if waited >= patience.most:
                self._break_off(lane)
                raise DatabaseBusy(f"the database answers others, but has taken longer than {waited:.0f} s over this")
            if lane.is_signing_in and waited < patience.log_in:
                continue
            if not self._answers(patience):
                self._break_off(lane)
                raise DatabaseSilent(f"it has not answered for {time.monotonic() - begun:.0f} s")
            lane.break_overdue()
        return outcome.result()

    def _at_work(self) -> IDBConnection:
        return _View(self, self._work)

    def _take(self, patience: Patience) -> Lane:
        with self._change:
            if not self._change.wait_for(lambda: len(self._idle) > patience.leaves, patience.queue):
                raise DatabaseBusy("all connections to the database are in use, and none came free in time")
            return self._idle.pop()  # the one used last: others are closed by firewalls and servers in their time

    def _back(self, lane: Lane) -> Callable[[bool], None]:
        def ended(answered: bool) -> None:  # noqa: FBT001
            with self._change:
                if answered:
                    self._answered_at = time.monotonic()
                self._idle.append(lane)
                self._change.notify_all()

        return ended

    def _answers(self, patience: Patience) -> bool:
        """Whether the database answers anything at all. A question of that kind that is under way is shared."""
        if time.monotonic() - self._answered_at < patience.probe:
            return True
        with self._change:
            if self._probe is None or self._probe.done():
                if not self._idle:
                    return False
                lane = self._idle.pop()
                self._probe = lane.begin(lambda connection: connection.check(), self._back(lane))
                self._probe_lane = lane
            probe = self._probe
        if not _is_there(probe, patience.probe):
            self._break_off(self._probe_lane)
            return False
        return not isinstance(probe.exception(), DatabaseUnavailable)

    def _break_off(self, lane: Lane) -> None:
        """Give a call up. What other connections are worth then is not known either."""
        for one in self._lanes:
            one.mistrust()
        lane.break_off()


class _View:
    """The lanes as a caller with some ``Patience`` sees them."""

    def __init__(self, lanes: Lanes, patience: Patience) -> None:
        self._lanes = lanes
        self._patience = patience

    def connect(self) -> None:
        self._run(lambda connection: connection.connect())

    def disconnect(self) -> None:
        self._lanes.disconnect()

    def check(self) -> ServerInfo:
        return self._run(lambda connection: connection.check())

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        return self._run(lambda connection: connection.execute(statement, parameters))

    def transaction(self, work: Callable[[Transaction], T], *, repeatable: bool = True) -> T:
        return self._run(lambda connection: connection.transaction(work, repeatable=repeatable))

    def _run(self, call: Callable[[IDBConnection], T]) -> T:
        return self._lanes.run(call, self._patience)


def _is_there(outcome: Future[Any], seconds: float) -> bool:
    return bool(wait([outcome], timeout=seconds).done)
