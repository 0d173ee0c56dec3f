"""Group commit: callers that append at the same moment share one transaction."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from peoplecount.domain.event_id import EventId
from peoplecount.domain.offload import Offload
from peoplecount.eventlog.log import Append, EventLog, StaleState

_LOOK_AGAIN = 0.1
"""Seconds. A leader that is killed while its commit runs cannot say when that ends, so those who wait look again."""


@dataclass(slots=True, eq=False)
class _Ticket:
    term: int
    part: Append
    outcome: EventId | BaseException | None = None


class GroupCommit:
    """Appends for many callers at once; it needs no thread of its own.

    Whoever comes first leads: it commits, through ``offload``, all that waits by then. The others wait for it,
    and one of those that came too late leads next. So the disk's speed sets the size of the batches.

    Callers are threads, or greenlets of one loop: what is offloaded must not call back in. A lead and a claim are
    tokens in a ``deque``, taken by ``pop``, because the offloaded part runs in another thread, where a lock that
    gevent has patched is not to be waited for (see ``peoplecount.eventlog.sqlite_file``).
    """

    def __init__(self, log: EventLog, offload: Offload, clock_now: Callable[[], datetime]) -> None:
        self._log = log
        self._offload = offload
        self._clock_now = clock_now
        self._waiting: deque[_Ticket] = deque()
        self._free_lead: deque[None] = deque([None])
        self._changed = threading.Condition()

    def append(self, term: int, part: Append) -> EventId:
        """Append ``part`` durably; the id of its last event, or of the one before it if it has none.

        Parts are kept in the order of the calls. Raises what ``EventLog.append`` raises. A refusal concerns the
        guilty part alone; when the log is unavailable all who share the transaction hear so. A caller killed
        meanwhile takes its part back if nobody has begun to commit it; else it may be kept or not.
        """
        ticket = _Ticket(term, part)
        self._waiting.append(ticket)
        try:
            while ticket.outcome is None:
                if _take(self._free_lead):
                    self._lead()
                else:
                    self._follow(ticket)
        except BaseException:
            self._withdraw(ticket)
            raise
        if isinstance(ticket.outcome, BaseException):
            raise ticket.outcome
        return ticket.outcome

    def _follow(self, ticket: _Ticket) -> None:
        with self._changed:
            if ticket.outcome is None and not self._free_lead:
                self._changed.wait(_LOOK_AGAIN)

    def _lead(self) -> None:
        claim: deque[None] = deque([None])
        try:
            self._offload(self._commit_waiting, claim)
        finally:
            if _take(claim):  # killed before the commit began, which will now find its claim gone
                self._free_lead.append(None)
            with self._changed:
                self._changed.notify_all()

    def _withdraw(self, ticket: _Ticket) -> None:
        with suppress(ValueError):  # somebody has begun to commit it
            self._waiting.remove(ticket)

    def _commit_waiting(self, claim: deque[None]) -> None:
        """The offloaded part. It gives the lead back itself: its leader may be dead by then."""
        if not _take(claim):
            return
        tickets: list[_Ticket] = []
        try:
            tickets.extend(self._take_waiting())
            for term, run in groupby(tickets, key=lambda ticket: ticket.term):
                self._commit(term, list(run))
        except BaseException as error:
            for ticket in tickets:
                ticket.outcome = ticket.outcome or error
            raise
        finally:
            self._free_lead.append(None)

    def _take_waiting(self) -> Iterator[_Ticket]:
        while self._waiting:
            try:
                yield self._waiting.popleft()
            except IndexError:
                return  # the last one was withdrawn in this very moment

    def _commit(self, term: int, run: Sequence[_Ticket]) -> None:
        try:
            head = self._log.append(term, [ticket.part for ticket in run], self._clock_now())
        except StaleState as error:
            if len(run) == 1:
                run[0].outcome = error
            else:  # one of them is to blame; alone, each gets what it deserves
                for ticket in run:
                    self._commit(term, [ticket])
        except Exception as error:  # noqa: BLE001 (whatever it is, those who wait must hear it)
            for ticket in run:
                ticket.outcome = error
        else:
            _hand_out(head, run)


def _hand_out(head: EventId, run: Sequence[_Ticket]) -> None:
    number = head.number
    for ticket in reversed(run):
        ticket.outcome = EventId(head.epoch, number)
        number -= len(ticket.part.events)


def _take(tokens: deque[None]) -> bool:
    try:
        tokens.pop()
    except IndexError:
        return False
    return True
