"""The history in a real browser, of people who walked by the real service's cameras and of days before it began."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
pytest.importorskip("pypdf", reason="pypdf is in requirements-dev.txt")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is in requirements-dev.txt")

from playwright.sync_api import expect

from tests.support.axe import axe_finds
from tests.support.earlier_people import EarlierPeople
from tests.support.libre_office import sheets_shown
from tests.support.living_service import living_service, where_it_is_noon
from tests.support.paper import sheets
from tests.support.running import wait_until

DAYS = 7
"""Before today."""

MOST_STOPS = 80
"""That a page has for the tabulator."""

SLOW = 12_000
"""Bytes a second of a poor connection."""

KEEP_PROGRESS = """() => {
  window.shares = [];
  window.said = [];
  new MutationObserver(() => {
    const box = document.querySelector(".export-progress:not([hidden])");
    if (!box) return;
    const value = box.querySelector("progress").getAttribute("value");
    if (value !== null && shares.at(-1) !== Number(value)) shares.push(Number(value));
    said.push(box.querySelector("[role=status]").textContent);
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    zone = where_it_is_noon()
    with living_service(
        folder, EarlierPeople(zone), WEB_WORKERS="2", BACKFILL_DAYS=str(DAYS), TIME_ZONE=zone
    ) as living:
        living.walk("north", entered=5, left=2)
        living.walk("south", entered=3)
        wait_until(lambda: _told(living) == living.people(DAYS), 60, "the history of a week", living.service.process)
        yield living


def _told(living) -> dict[str, tuple[int, int]]:
    answer = living.service.ask(address("", step="day").replace("/history", "/history.csv"), timeout=20)
    return people(answer.text.splitlines()) if answer.ok else {}


def people(lines: Iterable[str]) -> dict[str, tuple[int, int]]:
    """In and out of a file, by the day of its rows."""
    entered: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for row in csv.DictReader(lines):
        entered[row["local_start"][:10]] += int(row["in"] or 0)
        left[row["local_start"][:10]] += int(row["out"] or 0)
    return {day: (entered[day], left[day]) for day in sorted(entered)}


def address(root: str, **asked: str) -> str:
    """The page of the site over all the days."""
    today = datetime.now(ZoneInfo(where_it_is_noon())).date()
    asked = {"site": "test-site", "from": str(today - timedelta(days=DAYS)), "to": str(today)} | asked
    return f"{root}/history?" + "&".join(f"{name}={value}" for name, value in asked.items())


def taken(page, name: str, number: int = 0) -> Path:
    """A file that was clicked."""
    with page.expect_download() as download:
        page.get_by_role("link", name=name, exact=True).nth(number).click()
    assert download.value.suggested_filename
    return Path(download.value.path())


def lines_of(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines()


def test_who_walked_by_is_in_the_chart_the_table_and_every_file(living, visit, tmp_path):
    true = living.people(DAYS)
    assert all(true.values())
    page = visit(address(living.url, step="day"))
    expect(page.locator("svg.past .bar-of")).to_have_count(DAYS + 1)
    page.get_by_text("Show as a table").click()
    assert table(page) == list(true.values())
    assert axe_finds(page) == []
    assert people(lines_of(taken(page, "CSV"))) == true
    sheets = sheets_shown(taken(page, "Excel workbook").read_bytes(), tmp_path)
    assert sorted(sheets) == ["about", "parts", "places", "week"]
    assert people(sheets["parts"]) == true
    assert people(lines_of(taken(page, "each line separately (CSV)"))) == true
    assert len(lines_of(taken(page, "CSV", 1))) == 1 + 7 * 24
    (door,) = csv.DictReader(lines_of(taken(page, "CSV", 2)))
    assert (int(door["in"]), int(door["out"])) == total(true)


def test_it_is_printed_with_its_table_closed_as_it_is_and_without_what_is_pressed(living, visit):
    page = visit(address(living.url, step="day"), {"width": 390, "height": 844}, color_scheme="dark")
    printed = sheets(page)
    assert len(printed) <= 2
    text = " ".join(printed)
    for entered, left in living.people(DAYS).values():
        assert f" {entered:,} {left:,} " in text
    assert "The hours of the week" in text
    assert not any(words in text for words in ("Overview", "Yesterday", "Compare with", "Excel", "Show"))
    expect(page.locator("details[open]")).to_have_count(0)


def table(page) -> list[tuple[int, int]]:
    """In and out of each row."""
    rows = page.locator(".figures-of tbody tr")
    cells = [[cell.replace(",", "") for cell in row.locator("td.in, td.out").all_inner_texts()] for row in rows.all()]
    return [(int(entered), int(left)) for entered, left in cells]


def total(true: dict[str, tuple[int, int]]) -> tuple[int, int]:
    return sum(entered for entered, _ in true.values()), sum(left for _, left in true.values())


def test_it_is_read_in_spanish_on_a_phone(living, visit):
    page = visit(address(living.url, step="day"), {"width": 390, "height": 844}, locale="es-ES")
    expect(page.get_by_role("link", name="Libro de Excel")).to_be_visible()
    entered, _ = total(living.people(DAYS))
    expect(page.locator(".sums .in dd").first).to_have_text(f"{entered:,}".replace(",", "."))
    page.get_by_text("Ver como tabla").click()
    assert axe_finds(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("link", name="Libro de Excel").click()
    expect(page.locator(".export-progress:visible")).to_contain_text(".xlsx está listo.")


@pytest.mark.parametrize("name", ["each line separately (CSV)", "Excel workbook"])
def test_a_file_on_a_slow_line_tells_how_far_it_is(living, visit, name):
    page = visit(address(living.url, step="60"))
    slow_down(page)
    page.evaluate(KEEP_PROGRESS)
    size = taken(page, name).stat().st_size
    assert size > SLOW
    expect(page.locator(".export-progress:visible")).to_contain_text("is done.")
    shares, said = page.evaluate("[shares, said]")
    assert said[0] == "The file is being made."
    assert shares == sorted(shares)
    assert len({share for share in shares if 0 < share < 1}) >= 4, shares
    assert shares[-1] == 1


def slow_down(page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": SLOW, "uploadThroughput": SLOW},
    )


def test_a_file_under_way_is_stopped_and_then_taken_after_all(living, visit):
    page = visit(address(living.url, step="60"))
    slow_down(page)
    downloads = []
    page.on("download", lambda one: downloads.append(one.suggested_filename))
    page.get_by_role("link", name="each line separately (CSV)").click()
    box = page.locator(".export-progress:visible")
    expect(box.locator(".so-far")).to_contain_text("MB so far")
    box.get_by_role("button", name="Stop").click()
    expect(box).to_contain_text("Stopped.")
    assert downloads == []
    assert len(lines_of(taken(page, "each line separately (CSV)"))) > 2 * 24 * DAYS


def refuse(status: int, route) -> None:
    route.fulfill(status=status, body="no")


def test_what_is_not_given_out_is_said_in_words_and_not_kept_as_a_file(living, visit):
    page = visit(address(living.url, step="day"))
    downloads = []
    page.on("download", lambda one: downloads.append(one.suggested_filename))
    box = page.locator(".export-progress:visible")
    for status, words in ((401, "You are not signed in any more."), (503, "The file cannot be made just now.")):
        page.route("**/history.xlsx?*", partial(refuse, status))
        page.get_by_role("link", name="Excel workbook").click()
        expect(box).to_contain_text(words)
        expect(box.get_by_role("button", name="Stop")).to_be_hidden()
    page.route("**/history.xlsx?*", lambda route: route.abort())
    page.get_by_role("link", name="Excel workbook").click()
    expect(box).to_contain_text("The file broke off.")
    assert downloads == []


def test_by_keyboard_alone_another_step_is_chosen_and_a_door_is_come_to(living, visit):
    page = visit(address(living.url, step="day"))
    come_to(page, page.get_by_label("By", exact=True))
    page.keyboard.press("ArrowUp")
    come_to(page, page.get_by_role("button", name="Show"))
    page.keyboard.press("Enter")
    page.wait_for_url("**step=60**")
    come_to(page, page.get_by_text("Show as a table"))
    page.keyboard.press("Enter")
    expect(page.locator(".figures-of table")).to_be_visible()
    come_to(page, page.get_by_role("link", name="East door"))
    page.keyboard.press("Enter")
    page.wait_for_url("**door=**")


def come_to(page, place) -> None:
    """By the tabulator, from where the page is."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if place.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"no tabulator comes to {place}")
