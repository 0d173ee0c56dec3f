"""Contact with a database: whether it has ever answered, whether somebody is in, and how it last failed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from peoplecount.storage.errors import DatabaseError, DatabaseRefused, DatabaseUnavailable, DriverMissing
from peoplecount.storage.sign_in_gate import SignInGate

FIRST_WAIT = 1.5
"""Seconds to wait for whoever connects first. Before somebody is in, one tries at a time: a wrong password that all try
at once locks the account."""


class Contact:
    """Shared by all who ask the same database."""

    def __init__(self, gate: SignInGate) -> None:
        self._gate = gate
        self._is_in = False
        self.is_made = False
        self.trying = threading.Lock()
        self.outage: type[DatabaseError] | None = None
        """The kind of error for which it was given up last."""

    def lost(self, error: DatabaseError) -> None:
        """Nobody is in any more."""
        self.outage = type(error)
        self._is_in = False

    @contextmanager
    def signing_in(self) -> Iterator[None]:
        """Ask for leave to sign in, unless somebody is in by now, and tell what came of it."""
        leave = None if self._is_in else self._gate.take()
        try:
            yield
        except DatabaseRefused as error:
            if error.of_account:
                self._gate.refused(leave)
                leave = None
            raise
        except DatabaseError as error:
            self._is_in = self._is_in or not is_outage(error)
            raise
        else:
            self._is_in = True
        finally:
            if leave is not None:
                (self._gate.accepted if self._is_in else self._gate.released)(leave)


def is_outage(error: DatabaseError) -> bool:
    """Whether to ask more rarely. A refused password is one, too: asking on locks the account."""
    return isinstance(error, DatabaseUnavailable | DriverMissing) or (
        isinstance(error, DatabaseRefused) and error.at_sign_in
    )
