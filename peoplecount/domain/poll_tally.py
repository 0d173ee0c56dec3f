"""How polls of a camera went in a quarter of an hour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

QUARTER = timedelta(minutes=15)
QUARTERS_A_DAY = 96


@dataclass(frozen=True, slots=True)
class PollTally:
    """Polls, how many of them failed, and the time that the others took."""

    polls: int = 0
    failures: int = 0
    milliseconds: int = 0
    """Of real time, of all polls together that went well."""

    def __add__(self, other: PollTally) -> PollTally:
        """Both together."""
        return PollTally(
            self.polls + other.polls, self.failures + other.failures, self.milliseconds + other.milliseconds
        )

    def __bool__(self) -> bool:
        """Whether the camera was asked at all."""
        return self.polls > 0

    @property
    def answered(self) -> int:
        """Polls that went well."""
        return self.polls - self.failures

    @property
    def success(self) -> float | None:
        """The share of polls that went well; ``None`` where nobody asked."""
        return self.answered / self.polls if self.polls else None

    @property
    def seconds(self) -> float | None:
        """How long a poll that went well took; ``None`` where none did."""
        return self.milliseconds / 1000 / self.answered if self.answered > 0 else None


def quarter_of(moment: datetime) -> int:
    """The number of the quarter of an hour that a moment lies in; it grows with time, whatever the zone."""
    return int(moment.timestamp() // QUARTER.total_seconds())


def quarters_of_day(moment: datetime) -> range:
    """The numbers of the last day's quarters of an hour, up to the one that is under way."""
    newest = quarter_of(moment)
    return range(newest - QUARTERS_A_DAY + 1, newest + 1)


def together(tallies: Iterable[PollTally]) -> PollTally:
    """The sum."""
    total = PollTally()
    for tally in tallies:
        total += tally
    return total
