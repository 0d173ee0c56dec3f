"""The history in a real browser: light and dark, on a phone, by keyboard, without scripts."""

from pathlib import Path

import pytest
import requests

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is in requirements-dev.txt")

from playwright.sync_api import expect

from tests.support.axe import axe_finds
from tests.support.board_service import served
from tests.support.databases import *  # noqa: F403 - fixtures
from tests.web.test_history import MAY, Town

MOST_STOPS = 80
"""That a page has for the tabulator."""


@pytest.fixture
def address(embedded):
    town = Town(embedded)
    for day in (1, 2, 3, 4):
        for gate in town.gates:
            town.past.counts(gate, town.at(0, day), 3 * day, day, hours=14)
    town.app = town.client.application
    with served(town) as server:
        yield server.url


def test_a_site_is_looked_at_and_taken_along(visit, address):
    question = "&".join(f"{name}={value}" for name, value in MAY.items())
    page = visit(f"{address}/history?site=shop&compare=previous&{question}")
    page.get_by_text("Show as a table").click()
    assert axe_finds(page) == []
    assert page.locator("svg.past .bar-of").count() == 4
    page.get_by_label("By", exact=True).select_option("60")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**step=60**")
    assert page.locator("svg.past .bar-of").count() == 96
    page.get_by_role("link", name="Wide").click()
    page.wait_for_url("**door=shop-wide**")
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel workbook").click()
    assert download.value.suggested_filename == "history-20260501-20260504.xlsx"
    with page.expect_download() as download:
        page.get_by_role("link", name="each line separately").click()
    asked = {"from": "2026-05-01", "to": "2026-05-05", "step": "60", "site": "shop", "door": "shop-wide"}
    whole = requests.get(f"{address}/export/counts.csv", params=asked, timeout=20).content
    assert len(whole.splitlines()) > 50
    assert Path(download.value.path()).read_bytes() == whole
    expect(page.locator("#export-progress")).to_contain_text("counts-20260501-20260505-line-60.csv is done.")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_by_keyboard_alone_another_step_is_chosen_and_a_door_is_come_to(visit, address):
    question = "&".join(f"{name}={value}" for name, value in MAY.items())
    page = visit(f"{address}/history?site=shop&{question}")
    come_to(page, page.get_by_label("By", exact=True))
    page.keyboard.press("ArrowUp")
    come_to(page, page.get_by_role("button", name="Show"))
    page.keyboard.press("Enter")
    page.wait_for_url("**step=60**")
    come_to(page, page.get_by_text("Show as a table"))
    page.keyboard.press("Enter")
    expect(page.locator(".figures-of table")).to_be_visible()
    come_to(page, page.get_by_role("link", name="Wide"))
    page.keyboard.press("Enter")
    page.wait_for_url("**door=shop-wide**")


def come_to(page, place) -> None:
    """By the tabulator, from where the page is."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if place.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"no tabulator comes to {place}")
