"""Whole pages of the history over a year of many cameras, in the evening of its last day: how long each takes."""

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
from peoplecount.services.history_places import HistoryPlaces
from peoplecount.services.history_report import HistoryDesk
from peoplecount.services.kept_sums import KeptSums, SumsKeeper
from peoplecount.services.place_sums import DirectSums
from peoplecount.services.stamp_book import StampBook
from peoplecount.storage.engine import EngineConnection
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
    HistoryPage("a site, a year by the day", 365, {**SITE, "step": "day"}),
    HistoryPage("a site, half a year beside the half before", 182, {**SITE, "step": "week", "compare": "previous"}),
    HistoryPage("a site, a month by the hour", 30, {**SITE, "step": "60"}),
    HistoryPage("a site, a month by the hour beside the one before", 28, {**SITE, "step": "60", "compare": "previous"}),
    HistoryPage("a site, a week by the quarter of an hour", 7, {**SITE, "step": "15"}),
    HistoryPage("a site, a year by the week, as of half a year before", 365, {**SITE, "step": "week", "known": "182"}),
    HistoryPage("a site, a year by the week, while open", 365, {**SITE, "step": "week", "hours": "open"}),
    HistoryPage("a door, a year by the day", 365, {**DOOR, "step": "day"}),
    HistoryPage("a door, half a year beside the half before", 182, {**DOOR, "step": "week", "compare": "previous"}),
    HistoryPage("a line, a year by the month", 365, {**LINE, "step": "month"}),
    HistoryPage("a line, half a year beside the half before", 182, {**LINE, "step": "week", "compare": "previous"}),
)
"""A page of a place has its hours of the week, too. ``known`` is in days before the last one."""


def time_pages(connection: EngineConnection, year: CountedYear, sums: Path) -> None:
    """Print how long each page takes; past days are summed up first, into ``sums``, unless they are there."""
    client = _client(connection, year, sums)
    for page in PAGES:
        address = _address(page, year)
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} was answered with {answer.status_code}: {answer.text[:500]}")
        taken = [timed(lambda: client.get(address)) for _ in range(TIMES)]  # noqa: B023 (called at once)
        print(f"    {page.name}: {_words(taken)}, {len(answer.data) // 1000} KB")


def _words(taken: list[Times]) -> str:
    passed, worked = (sorted(one[place] * 1000 for one in taken) for place in (0, 1))
    return f"half within {median(passed):.0f} ms ({median(worked):.0f} of our processor), all within {passed[-1]:.0f}"


def _address(page: HistoryPage, year: CountedYear) -> str:
    asked = {**page.asked, "to": year.last.isoformat(), "from": (year.last - timedelta(days=page.days - 1)).isoformat()}
    if "known" in asked:
        asked["known"] = (year.last - timedelta(days=int(asked["known"]))).isoformat()
    order = ("site", "door", "line", "from", "to", "step", "compare", "hours", "days", "known")
    return "/history?" + "&".join(f"{name}={asked[name]}" for name in order if name in asked)


def _client(connection: EngineConnection, year: CountedYear, sums: Path) -> FlaskClient:
    sites = {
        one["siteId"]: Site(one["siteId"], one["siteName"], ZONE, opening_hours="Mo-Sa 09:00-20:00")
        for one in year.board()["sites"]
    }
    service = BoardService(list(sites.values())[:1], now=datetime.combine(year.last, EVENING, UTC))
    clock, history, store = service.clock, PlaceHistory(connection), HistorySums(sums)
    book = StampBook(history, clock, monotonic=clock.monotonic)
    zones = {ZoneInfo(ZONE): sorted(sites)}
    keeper = SumsKeeper(history, store, book, lambda: zones, clock)
    took = timed(lambda: keeper.keep_up(_NoPause()))
    print(f"    summing up past days took {took.worked:.0f} s of our processor")
    board = _board(year)
    places = HistoryPlaces(lambda: board, lambda: sites, clock)
    desk = HistoryDesk(KeptSums(DirectSums(history), store, book, lambda: zones), places, clock)
    return create_app(service.context(history=desk)).test_client()


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
