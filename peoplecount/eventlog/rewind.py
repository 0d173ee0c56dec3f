"""Rewinds: a log that has been put back to an earlier moment would give the same ids to other events."""

from __future__ import annotations

from peoplecount.eventlog.log import EventLog
from peoplecount.eventlog.store import Store


def discover_rewind(log: EventLog, store: Store, *, knows_epoch: bool = True) -> bool:
    """Start a new epoch if ``log`` is not the one the store's mark was taken of, or is behind it; whether it did.

    For the leader, after ``raise_term`` and before its first append: two processes must not do it at once.
    A log of another epoch than the mark's was restored from before the last rewind, or wiped; should the process
    die before the mark is saved, an epoch more does no harm. Whoever does not know all epochs, because others begin
    them, too, leaves that to one who does.
    """
    mark = store.load_mark()  # before the head: a mark taken of this log is never ahead of it
    head = log.head()
    is_other = mark is not None and mark.epoch != head.epoch
    rewound = knows_epoch if is_other else mark is not None and mark.number > head.number
    if rewound:
        head = log.start_epoch()
    store.save_mark(head)
    return rewound
