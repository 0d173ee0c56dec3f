"""Event ids: where in the log an event stands."""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(r"([0-9a-z]{1,16})-([0-9]{1,18})", re.ASCII)


class MalformedEventId(ValueError):
    """A text that no event id looks like."""

    def __init__(self, text: str) -> None:
        super().__init__(f"malformed event id {text[:40]!r}: ids look like 3f9a61c2-1234")


class EventId(NamedTuple):
    """Epoch and number. Numbers grow strictly within an epoch; epochs are not ordered.

    Outside it is one opaque token, the same in SSE, ``since`` and ``triggerState``.
    """

    epoch: str
    """Changes whenever the log is found rewound, restored or wiped."""

    number: int
    """0 stands before the first event."""

    def __str__(self) -> str:
        return f"{self.epoch}-{self.number}"

    @classmethod
    def parse(cls, text: str) -> EventId:
        """Read what ``str(event_id)`` wrote. Raises ``MalformedEventId``."""
        match = _TOKEN.fullmatch(text)
        if match is None:
            raise MalformedEventId(text)
        return cls(match[1], int(match[2]))
