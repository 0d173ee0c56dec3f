"""Occupancy: people inside a site, as its doors say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from peoplecount.domain.figures import Figures


@dataclass(frozen=True, slots=True)
class Occupancy:
    """In minus out of all doors of a site since its daily reset, or since somebody counted the people inside."""

    day: date
    """The occupancy day: it begins at the site's reset time."""

    start: int = 0
    """People inside when it began: nobody at the reset, or as many as were counted by hand."""

    crossed: Figures = field(default_factory=Figures)
    """In and out of all doors since then."""

    counted_at: datetime | None = None
    """UTC: when the people inside were counted by hand; ``None`` where that was not on this day."""

    lowest: int = 0
    """The lowest ``net`` since then; what lies below zero are people who must have come in unseen."""

    @property
    def net(self) -> int:
        """May be below zero: doors do not see everybody."""
        return self.start + self.crossed.entered - self.crossed.left

    @property
    def inside(self) -> int:
        """People inside, never below zero."""
        return max(0, self.net)

    @property
    def clamped(self) -> int:
        """People who must have come in unseen: what the floor of zero hides now."""
        return max(0, -self.net)

    @property
    def unseen(self) -> int:
        """The most that the floor of zero has hidden since the day began or the people were counted."""
        return max(0, -self.lowest)

    def after(self, day: date, entered: int, left: int, moment: datetime | None = None) -> Occupancy:
        """The occupancy after people crossed, by ``moment`` (UTC).

        A later day starts from zero, an earlier one is over; who crossed before the people inside were counted is
        among those.
        """
        if day < self.day or (moment is not None and self._is_counted(moment)):
            return self
        begun = self if day == self.day else Occupancy(day)
        return begun.amended(Figures(entered, left))

    def amended(self, change: Figures) -> Occupancy:
        """The occupancy once it is known that this many more crossed, or fewer."""
        amended = replace(self, crossed=self.crossed + change)
        return replace(amended, lowest=min(self.lowest, amended.net))

    def corrected(self, day: date, started_at: datetime, change: Figures) -> Occupancy:
        """The occupancy once a stretch of ``day`` that began at ``started_at`` (UTC) has other figures.

        One that began before the people inside were counted changes nothing: whoever counted them saw them.
        """
        overtaken = self.counted_at is not None and started_at < self.counted_at
        return self if day != self.day or overtaken else self.amended(change)

    def recounted(self, people: int, counted_at: datetime, day: date, since: Figures) -> Occupancy:
        """The occupancy once somebody counted ``people`` inside at ``counted_at``, and ``since`` crossed after that."""
        if day < self.day:
            return self  # of a day that is over
        begun = Occupancy(day, people, counted_at=counted_at)
        return begun.amended(since)

    def _is_counted(self, moment: datetime) -> bool:
        return self.counted_at is not None and moment <= self.counted_at


def occupancy_day(local: datetime, reset_time: time) -> date:
    """The occupancy day that a moment of the site's local time belongs to."""
    since_midnight = timedelta(hours=reset_time.hour, minutes=reset_time.minute)
    return (local - since_midnight).date()
