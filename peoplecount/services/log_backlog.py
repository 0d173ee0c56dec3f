"""The event log as streams read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from peoplecount.domain.event import LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.domain.offload import Offload
from peoplecount.eventlog.log import EventLog, LogError
from peoplecount.stream.client import BacklogUnavailable

T = TypeVar("T")


class LogBacklog:
    """A ``Backlog`` on the event log, whose calls stop nobody else."""

    def __init__(self, log: EventLog, offload: Offload) -> None:
        self._log = log
        self._offload = offload

    def head(self) -> EventId:
        """See ``Backlog``."""
        return self._ask(self._log.head)

    def oldest(self) -> EventId:
        """See ``Backlog``."""
        return self._ask(self._log.oldest)

    def read(self, after: int, limit: int) -> list[LogEntry]:
        """See ``Backlog``."""
        return self._ask(lambda: self._log.read(after, limit))

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return self._offload(question)
        except LogError as error:
            raise BacklogUnavailable(str(error)) from error
