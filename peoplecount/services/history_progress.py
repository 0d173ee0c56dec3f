"""How far asking a camera about its past has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from peoplecount.domain.line import LineKey
from peoplecount.domain.owed_history import OwedDays


@dataclass(slots=True)
class HistoryProgress:
    """What has been asked of a camera's history since it was taken up, and what came of it."""

    asked: int = 0
    """Days that were answered."""

    is_looked_at: bool = False
    """Whether it was made out what is still to be asked about."""

    left: int = 0
    """Days that are still to be asked about."""

    owed: Mapping[LineKey, OwedDays] = field(default_factory=dict)
    """Of which lines nothing is known of some of these days."""

    corrected: int = 0
    """Hours that had another figure, or none."""

    confirmed: int = 0
    """Hours whose figure was an estimate and is none any more."""

    reasserted: int = 0
    """Hours that the database had otherwise, and that were said again."""

    day: date | None = None
    """The last day that was asked about."""

    trouble: str = ""
    """What keeps it from going on; empty where nothing does."""

    def sentence(self) -> str:
        """How it stands, in words."""
        if self.trouble:
            return f"its history cannot be read: {self.trouble}"
        if self.left:
            return f"{_days(self.left)} of its history still to be read"
        return "all of its history that was needed is read" if self.asked else "nothing of its history was needed"

    def figures(self) -> dict[str, object]:
        """For health pages."""
        return {
            "asked": self.asked,
            "left": self.left,
            "corrected": self.corrected,
            "confirmed": self.confirmed,
            "reasserted": self.reasserted,
            "day": self.day.isoformat() if self.day else None,
            "sentence": self.sentence(),
        }


def _days(number: int) -> str:
    return f"{number} {'day' if number == 1 else 'days'}"
