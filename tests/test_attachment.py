"""The service on an older installation's view and table, as the composition root connects it."""

import itertools

import pytest
import requests

from peoplecount.bootstrap import build
from peoplecount.settings import load_settings
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import SimulatorServer
from peoplecount.storage.sqlite import SQLiteConnection
from tests.support.installation import Installation
from tests.support.processes import ANYWHERE
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def cameras():
    with SimulatorServer(default_fleet(3, busy=2.0)) as server:
        yield server


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr("peoplecount.services.polling_session.ROSTER_SECONDS", 0.1)


@pytest.fixture
def installation(tmp_path):
    connection = SQLiteConnection(tmp_path / "theirs.db")
    yield Installation(connection).make()
    connection.disconnect()


@pytest.fixture(params=["database", "embedded"])
def service(request, tmp_path):
    settings = {
        "DATA_DIR": str(tmp_path / "var"),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'theirs.db'}",
        "CAMERAS_VIEW": "API_camaras",
        "RECORDS_TABLE": "registros",
        "OWN_TABLES": request.param,
        "POLL_INTERVAL": "0.2",
        "TIME_ZONE": "UTC",
    }
    one = build(load_settings(ANYWHERE | settings, env_file=None))
    yield one
    one.stop()


def ready(service):
    return service.app.test_client().get("/health/ready").get_json()


def enter(installation, cameras, *camera_ids):
    for fields in requests.get(f"{cameras.control_url}/cameras", timeout=5).json():
        if fields["cameraId"] in camera_ids:
            installation.has_camera(fields["cameraId"], fields["address"], fields["username"], fields["password"])


def test_cameras_come_from_the_view_and_what_they_show_goes_into_the_table(installation, service, cameras):
    enter(installation, cameras, "1", "2")
    service.start()
    wait_until(lambda: ready(service)["cameras"] == {"up": 2}, 20)
    wait_until(lambda: len(installation.rows("1")) > 1 and installation.rows("2"), 60)
    rows = installation.rows("1")
    assert all(before != after for before, after in itertools.pairwise(rows))
    assert all(before[1:3] <= after[1:3] for before, after in itertools.pairwise(rows))
    assert ready(service)["registros"]["writes"]


def test_who_leaves_the_view_stops_and_an_emptied_view_changes_nothing_and_is_reported(installation, service, cameras):
    enter(installation, cameras, "1", "2")
    service.start()
    wait_until(lambda: ready(service)["cameras"] == {"up": 2}, 20)
    installation.loses_cameras("2")
    wait_until(lambda: ready(service)["cameras"] == {"up": 1}, 20)
    installation.loses_cameras()
    wait_until(lambda: any("list of cameras is empty" in said for said in ready(service).get("degraded", [])), 20)
    assert ready(service)["cameras"] == {"up": 1}
    enter(installation, cameras, "1", "3")
    wait_until(lambda: ready(service)["cameras"] == {"up": 2}, 20)
    wait_until(lambda: not ready(service).get("degraded"), 20)
