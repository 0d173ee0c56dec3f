"""Whole pages of the history over a year of many cameras, in the evening of its last day: how long each takes.

And its files: how long until the first of them comes.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient

from bench.support.counted_year import ZONE, CountedYear
from bench.support.times import Times, timed
from peoplecount.domain.site import Site
from peoplecount.eventlog.history_sums import HistorySums
from peoplecount.services.counts import Counts
from peoplecount.services.history_places import HistoryPlaces
from peoplecount.services.history_report import HistoryDesk
from peoplecount.services.holiday_calendar import HolidayCalendars
from peoplecount.services.kept_sums import KeptSums, SumsKeeper
from peoplecount.services.place_sums import DirectSums
from peoplecount.services.stamp_book import StampBook
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.history import History
from peoplecount.storage.place_history import PlaceHistory
from peoplecount.web.app import create_app
from tests.support.board_service import BoardService

TIMES = 11
EVENING = time(20)
SITE = {"site": "site007"}
DOOR = {**SITE, "door": "door0077"}
LINE = {**DOOR, "line": "cam0077-0-1-1"}


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page: the days it shows, up to the last one, and what else stands in its address."""

    name: str
    days: int
    asked: Mapping[str, str]


PAGES = (
    HistoryPage("all sites, 30 days", 30, {"step": "day"}),
    HistoryPage("all sites, a year by the week", 365, {"step": "week"}),
    HistoryPage("all sites, half a year beside the half before", 182, {"step": "week", "compare": "previous"}),
    HistoryPage("all sites, a day by the hour", 1, {"step": "60"}),
    HistoryPage("all sites, a year by the week, as of half a year before", 365, {"step": "week", "known": "182"}),
    HistoryPage("a site, a year by the day", 365, {**SITE, "step": "day"}),
    HistoryPage("a site, half a year beside the half before", 182, {**SITE, "step": "week", "compare": "previous"}),
    HistoryPage("a site, a month by the hour", 30, {**SITE, "step": "60"}),
    HistoryPage("a site, a month by the hour beside the one before", 28, {**SITE, "step": "60", "compare": "previous"}),
    HistoryPage("a site, a week by the quarter of an hour", 7, {**SITE, "step": "15"}),
    HistoryPage("a site, a year by the week, as of half a year before", 365, {**SITE, "step": "week", "known": "182"}),
    HistoryPage("a site, a year by the week, while open", 365, {**SITE, "step": "week", "hours": "open"}),
    HistoryPage("a site, a year by the week, holidays alone", 365, {**SITE, "step": "week", "days": "holidays"}),
    HistoryPage("a door, a year by the day", 365, {**DOOR, "step": "day"}),
    HistoryPage("a door, a year by the week, while open", 365, {**DOOR, "step": "week", "hours": "open"}),
    HistoryPage("a door, half a year beside the half before", 182, {**DOOR, "step": "week", "compare": "previous"}),
    HistoryPage("a line, a year by the day", 365, {**LINE, "step": "day"}),
    HistoryPage("a line, a year by the week, while open", 365, {**LINE, "step": "week", "hours": "open"}),
    HistoryPage("a line, a year by the week, as of half a year before", 365, {**LINE, "step": "week", "known": "182"}),
    HistoryPage("a line, a year by the month", 365, {**LINE, "step": "month"}),
    HistoryPage("a line, half a year beside the half before", 182, {**LINE, "step": "week", "compare": "previous"}),
)
"""A page of a place has its hours of the week, too. ``known`` is in days before the last one.

Hours and days are chosen of one site, or of what is in it: all sites together have no opening hours.
"""

FILES = (
    HistoryPage("/history.csv: a site, a year by the day", 365, {**SITE, "step": "day"}),
    HistoryPage("/history.xlsx: a site, a year by the day", 365, {**SITE, "step": "day"}),
    HistoryPage("/export/counts.csv: all lines, a year by the day", 365, {"step": "day"}),
    HistoryPage("/export/counts.csv: all lines, a year by the hour", 365, {"step": "60"}),
)


def time_pages(connection: EngineConnection, year: CountedYear, sums: Path) -> None:
    """Print how long each page takes; past days are summed up first, into ``sums``, unless they are there."""
    client = _client(connection, year, sums)
    for page in PAGES:
        _time(client, page, _address("/history", page, year))
    print("  until the first of a file comes")
    for file in FILES:
        _time(client, file, _file_address(file, year))


def _time(client: FlaskClient, page: HistoryPage, address: str) -> None:
    """What is asked for once before is not counted: it warms up the processor, files and names."""
    first = timed(lambda: _begun(client, address))
    taken = [timed(lambda: _begun(client, address)) for _ in range(TIMES)]
    size = "" if page in FILES else f", {len(client.get(address).data) // 1000} KB"
    print(f"    {page.name}: {_words(taken)}{size}; the time before those {1000 * first.passed:.0f} ms")


def _begun(client: FlaskClient, address: str) -> None:
    """Ask, and wait for what comes first: of a page that is all of it."""
    answer = client.get(address)
    answer.close()
    if answer.status_code != 200:
        raise RuntimeError(f"{address} was answered with {answer.status_code}: {answer.text[:500]}")


def _words(taken: list[Times]) -> str:
    passed, worked = (sorted(one[place] * 1000 for one in taken) for place in (0, 1))
    return f"half within {median(passed):.0f} ms ({median(worked):.0f} of our processor), all within {passed[-1]:.0f}"


def _address(path: str, page: HistoryPage, year: CountedYear) -> str:
    asked = {**page.asked, "to": year.last.isoformat(), "from": (year.last - timedelta(days=page.days - 1)).isoformat()}
    if "known" in asked:
        asked["known"] = (year.last - timedelta(days=int(asked["known"]))).isoformat()
    order = ("site", "door", "line", "from", "to", "step", "compare", "hours", "days", "known")
    return f"{path}?" + "&".join(f"{name}={asked[name]}" for name in order if name in asked)


def _file_address(file: HistoryPage, year: CountedYear) -> str:
    return _address(file.name.partition(":")[0], file, year)


def _client(connection: EngineConnection, year: CountedYear, sums: Path) -> FlaskClient:
    sites = {
        one["siteId"]: Site(one["siteId"], one["siteName"], ZONE, opening_hours="Mo-Sa 09:00-20:00")
        for one in year.board()["sites"]
    }
    service = BoardService(list(sites.values())[:1], now=datetime.combine(year.last, EVENING, UTC))
    clock, history, store = service.clock, PlaceHistory(connection), HistorySums(sums)
    zones = {ZoneInfo(ZONE): sorted(sites)}
    keeper = SumsKeeper(history, store, StampBook(history, clock), lambda: zones, clock)
    took = timed(lambda: keeper.keep_up(_NoPause()))
    print(f"    summing up past days took {took.worked:.0f} s of our processor")
    board = _board(year)
    holidays = HolidayCalendars({"": "CH-ZH"})
    places = HistoryPlaces(lambda: board, lambda: sites, clock, holidays.of_site)
    kept = KeptSums(DirectSums(history), store, StampBook(history, clock), lambda: zones)
    took = timed(lambda: kept.keep_ready(_OnePause()))
    print(f"    read ahead after a start: {took.passed:.2f} s, {took.worked:.2f} s of our processor")
    desk = HistoryDesk(kept, places, clock, holidays.calendar)
    counts = Counts(History(connection), lambda: board, clock)
    return create_app(service.context(history=desk, counts=counts)).test_client()


def _board(year: CountedYear) -> dict[str, list[dict[str, str]]]:
    """The board, on which doors have sites and lines have doors."""
    board: dict[str, list[dict[str, str]]] = year.board()
    site_of = {door: site for _, door, site in year.lines}
    door_of = {line: door for line, door, _ in year.lines}
    doors = [{**one, "siteId": site_of[one["doorId"]]} for one in board["doors"]]
    return {**board, "doors": doors, "lines": [{**one, "doorId": door_of[one["lineId"]]} for one in board["lines"]]}


class _NoPause(threading.Event):
    """Nobody else wants the database."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 (as it is called)
        return self.is_set()


class _OnePause(_NoPause):
    """Ends at the second pause."""

    def wait(self, timeout: float | None = None) -> bool:
        ends = super().wait(timeout)
        self.set()
        return ends
