"""Pages on paper, as Chromium prints them."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
pytest.importorskip("pypdf", reason="pypdf is in requirements-dev.txt")

from playwright.sync_api import expect

from peoplecount.domain.camera import CameraState
from tests.browser.test_beside_usual import usual_weeks
from tests.support.board_service import BoardService, Gate
from tests.support.busy_day import STATION
from tests.support.paper import sheets
from tests.support.running import wait_until

PAPER_WIDTH = 703
"""Of A4 between its margins, in px."""

FITTING = 24
"""Doors that are on the evacuation's sheet, with room for what is written by hand."""

CANVASES = "all => all.map(one => one.getBoundingClientRect()).map(box => [box.left, box.right, box.width])"


@pytest.mark.parametrize(
    ("locale", "scheme", "width", "words", "screen_only"),
    [
        (
            "en-GB",
            "light",
            1440,
            ("4 May 2026 14:07", "partly estimated", "Difference and trust"),
            ("Overview", "Live"),
        ),
        ("es-ES", "dark", 390, ("4 may 2026 14:07", "en parte estimado", "Diferencia"), ("Resumen", "En directo")),
    ],
)
def test_a_site_is_printed_with_its_charts_and_their_tables_closed_as_they_are(
    open_page, service, locale, scheme, width, words, screen_only
):
    usual_weeks(service)
    page = open_page(locale=locale, color_scheme=scheme, viewport={"width": width, "height": 900})
    expect(page.locator('[data-chart="station"] canvas')).to_have_count(2)
    expect(page.locator('[data-usual="in/station"]')).not_to_be_empty()
    wait_until(lambda: "116–127" in " ".join(sheets(page)), 10, "what is usual at six")
    printed = sheets(page)
    assert len(printed) <= 4
    text = " ".join(printed)
    assert all(word in text for word in words)
    assert not any(word in text for word in screen_only)
    quarters = [f"{hour:02}:{minute:02} " for hour in range(14) for minute in (0, 15, 30, 45)]
    assert [quarter for quarter in quarters if quarter not in text] == []
    assert "1195" in "".join(mark for mark in text if mark.isdigit()), "who is inside at the end"
    expect(page.locator("details[open]")).to_have_count(0)
    assert ink(page) == "rgb(21, 25, 29)"


def ink(page) -> str:
    """Of letters on paper; and nothing is wider than it."""
    page.set_viewport_size({"width": PAPER_WIDTH, "height": 1000})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER_WIDTH
    boxes = page.locator(".plot canvas").evaluate_all(CANVASES)
    assert len(boxes) == 3
    assert all(left >= 0 and right <= PAPER_WIDTH and wide > PAPER_WIDTH * 0.95 for left, right, wide in boxes)
    return page.evaluate("getComputedStyle(document.body).color")


@pytest.mark.parametrize("locale", ["en-GB", "es-ES"])
def test_an_evacuation_is_printed_on_one_sheet_and_more_doors_on_sheets_that_say_what_they_are_of(
    open_page, service, locale
):
    add_doors(service, FITTING - 4)
    page = open_page("/sites/station/evacuation", live=False, locale=locale)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".each-sheet")).to_be_hidden()
    (sheet,) = sheets(page)
    assert doors_on(sheet) == FITTING - 4
    assert "1 / 1" in sheet
    add_doors(service, 60)
    page.reload()
    printed = sheets(page)
    assert 2 <= len(printed) <= 3
    assert sum(map(doors_on, printed)) == 60
    for number, sheet in enumerate(printed, 1):
        assert f"{number} / {len(printed)}" in sheet
    with_doors = [sheet for sheet in printed if doors_on(sheet)]
    assert len(with_doors) >= 2
    assert all(moment in sheet for sheet in with_doors for moment in ("Main station", "2026, 14:07:20"))


def add_doors(service: BoardService, count: int) -> None:
    gates = [Gate(STATION, f"Gate-{number:02}", f"gate-{number:02}") for number in range(count)]
    for gate in gates:
        service.status(gate, CameraState.UP)
        service.count(gate, 3, 1)
    service.seen(*gates)
    service.catch_up()


def doors_on(sheet: str) -> int:
    return sheet.count("Gate-")
