"""What can go wrong with the database.

- ``DatabaseError``: anything a database did not do
  - ``DatabaseUnavailable``: it is away, hangs or is overloaded; the same call may succeed later
    - ``CircuitOpen``: it was away a moment ago and is not asked again yet
    - ``DatabaseSilent``: it does not answer in time, neither this nor anything else
    - ``DatabaseBusy``: it is there, but has no connection free, holds a lock or takes too long over this one thing
  - ``DatabaseRefused``: it does not let us in, or not do that; somebody has to change a right or a password
    - ``SignInsHeldBack``: it refused the login lately, and is not asked again yet lest it locks the account
  - ``DatabaseConflict``: another transaction was in the way and ours was rolled back; it may be repeated
  - ``SchemaMismatch``: tables or columns are not the ones this version needs
    - ``SchemaTooNew``: a newer program has changed them; it is the one to run
  - ``AnotherWriter``: the writer's cursor was moved by somebody else
  - ``ValueRefused``: a value does not fit where it is to go, and never will; everything else may well be written
  - ``RowsLost``: the server took a batch and does not have all of it
  - ``CopyRefused``: another database holds what a copy must not touch
  - ``CopyUnfinished``: a copy into this database has begun and not ended; until it has, nothing is written to it
  - ``DriverMissing``: the driver, or a library of the system's, is not installed
    - ``DriverUnfit``: the driver that is installed cannot do what is wished of the connection
- ``InvalidEntry``: a camera, site or door that somebody wants to enter makes no sense
  - ``ChangedMeanwhile``: it does, but somebody else was quicker, and what is to be changed is no longer as it was seen
- ``UnsafeStatement``: SQL built from values; a mistake in the program
"""

from __future__ import annotations


class DatabaseError(Exception):
    """A database did not do what it was asked to."""


class DatabaseUnavailable(DatabaseError):
    """The database is away, hangs or is overloaded; the same call may succeed later."""


class CircuitOpen(DatabaseUnavailable):
    """The database was away a moment ago and is not asked again yet."""

    def __init__(self, reason: str, retry_after: float) -> None:
        super().__init__(f"the database is away ({reason}); it is asked again in {retry_after:.0f} s")
        self.retry_after = retry_after
        """Seconds."""


class DatabaseSilent(DatabaseUnavailable):
    """The database does not answer in time, neither this question nor any other: it hangs, or the network does."""


class DatabaseBusy(DatabaseUnavailable):
    """The database is there, but has no connection free, holds a lock or takes too long over this one thing."""


class DatabaseRefused(DatabaseError):
    """The database does not let us in, or does not let us do that."""

    def __init__(self, reason: str, *, at_sign_in: bool, of_account: bool = False) -> None:
        super().__init__(reason)
        self.at_sign_in = at_sign_in
        """True where it refused the account or the database as a whole, and not one statement."""

        self.of_account = of_account
        """True where it did not take the login and password: an account is locked after some of these."""


class SignInsHeldBack(DatabaseRefused):
    """The login was refused as often as may be in a while, and is not tried again before that is over."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, at_sign_in=True)


class DatabaseConflict(DatabaseError):
    """Another transaction was in the way (same key, deadlock, serialization); ours was rolled back."""


class SchemaMismatch(DatabaseError):
    """Tables or columns are not the ones this version needs."""


class SchemaTooNew(SchemaMismatch):
    """A newer program has changed the tables; it is the one to run."""


class AnotherWriter(DatabaseError):
    """The writer's cursor was moved by somebody else; what we were about to write may be there already."""


class ValueRefused(DatabaseError):
    """A value does not fit where it is to go: too large, too long, or against a rule of the table."""


class RowsLost(DatabaseError):
    """The server took a batch without an error and does not have all of it; the transaction was rolled back."""


class CopyRefused(DatabaseError):
    """Another database holds what a copy must not touch."""


class CopyUnfinished(DatabaseError):
    """A copy into this database has begun and not ended."""


class DriverMissing(DatabaseError):
    """The driver, or a library of the system's that it needs, is not installed; the message says what to install."""


class DriverUnfit(DriverMissing):
    """The driver that is installed cannot do what is wished of the connection; the message says which wish."""


class InvalidEntry(ValueError):
    """A camera, site or door that somebody wants to enter makes no sense; the message says what is allowed."""


class ChangedMeanwhile(InvalidEntry):
    """Somebody else was quicker: what is to be changed is no longer as it was seen."""


class UnsafeStatement(TypeError):
    """SQL that was built from values; values go in as bind parameters."""
