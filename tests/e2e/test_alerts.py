"""Cameras go away and come back: one alert on screen and by mail, through a restart in between, and a recovery.

A report goes by mail meanwhile.
"""

from datetime import UTC, datetime, time, timedelta

import pytest
import requests

from peoplecount.domain.alert_rule import AlertKind, AlertRule
from peoplecount.domain.report_schedule import Cadence, ReportSchedule
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.services.alert_rules import AlertRules
from peoplecount.services.report_schedules import write_schedules
from tests.support.certificate_files import write_certificate
from tests.support.living_service import living_service
from tests.support.mail_server import PASSWORD, USER, Arrived, mail_server
from tests.support.running import wait_until

ANNA, BEA, CARL = "anna@example.com", "bea@example.com", "carl@example.com"


@pytest.fixture
def certificate(tmp_path):
    return write_certificate(tmp_path)


@pytest.fixture
def mail(certificate):
    with mail_server(tls="starttls", certificate=certificate, signed_in=True) as server:
        yield server


@pytest.fixture
def living(tmp_path, mail, certificate):
    settings = {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mail.port),
        "SMTP_SECURITY": "starttls",
        "SMTP_CA_FILE": str(certificate[0]),
        "SMTP_USER": USER,
        "SMTP_PASSWORD": PASSWORD,
        "SMTP_FROM": "counts@example.com",
        "PUBLIC_URL": "http://counts.example",
    }
    with living_service(tmp_path, **settings) as living:
        yield living


def watch_cameras(living) -> None:
    """Anna is told in English and Bea in Spanish, at once; Carl gets the report of yesterday."""
    store = LocalStore(living.folder / "var/store.sqlite")
    rules = AlertRules(store)
    try:
        for one in rules.all():
            rules.remove(one.rule_id)
        for address, language in ((ANNA, "en"), (BEA, "es")):
            rule = AlertRule("", AlertKind.CAMERA, "", recipients=(address,), language=language, gap=timedelta(hours=1))
            rules.add(rule)
        yesterday = datetime.now(UTC) - timedelta(days=1)
        daily = ReportSchedule("daily", "Shops", Cadence.DAILY, None, (CARL,), "es", time(0), yesterday)
        store.put("report-schedules", write_schedules([daily]))
    finally:
        store.close()


def on_screen(living) -> str:
    return requests.get(f"{living.url}/alerts/open", timeout=20).text


def alerts(mail) -> list[Arrived]:
    return [one for one in mail.letters if one.recipient != CARL]


def to(mail, recipient: str) -> list[str]:
    return [one.subject for one in mail.letters if one.recipient == recipient]


def test_cameras_that_go_away_together_are_told_once_through_a_restart_and_so_is_that_they_are_back(living, mail):
    watch_cameras(living)
    living.go_away()
    wait_until(lambda: len(alerts(mail)) == 2, 90, "the mails that cameras are offline", living.service.process)
    screen = on_screen(living)
    assert screen.count('<li data-severity="fault"') == 2  # one for each of the two rules
    assert "Camera offline" in screen
    assert to(mail, ANNA) == ["Alert: Test site: Camera offline"]
    assert to(mail, BEA) == ["Alerta: Test site: Cámara sin conexión"]
    told = {one.recipient: one for one in alerts(mail)}
    assert "not being read" in told[ANNA].text
    assert "http://counts.example/alerts" in told[ANNA].text
    assert '<html lang="es">' in told[BEA].html
    assert "No se está" in told[BEA].text

    assert living.stop() == 0
    living.service.launch()
    living.service.serves()
    wait_until(lambda: "Camera offline" in on_screen(living), 60, "the alert after the restart", living.service.process)
    living.come_back()
    wait_until(lambda: len(alerts(mail)) >= 4, 90, "the mails that all is well", living.service.process)
    wait_until(lambda: not on_screen(living).strip(), 30, "no alert on screen", living.service.process)
    assert to(mail, ANNA) == ["Alert: Test site: Camera offline", "Over: Test site: Camera offline"]
    assert to(mail, BEA) == ["Alerta: Test site: Cámara sin conexión", "Terminado: Test site: Cámara sin conexión"]
    wait_until(lambda: to(mail, CARL), 90, "the report", living.service.process)
    (report,) = (one for one in mail.letters if one.recipient == CARL)
    assert report.subject.startswith("Personas contadas: Shops, ")
    assert "Entradas: –" in report.text
    (name,) = report.files
    assert name.endswith(".xlsx")
    assert report.files[name].startswith(b"PK")
    assert PASSWORD not in (living.folder / "service.txt").read_text()
