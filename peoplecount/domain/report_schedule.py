"""Schedules of reports: which periods they are about, and when each is sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from peoplecount.domain.history_period import ONE_DAY

A_WEEK = timedelta(days=7)

CAUGHT_UP_AT_MOST = 7
"""Periods that are sent late after the service was down; those before stand in the history all the same."""


class Cadence(StrEnum):
    """How long the periods are."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """The days that a report is about."""

    first: date
    last: date
    """Included."""

    @property
    def key(self) -> str:
        """By which it is known."""
        return f"{self.first.isoformat()}_{self.last.isoformat()}"

    @classmethod
    def of_key(cls, text: str) -> ReportPeriod:
        """Read what ``key`` gives. Raises ``ValueError``."""
        first, _, last = text.partition("_")
        return cls(date.fromisoformat(first), date.fromisoformat(last))


def period_with(day: date, cadence: Cadence) -> ReportPeriod:
    """The day, the week from Monday, or the month that a day is in."""
    if cadence is Cadence.DAILY:
        return ReportPeriod(day, day)
    if cadence is Cadence.WEEKLY:
        monday = day - timedelta(days=day.weekday())
        return ReportPeriod(monday, monday + A_WEEK - ONE_DAY)
    first = day.replace(day=1)
    return ReportPeriod(first, (first + timedelta(days=31)).replace(day=1) - ONE_DAY)


@dataclass(frozen=True, slots=True)
class ReportSchedule:
    """One schedule."""

    schedule_id: str
    name: str
    cadence: Cadence
    sites: frozenset[str] | None
    """Ids of the sites it is about; ``None``: all, also those to come."""

    recipients: tuple[str, ...]
    language: str
    at: time
    """When it is sent, by the clock of its sites, on the day after the period."""

    begun: datetime
    """UTC: periods that were over before are not sent."""

    is_on: bool = True

    def sent_at(self, period: ReportPeriod, zones: Iterable[ZoneInfo]) -> datetime:
        """When a period's report is to be sent, in UTC: when it is that time in all of its time zones.

        Where clocks are put on over that time, it is sent when they show the first moment after the gap.
        """
        day = period.last + ONE_DAY
        moments = (datetime.combine(day, self.at, zone).astimezone(UTC) for zone in zones)
        return max(moments, default=datetime.combine(day, self.at, UTC))

    def due(self, now: datetime, zones: Iterable[ZoneInfo]) -> list[ReportPeriod]:
        """The periods whose time to be sent has come, the oldest first; not all that ever were."""
        where = list(zones)
        today = max((now.astimezone(zone).date() for zone in where), default=now.date())
        found: list[ReportPeriod] = []
        period = period_with(today, self.cadence)
        while len(found) < CAUGHT_UP_AT_MOST:
            period = period_with(period.first - ONE_DAY, self.cadence)
            moment = self.sent_at(period, where)
            if moment < self.begun:
                break
            if moment <= now:
                found.append(period)
        return found[::-1]
