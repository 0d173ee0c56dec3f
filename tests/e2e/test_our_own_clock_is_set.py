"""The clock of the service is set by ten minutes while it polls: it polls on, says so, and counts everybody once."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from peoplecount.bootstrap import build
from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import SimulatorServer
from tests.support.processes import ANYWHERE
from tests.support.waiting import wait_until

MORNING = datetime(2026, 7, 3, 8, 2, tzinfo=UTC)
MINUTES = timedelta(minutes=2, seconds=30)
"""Played in 15 seconds; then the clock stands, and the totals with it."""


@pytest.fixture
def cameras():
    clock = PlayedClock(played_from=MORNING, played_until=MORNING + MINUTES, speed=10.0)
    with SimulatorServer(default_fleet(5, busy=1.0), clock) as server:
        yield server


@pytest.fixture
def service(cameras, tmp_path):
    settings = load_settings(
        ANYWHERE
        | {
            "DATA_DIR": str(tmp_path / "var"),
            "POLL_INTERVAL": "2",
            "SIGNED_OUT_LOOK": "on",
            "TIME_ZONE": "Europe/Zurich",
            "CLOCK_URL": f"{cameras.control_url}/clock",
        },
        env_file=None,
    )
    register_fleet(settings, requests.get(f"{cameras.control_url}/cameras", timeout=5).json())
    one = build(settings)
    one.start()
    yield one
    one.stop()


def ready(service):
    return service.app.test_client().get("/health/ready").get_json()


def board(service):
    page = service.app.test_client().get("/", headers={"Host": "localhost"}).get_data(as_text=True)
    text = page.split('id="snapshot">', 1)[1].split("</script>", 1)[0]
    return json.loads(text)


def set_by(cameras, seconds):
    requests.post(f"{cameras.control_url}/clock", json={"step": seconds}, timeout=5).raise_for_status()


def test_it_polls_on_names_its_own_clock_and_counts_everybody_once(cameras, service):
    wait_until(lambda: ready(service)["cameras"] == {"up": 5}, 20)
    assert ready(service)["clock"]["ownClock"] == ""
    set_by(cameras, 600)
    its_own_clock_is_named(service, 600, "10 min ahead")
    set_by(cameras, -1200)
    its_own_clock_is_named(service, -600, "10 min behind")
    set_by(cameras, 600)
    wait_until(lambda: not ready(service)["clock"]["ownClock"], 20)
    wait_until(lambda: requests.get(f"{cameras.control_url}/clock", timeout=5).json()["allRead"], 40)
    wait_until(lambda: counted(service) == truth(cameras), 40)
    assert sum(entered for entered, _ in truth(cameras).values()) > 0


def its_own_clock_is_named(service, seconds, words):
    polls = ready(service)["polling"]["polls"]
    wait_until(lambda: f"The clock of this machine is {words}: 5 of 5" in ready(service)["clock"]["ownClock"], 20)
    wait_until(lambda: ready(service)["polling"]["polls"] > polls + 10, 20)
    shown = board(service)
    assert shown["ownClockError"] == pytest.approx(seconds, abs=5)
    assert {camera["clock"] for camera in shown["cameras"]} == {""}


def counted(service):
    """Today's figures of every line, from the camera's totals and ours."""
    return {line["lineId"]: (line["inToday"], line["outToday"]) for line in board(service)["lines"]}


def truth(cameras):
    lines = requests.get(f"{cameras.control_url}/truth", timeout=5).json()
    return {
        f"{line['cameraId']}-{line['channel']}-{line['rule']}-{line['index']}": (
            line["totals"]["in"],
            line["totals"]["out"],
        )
        for line in lines
    }
