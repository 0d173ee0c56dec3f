"""What stylesheets and icons promise everywhere."""

import json
import re

import pytest

from tests.support.processes import ROOT

SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
FIXED = re.compile(r"(?<![\w-])(?:font|font-size)\s*:[^;}]*?\d(?:px|pt)\b")
"""Letters of a size that the browser's text size does not change."""

FIXED_WIDTH = re.compile(r"@media[^{]*(?:width|height): \d+px")


def test_what_is_looked_for_is_found():
    assert FIXED.search("p { font-size: 13px; }")
    assert FIXED.search("p { font: 600 clamp(1rem, 14px, 2rem)/1.4 serif; }")
    assert not FIXED.search("p { font-size: 1rem; margin: 3px; }")


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_letters_and_layouts_follow_the_text_size_of_the_browser(sheet):
    text = sheet.read_text("utf-8")
    assert FIXED.findall(text) == []
    assert FIXED_WIDTH.findall(text) == []


def test_links_that_look_like_buttons_do_so_on_pages_without_a_style_sheet_of_their_own():
    assert ".button {" in (ROOT / "static" / "css" / "peoplecount.css").read_text("utf-8")


def test_every_page_names_icons_that_are_there(client):
    page = client.get("/").text
    for address in re.findall(r'<link rel="(?:icon|apple-touch-icon|manifest)" href="([^"]+)"', page):
        assert client.get(address, buffered=True).status_code == 200, address
    assert client.get(re.search(r'data-warning="([^"]+)"', page)[1], buffered=True).mimetype == "image/svg+xml"


def test_the_manifest_names_icons_that_are_there_and_as_large_as_it_says(client):
    address = re.search(r'<link rel="manifest" href="([^"]+)"', client.get("/").text)[1]
    answer = client.get(address, buffered=True)
    assert answer.mimetype == "application/manifest+json"
    for icon in json.loads(answer.data)["icons"]:
        body = client.get(f"/static/{icon['src']}", buffered=True).data
        if icon["type"] == "image/png":
            width, height = (int.from_bytes(body[place : place + 4], "big") for place in (16, 20))
            assert f"{width}x{height}" == icon["sizes"]
