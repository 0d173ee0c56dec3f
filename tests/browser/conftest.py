"""A real browser on the real pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")

from tests.support.board_service import BoardService, Server  # noqa: E402
from tests.support.busy_day import busy_afternoon  # noqa: E402

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def chromium():
    """A kind of browser, of which any number can be started."""
    if not Path(CHROMIUM).is_file():
        pytest.skip("no Chromium: install Debian's package chromium, or set CHROMIUM to its path")
    with playwright.sync_playwright() as session:
        yield session.chromium


@pytest.fixture(scope="module")
def browser(request, chromium):
    more = getattr(request.module, "BROWSER_ARGUMENTS", ())
    browser = chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *more])
    yield browser
    browser.close()


@pytest.fixture
def switched_on(chromium, tmp_path) -> Iterator[Callable]:
    """Starts a browser of its own that keeps its profile on the disk; a second time, as after a power cut."""
    running = []

    def switch_on(address: str, path: str):
        for context in running:
            context.close()
        context = chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=CHROMIUM, args=[*ARGUMENTS], base_url=address
        )
        running[:] = [context]
        page = context.pages[0]
        page.set_default_timeout(30_000)
        page.goto(path)
        return page

    yield switch_on
    for context in running:
        context.close()


@pytest.fixture
def service() -> BoardService:
    return busy_afternoon(demo=True)


@pytest.fixture
def server(service: BoardService) -> Iterator[Server]:
    server = Server(service.app)
    with service.following():
        server.start()
        try:
            yield server
        finally:
            service.hub.close("the test is over")
            server.stop()


@pytest.fixture
def open_page(browser, server: Server) -> Iterator[Callable]:
    """Opens the busiest site, or another page; fails the test if the page had an error."""
    contexts, complaints = [], []

    def open_page(path: str = "/sites/station", *, live: bool = True, **options):
        options = {"viewport": {"width": 1440, "height": 1000}} | options
        context = browser.new_context(base_url=server.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: _note(message, complaints))
        page.goto(path)
        if live:
            page.wait_for_selector('#connection[data-state="live"]')
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def visit(browser) -> Iterator[Callable]:
    """Opens an address in a browser of its own; fails the test if a page had an error or broke its own policy."""
    contexts, complaints = [], []

    def visit(address: str, viewport: dict[str, int] | None = None, **options):
        context = browser.new_context(base_url=address, viewport=viewport or {"width": 1300, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda message: "Content Security Policy" in message.text and complaints.append(message.text)
        )
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


def _note(message, complaints: list[str]) -> None:
    """Whatever the page complains of, but the network and the sites that a test took away."""
    if "404" in message.text and "/board?" in message.location["url"]:
        return
    if message.type in {"error", "warning"} and "net::ERR_" not in message.text and "503" not in message.text:
        complaints.append(message.text)
