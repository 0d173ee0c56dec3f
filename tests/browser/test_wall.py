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
ENTERED = f"[data-figure='site/{SITE}/in']"


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    with living_service(tmp_path_factory.mktemp("wall")) as living:
        enter_administrator(living)
        yield living


@pytest.fixture
def open_page(browser, living):
    with signed_in_pages(browser, living) as open_page:
        yield open_page


@pytest.fixture(autouse=True)
def patience():
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def display(browser, living):
    """A browser of its own, at which nobody is signed in."""
    context = browser.new_context(base_url=living.url)
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def test_a_screen_is_confirmed_and_shows_its_view_until_it_is_revoked(living, open_page, display):
    display.goto("/wall/pair")
    code = display.inner_text(".pair-code")
    assert axe_finds(display) == []
    page = open_page("/admin/screens")
    confirm(page, code.lower(), "Entrance hall")
    assert axe_finds(page) == []

    display.wait_for_url("**/wall")
    entered = display.locator(ENTERED)
    before = int(entered.inner_text())
    living.walk(entered=3)
    expect(entered).to_have_text(str(before + 3))
    assert is_a_screen(display)

    screen = page.locator("li", has_text="Entrance hall")
    screen.locator("summary:has-text('Revoke…')").click()
    screen.locator("button:has-text('Revoke it for good')").click()
    expect(screen).to_have_count(0)
    display.goto("/wall/pair")
    expect(display.locator(".pair-code")).not_to_have_text(code)


def test_after_a_power_cut_the_view_is_there_again_and_an_open_page_goes_on(living, open_page, switched_on, visit):
    display = switched_on(living.url, "/wall/pair")
    confirm(open_page("/admin/screens"), display.inner_text(".pair-code"), "Canteen")
    display.wait_for_url("**/wall")
    site = visit(f"{living.url}/sites/{SITE}")
    site.wait_for_selector('#connection[data-state="live"]')
    site.evaluate("window.untouched = true")
    asked = []
    site.route("**/version", lambda route: asked.append(route))  # noqa: PLW0108 - a built-in one is refused
    entered = site.locator(f".site {ENTERED}").first
    before = int(entered.inner_text())

    living.service.kill()
    expect(site.locator("#banner")).to_contain_text("Live connection lost")
    expect(site.locator("#connection")).to_have_attribute("data-state", "lost")
    living.walk(entered=4)
    with site.expect_request("**/version", timeout=60_000):
        living.start()
    expect(site.locator("#connection")).to_have_attribute("data-state", "live")
    expect(entered).to_have_text(str(before + 4))
    assert site.evaluate("window.untouched")
    with site.expect_navigation():
        asked[0].fulfill(json={"version": "another one"})
    assert not site.evaluate("window.untouched"), "a service that was away came back as another one"
    expect(entered).to_have_text(str(before + 4))

    display = switched_on(living.url, "/wall")
    assert display.url.endswith("/wall"), "its cookie is on its disk"
    expect(display.locator(ENTERED)).to_have_text(str(before + 4))
    assert is_a_screen(display)


def is_a_screen(display) -> bool:
    """To which less is open than to anybody, who may look here."""
    return display.request.get("/history.csv").status == 403


def confirm(page, code: str, name: str) -> None:
    """As the administrator who stands before the display."""
    page.fill("#code", code)
    page.click("button:has-text('Find the screen')")
    page.fill("#name", name)
    page.check(f"input[name=sites][value={SITE}]")
    page.click("button:has-text('Confirm this screen')")
    page.wait_for_selector(f"li:has-text('{name}')")
