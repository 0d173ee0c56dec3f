"""One connection for all tabs, and what becomes of a stream that something on the way holds back."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")

from playwright.sync_api import expect

from tests.support.busy_day import GATES
from tests.support.nginx import NGINX, nginx_before
from tests.support.waiting import wait_until

SOUTH = GATES[2]
LATE = 60_000
"""Milliseconds: twenty tabs of a busy machine."""

BROWSER_ARGUMENTS = ("--process-per-site",)
"""All tabs in one process: twenty of them would take all of a small machine."""

WITHOUT_WORKERS = "delete globalThis.SharedWorker"
WITHOUT_ANYTHING = "delete globalThis.SharedWorker; delete globalThis.BroadcastChannel"


def figure(page):
    return page.locator('.site [data-figure="site/station/in"]').first


def number(page) -> int:
    return int(figure(page).inner_text().replace(",", ""))


def tabs_of(context, how_many: int) -> list:
    """More tabs of the same browser, each live; without charts, which cost the most."""
    context.route("**/vendor/uplot/**", lambda route: route.fulfill(body=""))
    tabs = [context.new_page() for _ in range(how_many)]
    for page in tabs:
        page.set_default_timeout(LATE)
        page.goto("/sites/station", wait_until="commit")
    for page in tabs:
        page.wait_for_selector('#connection[data-state="live"]')
    return tabs


def all_show(tabs, value: int) -> None:
    for page in tabs:
        expect(figure(page)).to_have_text(f"{value:,}", timeout=LATE)


@pytest.fixture
def first_tab(browser, server):
    """Opens the first tab of a browser; a script may take something away from it."""
    contexts = []

    def first_tab(script: str = ""):
        context = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 1000})
        contexts.append(context)
        context.add_init_script(script)
        return tabs_of(context, 1)[0]

    yield first_tab
    for context in contexts:
        context.close()


def test_twenty_tabs_are_live_on_one_stream(first_tab, service):
    tabs = [first := first_tab(), *tabs_of(first.context, 19)]
    assert service.hub.open_streams == 1
    before = number(first)
    service.count(SOUTH, 3)
    all_show(tabs, before + 3)
    service.count(SOUTH, 4)
    all_show(tabs, before + 7)
    assert service.hub.open_streams == 1


def test_a_tab_that_joins_has_missed_nothing(first_tab, service):
    first = first_tab()
    before = number(first)
    first.context.route("**/js/stream.js", lambda route: (service.count(SOUTH, 5), route.continue_()))
    (second,) = tabs_of(first.context, 1)
    all_show([first, second], before + 5)


def test_a_tab_that_cannot_catch_up_tries_again_and_is_not_live_until_then(first_tab, service):
    first = first_tab()
    before = number(first)
    asked, states = [], []

    def refuse(route):
        asked.append(route.request.url)
        if len(asked) > 1:
            states.append(second.locator("#connection").get_attribute("data-state"))
        if len(asked) > 2:
            route.continue_()
            return
        service.count(SOUTH, 1)
        route.fulfill(status=503)

    def catches_up(url):  # and does not ask for the minutes before, which the chart does
        return "/events?timeout=0" in url and "&kind=" not in url

    first.context.route(catches_up, refuse)
    first.context.route("**/js/stream.js", lambda route: (service.count(SOUTH, 5), route.continue_()))
    second = first.context.new_page()
    second.goto("/sites/station", wait_until="commit")
    all_show([first, second], before + 7)
    second.wait_for_selector('#connection[data-state="live"]')
    assert len(asked) == 3
    assert states == ["lost", "lost"]
    service.count(SOUTH, 2)
    all_show([first, second], before + 9)


def test_when_a_tab_is_closed_the_others_go_on(first_tab, service):
    tabs = [first := first_tab(), *tabs_of(first.context, 2)]
    before = number(tabs[1])
    first.close()
    service.count(SOUTH, 2)
    all_show(tabs[1:], before + 2)
    for page in tabs[1:]:
        page.close()
    wait_until(lambda: (service.hub.nudge(), service.count(SOUTH, 0), service.hub.open_streams == 0)[-1], seconds=40)


def test_without_shared_workers_tabs_elect_one_that_holds_the_stream(first_tab, service):
    first = first_tab(WITHOUT_WORKERS)
    tabs = [first, *tabs_of(first.context, 5)]
    assert service.hub.open_streams == 1
    before = number(first)
    service.count(SOUTH, 3)
    all_show(tabs, before + 3)


def test_when_the_tab_that_holds_the_stream_is_closed_another_goes_on_where_it_was(first_tab, service):
    first = first_tab(WITHOUT_WORKERS)
    tabs = [first, *tabs_of(first.context, 2)]
    before = number(first)
    service.count(SOUTH, 1)
    all_show(tabs, before + 1)
    first.close()
    service.count(SOUTH, 2)
    all_show(tabs[1:], before + 3)
    for page in tabs[1:]:
        expect(page.locator("#connection")).to_have_attribute("data-state", "live")


def test_without_either_each_tab_has_a_stream_of_its_own(first_tab, service):
    first = first_tab(WITHOUT_ANYTHING)
    tabs = [first, *tabs_of(first.context, 1)]
    wait_until(lambda: service.hub.open_streams == 2)
    before = number(first)
    service.count(SOUTH, 3)
    all_show(tabs, before + 3)


HOLDS_BACK = """
proxy_ignore_headers X-Accel-Buffering;
gzip_types *;
gzip_proxied any;
gzip_min_length 0;
"""
"""It compresses the stream, and waits until there is enough to do so."""


def test_behind_a_proxy_that_holds_the_stream_back_the_page_asks_instead_and_says_so(
    browser, server, service, tmp_path
):
    if not NGINX:
        pytest.skip("no nginx: install Debian's package nginx")
    with nginx_before(server.port, tmp_path / "nginx", HOLDS_BACK) as port:
        context = browser.new_context(base_url=f"http://127.0.0.1:{port}")
        page = context.new_page()
        page.goto("/sites/station")
        page.wait_for_selector('#connection[data-state="asking"]', timeout=60_000)
        banner = page.locator("#banner")
        expect(banner).to_contain_text("holds its live stream back")
        expect(page.locator("#connection")).to_contain_text("asked for")
        before = number(page)
        service.count(SOUTH, 6)
        all_show([page], before + 6)
        service.count(SOUTH, 1)
        all_show([page], before + 7)
        expect(banner).to_be_visible()
        context.close()
