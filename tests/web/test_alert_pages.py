"""The pages on which alerts are seen, and on which rules, reports and mail are looked after."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from peoplecount.domain.alert_rule import AlertKind
from peoplecount.domain.change import Subject
from peoplecount.domain.event import utc_text
from peoplecount.domain.report_schedule import Cadence
from peoplecount.domain.site import Site
from peoplecount.domain.user import Role
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.mail.smtp import MailFailure
from peoplecount.services.outbox import About
from tests.support.alerting import FakeMail, alerting_of
from tests.support.board_service import BoardService
from tests.support.people import People, form_token, signed_in
from tests.support.shop import SHOP

RULE = {
    "kind": "over",
    "name": "Shop too full",
    "threshold": "85 %",
    "margin": "5",
    "reach": "all",
    "lasts": "2",
    "gap": "30",
    "quiet_hours": "22:00-07:00",
    "recipients": "anna@example.com\nbea@example.com",
    "language": "es",
    "recovery": "y",
    "is_on": "y",
}
REPORT = {
    "name": "Week of the shops",
    "cadence": "weekly",
    "at": "07:30",
    "reach": "some",
    "sites": "shop",
    "recipients": "anna@example.com; bea@example.com",
    "language": "en",
    "is_on": "y",
}


class Desk:
    """Somebody at the pages of a service with a mail server that is not there."""

    def __init__(self, folder, mail):
        self.people = People(folder)
        self.people.places.put_site(SHOP)
        self.people.roster = replace(self.people.roster, sites={"shop": SHOP})
        for role in Role:
            self.people.enters(str(role), role)
        self.people.enters("banker", Role.OPERATOR, "bank")
        self.mail = mail
        self.alerting = alerting_of(self.people, mail)
        service = BoardService([SHOP, Site("bank", "Bank", "Europe/Zurich")])
        service.catch_up()
        self.app = self.people.app(service, alerts=self.alerting.desk, reports=self.alerting.reports)
        self.comes("administrator")

    def comes(self, name):
        self.client = signed_in(self.app, name)

    def get(self, path):
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def sends(self, path, fields=None, status=303, **changed):
        form = {**(fields or {}), **changed, "csrf_token": form_token(self.client, "/account")}
        answer = self.client.post(path, data={name: one for name, one in form.items() if one is not None})
        assert answer.status_code == status, answer.text
        return answer.text

    def changes(self, subject):
        return [(one.who, one.verb, one.name) for one in self.people.audit_log.page(subject=subject).changes]

    def alert(self, alert_id="a1", site="shop", state="opened", kind="camera"):
        self.alerting.book.note(
            {
                "alertId": alert_id,
                "ruleId": "cameras",
                "rule": "",
                "ruleKind": kind,
                "severity": "fault",
                "siteId": site,
                "siteName": site.title(),
                "time": utc_text(self.people.clock.now()),
                "state": state,
                "notice": "opened" if state == "opened" else "",
                "items": [{"id": "cam", "name": "Front <i>", "why": "no answer"}],
                "inside": None,
                "threshold": None,
            }
        )


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path, FakeMail())
    yield desk
    desk.people.close()


def test_an_alert_is_on_the_dashboard_and_on_its_page_and_an_operator_takes_care_of_it(desk):
    assert "Nothing is wrong just now." in desk.get("/alerts")
    desk.alert()
    for path in ("/", "/alerts/open", "/alerts"):
        page = desk.get(path)
        assert "Shop: Camera offline" in page
        assert "Front &lt;i&gt; is not being read." in page
    desk.comes("operator")
    desk.sends("/alerts/a1/seen")
    assert "seen by operator" in desk.get("/alerts")
    assert desk.changes(Subject.ALERT) == [("operator", "has seen", "Shop")]
    desk.people.clock.passes(90 * 60)
    desk.alert(state="closed")
    page = desk.get("/alerts")
    assert "lasted 90 min" in page
    assert "Nothing is wrong" in page
    assert desk.get("/alerts/open").strip() == ""


def test_who_may_only_look_takes_care_of_nothing_and_who_is_limited_sees_their_own(desk):
    desk.alert()
    desk.alert("b1", "bank")
    desk.alert("d1", "", kind="database")
    desk.comes("viewer")
    assert "I take care of it" not in desk.get("/alerts")
    desk.sends("/alerts/a1/seen", status=403)
    desk.comes("banker")
    page = desk.get("/alerts") + desk.get("/") + desk.get("/alerts/open")
    assert "Bank: Camera offline" in page
    assert "Shop: Camera" not in page
    assert "Database behind" not in page
    desk.sends("/alerts/a1/seen", status=404)


def test_alerts_are_told_in_spanish_as_well(desk):
    desk.alert()
    page = desk.client.get("/alerts", headers={"Accept-Language": "es"}).text
    assert "Cámara sin conexión" in page
    assert "No se está leyendo" in page


def test_the_dashboard_shows_its_figures_where_alerts_cannot_be_read(desk, monkeypatch):
    def fails(sites):
        raise LocalStoreUnavailable("disk full")

    monkeypatch.setattr(desk.alerting.book, "open", fails)
    desk.get("/")
    assert desk.client.get("/alerts").status_code == 503


def test_a_rule_is_added_changed_and_removed_and_the_log_knows_who_did_it(desk):
    page = desk.get("/admin/alerts")
    assert "Too many people inside" in page
    assert "Door silent" in page
    assert '<a href="/admin/mail">A test mail</a>' in page, "it goes the same way"
    desk.sends("/admin/new-alert", RULE)
    rule = desk.alerting.rules.all()[-1]
    assert (rule.kind, rule.name, str(rule.threshold), rule.margin) == (AlertKind.OVER, "Shop too full", "85%", 5)
    assert (rule.lasts, rule.gap) == (timedelta(minutes=2), timedelta(minutes=30))
    assert (rule.recipients, rule.language) == (("anna@example.com", "bea@example.com"), "es")
    assert (str(rule.quiet_hours), rule.sites) == ("22:00-07:00", None)
    form = desk.get(f"/admin/alerts/{rule.rule_id}")
    assert "85%" in form
    assert "bea@example.com" in form
    desk.sends(f"/admin/alerts/{rule.rule_id}", RULE, reach="some", sites="shop", recovery=None)
    changed = desk.alerting.rules.find(rule.rule_id)
    assert (changed.sites, changed.tells_recovery) == (frozenset({"shop"}), False)
    desk.sends(f"/admin/alerts/{rule.rule_id}/remove")
    assert len(desk.alerting.rules.all()) == 4
    assert [verb for _, verb, _ in desk.changes(Subject.ALERT_RULE)] == ["removed", "changed", "added"]
    desk.sends(f"/admin/alerts/{rule.rule_id}/remove", status=404)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"threshold": "many"}, "is no number of people"),
        ({"threshold": ""}, "is no number of people"),
        ({"margin": "-1"}, "is no whole number"),
        ({"lasts": "soon"}, "is no whole number"),
        ({"gap": "99999999"}, "is no whole number"),
        ({"quiet_hours": "at night"}, "are no hours of the day"),
        ({"recipients": "anna"}, "is no mail address"),
        ({"recipients": "a@b.c\r\nBcc: x"}, "is no mail address"),
        ({"recipients": ",".join(f"a{number}@b.c" for number in range(51))}, "are allowed"),
        ({"reach": "some"}, "Tick one site"),
        ({"kind": "weather"}, "Not a valid choice"),
        ({"language": "tlh"}, "Not a valid choice"),
        ({"name": "x" * 81}, "too long"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_words_and_keeps_what_was_typed(desk, changed, words):
    page = desk.sends("/admin/new-alert", RULE, 400, **changed)
    assert words in page
    assert "Shop too full" in page or "name" in changed
    assert len(desk.alerting.rules.all()) == 4


def test_a_rule_of_cameras_needs_no_number_of_people(desk):
    desk.sends("/admin/new-alert", RULE, kind="camera", threshold="", margin="", name="")
    assert desk.alerting.rules.all()[-1].threshold is None


def test_the_page_of_alerts_leads_to_a_new_rule(desk):
    assert 'href="/admin/new-alert"' in desk.get("/alerts")


def test_a_test_mail_is_sent_at_once_and_the_servers_answer_is_shown(desk):
    desk.sends("/admin/mail", {"address": "anna@example.com"})
    assert [one.recipient for one in desk.mail.letters] == ["anna@example.com"]
    assert "has taken the test mail for anna@example.com: 250 taken." in desk.get("/admin/mail")
    desk.mail.failures = [MailFailure("The mail server mail.example refuses the user name or the password: 535 no.")]
    page = desk.sends("/admin/mail", {"address": "anna@example.com"}, 502)
    assert "refuses the user name or the password: 535 no." in page
    assert "is no mail address" in desk.sends("/admin/mail", {"address": "anna"}, 400)
    assert [verb for _, verb, _ in desk.changes(Subject.ALERT)] == ["sent a test mail to"]


def test_without_a_mail_server_the_pages_say_what_to_set(tmp_path):
    desk = Desk(tmp_path, None)
    for path in ("/admin/alerts", "/admin/mail", "/admin/reports", "/admin/new-report"):
        assert "SMTP_HOST" in desk.get(path)
    assert "No mail server is set" in desk.sends("/admin/mail", {"address": "anna@example.com"}, 502)
    desk.sends("/admin/new-report", REPORT)
    told = desk.get("/admin/reports")
    assert "It is sent once a mail server is set" in told
    assert "from now on" not in told
    made = desk.alerting.schedules.all()[0]
    assert "No mail server is set" in desk.sends(f"/admin/reports/{made.schedule_id}/send", status=409)
    desk.people.close()


def test_a_report_is_added_sent_sent_again_changed_and_removed(desk):
    desk.sends("/admin/new-report", REPORT)
    made = desk.alerting.schedules.all()[0]
    assert (made.cadence, made.sites, made.at.isoformat("minutes")) == (Cadence.WEEKLY, frozenset({"shop"}), "07:30")
    assert made.recipients == ("anna@example.com", "bea@example.com")
    address = f"/admin/reports/{made.schedule_id}"
    desk.sends(f"{address}/send")
    page = desk.get("/admin/reports")
    assert "2 wait" in page
    period = re.search(r'name="period" value="([^"]+)"', page)[1]
    assert period == "2026-04-27_2026-05-03"
    desk.sends(f"{address}/send", period=period)
    desk.sends(f"{address}/send", status=400, period="nonsense")
    assert len(desk.alerting.outbox.history(About.REPORT)) == 4
    assert "by administrator" in desk.get("/admin/reports")
    desk.sends(address, REPORT, name="Shops", is_on=None)
    assert not desk.alerting.schedules.find(made.schedule_id).is_on
    desk.sends(f"{address}/remove")
    assert [verb for _, verb, _ in desk.changes(Subject.REPORT)] == ["removed", "changed", "sent", "sent", "added"]
    desk.sends(f"{address}/send", status=404)


def test_a_report_is_looked_at_before_it_is_added_and_is_sent_to_nobody(desk):
    assert desk.sends("/admin/new-report", REPORT, 200, preview="yes") == "<p>html</p>", "the mail alone"
    assert "A name is needed" in desk.sends("/admin/new-report", REPORT, 400, preview="yes", name="")
    assert desk.alerting.schedules.all() == []
    assert desk.alerting.outbox.history(About.REPORT) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "A name is needed"),
        ({"at": "noon"}, "is no time of day"),
        ({"recipients": ""}, "Somebody has to get it"),
        ({"recipients": "anna"}, "is no mail address"),
        ({"cadence": "hourly"}, "Not a valid choice"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused_with_words(desk, changed, words):
    assert words in desk.sends("/admin/new-report", REPORT, 400, **changed)
    assert desk.alerting.schedules.all() == []
