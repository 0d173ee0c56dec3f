"""What a client asked a stream for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from peoplecount.domain.event_id import EventId
from peoplecount.stream.selection import EVERYTHING, Selection


@dataclass(frozen=True, slots=True)
class Order:
    """What a client asked for."""

    selection: Selection = EVERYTHING
    start: EventId | datetime | None = None
    """Behind which entry it wants to read on, or from which moment; ``None``: from a snapshot on."""

    limit: int | None = None
    """After so many events, snapshots among them, the stream ends; ``None``: it does not."""

    timeout: float | None = None
    """Seconds after which it ends; 0: once it has brought what was there when it began."""

    lingers: bool = True
    """Whether it waits for more once it has brought something."""
