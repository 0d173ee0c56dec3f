"""Occupancy and door audits in the service as it is put together, with virtual cameras."""

import json
import re
from datetime import UTC, datetime

import pytest
import requests

from peoplecount.bootstrap import build
from peoplecount.configuration import configuration, register_fleet
from peoplecount.domain.hand_count import HandCount
from peoplecount.settings import load_settings
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import SimulatorServer
from tests.support.processes import ANYWHERE
from tests.support.waiting import wait_until

PEOPLE = 100_000
"""More than walk past virtual cameras while a test lasts."""


@pytest.fixture
def service(tmp_path, monkeypatch):
    monkeypatch.setattr("peoplecount.services.occupancy_desk.TICK_SECONDS", 0.1)
    settings = load_settings(
        ANYWHERE
        | {"DATA_DIR": str(tmp_path / "var"), "SIGNED_OUT_LOOK": "on", "POLL_INTERVAL": "0.2", "TIME_ZONE": "UTC"},
        env_file=None,
    )
    with SimulatorServer(default_fleet(1, busy=1.0)) as cameras:
        register_fleet(settings, requests.get(f"{cameras.control_url}/cameras", timeout=5).json())
        one = build(settings)
        one.settings = settings
        one.start()
        yield one
        one.stop()


def site_of(service):
    snapshot = re.search(
        r'<script type="application/json" id="snapshot">(.*?)</script>', page(service, "/").text, re.DOTALL
    )
    sites = json.loads(snapshot[1])["sites"]
    return next((site for site in sites if site["occupancy"] is not None), None)


def page(service, address):
    return service.app.test_client().get(address, headers={"Host": "localhost"})


def test_a_count_by_hand_goes_from_the_table_to_the_page_and_the_audit_has_one_too(service):
    wait_until(lambda: site_of(service), 20)
    site_id = site_of(service)["siteId"]
    with configuration(service.settings) as tables:
        tables.hand_counts.put(HandCount(site_id, datetime.now(UTC), PEOPLE))
    wait_until(lambda: site_of(service)["occupancy"] > PEOPLE / 2, 20)
    site = site_of(service)
    assert abs(site["occupancy"] - PEOPLE) < 1000
    assert site["countedByHandAt"] is not None
    assert site["occupancyEstimate"] is None, "nothing is known yet of how far these doors drift"
    audit = page(service, f"/sites/{site_id}/audit")
    assert audit.status_code == 200
    assert f"Door audit of {site['siteName']}" in audit.text
