"""Figures of places over earlier times, from the roll-ups."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from peoplecount.domain.history_period import HistoryPeriod, day_start
from peoplecount.domain.interval import Scope
from peoplecount.domain.place_sum import PlaceStretch, PlaceSum
from peoplecount.domain.roll_up import HOUR
from peoplecount.services.history_sums import SUMMED_AT_ONCE
from peoplecount.services.unhurried import Breath, unhurried
from peoplecount.storage.place_history import PlaceHistory, Where


class DirectSums:
    """From the roll-ups alone. All raise ``DatabaseError``."""

    def __init__(self, history: PlaceHistory) -> None:
        self._history = history

    def stretches(
        self, step: timedelta, scope: Scope, start: datetime, end: datetime, where: Where
    ) -> Sequence[PlaceStretch]:
        """By the hour or quarter of an hour and by place, in order of time."""
        return self._history.stretches(step, scope, start, end, where)

    def totals(self, scope: Scope, period: HistoryPeriod, where: Where) -> Sequence[PlaceStretch]:
        """Of a whole period, by place."""
        return self._history.totals(scope, period.start, period.end, where)

    def days(self, period: HistoryPeriod, sites: Collection[str]) -> Sequence[PlaceStretch]:
        """Of sites in that time zone together, by day."""
        found: dict[datetime, PlaceSum] = {}
        hours = self._history.stretches(HOUR, Scope.SITE, period.start, period.end, Where(sites))
        for one in unhurried(hours, Breath(SUMMED_AT_ONCE)):
            day = day_start(one.start.astimezone(period.zone).date(), period.zone)
            found.setdefault(day, PlaceSum()).add(one)
        return [
            PlaceStretch("", day, of.entered, of.left, tuple(of.by_quality), of.covered, of.coverages)
            for day, of in sorted(found.items(), key=lambda item: item[0])
        ]

    def learned_later(
        self, scope: Scope, start: datetime, end: datetime, known: datetime, where: Where
    ) -> Sequence[PlaceStretch]:
        """What was learned about hours since a moment, to be taken away."""
        return self._history.learned_later(scope, start, end, known, where)
