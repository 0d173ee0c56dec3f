"""A webhook is added, tried, told of people who walk by, paused and removed in a real browser."""

import re
import sqlite3

import pytest

from tests.support.administration_pages import PHONE, add_webhook, enter_administrator, signed_in_pages
from tests.support.axe import axe_finds
from tests.support.living_service import living_service
from tests.support.receivers import Reply, a_receiver
from tests.support.running import wait_until

pytest.importorskip("playwright")


@pytest.fixture(scope="module")
def receiver():
    with a_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    folder = tmp_path_factory.mktemp("webhooks")
    with living_service(folder, WEBHOOK_NETWORKS="127.0.0.1") as living:
        enter_administrator(living)
        yield living


@pytest.fixture(scope="module")
def open_page(browser, living):
    with signed_in_pages(browser, living) as open_page:
        yield open_page


def test_webhooks_from_the_first_to_the_last_click(open_page, living, receiver):
    """One service and one browser for all of it."""
    people_who_walk_by_are_told_to_a_receiver_of_ones_own(open_page, living, receiver)
    one_that_is_away_is_said_and_what_waits_comes_once_it_is_resumed(open_page, living, receiver)
    the_pages_have_no_faults_that_axe_finds_and_fit_a_phone(open_page)
    no_address_and_no_secret_lie_open_on_the_disk_or_in_the_log(living, receiver)


def people_who_walk_by_are_told_to_a_receiver_of_ones_own(open_page, living, receiver):
    page = open_page("/integrations")
    page.click("text=Add a webhook")
    page.wait_for_url("**/admin/new-webhook")
    assert not page.is_visible("#threshold")
    add_webhook(page, receiver.address(), "Hall", "PeopleCountingUpdate")
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/=]{44}", page.inner_text(".once code"))
    page.click("text=Send a test")
    page.wait_for_selector(".done")
    assert "It was taken (202)." in page.inner_text(".done")
    assert receiver.got[0].event["test"] is True
    assert page.locator(".attempts tbody tr").count() == 1
    living.walk("north", entered=3)
    wait_until(lambda: any(one.event.get("in") == 3 for one in receiver.got), 60, "the count at the receiver")
    told = next(one for one in receiver.got if one.event.get("in") == 3)
    assert told.event["cameraId"] == "north"
    assert told.headers["webhook-signature"].startswith("v1,")


def one_that_is_away_is_said_and_what_waits_comes_once_it_is_resumed(open_page, living, receiver):
    page = open_page("/admin/webhooks")
    receiver.says = lambda got: Reply(503 if got.path == "/away" else 202)
    add_webhook(page, receiver.address("/away"), "Gate", "PeopleCountingUpdate")
    page.goto("/admin/webhooks")
    page.click("a.name >> text=Gate")
    page.wait_for_selector("h1 >> text=Gate")
    gate = page.url
    living.walk("south", entered=2)
    wait_until(lambda: any(one.path == "/away" for one in receiver.got), 60, "an attempt")
    wait_until(lambda: _has(page, gate, "It cannot take anything just now (503)."), 60, "the attempt on the page")
    page.click("text=Pause")
    page.wait_for_selector(".done")
    receiver.says = lambda _: Reply(202)
    page.click("text=/Resume with/")
    page.wait_for_selector(".done")
    wait_until(lambda: _has(page, gate, "It was taken (202)."), 60, "the delivery on the page")
    ids = [one.event["id"] for one in receiver.got if one.path == "/away"]
    assert ids[0] == ids[1]
    page.click("text=Remove …")
    page.click("text=Remove it for good")
    page.wait_for_selector(".done")
    assert page.locator("a.name >> text=Gate").count() == 0


def _has(page, address, words):
    page.goto(address)
    return words in page.inner_text("main")


def the_pages_have_no_faults_that_axe_finds_and_fit_a_phone(open_page):
    page = open_page("/admin/webhooks", **PHONE)
    page.click("a.name")
    page.wait_for_selector("#sent-title")
    paths = ["/admin/webhooks", "/admin/new-webhook", "/integrations", page.evaluate("location.pathname")]
    for path in paths:
        page.goto(path)
        assert axe_finds(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def no_address_and_no_secret_lie_open_on_the_disk_or_in_the_log(living, receiver):
    with sqlite3.connect(f"file:{living.folder / 'var/webhooks.sqlite'}?mode=ro", uri=True) as book:
        kept = " ".join(text for (text,) in book.execute("SELECT definition FROM hook"))
    book.close()
    assert '"sealed:' in kept
    said = (living.folder / "service.txt").read_text()
    for text in (receiver.address(), "whsec_"):
        assert text not in kept
        assert text not in said
