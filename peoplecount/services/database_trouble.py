"""What is wrong with the database, in words for everybody: names of servers and accounts are for the log."""

from __future__ import annotations

from peoplecount.domain.sentence import say, say_number
from peoplecount.services.writer_state import WriterState
from peoplecount.storage.errors import (
    AnotherWriter,
    CopyUnfinished,
    DatabaseBusy,
    DatabaseRefused,
    DatabaseSilent,
    DatabaseUnavailable,
    DriverMissing,
    RowsLost,
    SchemaMismatch,
    SchemaTooNew,
)

MEANWHILE = say("Counting and streams go on; what is counted is kept here and written once it is back.")

_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (SchemaTooNew, say("A newer version of this program has changed the database's tables; run that one.")),
    (SchemaMismatch, say("The database's tables are not those of this version: `python -m peoplecount db upgrade`.")),
    (DriverMissing, say("The database's driver is missing; the log says what to install.")),
    (DatabaseRefused, say("The database does not let the service in, or not do what it must; the log says what.")),
    (DatabaseBusy, say("The database is there but takes too long.")),
    (DatabaseSilent, say("The database does not answer.")),
    (DatabaseUnavailable, say("The database is away.")),
    (CopyUnfinished, say("A copy into this database has not been finished: `python -m peoplecount db copy`.")),
    (AnotherWriter, say("Another service writes to the same database.")),
    (RowsLost, say("The database does not keep all that it is sent.")),
)
"""The first that fits."""


def camera_list_trouble(faults: int) -> list[str]:
    """At most one sentence, on what is wrong with the list of cameras."""
    if not faults:
        return []
    return [
        say_number(
            "In the list of cameras an entry cannot be used as it stands there; the log says which, and why.",
            "In the list of cameras %(num)s entries cannot be used as they stand there; the log says which, and why.",
            faults,
        )
    ]


def trouble_of(outage: type[Exception] | None, writer: WriterState | None) -> str | None:
    """One or two sentences; ``None`` while all is well.

    ``outage`` is the kind of error for which the database is not asked just now; ``writer`` is told by the process
    that writes.
    """
    fault = outage or (writer.fault if writer is not None and writer.error else None)
    if fault is None:
        return None
    said = next((words for kind, words in _WORDS if issubclass(fault, kind)), None)
    return f"{said or 'The history cannot be written; the log says why.'} {MEANWHILE}"
