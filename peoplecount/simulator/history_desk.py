"""The history desk: searches that somebody started and will fetch."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from peoplecount.simulator.fault import FaultName
from peoplecount.simulator.line_counter import LineCounter
from peoplecount.simulator.sunapi_error import SunapiError
from peoplecount.simulator.virtual_camera import VirtualCamera

_SEARCHES_KEPT = 8
_LONGEST_SEARCH = timedelta(days=5 * 366)

PeopleByDirection = tuple[list[int], list[int]]


class Interval(StrEnum):
    """What one figure of a result stands for. The camera chooses it, the caller cannot (recording manual 2.6.2)."""

    HOURLY = "Hourly"
    DAILY = "Daily"
    MONTHLY = "Monthly"


@dataclass(slots=True)
class Search:
    """A search over camera-local time, both ends included."""

    start: datetime
    end: datetime
    counters: tuple[LineCounter, ...]
    polls_to_go: int = 1
    """How often it is still "NotCompleted": a search takes a moment on a real camera."""

    @property
    def interval(self) -> Interval:
        """Hours within a day, days within a month, else months."""
        if self.start.date() == self.end.date():
            return Interval.HOURLY
        return (
            Interval.DAILY
            if (self.start.year, self.start.month) == (self.end.year, self.end.month)
            else Interval.MONTHLY
        )


class HistoryDesk:
    """Keeps the searches of one camera. Unknown tokens are ``KeyError``."""

    def __init__(self, camera: VirtualCamera) -> None:
        self._camera = camera
        self._searches: OrderedDict[str, Search] = OrderedDict()
        self._number = 0

    def refuse(self) -> None:
        """Raise ``SunapiError`` where searches are not offered just now."""
        code = self._amount(FaultName.SEARCH_REFUSED)
        if code is not None:
            raise SunapiError(int(code))

    def _amount(self, name: FaultName) -> float | None:
        return self._camera.faults.amount(name, self._camera.clock.unstopped())

    def start(self, start: datetime, end: datetime, counters: tuple[LineCounter, ...]) -> str:
        """Begin a search; its token. Raises ``ValueError`` for a range that ends before it starts or is too long."""
        if end < start or end - start > _LONGEST_SEARCH:
            raise ValueError(f"no search from {start} to {end}")
        self._number += 1
        local = self._camera.wall.local(self._camera.clock.now())
        token = f"PeopleCount-{local:%Y-%m-%dT%H:%M:%S}-{200 + self._number}"
        self._searches[token] = Search(start, end, counters)
        if len(self._searches) > _SEARCHES_KEPT:
            self._searches.popitem(last=False)
        return token

    def completed(self, token: str) -> bool:
        """Ask how far a search is; the first time it never is."""
        search = self._searches[token]
        if self._amount(FaultName.SEARCH_STUCK) is not None:
            return False
        search.polls_to_go -= 1
        return search.polls_to_go < 0

    def results(self, token: str) -> tuple[Interval, list[tuple[LineCounter, PeopleByDirection]]]:
        """What was found, line by line."""
        search = self._searches[token]
        return search.interval, [(counter, self._figures(search, counter)) for counter in search.counters]

    def cancel(self, token: str) -> None:
        """Forget a search."""
        del self._searches[token]

    def _figures(self, search: Search, counter: LineCounter) -> PeopleByDirection:
        if search.interval is Interval.HOURLY:
            hours_in, hours_out = self._camera.hourly(counter, search.start.date())
            first, last = search.start.hour, search.end.hour
            return self._sized(_only_between(hours_in, first, last)), self._sized(_only_between(hours_out, first, last))
        if search.interval is Interval.DAILY:
            return self._days_of_month(search, counter)
        months: PeopleByDirection = ([], [])
        for month in range(1, 13):
            begin = max(date(search.start.year, month, 1), search.start.date())
            end = min(_month_end(search.start.year, month), search.end.date())
            self._append_sum(months, counter, begin, end)
        return months

    def _sized(self, hours: list[int]) -> list[int]:
        """As many figures as the firmware gives; those beyond a day's hours are 0."""
        values = int(self._amount(FaultName.HISTORY_VALUES) or len(hours))
        return (hours + [0] * values)[:values]

    def _days_of_month(self, search: Search, counter: LineCounter) -> PeopleByDirection:
        """First value is the first day of the month, last the last (recording manual 2.6.2)."""
        days: PeopleByDirection = ([], [])
        for number in range(1, _month_end(search.start.year, search.start.month).day + 1):
            day = search.start.date().replace(day=number)
            inside = search.start.date() <= day <= search.end.date()
            self._append_sum(days, counter, day, day if inside else day - timedelta(days=1))
        return days

    def _append_sum(self, figures: PeopleByDirection, counter: LineCounter, first: date, last: date) -> None:
        """Add one figure for the days from ``first`` to ``last``, which may be none."""
        entered = left = 0
        for number in range((last - first).days + 1):
            hours_in, hours_out = self._camera.hourly(counter, first + timedelta(days=number))
            entered += sum(hours_in)
            left += sum(hours_out)
        figures[0].append(entered)
        figures[1].append(left)


def _only_between(hours: list[int], first: int, last: int) -> list[int]:
    return [people if first <= hour <= last else 0 for hour, people in enumerate(hours)]


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
