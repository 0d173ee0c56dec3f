"""What the scripts on a log in Redis answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peoplecount.domain.event import LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.eventlog import redis_entries
from peoplecount.eventlog.entry_rows import entry_of
from peoplecount.eventlog.log import StaleState, StaleTerm


@dataclass(frozen=True, slots=True)
class Answer:
    """What a script said, and the head of the log at that moment."""

    head: EventId
    said: list[Any]

    def entries(self) -> list[LogEntry]:
        """Those that were found."""
        return [entry_of(self.head.epoch, row) for row in redis_entries.rows(self.said[0], self.said[1])]

    def require(self, term: int) -> None:
        """Raise what the script refused for: ``StaleTerm`` or ``StaleState``. Nothing has changed then."""
        if not self.said:
            return
        reason, subject, *more = (part.decode() if isinstance(part, bytes) else part for part in self.said)
        if reason == "term":
            raise StaleTerm(f"term {term} leads no longer: the log is at term {subject}")
        if reason == "state":
            raise StaleState(f"state {subject!r} is not at version {more[0]} any more")
        raise StaleState(f"event {self.head.epoch}-{subject} is not there as it was read")
