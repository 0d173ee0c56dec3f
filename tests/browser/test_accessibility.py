"""What axe finds on the pages that everybody looks at: nothing."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is in requirements-dev.txt")

from tests.support.axe import axe_finds


@pytest.mark.parametrize("path", ["/", "/sites/station", "/sites/library"])
def test_axe_finds_nothing_on_live_pages(open_page, path):
    assert axe_finds(open_page(path)) == []


def test_axe_finds_what_is_wrong(open_page):
    page = open_page()
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any(words.startswith("light: button-name") for words in axe_finds(page, light_and_dark=False))
