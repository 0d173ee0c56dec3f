"""How the writer of ``registros`` is doing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from peoplecount.domain.event_id import EventId


@dataclass(frozen=True, slots=True)
class RegistrosState:
    """How the writer is doing."""

    cursor: EventId | None = None
    lag: int | None = None
    """Entries of the log that are not dealt with; ``None`` while that is unknown."""

    written: int = 0
    """Rows since the start."""

    refused: int = 0
    """Counts that make no sense, since the start."""

    others: int = 0
    """Rows since the start that somebody else wrote, or that we do not remember."""

    lines_left_out: tuple[str, ...] = ()
    """Lines a row has no room for."""

    error: str = ""
    """What keeps it from writing; empty while it writes."""

    @property
    def degraded(self) -> bool:
        """Whether what it promises cannot be kept: somebody else writes, too."""
        return self.others > 0

    def figures(self) -> Mapping[str, object]:
        """For health pages. What exactly is wrong may name servers: that is for the log."""
        return {
            "writes": not self.error,
            "lag": self.lag,
            "rows": self.written,
            "refused": self.refused,
            "otherWriter": self.degraded,
            "rowsOfOthers": self.others,
            "linesLeftOut": list(self.lines_left_out),
        }
