"""The service as the composition root connects it, in threads instead of greenlets."""

from dataclasses import replace

import pytest
import requests

from peoplecount.bootstrap import build
from peoplecount.configuration import configuration, register_fleet
from peoplecount.domain.camera import Camera
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.settings import load_settings
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import SimulatorServer
from tests.support.processes import ANYWHERE
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def cameras():
    with SimulatorServer(default_fleet(3, busy=1.0)) as server:
        yield server


@pytest.fixture
def settings(tmp_path):
    texts = {"DATA_DIR": str(tmp_path / "var"), "POLL_INTERVAL": "0.2", "TIME_ZONE": "UTC", "SIGNED_OUT_LOOK": "on"}
    return load_settings(ANYWHERE | texts, env_file=None)


@pytest.fixture
def service(settings):
    one = build(settings)
    yield one
    one.stop()


def ready(service):
    return service.app.test_client().get("/health/ready").get_json()


def fleet_of(cameras):
    return requests.get(f"{cameras.control_url}/cameras", timeout=5).json()


def test_building_opens_and_starts_nothing(settings, service):
    assert not settings.data_dir.exists()
    assert ready(service)["status"] == "not ready"


def test_a_fleet_is_polled_shown_and_written(cameras, settings, service):
    register_fleet(settings, fleet_of(cameras))
    service.start()
    wait_until(lambda: ready(service)["cameras"] == {"up": 3}, 20)
    wait_until(lambda: ready(service)["polling"]["polls"] > 10, 20)
    wait_until(lambda: ready(service)["database"].get("lag") == 0, 20)
    wait_until(lambda: ready(service)["log"], 20)
    log = ready(service)["log"]
    assert (log["budgetBytes"], log["foldedUpTo"], log["problem"]) == (2_000_000_000, None, None)
    assert 0 < log["bytes"] < 100_000_000
    page = service.app.test_client().get("/", headers={"Host": "localhost"})
    assert page.status_code == 200
    assert "Bahnhofstrasse store" in page.get_data(as_text=True)


def test_cameras_added_and_removed_while_it_runs_are_taken_up(cameras, settings, service, monkeypatch):
    monkeypatch.setattr("peoplecount.services.polling_session.ROSTER_SECONDS", 0.1)
    fleet = fleet_of(cameras)
    register_fleet(settings, fleet[:1])
    service.start()
    wait_until(lambda: ready(service)["cameras"] == {"up": 1}, 20)
    with configuration(settings) as tables:
        for one in fleet[1:]:
            tables.cameras.add(Camera(*(one[name] for name in ("cameraId", "name", "address", "username", "password"))))
    wait_until(lambda: ready(service)["cameras"] == {"up": 3}, 20)
    with configuration(settings) as tables:
        tables.cameras.remove("1")
    wait_until(lambda: ready(service)["cameras"] == {"up": 2}, 20)


def test_it_can_be_stopped_twice_and_before_it_was_started(settings):
    one = build(settings)
    one.stop()
    one.stop()


def test_a_second_service_on_the_same_folder_shows_but_does_not_poll(cameras, settings, service):
    register_fleet(settings, fleet_of(cameras))
    service.start()
    wait_until(lambda: ready(service)["polls"], 20)
    second = build(settings)
    try:
        second.start()
        wait_until(lambda: ready(second)["cameras"] == {"up": 3}, 20)
        assert not ready(second)["polls"]
        service.stop()
        wait_until(lambda: ready(second)["polls"], 20)
    finally:
        second.stop()


@pytest.mark.usefixtures("impatience")
def test_a_service_that_may_not_poll_shows_what_another_one_polls_and_says_when_nobody_does(cameras, settings, service):
    register_fleet(settings, fleet_of(cameras))
    web = build(replace(settings, polling=False))
    try:
        web.start()
        service.start()
        wait_until(lambda: ready(web)["cameras"] == {"up": 3}, 20)
        assert (ready(service)["polls"], ready(web)["polls"]) == (True, False)
        service.stop()
        wait_until(lambda: "none has been read for" in ready(web).get("reason", ""), 20)
        assert not ready(web)["polls"]
    finally:
        web.stop()


@pytest.fixture
def impatience(monkeypatch):
    """What takes half a minute takes half a second."""
    monkeypatch.setattr("peoplecount.services.polling_watch.LONGEST_SILENCE", 0.5)
    monkeypatch.setattr("peoplecount.services.log_follower.READINGS_SECONDS", 0.05)
    monkeypatch.setattr("peoplecount.bootstrap.COPY_SECONDS", 0.05)


@pytest.mark.usefixtures("impatience")
def test_where_the_lead_cannot_be_taken_it_is_not_ready_and_says_why(service):
    service._leadership._begin = lambda: 1 / 0
    service.start()
    wait_until(lambda: "reason" in ready(service), 20)
    assert ready(service)["status"] == "not ready"
    assert "no process has been able to take the lead" in ready(service)["reason"]


@pytest.mark.usefixtures("impatience")
def test_where_whoever_has_the_lead_polls_nothing_the_others_say_so(cameras, settings, service):
    register_fleet(settings, fleet_of(cameras))
    service.start()
    wait_until(lambda: ready(service)["cameras"] == {"up": 3}, 20)
    service.stop()
    idle = DataFolder.at(settings.data_dir).leader_lock
    wait_until(idle.try_acquire, 20)
    second = build(settings)
    try:
        second.start()
        wait_until(lambda: "none has been read for" in ready(second).get("reason", ""), 20)
        assert ready(second)["status"] == "not ready"
        idle.release()
        wait_until(lambda: ready(second)["status"] == "ok", 20)
    finally:
        idle.release()
        second.stop()
