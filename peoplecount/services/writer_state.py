"""How the record writer is doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from peoplecount.domain.event_id import EventId
from peoplecount.services.catch_up import Progress


@dataclass(frozen=True, slots=True)
class WriterState:
    """How the writer is doing."""

    cursor: EventId | None = None
    """The last event that is in the database, as far as is known here."""

    lag: int | None = None
    """Entries of the log that are not in the database yet; ``None`` while that is unknown."""

    progress: Progress | None = None
    """How catching up goes; ``None`` while it is not far behind, or does not write."""

    written: int = 0
    """Records written since the start."""

    refused: int = 0
    """Entries set aside since the start, because they cannot be read or hold what the database does not take."""

    error: str = ""
    """What keeps it from writing; empty while it writes."""

    fault: type[Exception] | None = None
    """Of which kind that is."""

    failing_since: datetime | None = None
    """UTC."""

    def figures(self) -> dict[str, int | float | None]:
        """For health pages; rate and time left only while it catches up."""
        figures: dict[str, int | float | None] = {"lag": self.lag, "refused": self.refused}
        if self.progress is None:
            return figures
        left = self.progress.seconds_left
        return figures | {
            "eventsPerSecond": round(self.progress.rate),
            "secondsLeft": None if left is None else round(left),
        }


def lag_of(reached: EventId | None, head: EventId) -> int | None:
    """How many events of the log come after ``reached``; ``None`` while that is unknown.

    None do where ``head`` was looked at before ``reached`` went on.
    """
    if reached is None:
        return None
    return max(0, head.number - reached.number) if reached.epoch == head.epoch else head.number
