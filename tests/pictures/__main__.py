"""Takes a picture of every page, in light and dark colours, at a desk and on a phone, into ``docs/pictures``.

In English; in Spanish at a desk in light colours.

The real service with virtual cameras, whose clock stops at a fixed moment after a month of history. Pages are found by
following links, one of each kind, so that new ones come by themselves.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import shutil
import tempfile
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, sync_playwright
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from peoplecount.bootstrap import build
from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from peoplecount.web.needs import NEEDS
from tests.support.processes import ROOT
from tests.support.running import Service, Simulator, wait_until

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FOLDER = ROOT / "docs" / "pictures"
DAY = "2026-05-06"
BEGINS, ENDS = f"{DAY}T13:57:00", f"{DAY}T14:07:20"
CAMERAS, SPEED = 6, 20
CAMERA_PORT, PORT = 19100, 18000
"""They stand on pages."""

PASSWORD = "correct horse battery"

SIZES = {"desk": {"width": 1300, "height": 900}, "phone": {"width": 390, "height": 844}}
SCHEMES = ("light", "dark")
LOCALE, SPANISH = "en-GB", "es-ES"
QUALITY = 60
SCREENS = 2
"""Of a long page."""

SETTLED_MS = 1500
"""For charts that are drawn once their figures have come."""

FIRST = ("/", "/wall", "/wall/pair", "/sign-in", "/history?site={site}", "/docs")
"""Where links are followed from, and pages that none leads to."""

SIGNED_OUT = frozenset({"/wall/pair", "/sign-in"})
"""What is seen by whoever has not signed in."""


@contextmanager
def installation(folder: Path) -> Iterator[Service]:
    """A month of people, and a clock that has stopped."""
    options = (
        f"--port {CAMERA_PORT} --cameras {CAMERAS} --seed 7 --busy --quiet-nights "
        f"--start {BEGINS} --until {ENDS} --speed {SPEED}"
    )
    simulator = Simulator(folder, *options.split())
    service = Service(folder, CLOCK_URL=f"{simulator.control}/clock", POLL_INTERVAL="10", TIME_ZONE="Europe/Zurich")
    service.port, service.url = PORT, f"http://127.0.0.1:{PORT}"
    service.settings["PORT"] = str(PORT)
    try:
        register_fleet(load_settings(service.settings, env_file=None), simulator.get("cameras"))
        service.command("user", "add", "anna", "--role", "administrator", "--password-stdin", said=f"{PASSWORD}\n")
        service.start()
        wait_until(lambda: simulator.get("clock")["allRead"], 300, "the end of the clock", service.process)
        wait_until(lambda: has_a_past(service), 600, "a month of history", service.process)
        yield service
    finally:
        service.end()
        simulator.end()


def has_a_past(service: Service) -> bool:
    """Whether the cameras' own history has come as far back as it goes."""
    asked = {"from": "2026-04-10", "to": "2026-04-12", "scope": "site", "step": "day"}
    answer = requests.get(f"{service.url}/export/counts.csv", params=asked, timeout=20)
    return answer.ok and len(answer.text.splitlines()) > 1


class Album:
    """One picture of each kind of page, in each size and colour."""

    def __init__(self, browser: Any, service: Service, routes: Map, folder: Path) -> None:
        self._browser = browser
        self._service = service
        self._routes = routes.bind("127.0.0.1")
        self._folder = folder
        self._found: dict[str, str] = {}
        self._no_page: set[str] = set()

    def find(self) -> dict[str, str]:
        """An address of each kind of page, by the kind's name."""
        context = self._browser.new_context(base_url=self._service.url, viewport=SIZES["desk"])
        page = context.new_page()
        sign_in(page)
        page.goto("/")
        site = page.locator("[data-site]").first.get_attribute("data-site")
        waiting = deque(path.format(site=site) for path in FIRST)
        while waiting:
            path = waiting.popleft()
            kind = self._kind(path)
            if kind is None or kind in self._found:
                continue
            self._found[kind] = path
            try:
                page.goto(path)
            except PlaywrightError:  # a file, which is no page
                self._no_page.add(kind)
                continue
            shown = self._kind(urlsplit(page.url).path)
            if shown != kind and path not in SIGNED_OUT:  # it only leads to another one
                self._no_page.add(kind)
                self._found.setdefault(str(shown), urlsplit(page.url).path)
            waiting += page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
        self.state = context.storage_state()
        context.close()
        self._found = {kind: path for kind, path in self._found.items() if kind not in self._no_page}
        return self._found

    def _kind(self, href: str) -> str | None:
        """Which page an address is; ``None`` for what is none of ours, or no page."""
        address = urlsplit(href)
        if address.netloc or not address.path.startswith("/"):
            return None
        try:
            endpoint, _ = self._routes.match(address.path, "GET")
        except HTTPException:
            return None
        need = NEEDS.get(endpoint)
        is_page = need is not None and (
            need.page or endpoint in {"sign_in.sign_in", "wall.pair"} or address.path == "/docs"
        )
        return re.sub(r"[^a-z]+", "-", endpoint.lower()) if is_page else None

    def take(self, sizes: Collection[str], kinds: Collection[str] | None = None) -> None:
        """All of them, or some kinds."""
        chosen = sorted((kind, path) for kind, path in self._found.items() if kinds is None or kind in kinds)
        for size in sizes:
            viewport = SIZES[size]
            for scheme in SCHEMES:
                for kind, path in chosen:
                    self._take(kind, path, size, scheme, viewport)
            for kind, path in chosen if size == "desk" else ():
                self._take(kind, path, size, "light", viewport, SPANISH)

    def _take(
        self, kind: str, path: str, size: str, scheme: str, viewport: dict[str, int], locale: str = LOCALE
    ) -> None:
        state = None if path in SIGNED_OUT else self.state
        context = self._browser.new_context(
            base_url=self._service.url, viewport=viewport, color_scheme=scheme, locale=locale, reduced_motion="reduce",
            storage_state=state,
        )  # fmt: skip
        try:
            page = context.new_page()
            page.set_default_timeout(60_000)
            page.goto(path)
            if page.locator("#connection").count():
                page.wait_for_selector('#connection[data-state="live"]')
            page.wait_for_timeout(SETTLED_MS)
            wanted = {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True}
            clip = self._clip(page, viewport)
            taken = context.new_cdp_session(page).send("Page.captureScreenshot", {**wanted, "clip": clip})
            name = f"{kind}-{size}-{scheme}" if locale == LOCALE else f"{kind}-spanish"
            (self._folder / f"{name}.webp").write_bytes(base64.b64decode(taken["data"]))
        finally:
            context.close()

    @staticmethod
    def _clip(page: Page, viewport: dict[str, int]) -> dict[str, int]:
        """What is taken: as much as the page has, and no more than so many screens of it."""
        height = page.evaluate("Math.ceil(document.body.getBoundingClientRect().height)")
        return {"x": 0, "y": 0, "scale": 1, **viewport, "height": min(height, SCREENS * viewport["height"])}


def write_index(folder: Path) -> str:
    """``README.md`` beside the pictures: each page in light colours, with links to the dark ones; what it says."""
    kinds = sorted({path.name.removesuffix("-desk-light.webp") for path in folder.glob("*-desk-light.webp")})
    lines = ["# Pictures of every page", "", "Made by `./run.sh pictures`, with invented people.", ""]
    lines += ["| page | at a desk | on a phone |", "| --- | --- | --- |"]
    for kind in kinds:
        shown = [
            f"[![{kind} {size}]({kind}-{size}-light.webp)]({kind}-{size}-light.webp) [dark]({kind}-{size}-dark.webp)"
            for size in SIZES
        ]
        shown[0] += f" [Spanish]({kind}-spanish.webp)"
        lines.append(f"| {kind} | {' | '.join(shown)} |")
    text = "\n".join(lines) + "\n"
    (folder / "README.md").write_text(text, encoding="utf-8")
    return text


def sign_in(page: Page) -> None:
    """As the administrator."""
    page.set_default_timeout(60_000)
    page.goto("/sign-in")
    page.fill("#name", "anna")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector(".who")


def main() -> None:
    parser = argparse.ArgumentParser("./run.sh pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they go (%(default)s)")
    parser.add_argument("--size", action="append", choices=SIZES, help="only this one; may be given again")
    parser.add_argument("--page", action="append", help="only this kind, such as history-history; may be given again")
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="peoplecount-pictures-") as temporary,
        sync_playwright() as session,
        installation(Path(temporary)) as service,
    ):
        routes = build(load_settings(service.settings, env_file=None)).app.url_map
        browser = session.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        album = Album(browser, service, routes, wanted.folder)
        found = album.find()
        album.take(wanted.size or SIZES, wanted.page)
        browser.close()
    write_index(wanted.folder)
    size = sum(path.stat().st_size for path in wanted.folder.glob("*.webp"))
    print(f"{len(found)} pages, {size / 1e6:.1f} MB in {wanted.folder}: {', '.join(sorted(found))}")


if __name__ == "__main__":
    main()
