"""A lane: one connection to the database in a thread of its own, for one call at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

from peoplecount.domain.offload import Offload
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.errors import DatabaseUnavailable

T = TypeVar("T")


class BreakableConnection(IDBConnection, Protocol):
    """A connection that somebody else can break, where a call on it does not come back."""

    @property
    def is_open(self) -> bool:
        """Whether a server has let it in, and it has not been closed since."""
        ...

    def break_off(self) -> None:
        """Make the call under way fail, as far as the driver lets us. May wait for the server; never raises."""
        ...

    def break_overdue(self) -> None:
        """The same, where a statement has taken longer than its driver should have let it."""
        ...


class Lane:
    """Where ``connection`` is used by one call at a time, through an ``offload`` of its own.

    It is broken through another one: Microsoft's driver, told to cancel, waits until the server has heard of it.
    """

    def __init__(self, connection: BreakableConnection, offload: Offload, breaking: Offload) -> None:
        self._connection = connection
        self._offload = offload
        self._breaking = breaking
        self._is_stale = False

    def begin(self, call: Callable[[IDBConnection], T], ended: Callable[[bool], None]) -> Future[T]:
        """Run ``call`` elsewhere. ``ended`` is told whether the database answered, before anybody else is."""
        outcome: Future[T] = Future()

        def run() -> None:
            try:
                result = self._offload(self._answer, call)
            except BaseException as error:  # noqa: BLE001 - raised again by whoever waits for the outcome
                ended(not isinstance(error, DatabaseUnavailable))
                outcome.set_exception(error)
            else:
                ended(True)
                outcome.set_result(result)

        threading.Thread(target=run, name="database", daemon=True).start()
        return outcome

    @property
    def is_signing_in(self) -> bool:
        """Whether the call under way waits for being let in; asked of a lane that is in use."""
        return not self._connection.is_open

    def mistrust(self) -> None:
        """Connect anew before the next call: whatever made another connection hang may have cut this one, too.

        Not one that is signing in: where that takes longer than callers wait, nobody would ever be in.
        """
        self._is_stale = self._connection.is_open

    def break_off(self) -> None:
        """Make the call under way fail, soon; nobody waits for that."""
        threading.Thread(target=self._breaking, args=(self._connection.break_off,), name="break", daemon=True).start()

    def break_overdue(self) -> None:
        """Make the call under way fail where a statement of it has outlasted its time-out; FreeTDS never waits then."""
        self._connection.break_overdue()

    def _answer(self, call: Callable[[IDBConnection], T]) -> T:
        if self._is_stale:
            self._is_stale = False
            self._connection.disconnect()
        return call(self._connection)
