"""The database as the service sees it: away or slow at times, and never in the way."""

from __future__ import annotations

import copy
import logging
import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Executable

from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.roster import Roster, RosterChanges
from peoplecount.storage.api_camaras import CameraView
from peoplecount.storage.circuit import Circuit
from peoplecount.storage.connection import IDBConnection, Parameters, Rows, ServerInfo, Transaction
from peoplecount.storage.contact import FIRST_WAIT, Contact, is_outage
from peoplecount.storage.errors import (
    CircuitOpen,
    DatabaseBusy,
    DatabaseConflict,
    DatabaseError,
    DatabaseSilent,
    DatabaseUnavailable,
)
from peoplecount.storage.lanes import Lanes
from peoplecount.storage.query_statistics import QueryStatistics
from peoplecount.storage.safe_statement import refuse_values
from peoplecount.storage.sign_in_gate import OPEN_GATE, SignInGate
from peoplecount.storage.watched_transaction import Timings, WatchedTransaction

T = TypeVar("T")

ATTEMPTS_AT_LINK = 2
"""A dropped link is worth one more try on a new connection; what hangs or is too slow is not."""

ATTEMPTS_AT_CONFLICT = 4
"""Whoever lost a conflict usually wins the next."""

BUSY_TOLD_EVERY = 600.0
"""Seconds between two lines in the log that say that the database is slow."""

LONGEST_PAUSE = 0.1
"""Seconds between two attempts, at most."""


class ProxyDB:
    """An ``IDBConnection`` in front of any other.

    Connects when first needed, runs blocking calls through ``offload``, repeats what is repeatable after a passing
    fault, asks a server that is gone ever more rarely (``CircuitOpen`` meanwhile), times and counts every statement,
    refuses SQL with values in it, and keeps the roster of cameras as last read.
    """

    def __init__(
        self,
        connection: IDBConnection,
        *,
        offload: Offload = call_here,
        camera_view: CameraView | None = None,
        gate: SignInGate = OPEN_GATE,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        pause: Callable[[float], None] = time.sleep,
        log: logging.Logger | None = None,
    ) -> None:
        """``connection`` may be ``Lanes``, which offload by themselves; ``gate`` says whether to sign in.

        ``jitter`` gives numbers from 0 to 1; ``pause`` waits for seconds, here and not in ``offload``.
        """
        self._connection = connection
        self._offload = offload
        self._camera_view = camera_view
        self._monotonic = monotonic
        self._jitter = jitter
        self._pause = pause
        self._log = log or logging.getLogger(__name__)
        self._circuit = Circuit(monotonic, jitter)
        self._statistics = QueryStatistics()
        self._contact = Contact(gate)
        self._busy_told_at = float("-inf")
        self._roster: Roster | None = None
        self._told: frozenset[str] = frozenset()

    @property
    def statistics(self) -> QueryStatistics:
        """Counters since the start, as they are now."""
        return self._statistics.copy()

    @property
    def circuit_state(self) -> str:
        """``closed`` while the database answers, ``open`` or ``half-open`` while it is away."""
        return self._circuit.state

    @property
    def outage(self) -> type[DatabaseError] | None:
        """The kind of error for which the database is not asked just now; ``None`` while it answers."""
        return self._contact.outage if self._circuit.state != "closed" else None

    def figures(self) -> dict[str, Any]:
        """How it goes, JSON-ready: the circuit, and counters and times since the start."""
        away = self._circuit.open_for
        return {
            "circuit": self._circuit.state,
            "awayForSeconds": None if away is None else round(away),
            "connectionsInUse": self._connection.busy if isinstance(self._connection, Lanes) else None,
            **self._statistics.copy().figures(),
        }

    def hurried(self) -> IDBConnection:
        """The same for pages: told sooner that the database is slow or away, all else is shared."""
        if not isinstance(self._connection, Lanes):
            return self
        twin = copy.copy(self)
        twin._connection = self._connection.hurried()  # noqa: SLF001 - of our own kind
        return twin

    def connect(self) -> None:
        """Make sure the database answers. Not needed before the other calls."""
        self._call(self._connection.connect, repeatable=True)

    def disconnect(self) -> None:
        """Close all connections."""
        self._offload(self._connection.disconnect)

    def check(self) -> ServerInfo:
        """Ask the server who it is."""
        return self._call(self._connection.check, repeatable=True)

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        """Run one statement in a transaction of its own. Only questions are repeated after a fault."""
        refuse_values(statement)
        timings = Timings(self._monotonic)

        def ask() -> Rows:
            with timings.of(statement):
                return self._connection.execute(statement, parameters)

        return self._timed(timings, ask, repeatable=bool(getattr(statement, "is_select", False)))

    def transaction(self, work: Callable[[Transaction], T], *, repeatable: bool = True) -> T:
        """Run ``work`` in one transaction, elsewhere; after a passing fault again, unless it is not ``repeatable``."""
        timings = Timings(self._monotonic)

        def watched(transaction: Transaction) -> T:
            return work(WatchedTransaction(transaction, timings))

        def run() -> T:
            return self._connection.transaction(watched, repeatable=repeatable)

        return self._timed(timings, run, repeatable=repeatable)

    def _timed(self, timings: Timings, call: Callable[[], T], *, repeatable: bool) -> T:
        try:
            return self._call(call, repeatable)
        finally:  # noted here and not in there: the counters belong to the caller's side
            for label, seconds in timings.noted:
                self._statistics.note(label, seconds)

    def cameras(self) -> Roster:
        """The roster as last read; read now if it never was. Raises ``DatabaseError`` then."""
        if self._roster is None:
            self.refresh_cameras()
        return self._roster or Roster()

    @property
    def camera_faults(self) -> int:
        """How many things are wrong with the list of cameras, as last read."""
        return len(self._told)

    def refresh_cameras(self) -> RosterChanges:
        """Read the roster again; what is different since the last time. Raises ``DatabaseError``."""
        if self._camera_view is None:
            raise DatabaseError("this connection was made without a view to read cameras from")
        reading = self._camera_view.read(self)
        for fault in sorted(reading.faults - self._told):
            self._log.warning("In the list of cameras: %s", fault)
        self._told = reading.faults
        before, self._roster = self._roster or Roster(), reading.roster
        return before.changes_to(reading.roster)

    def _call(self, call: Callable[[], T], repeatable: bool) -> T:  # noqa: FBT001
        if self._contact.is_made:
            return self._ask(call, repeatable)
        if not self._contact.trying.acquire(timeout=FIRST_WAIT):
            raise CircuitOpen("it is being asked for the first time", FIRST_WAIT)
        try:
            result = self._ask(call, repeatable)
        finally:
            self._contact.trying.release()
        self._contact.is_made = True
        return result

    def _ask(self, call: Callable[[], T], repeatable: bool) -> T:  # noqa: FBT001
        self._statistics.calls += 1
        ticket = self._admit()
        try:
            with self._contact.signing_in():
                result = self._attempt(call, repeatable)
        except CircuitOpen:  # others are just signing in
            self._statistics.refused_while_open += 1
            self._circuit.abandoned(ticket)
            raise
        except DatabaseError as error:
            self._statistics.failures += 1
            self._note_error(ticket, error)
            raise
        except BaseException:
            self._circuit.abandoned(ticket)
            raise
        self._note_answer(ticket)
        return result

    def _admit(self) -> int:
        try:
            return self._circuit.admit()
        except CircuitOpen:
            self._statistics.refused_while_open += 1
            raise

    def _attempt(self, call: Callable[[], T], repeatable: bool) -> T:  # noqa: FBT001
        attempt = 1
        while True:
            try:
                return self._offload(call)
            except (DatabaseUnavailable, DatabaseConflict) as error:
                if not repeatable or attempt >= _attempts(error):
                    raise
            attempt += 1
            self._statistics.retries += 1
            self._pause(self._jitter() * LONGEST_PAUSE)

    def _note_error(self, ticket: int, error: DatabaseError) -> None:
        if isinstance(error, DatabaseBusy) and self._circuit.state == "closed":
            self._note_busy(error)
        elif is_outage(error):
            self._note_outage(ticket, error)
        else:
            self._note_answer(ticket)

    def _note_busy(self, error: DatabaseBusy) -> None:
        if self._monotonic() - self._busy_told_at >= BUSY_TOLD_EVERY:
            self._busy_told_at = self._monotonic()
            self._log.warning("The database is slow: %s", error)

    def _note_outage(self, ticket: int, error: DatabaseError) -> None:
        self._contact.lost(error)
        if self._circuit.failed(ticket, _short(error)):
            self._statistics.outages += 1
            self._log.error(
                "The database is away: %s. It is asked again, ever more rarely; nothing more is said until it is back",
                error,
            )

    def _note_answer(self, ticket: int) -> None:
        lasted = self._circuit.succeeded(ticket)
        if lasted is not None:
            self._log.warning("The database is back after %.0f s", lasted)


def _attempts(error: DatabaseError) -> int:
    if isinstance(error, DatabaseConflict):
        return ATTEMPTS_AT_CONFLICT
    return 1 if isinstance(error, DatabaseBusy | DatabaseSilent) else ATTEMPTS_AT_LINK


def _short(error: DatabaseError) -> str:
    lines = str(error).splitlines()
    return lines[0][:200] if lines else type(error).__name__
