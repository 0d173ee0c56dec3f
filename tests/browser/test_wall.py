"""A screen on a wall: its code is confirmed in another browser, and from then on it shows its view alone."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is in requirements-dev.txt")

from playwright.sync_api import expect

from tests.support.administration_pages import enter_administrator, signed_in_pages
from tests.support.axe import axe_finds
from tests.support.living_service import living_service

SITE = "test-site"


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    with living_service(tmp_path_factory.mktemp("wall")) as living:
        enter_administrator(living)
        yield living


@pytest.fixture
def open_page(browser, living):
    with signed_in_pages(browser, living) as open_page:
        yield open_page


@pytest.fixture
def display(browser, living):
    """A browser of its own, at which nobody is signed in."""
    context = browser.new_context(base_url=living.url)
    page = context.new_page()
    page.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)
    yield page
    context.close()
    expect.set_options(timeout=5_000)


def test_a_screen_is_confirmed_and_shows_its_view_until_it_is_revoked(living, open_page, display):
    display.goto("/wall/pair")
    code = display.inner_text(".pair-code")
    assert axe_finds(display) == []
    page = open_page("/admin/screens")
    confirm(page, code.lower())
    assert axe_finds(page) == []

    display.wait_for_url("**/wall")
    entered = display.locator(f"[data-figure='site/{SITE}/in']")
    before = int(entered.inner_text())
    living.walk(entered=3)
    expect(entered).to_have_text(str(before + 3))
    assert display.request.get("/history.csv").status == 403, "it is a screen, also where anybody may look"

    page.click("summary:has-text('Revoke…')")
    page.click("button:has-text('Revoke it for good')")
    page.wait_for_selector("text=No screen yet.")
    display.goto("/wall/pair")
    expect(display.locator(".pair-code")).not_to_have_text(code)


def confirm(page, code: str) -> None:
    """As the administrator who stands before the display."""
    page.fill("#code", code)
    page.click("button:has-text('Find the screen')")
    page.fill("#name", "Entrance hall")
    page.check(f"input[name=sites][value={SITE}]")
    page.click("button:has-text('Confirm this screen')")
    page.wait_for_selector("li:has-text('Entrance hall')")
