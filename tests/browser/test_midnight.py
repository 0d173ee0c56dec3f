"""Pages that stay open over the midnights of two sites, an hour apart."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")

from playwright.sync_api import expect

from peoplecount.domain.camera import CameraState
from peoplecount.domain.site import Site
from tests.support.board_service import BoardService, Figures, Gate

STATION = Site("station", "Main station", "Europe/Zurich", capacity=1500)
PORT = Site("port", "Harbour", "Europe/Lisbon")
SOUTH, QUAY = Gate(STATION, "South entrance", "south"), Gate(PORT, "Quay", "quay")
GATES = (SOUTH, QUAY)

MIDNIGHT = datetime(2026, 5, 5, tzinfo=ZoneInfo("Europe/Zurich")).astimezone(UTC)
EVENING = MIDNIGHT - timedelta(hours=1)

BY_DAY = {SOUTH: (400, 390), QUAY: (70, 60)}
"""Who came and went at each of the two before the evening."""


@pytest.fixture
def service() -> BoardService:
    service = BoardService((STATION, PORT), EVENING)
    for gate, (entered, left) in BY_DAY.items():
        service.status(gate, CameraState.UP, minutes_ago=600)
        service.count(gate, entered, left)
        row = Figures(str(gate.key), gate.site.site_id, EVENING - timedelta(minutes=15), entered, left)
        service.history.rows.append(row)
    service.history.up_to = service.log.head()
    service.seen(*GATES)
    return service


def passes_midnight_of(service: BoardService, gate: Gate, *, minutes: float) -> None:
    """So much later cameras are read; that of one site has begun its day."""
    service.clock.passes(minutes * 60)
    service.begin_day(gate)
    service.seen(*GATES)


def in_today(page, site: Site):
    return page.locator(f'[data-figure="site/{site.site_id}/in"]').first


def shows(page, station: int, port: int) -> None:
    expect(in_today(page, STATION)).to_have_text(str(station))
    expect(in_today(page, PORT)).to_have_text(str(port))


@pytest.mark.parametrize("path", ["/", "/wall"])
def test_each_site_of_an_open_page_begins_its_day_at_its_own_midnight(open_page, service, path):
    page = open_page(path)
    page.evaluate("window.untouched = true")
    shows(page, 400, 70)
    passes_midnight_of(service, SOUTH, minutes=61)
    shows(page, 0, 70)
    inside = page.locator('[data-figure="site/station/occupancy"]').first
    expect(inside).to_have_text("0")
    service.count(SOUTH, 2)
    service.count(QUAY, 5)
    shows(page, 2, 75)
    passes_midnight_of(service, QUAY, minutes=60)
    shows(page, 2, 0)
    service.count(QUAY, 3, 1)
    shows(page, 2, 3)
    expect(inside).to_have_text("2")
    assert page.evaluate("window.untouched")


def test_the_curve_the_table_and_the_day_of_an_open_page_begin_anew_at_midnight(open_page, service):
    page = open_page("/sites/station")
    page.locator(".day-table summary").click()
    rows, readout = page.locator("[data-day-rows] tr"), page.locator(".readout")
    expect(rows).to_have_count(93)
    expect(rows.nth(-2).locator("td").first).to_have_text("400")
    expect(page.locator("[data-day]")).to_have_text("4 May 2026")
    service.count(SOUTH, 6)
    expect(readout).to_have_text("23:00 to now: 6 in, 0 out")
    passes_midnight_of(service, SOUTH, minutes=61)
    expect(readout).to_have_text("00:00 to now: 0 in, 0 out")
    service.count(SOUTH, 2)
    expect(readout).to_have_text("00:00 to now: 2 in, 0 out")
    expect(rows).to_have_count(1)
    expect(rows.locator("td").first).to_have_text("2")
    expect(in_today(page, STATION)).to_have_text("2")
    expect(page.locator("[data-day]")).to_have_text("5 May 2026")
    expect(page.locator(".minutes-said")).to_have_text(re.compile("^2 in, 0 out in the last 15 minutes"))


def test_yesterday_is_not_drawn_as_today_while_the_history_does_not_answer(open_page, service):
    page = open_page("/sites/station")
    page.locator(".day-table summary").click()
    rows = page.locator("[data-day-rows] tr")
    expect(rows).to_have_count(93)
    page.route("**/chart/today", lambda route: route.fulfill(status=503, json={}))
    passes_midnight_of(service, SOUTH, minutes=61)
    expect(in_today(page, STATION)).to_have_text("0")
    service.count(SOUTH, 2)
    expect(rows).to_have_count(1)
    expect(rows.locator("td").first).to_have_text("2")
