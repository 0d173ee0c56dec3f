"""Alerts on the dashboard by themselves; rules, reports and mail looked after in a real browser."""

import json
import re
from dataclasses import replace

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")

from playwright.sync_api import expect

from peoplecount.domain.alert_body import AlertFacts, AlertItem, alert_event
from peoplecount.domain.alert_rule import AlertKind, AlertRule
from peoplecount.domain.alert_state import Happening, Notice, Turn
from peoplecount.domain.user import Role
from tests.support.alerting import FakeMail, alerting_of
from tests.support.axe import axe_finds
from tests.support.board_service import Server
from tests.support.busy_day import busy_afternoon
from tests.support.people import PASSWORD, People

PHONE = {"width": 390, "height": 844}
CAMERAS = AlertRule("cameras", AlertKind.CAMERA, "")


class Watched:
    """A town whose alerts begin and end when a test says so."""

    def __init__(self, folder):
        self.people = People(folder)
        self.people.enters("anna", Role.ADMINISTRATOR)
        self.service = busy_afternoon()
        for site in self.service.sites:
            self.people.places.put_site(site)
        sites = {site.site_id: site for site in self.service.sites}
        self.people.roster = replace(self.people.roster, sites=sites)
        self.alerting = alerting_of(self.people, FakeMail())
        self.site = self.service.sites[0]
        app = self.people.app(self.service, alerts=self.alerting.desk, reports=self.alerting.reports)
        self.server = Server(app)

    def happens(self, turn, alert_id="a1"):
        items = {"cam": AlertItem("cam", "North entrance", "no answer")}
        facts = AlertFacts(self.site.site_id, self.site.name, items)
        happening = Happening(alert_id, turn, frozenset(items), Notice.BAD if turn is Turn.OPENED else Notice.NONE)
        event = alert_event(CAMERAS, facts, happening, self.service.clock.now(), "North entrance is not being read.")
        self.service.append(event)
        (entry,) = self.service.log.read(self.service.log.head().number - 1, 1)
        self.alerting.book.note(json.loads(entry.event.body))


@pytest.fixture
def watched(tmp_path):
    watched = Watched(tmp_path)
    with watched.service.following():
        watched.server.start()
        try:
            yield watched
        finally:
            watched.service.hub.close("the test is over")
            watched.server.stop()
    watched.people.close()


@pytest.fixture
def anna(visit, watched):
    """Somebody who has come by a link, and signed in on the way."""

    def come(path, viewport=None):
        page = visit(f"{watched.server.url}{path}", viewport)
        page.fill("#name", "anna")
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.wait_for_selector("main h1")
        return page

    return come


def test_an_alert_comes_and_goes_on_the_dashboard_by_itself_and_somebody_takes_care_of_it(watched, anna):
    page = anna("/")
    page.wait_for_selector("[data-state=live]")
    assert page.locator(".alerts-open").count() == 0
    watched.happens(Turn.OPENED)
    page.wait_for_selector(".alerts-open")
    assert "North entrance is not being read." in page.text_content(".alerts-open")
    assert page.text_content("#announcer").startswith("New alert: ")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    assert axe_finds(page) == []
    page.click(".alerts-open h2 a")
    page.click("text=I take care of it")
    page.wait_for_selector(".done")
    assert "seen by anna" in page.text_content(".alerts")
    assert axe_finds(page) == []
    page.goto(f"{watched.server.url}/")
    page.wait_for_selector("[data-state=live]")
    watched.happens(Turn.CLOSED)
    page.wait_for_selector(".alerts-open", state="detached")


def test_a_rule_and_a_report_are_made_on_a_phone_and_a_test_mail_goes(watched, anna):
    page = anna("/admin/alerts", PHONE)
    page.click("text=Add a rule")
    page.select_option("#kind", "over")
    page.fill("#threshold", "85 %")
    page.fill("#recipients", "anna@example.com")
    assert axe_finds(page) == []
    page.click("main form button[type=submit]")
    page.wait_for_selector(".done")
    assert watched.alerting.rules.all()[-1].recipients == ("anna@example.com",)
    assert axe_finds(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.goto(f"{watched.server.url}/admin/new-report")
    page.fill("#name", "Week")
    page.fill("#recipients", "anna@example.com")
    assert axe_finds(page) == []
    page.click("main form button[type=submit]")
    page.wait_for_selector(".done")
    page.click("text=Send the last one now")
    page.wait_for_selector("text=1 waits")
    assert axe_finds(page) == []
    page.goto(f"{watched.server.url}/admin/mail")
    page.fill("#address", "anna@example.com")
    page.click("main form button[type=submit]")
    page.wait_for_selector("text=250 taken")
    assert axe_finds(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
