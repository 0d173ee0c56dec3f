"""The page of a door audit."""

import pytest

from peoplecount.domain.door_audit import LineAudit
from peoplecount.domain.figures import Figures
from peoplecount.domain.line_silence import Silence
from peoplecount.domain.unseen_people import Balance
from peoplecount.services.door_audit import AuditReport, AuditRow, AuditUnavailable, NoSuchSite
from peoplecount.web.app import create_app
from tests.support.shop import SHOP, at

WORDS = "Silent since 2026-05-04 09:00: about 41 people were expected, nobody was."
REPORT = AuditReport(
    SHOP,
    at(14),
    Balance(28, 5000, 400, 420),
    ("Over 28 days …", "No single line explains it."),
    (
        AuditRow("Front <b>", LineAudit("front-0-1-1", Figures(1200, 800), 0.8, Silence(5, 41.0, 0, 1e-7)), (WORDS,)),
        AuditRow("Back", LineAudit("back-0-1-1", Figures(), 0.0), ()),
    ),
)


class Audits:
    def __init__(self):
        self.error = None

    def read(self, site_id):
        if site_id != "shop":
            raise NoSuchSite(site_id)
        if self.error:
            raise self.error
        return REPORT


@pytest.fixture
def audits():
    return Audits()


@pytest.fixture
def page(service, audits):
    return create_app(service.context(audit=audits)).test_client()


def test_it_shows_each_line_with_its_figures_and_findings_without_a_script(page):
    answer = page.get("/sites/shop/audit")
    text = answer.text
    assert answer.status_code == 200
    assert "Door audit of Shop" in text
    assert WORDS in text
    assert "1,200" in text
    assert '<td class="number">400</td>' in text
    assert "Front &lt;b&gt;" in text
    assert "<script" not in text
    assert text.count('<svg class="shares"') == 2


def test_an_unknown_site_is_not_found_and_a_history_that_is_away_is_told(page, audits):
    assert page.get("/sites/nowhere/audit").status_code == 404
    audits.error = AuditUnavailable("server db1 is away")
    answer = page.get("/sites/shop/audit")
    assert answer.status_code == 503
    assert "db1" not in answer.text


def test_a_service_without_a_history_has_no_audits(client):
    assert client.get("/sites/shop/audit").status_code == 404


def test_the_dashboard_links_to_the_audit_of_each_site(client):
    assert 'href="/sites/shop/audit"' in client.get("/").text
