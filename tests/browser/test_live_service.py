"""Live pages in a real browser, on the real service: they move, and go on when what they depend on is taken away."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is in requirements-dev.txt")
pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-dev.txt)")

from playwright.sync_api import expect

from tests.support.axe import axe_finds
from tests.support.living_service import living_service
from tests.support.running import wait_until

PHONE = {"width": 390, "height": 844}
SOON = 15_000
"""Milliseconds: the page asks every ten seconds."""


@pytest.fixture(scope="module")
def database():
    postgres = pytest.importorskip("tests.support.postgres", reason="PostgreSQL is not started on this system")
    binaries = postgres.binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres.running_postgres(binaries) as server:
        yield server


@pytest.fixture(scope="module")
def living(tmp_path_factory, database):
    from tests.support.postgres import DATABASE, PASSWORD, USER  # noqa: PLC0415 - POSIX only

    url = f"postgresql://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{database.port}/{DATABASE}"
    with living_service(tmp_path_factory.mktemp("evacuation"), DATABASE_URL=url, WEB_WORKERS="2") as living:
        yield living


def entered(page):
    return page.locator('.site [data-figure="site/test-site/in"]').first


def live(visit, living, **options):
    page = visit(f"{living.url}/", **options)
    page.wait_for_selector('#connection[data-state="live"]')
    return page


def test_who_walks_in_is_seen_at_once_on_two_screens(living, visit):
    desk = live(visit, living)
    phone = live(visit, living, viewport=PHONE, locale="es-ES")
    assert phone.text_content("#connection-words") == "En vivo"
    before = int(entered(desk).inner_text())
    living.walk("north", entered=3)
    for page in (desk, phone):
        expect(entered(page)).to_have_text(str(before + 3))
        assert axe_finds(page) == []
    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_a_killed_service_is_told_and_who_walked_meanwhile_is_there_once_it_is_back(living, visit):
    page = live(visit, living)
    page.evaluate("window.untouched = true")
    before = int(entered(page).inner_text())
    living.service.kill()
    expect(page.locator("#banner")).to_contain_text("Live connection lost", timeout=60_000)
    living.walk("south", entered=4)
    living.start()
    expect(entered(page)).to_have_text(str(before + 4), timeout=60_000)
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    assert page.evaluate("window.untouched")


def test_an_evacuation_says_how_old_each_figure_is_and_fits_one_sheet_of_paper(living, visit):
    living.walk("north", entered=7, left=2)
    page = visit(f"{living.url}/sites/test-site/evacuation")
    door = page.locator("tbody tr")
    expect(door).to_have_count(1)
    came, went = door.locator(".number").first, door.locator(".number").nth(1)
    true_in, true_out = next(iter(living.people().values()))
    expect(came).to_have_text(str(true_in), timeout=SOON)
    expect(went).to_have_text(str(true_out))
    expect(page.locator(".headcount .value")).to_have_text(str(true_in - true_out))
    expect(door).to_contain_text(re.compile(r"\d\d:\d\d:\d\d [\d]+ s ago"))
    expect(page.locator(".headcount")).to_contain_text(re.compile(r"Oldest reading \d+ s ago"))
    assert axe_finds(page) == []
    expect(page.locator(".paper-only")).to_be_hidden()
    page.emulate_media(media="print", color_scheme="light")
    expect(page.locator(".paper-only")).to_be_visible()
    for of_the_screen in (".top", ".back", "#print"):
        expect(page.locator(of_the_screen)).to_be_hidden()
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))
    assert len(sheets) == 1


def test_an_evacuation_is_read_in_spanish_on_a_phone(living, visit):
    page = visit(f"{living.url}/sites/test-site/evacuation", PHONE, locale="es-ES")
    expect(page.locator("h1")).to_have_text("Evacuación de Test site")
    assert axe_finds(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("taken", ["frozen", "stopped"])
def test_an_evacuation_goes_on_while_the_database_is_gone(living, visit, database, taken):
    page = visit(f"{living.url}/sites/test-site/evacuation")
    inside = page.locator(".headcount .value")
    before = int(inside.inner_text())
    (database.freeze if taken == "frozen" else database.stop)()
    try:
        living.walk("south", entered=4)
        expect(inside).to_have_text(str(before + 4), timeout=SOON)
        expect(page.locator("#trouble")).to_be_hidden()
        page.reload()
        expect(inside).to_have_text(str(before + 4))
        assert living.service.ask("/history", timeout=20).status_code == 503
    finally:
        (database.thaw if taken == "frozen" else database.start)()
    wait_until(lambda: living.service.ask("/history", timeout=20).ok, 60, "the history", living.service.process)


def test_an_evacuation_names_a_camera_that_is_gone(living, visit):
    page = visit(f"{living.url}/sites/test-site/evacuation")
    living.go_away()
    try:
        expect(page.locator("tbody tr")).to_have_attribute("data-stale", "yes", timeout=60_000)
        expect(page.locator(".doubts")).to_contain_text("not answering. Whoever has crossed there since", timeout=SOON)
    finally:
        living.come_back()
    expect(page.locator("tbody tr")).to_have_attribute("data-stale", "no", timeout=60_000)


def test_an_evacuation_says_since_when_the_service_is_gone_and_goes_on_once_it_is_back(living, visit):
    page = visit(f"{living.url}/sites/test-site/evacuation")
    inside = page.locator(".headcount .value")
    before = int(inside.inner_text())
    living.service.kill()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#trouble")).to_contain_text("The service does not answer", timeout=SOON)
    expect(inside).to_have_text(str(before))
    living.walk("north", entered=3)
    living.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(inside).to_have_text(str(before + 3), timeout=60_000)
    expect(page.locator("#trouble")).to_be_hidden()
