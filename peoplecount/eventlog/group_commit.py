"""Group commit: callers that append at the same moment share one transaction."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import groupby

from peoplecount.domain.event_id import EventId
from peoplecount.domain.offload import Offload
from peoplecount.eventlog.log import Append, EventLog, StaleState

_LOOK_AGAIN = 0.1
"""Seconds. A leader that is killed while its commit runs cannot say when that ends, so those who wait look again. Only
then: when thousands of cameras are read for the first time, so many looks would take more than all the rest."""


class PendingAppend:
    """An append that waits for its transaction."""

    def __init__(self, group: GroupCommit, term: int, part: Append) -> None:
        self.term = term
        self.part = part
        self.outcome: EventId | BaseException | None = None
        """``None`` as long as nothing has been decided."""

        self._group = group

    def wait(self) -> EventId:
        """Return once it is durable: the id of its last event, or of the one before it if it has none.

        Raises what ``EventLog.append`` raises. A refusal for its state concerns the guilty one alone; when the log
        is unavailable all who share the transaction hear so. A caller killed meanwhile takes its append back if
        nobody has begun to commit it; else it may be kept or not.
        """
        outcome = self._group.settle(self)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class GroupCommit:
    """Appends for many callers at once; it needs no thread of its own.

    Whoever waits first leads: it commits, through ``offload``, all that has been submitted by then. The others wait
    for it, and one of those that came too late leads next. So the disk's speed sets the size of the batches.

    Callers are threads, or greenlets of one loop: what is offloaded must not call back in. The lead and the claims
    are tokens in a ``deque``, taken by ``pop``, because the offloaded part runs in another thread, where a lock that
    gevent has patched is not to be waited for (see ``peoplecount.eventlog.sqlite_file``).
    """

    def __init__(self, log: EventLog, offload: Offload, clock_now: Callable[[], datetime]) -> None:
        self._log = log
        self._offload = offload
        self._clock_now = clock_now
        self._waiting: deque[PendingAppend] = deque()
        self._free_lead: deque[None] = deque([None])
        self._is_orphaned = False
        """Whether nobody will say when the commit that runs has ended."""

        self._changed = threading.Condition()

    def submit(self, term: int, part: Append) -> PendingAppend:
        """Queue an append; the log keeps them in the order of these calls. It moves once somebody waits."""
        pending = PendingAppend(self, term, part)
        self._waiting.append(pending)
        return pending

    def append(self, term: int, part: Append) -> EventId:
        """``submit`` and ``wait`` in one."""
        return self.submit(term, part).wait()

    def settle(self, pending: PendingAppend) -> EventId | BaseException:
        """Lead or follow until ``pending`` has an outcome."""
        try:
            while (outcome := pending.outcome) is None:
                if _take(self._free_lead):
                    self._lead(pending)
                else:
                    self._follow(pending)
        except BaseException as error:
            self._withdraw(pending, error)
            raise
        return outcome

    def _follow(self, pending: PendingAppend) -> None:
        with self._changed:
            if pending.outcome is None and not self._free_lead:
                self._changed.wait(_LOOK_AGAIN if self._is_orphaned else None)

    def _lead(self, own: PendingAppend) -> None:
        claim: deque[None] = deque([None])
        self._is_orphaned = False
        try:
            self._offload(self._commit_waiting, claim)
        except BaseException as error:
            if _take(claim):  # killed before the commit began, which will now find its claim gone
                self._withdraw(own, error)
                self._free_lead.append(None)
            else:
                self._is_orphaned = True
            raise
        finally:
            with self._changed:
                self._changed.notify_all()

    def _withdraw(self, pending: PendingAppend, error: BaseException) -> None:
        with suppress(ValueError):  # somebody has begun to commit it
            self._waiting.remove(pending)
            pending.outcome = error

    def _commit_waiting(self, claim: deque[None]) -> None:
        """The offloaded part. It gives the lead back itself: its leader may be dead by then."""
        if not _take(claim):
            return
        batch: list[PendingAppend] = []
        try:
            batch.extend(self._take_waiting())
            for term, run in groupby(batch, key=lambda pending: pending.term):
                self._commit(term, list(run))
        except BaseException as error:
            for pending in batch:
                pending.outcome = pending.outcome or error
            raise
        finally:
            self._free_lead.append(None)

    def _take_waiting(self) -> Iterator[PendingAppend]:
        while self._waiting:
            try:
                yield self._waiting.popleft()
            except IndexError:
                return  # the last one was withdrawn in this very moment

    def _commit(self, term: int, run: Sequence[PendingAppend]) -> None:
        try:
            head = self._log.append(term, [pending.part for pending in run], self._clock_now())
        except StaleState as error:
            if len(run) == 1:
                run[0].outcome = error
            else:  # one of them is to blame; alone, each gets what it deserves
                for pending in run:
                    self._commit(term, [pending])
        except Exception as error:  # noqa: BLE001 (whatever it is, those who wait must hear it)
            for pending in run:
                pending.outcome = error
        else:
            _hand_out(head, run)


def _hand_out(head: EventId, run: Sequence[PendingAppend]) -> None:
    number = head.number
    for pending in reversed(run):
        pending.outcome = EventId(head.epoch, number)
        number -= len(pending.part.events)


def _take(tokens: deque[None]) -> bool:
    try:
        tokens.pop()
    except IndexError:
        return False
    return True
