"""Takes a picture of every page, in light and dark colours, at a desk and on a phone, into ``docs/pictures``.

In English; in Spanish at a desk in light colours. The real service with virtual cameras, whose clock stops at a fixed
moment after a month of history; besides, a replay of that day, an error page, and pages of an installation in which
nothing is set up.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, sync_playwright

from peoplecount.bootstrap import build
from peoplecount.settings import load_settings
from tests.pictures.album import FOLDER, SIZES, Album, Finder, sign_in, write_index
from tests.pictures.installations import busy_installation, empty_installation, replay_of
from tests.support.running import Service

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")

REPLAY, FAILURE = "replay-site", "error-with-reference"
EMPTY = "empty-"
"""What the names of pages without anything begin with."""

EMPTY_PAGES = {
    f"{EMPTY}overview": "/",
    f"{EMPTY}wall": "/wall",
    f"{EMPTY}history": "/history",
    f"{EMPTY}alerts": "/alerts",
    f"{EMPTY}fleet": "/fleet",
    f"{EMPTY}integrations": "/integrations",
    f"{EMPTY}admin-cameras": "/admin/cameras",
    f"{EMPTY}admin-sites": "/admin/sites",
    f"{EMPTY}admin-screens": "/admin/screens",
    f"{EMPTY}admin-reports": "/admin/reports",
    f"{EMPTY}admin-webhooks": "/admin/webhooks",
}


def failing(app: Flask, path: str) -> FlaskClient:
    """A client of the program in which one page cannot be made."""

    def fail(**_: str) -> str:
        raise RuntimeError("for a picture")

    endpoint, _ = app.url_map.bind("127.0.0.1").match(path, "GET")
    app.view_functions[endpoint] = fail
    return app.test_client()


def signed_in(browser: Browser, url: str) -> Any:
    """A page of the administrator."""
    page = browser.new_context(base_url=url, viewport=SIZES["desk"]).new_page()  # type: ignore[arg-type]
    sign_in(page)
    return page


def take_busy(album: Album, browser: Browser, service: Service, sizes: Collection[str]) -> None:
    """Every page of a service with people, an error page, and a replay of its day."""
    app = build(load_settings(service.settings, env_file=None)).app
    page = signed_in(browser, service.url)
    found = Finder(app.url_map).find(page)
    state = page.context.storage_state()
    album.take(found, service.url, sizes, state)
    album.take({FAILURE: "/history"}, service.url, sizes, state, failing(app, "/history"))
    if album.wants_any([REPLAY], sizes):
        with replay_of(service) as url:
            album.take({REPLAY: found["dashboard-site"]}, url, sizes)


def take_empty(album: Album, browser: Browser, service: Service, sizes: Collection[str]) -> None:
    """What stands on pages before anything is set up."""
    album.take(EMPTY_PAGES, service.url, sizes, signed_in(browser, service.url).context.storage_state())


def main() -> None:
    parser = argparse.ArgumentParser("./run.sh pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they go (%(default)s)")
    parser.add_argument("--size", action="append", choices=SIZES, help="only this one; may be given again")
    parser.add_argument("--page", action="append", help="only this kind, such as history-history; may be given again")
    parser.add_argument("--missing", action="store_true", help="only those that are not there: go on after an end")
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    sizes = wanted.size or list(SIZES)
    is_busy = wanted.page is None or any(not kind.startswith(EMPTY) for kind in wanted.page)
    with tempfile.TemporaryDirectory(prefix="peoplecount-pictures-") as temporary, sync_playwright() as session:
        browser = session.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        album = Album(browser, wanted.folder, wanted.page, missing=wanted.missing)
        if album.wants_any(EMPTY_PAGES, sizes):
            with empty_installation(Path(temporary)) as service:
                take_empty(album, browser, service, sizes)
        if is_busy:
            with busy_installation(Path(temporary)) as service:
                take_busy(album, browser, service, sizes)
        browser.close()
    write_index(wanted.folder)
    size = sum(path.stat().st_size for path in wanted.folder.glob("*.webp"))
    print(f"{album.taken} pictures taken; {size / 1e6:.1f} MB in {wanted.folder}")


if __name__ == "__main__":
    main()
