"""What a line counted, by day and hour: what audits look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from peoplecount.domain.figures import Figures
from peoplecount.domain.occupancy import occupancy_day

Day = Mapping[int, Figures]
"""Figures by the number of the hour since the day began; an hour that nobody told of is left out."""


@dataclass(frozen=True, slots=True)
class LineDays:
    """A line's hours by occupancy day, which begins at the site's reset time."""

    days: Mapping[date, Day] = field(default_factory=dict)
    missing: frozenset[date] = frozenset()
    """Days with an hour of which it is known that it was not counted."""

    @classmethod
    def of(cls, hours: Iterable[tuple[datetime, Figures | None]], reset: time = time(0)) -> LineDays:
        """From hours by the wall clock at their beginning; ``None``: not counted. One that comes twice is summed up."""
        days: dict[date, dict[int, Figures]] = {}
        missing = set()
        for local_start, figures in hours:
            day = occupancy_day(local_start, reset)
            if figures is None:
                missing.add(day)
                continue
            index = hour_of_day(local_start, reset)
            of_day = days.setdefault(day, {})
            of_day[index] = of_day.get(index, Figures()) + figures
        return cls(days, frozenset(missing))

    def whole(self) -> Iterator[tuple[date, Day]]:
        """The days of which no hour is missing, in order."""
        return ((day, self.days[day]) for day in sorted(self.days) if day not in self.missing)

    def before(self, day: date) -> LineDays:
        """The days before ``day``."""
        return LineDays({one: hours for one, hours in self.days.items() if one < day}, self.missing)

    def swapped(self) -> LineDays:
        """The same with in and out exchanged."""
        turned = {day: {hour: one.swapped() for hour, one in hours.items()} for day, hours in self.days.items()}
        return LineDays(turned, self.missing)

    def total(self) -> Figures:
        """Everybody."""
        return sum((one for hours in self.days.values() for one in hours.values()), Figures())


def hour_of_day(local_start: datetime, reset: time = time(0)) -> int:
    """The number of an hour since its occupancy day began, from the wall clock at its beginning."""
    begin = datetime.combine(occupancy_day(local_start, reset), time(reset.hour))
    return (local_start - begin) // timedelta(hours=1)


def site_days(lines: Iterable[LineDays]) -> LineDays:
    """All lines of a site together."""
    sums: dict[date, dict[int, Figures]] = {}
    missing: set[date] = set()
    for line in lines:
        missing |= line.missing
        for day, hours in line.days.items():
            of_day = sums.setdefault(day, {})
            for hour, figures in hours.items():
                of_day[hour] = of_day.get(hour, Figures()) + figures
    return LineDays(sums, frozenset(missing))
