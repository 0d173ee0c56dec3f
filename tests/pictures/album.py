"""One picture of each kind of page, in each size and colour, and the list of them."""

from __future__ import annotations

import base64
import logging
import re
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Route
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from peoplecount.web.needs import NEEDS
from tests.pictures.installations import PASSWORD
from tests.support.processes import ROOT

FOLDER = ROOT / "docs" / "pictures"
SIZES = {"desk": {"width": 1300, "height": 900}, "phone": {"width": 390, "height": 844}}
SCHEMES = ("light", "dark")
LOCALE, SPANISH = "en-GB", "es-ES"
QUALITY = 60
SCREENS = 2
"""Of a long page."""

DRAWN_MS, SETTLED_MS = 1500, 250
"""For charts that are drawn once their figures have come, and for pages without any."""

FIRST = ("/", "/wall", "/wall/pair", "/sign-in", "/welcome", "/history?site={site}", "/docs")
"""Where links are followed from, and pages that none leads to."""

OPEN = frozenset({"sign_in.sign_in", "sign_in.welcome", "wall.pair"})
SIGNED_OUT = frozenset({"/wall/pair", "/sign-in", "/welcome"})
"""What is seen by whoever has not signed in: endpoints, and addresses."""

LINK = "/welcome#nQ4vZ8r2LwXcT7bKy1Hs"
"""An invitation as a mail has it: its code comes into the form by itself."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is taken."""

    size: str
    scheme: str
    locale: str = LOCALE

    def name(self, kind: str) -> str:
        """Of its file, without the ending."""
        return f"{kind}-{self.size}-{self.scheme}" if self.locale == LOCALE else f"{kind}-spanish"


def looks(sizes: Collection[str]) -> Iterator[Look]:
    """All of some sizes; in Spanish at a desk in light colours."""
    for size in sizes:
        yield from (Look(size, scheme) for scheme in SCHEMES)
        if size == "desk":
            yield Look(size, "light", SPANISH)


class Finder:
    """An address of each kind of page, found by following links, so that new ones come by themselves."""

    def __init__(self, routes: Map) -> None:
        self._routes = routes.bind("127.0.0.1")
        self._found: dict[str, str] = {}
        self._no_page: set[str] = set()

    def find(self, page: Page) -> dict[str, str]:
        """By the kind's name; the page is signed in."""
        page.goto("/")
        site = page.locator("[data-site]").first.get_attribute("data-site")
        waiting = deque(path.format(site=site) for path in FIRST)
        while waiting:
            path = waiting.popleft()
            kind = self.kind(path)
            if kind is not None and kind not in self._found:
                waiting += self._links_of(page, kind, path)
        return {kind: path for kind, path in self._found.items() if kind not in self._no_page}

    def _links_of(self, page: Page, kind: str, path: str) -> list[str]:
        self._found[kind] = path
        try:
            page.goto(path)
        except PlaywrightError:  # a file, which is no page
            self._no_page.add(kind)
            return []
        shown = self.kind(urlsplit(page.url).path)
        if shown != kind and path not in SIGNED_OUT:  # it only leads to another one
            self._no_page.add(kind)
            self._found.setdefault(str(shown), urlsplit(page.url).path)
        return list(page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))"))

    def kind(self, href: str) -> str | None:
        """Which page an address is; ``None`` for what is none of ours, or no page."""
        address = urlsplit(href)
        if address.netloc or not address.path.startswith("/"):
            return None
        try:
            endpoint, _ = self._routes.match(address.path, "GET")
        except HTTPException:
            return None
        need = NEEDS.get(endpoint)
        is_page = need is not None and (need.page or endpoint in OPEN or address.path == "/docs")
        return re.sub(r"[^a-z]+", "-", endpoint.lower()) if is_page else None


class Album:
    """Takes pictures into a folder: of the kinds that are wanted, or all; ``missing``: those that are not there."""

    def __init__(self, browser: Any, folder: Path, kinds: Collection[str] | None, *, missing: bool) -> None:
        self._browser = browser
        self._folder = folder
        self._kinds = kinds
        self._missing = missing
        self.taken = 0

    def wants(self, kind: str, look: Look) -> bool:
        """Whether this picture is to be taken."""
        is_chosen = self._kinds is None or kind in self._kinds
        return is_chosen and not (self._missing and (self._folder / f"{look.name(kind)}.webp").exists())

    def wants_any(self, kinds: Collection[str], sizes: Collection[str]) -> bool:
        """Whether one of them is."""
        return any(self.wants(kind, look) for kind in kinds for look in looks(sizes))

    def take(
        self,
        pages: dict[str, str],
        url: str,
        sizes: Collection[str],
        state: Any = None,
        instead: FlaskClient | None = None,
    ) -> None:
        """Pages by their kinds. ``instead`` is asked for these pages in the service's place, and for nothing else."""
        for look in looks(sizes):
            wanted = {kind: path for kind, path in sorted(pages.items()) if self.wants(kind, look)}
            for is_open in (False, True):
                some = {kind: path for kind, path in wanted.items() if (urlsplit(path).path in SIGNED_OUT) == is_open}
                if some:
                    self._take(some, url, look, None if is_open else state, instead)

    def _take(self, pages: dict[str, str], url: str, look: Look, state: Any, instead: FlaskClient | None) -> None:
        context = self._browser.new_context(
            base_url=url, viewport=SIZES[look.size], color_scheme=look.scheme, locale=look.locale,
            reduced_motion="reduce", storage_state=state,
        )  # fmt: skip
        for path in pages.values() if instead else ():
            context.route(f"{url}{path}", lambda route: _fulfil(route, instead))
        try:
            for kind, path in pages.items():
                page = context.new_page()
                page.set_default_timeout(60_000)
                page.goto(LINK if path == "/welcome" else path)
                (self._folder / f"{look.name(kind)}.webp").write_bytes(_picture(page, SIZES[look.size]))
                self.taken += 1
                page.close()
        finally:
            context.close()


def _fulfil(route: Route, client: FlaskClient) -> None:
    asked = {"Accept": "text/html", "Accept-Language": route.request.headers.get("accept-language", "en")}
    logging.disable()  # it is meant to fail
    answer = client.get(urlsplit(route.request.url).path, headers=asked)
    logging.disable(logging.NOTSET)
    route.fulfill(status=answer.status_code, body=answer.get_data(), content_type="text/html")


def _picture(page: Page, viewport: dict[str, int]) -> bytes:
    if page.locator("#connection").count():
        page.wait_for_selector('#connection[data-state="live"]')
    page.wait_for_timeout(DRAWN_MS if page.locator(".plot").count() else SETTLED_MS)
    height = page.evaluate("Math.ceil(document.body.getBoundingClientRect().height)")
    clip = {"x": 0, "y": 0, "scale": 1, **viewport, "height": min(height, SCREENS * viewport["height"])}
    wanted = {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True, "clip": clip}
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", wanted)
    return base64.b64decode(taken["data"])


def sign_in(page: Page) -> None:
    """As the administrator."""
    page.set_default_timeout(60_000)
    page.goto("/sign-in")
    page.fill("#name", "anna")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector(".who")


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
