"""Reports in a real browser, on the real service: set up, sent by hand, arrived by mail, and sent again."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is in requirements-dev.txt")

from playwright.sync_api import expect

from tests.support.administration_pages import PHONE, enter_administrator, fits, signed_in_pages
from tests.support.earlier_people import EarlierPeople
from tests.support.libre_office import sheets_shown
from tests.support.living_service import living_service, where_it_is_noon
from tests.support.mail_server import mail_server
from tests.support.running import wait_until

CARL = "carl@example.com"


@pytest.fixture(scope="module")
def mail():
    with mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def living(tmp_path_factory, mail):
    settings = mail.settings | {"WEB_WORKERS": "2", "BACKFILL_DAYS": "2"}
    with living_service(tmp_path_factory.mktemp("reports"), EarlierPeople(where_it_is_noon()), **settings) as living:
        enter_administrator(living)
        yield living


@pytest.fixture(scope="module")
def open_page(browser, living):
    with signed_in_pages(browser, living) as open_page:
        yield open_page


def test_a_report_is_set_up_sent_by_hand_and_sent_again(living, open_page, mail, tmp_path):
    yesterday = str((datetime.now(ZoneInfo(where_it_is_noon())) - timedelta(days=1)).date())
    true = living.people(2)[yesterday]
    wait_until(lambda: _known(living, yesterday) == true, 60, "what the cameras remember", living.service.process)
    page = open_page("/admin/new-report", **PHONE)
    page.fill("#name", "Shops")
    page.select_option("#cadence", "daily")
    page.uncheck("#is_on")
    page.fill("#recipients", CARL)
    fits(page)
    page.click("main form button[type=submit]")
    page.wait_for_selector(".done")
    page.click("text=Send the last one now")
    arrives(mail, 1)
    expect_sent(page)
    page.click("text=Send again")
    arrives(mail, 2)
    expect_sent(page)
    for letter in mail.to(CARL):
        assert letter.subject.startswith("People counted: Shops, ")
        assert f"In: {true[0]}" in letter.text.splitlines()
        ((name, book),) = letter.files.items()
        assert name == f"people-{yesterday.replace('-', '')}-{yesterday.replace('-', '')}.xlsx"
    rows = list(csv.DictReader(sheets_shown(book, tmp_path)["parts"]))
    assert len(rows) == 24
    assert (sum(int(row["in"]) for row in rows), sum(int(row["out"]) for row in rows)) == true


def _known(living, day: str) -> tuple[int, int] | None:
    """In and out of a day, as the history has them."""
    answer = living.service.ask(f"/history.csv?site=test-site&from={day}&to={day}&step=day", timeout=20)
    (row,) = csv.DictReader(answer.text.splitlines()) if answer.ok else ({"in": ""},)
    return (int(row["in"]), int(row["out"])) if row["in"] else None


def arrives(mail, number: int) -> None:
    wait_until(lambda: len(mail.to(CARL)) == number, 60, f"report {number}")


def expect_sent(page) -> None:
    """The list says that it went."""

    def says_so() -> bool:
        page.goto("/admin/reports")
        return page.locator("[aria-labelledby=sent-title] .is-warning").count() == 0

    wait_until(says_so, 30, "a report that went")
    expect(page.locator("[aria-labelledby=sent-title]")).to_contain_text("sent")
    fits(page)
