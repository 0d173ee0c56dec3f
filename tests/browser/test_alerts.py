"""Alerts in a real browser, on the real service: each kind but a silent door, and whoever is to hear of it does."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is in requirements-dev.txt")

from playwright.sync_api import expect

from tests.support.administration_pages import PHONE, add_webhook, enter_administrator, fits, signed_in_pages
from tests.support.axe import axe_finds
from tests.support.living_service import living_service
from tests.support.mail_server import mail_server
from tests.support.receivers import a_receiver
from tests.support.running import wait_until

ANNA, BEA = "anna@example.com", "bea@example.com"
TITLE = "Test site: Hall too full"

SOON = 20_000
"""Milliseconds: the rules look every five seconds."""


@pytest.fixture(scope="module")
def mail():
    with mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def receiver():
    with a_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def living(tmp_path_factory, mail):
    settings = mail.settings | {"WEBHOOK_NETWORKS": "127.0.0.1", "WEB_WORKERS": "2"}
    with living_service(tmp_path_factory.mktemp("alerts"), **settings) as living:
        enter_administrator(living)
        yield living


@pytest.fixture(scope="module")
def open_page(browser, living):
    with signed_in_pages(browser, living) as open_page:
        yield open_page


def told(receiver, kind: str) -> list[dict]:
    """What the receiver was told of the alerts of a rule, but for tests."""
    events = [one.event for one in list(receiver.got)]
    return [one for one in events if one["ruleKind"] == kind and not one.get("test")]


def shown(page, words: str):
    """An alert on an open page."""
    return page.locator(".alerts-open li", has_text=words)


def test_people_walk_in_and_screen_mail_and_webhook_tell_of_it_until_it_is_over(living, open_page, mail, receiver):
    too_many_are_looked_for_on_a_phone(open_page)
    what_it_is_sent_by_is_tried_first(open_page, mail, receiver)
    page = open_page("/")
    page.wait_for_selector("[data-state=live]")
    living.walk("north", entered=5)
    all_are_told_that_it_begins(page, mail, receiver)
    somebody_takes_care_of_it(open_page("/alerts"))
    too_few_are_looked_for_as_well(open_page("/admin/new-alert"))
    living.walk("north", entered=0, left=2)
    it_is_not_over_at_once(page, receiver)
    living.walk("north", entered=0, left=3)
    all_are_told_that_it_is_over(page, mail, receiver)
    it_stands_in_the_histories(open_page, receiver)
    living.walk("north", entered=4)
    expect(shown(page, "Hall too empty")).to_have_count(0, timeout=SOON)


def too_many_are_looked_for_on_a_phone(open_page):
    page = open_page("/admin/alerts", **PHONE)
    page.click("text=Add a rule")
    page.fill("#recipients", f"{ANNA}\n{BEA}")
    add_rule(page, "over", "Hall too full", threshold="4", margin="2")
    expect(page.locator("main")).to_contain_text("mail to 2 addresses")
    fits(page)


def add_rule(page, kind: str, name: str, **fields: str) -> None:
    """One that is looked by at once."""
    page.select_option("#kind", kind)
    for field, text in ({"name": name, "lasts": "0", "gap": "0"} | fields).items():
        page.fill(f"#{field}", text)
    assert axe_finds(page) == []
    page.click("main form.rule button[type=submit]")
    page.wait_for_selector(".done")


def too_few_are_looked_for_as_well(page):
    add_rule(page, "under", "Hall too empty", threshold="4", margin="1")


def what_it_is_sent_by_is_tried_first(open_page, mail, receiver):
    page = open_page("/admin/mail", **PHONE)
    page.fill("#address", ANNA)
    page.click("main form button[type=submit]")
    page.wait_for_selector("text=taken as number 1")
    fits(page)
    assert [one.subject for one in mail.to(ANNA)] == ["Test: mail from Peoplecount arrives"]
    add_webhook(page, receiver.address(), "Caretaker", "Alert")
    page.click("text=Send a test")
    page.wait_for_selector("text=It was taken (202).")
    (test,) = receiver.got
    assert (test.event["kind"], test.event["test"]) == ("Alert", True)


def all_are_told_that_it_begins(page, mail, receiver):
    words = "5 people are inside; the threshold is 4."
    expect(shown(page, TITLE)).to_contain_text(words, timeout=SOON)
    expect(page.locator("#announcer")).to_contain_text("New alert: ")
    expect(page).to_have_title(re.compile(r"^\([1-9]\) "))
    assert axe_finds(page) == []
    wait_until(lambda: mail.to(BEA) and told(receiver, "over"), 60, "mail and webhook")
    (letter,) = mail.to(BEA)
    assert letter.subject == f"Alert: {TITLE}"
    assert words in letter.text
    assert "http://counts.example/alerts" in letter.text
    (alert,) = told(receiver, "over")
    assert (alert["kind"], alert["state"], alert["rule"]) == ("Alert", "opened", "Hall too full")
    assert (alert["siteId"], alert["inside"], alert["threshold"], alert["text"]) == ("test-site", 5, 4, words)


def somebody_takes_care_of_it(page):
    page.locator(".alerts li", has_text=TITLE).get_by_role("button", name="I take care of it").click()
    page.wait_for_selector(".done")
    expect(page.locator(".alerts")).to_contain_text("seen by anna")
    assert axe_finds(page) == []


def it_is_not_over_at_once(page, receiver):
    """Three are less than four, but not by two: who looks for few says that it was looked."""
    expect(shown(page, "Hall too empty")).to_contain_text("3 people are inside", timeout=SOON)
    expect(shown(page, TITLE)).to_have_count(1)
    assert [one["state"] for one in told(receiver, "over")] == ["opened"]


def all_are_told_that_it_is_over(page, mail, receiver):
    expect(shown(page, TITLE)).to_have_count(0, timeout=SOON)
    wait_until(lambda: len(mail.to(BEA)) == 2 and len(told(receiver, "over")) == 2, 60, "the end by mail and webhook")
    assert mail.to(BEA)[1].subject == f"Over: {TITLE}"
    first, last = told(receiver, "over")
    assert (last["state"], last["alertId"], last["inside"]) == ("closed", first["alertId"], 0)
    expect(page.locator('[data-figure="site/test-site/occupancy"]').first).to_have_text("0")


def it_stands_in_the_histories(open_page, receiver):
    page = open_page("/alerts", locale="es-ES", **PHONE)
    over = page.locator("ul.changes")
    expect(over).to_contain_text(TITLE)
    expect(over).to_contain_text("Hay 5 personas dentro; el umbral es 4.")
    fits(page)
    page = open_page("/admin/mail")
    expect(page.locator("ul.changes li", has_text=f"Over: {TITLE}")).to_have_count(2)
    page.goto("/admin/webhooks")
    page.click("a.name >> text=Caretaker")
    rows = page.locator(".attempts tbody tr")
    expect(rows).to_have_count(len(receiver.got))
    expect(rows.first).to_contain_text("It was taken (202).")


def believed_at_once(page, rule: str) -> None:
    """The rule needs no delay from now on."""
    page.goto("/admin/alerts")
    page.click(f"a.name >> text={rule}")
    page.fill("#lasts", "0")
    page.click("main form.rule button[type=submit]")
    page.wait_for_selector(".done")


def test_cameras_of_a_site_that_fail_together_are_one_alert(living, open_page, receiver):
    page = open_page("/admin/alerts")
    believed_at_once(page, "Camera offline")
    page.goto("/")
    living.go_away()
    try:
        expect(shown(page, "Camera offline")).to_contain_text("Entrance, Entrance are not being read.", timeout=30_000)
        expect(shown(page, "Camera offline")).to_have_count(1)
    finally:
        living.come_back()
    expect(shown(page, "Camera offline")).to_have_count(0, timeout=30_000)
    wait_until(lambda: told(receiver, "camera")[-1]["state"] == "closed", 60, "that they are back")
    assert len({one["alertId"] for one in told(receiver, "camera")}) == 1


def test_a_database_that_is_locked_is_told_and_so_is_that_it_writes_again(living, open_page, receiver):
    page = open_page("/admin/alerts")
    believed_at_once(page, "Database behind")
    page.goto("/")
    with closing(sqlite3.connect(living.folder / "var/peoplecount.db", isolation_level=None)) as somebody:
        somebody.execute("BEGIN EXCLUSIVE")
        living.walk("north", entered=1, left=1)
        expect(shown(page, "Database behind")).to_contain_text("takes too long", timeout=30_000)
        somebody.execute("ROLLBACK")
    expect(shown(page, "Database behind")).to_have_count(0, timeout=30_000)
    wait_until(lambda: told(receiver, "database")[-1]["state"] == "closed", 60, "that it writes again")
