"""Pages that renew themselves leave whoever reads them where they are, and are read out where there is news only."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")

from playwright.sync_api import expect

from tests.support.board_service import Gate
from tests.support.busy_day import GATES, STATION

SOUTH = GATES[2]

MARK = """(selector) => {
  const place = document.querySelector(selector);
  place.focus();
  getSelection().selectAllChildren(place);
  window.place = place;
}"""
IS_STILL_THERE = "window.place.isConnected && document.activeElement === window.place && !getSelection().isCollapsed"
HEAR = """(selector) => {
  window.heard = [];
  const place = document.querySelector(selector);
  const note = () => window.heard.push(place.textContent);
  new MutationObserver(note).observe(place, { childList: true, characterData: true, subtree: true });
}"""


def renew(page):
    """What a page does by itself every few seconds."""
    with page.expect_response(page.url):
        page.evaluate("dispatchEvent(new Event('online'))")


def test_whoever_reads_the_doors_of_an_evacuation_goes_on_reading(open_page, service):
    page = open_page("/sites/station/evacuation", live=False)
    page.evaluate(MARK, ".table-wide")
    row = page.locator("tr", has_text="South entrance")
    entered = int(row.locator(".number").first.inner_text().replace(",", ""))
    service.count(SOUTH, 6)
    renew(page)
    expect(row.locator(".number").first).to_have_text(f"{entered + 6:,}")
    assert page.evaluate(IS_STILL_THERE)


def test_that_the_service_does_not_answer_is_read_out_once(open_page, server):
    page = open_page("/sites/station/evacuation", live=False)
    page.evaluate(HEAR, "#trouble")
    server.stop()
    for _ in range(3):
        with page.expect_event("requestfailed"):
            page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("#trouble")).to_contain_text("The service does not answer")
    assert len(page.evaluate("window.heard")) == 1


def test_whoever_reads_a_site_goes_on_where_a_door_comes_to_it(open_page, service):
    page = open_page()
    page.click(".day-table summary")
    page.evaluate(MARK, ".day-table .figures-rows")
    service.count(Gate(STATION, "Car park", "car-park"), 7)
    expect(page.locator('[data-row="door/station-car-park"]')).to_contain_text("7")
    assert page.evaluate(IS_STILL_THERE)
    assert page.locator(".day-table[open]").count() == 1


def test_the_table_of_today_is_renewed_where_it_changes_only(open_page, service):
    page = open_page()
    page.click(".day-table summary")
    rows = page.locator("[data-day-rows] tr")
    expect(rows.nth(10)).to_be_visible()
    page.evaluate("window.first = document.querySelector('[data-day-rows] tr')")
    before = rows.last.inner_text()
    service.count(SOUTH, 5)
    expect(rows.last).not_to_have_text(before)
    assert page.evaluate("window.first.isConnected")
