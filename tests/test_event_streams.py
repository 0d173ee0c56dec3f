"""The service and a camera that tells of people: polled at once, and counted once."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
import requests

from peoplecount.bootstrap import build
from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from peoplecount.simulator.crossings import NoTraffic
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.firmware import AI, NGINX_JSON
from peoplecount.simulator.plan import Fleet
from peoplecount.simulator.server import SimulatorServer
from tests.support.processes import ANYWHERE
from tests.support.virtual_cameras import plan
from tests.support.waiting import wait_until

INTERVAL = 60.0
"""Seconds between two polls: no test lasts so long."""


@pytest.fixture
def cameras():
    fleet = Fleet((plan("ai", firmware=AI), plan("old", firmware=NGINX_JSON, serial="ZSIM0000000002X")), NoTraffic())
    with SimulatorServer(fleet) as server:
        yield server


@pytest.fixture
def start(cameras, tmp_path):
    """Starts the service, and waits until both cameras are up."""
    services = []

    def started(**changes):
        environ = {"DATA_DIR": str(tmp_path / "var"), "TIME_ZONE": "UTC", "POLL_INTERVAL": "60", "BACKFILL_DAYS": "0"}
        settings = load_settings(ANYWHERE | environ | changes, env_file=None)
        register_fleet(settings, requests.get(f"{cameras.control_url}/cameras", timeout=5).json())
        service = build(settings)
        services.append(service)
        service.start()
        poll_all(service)
        wait_until(lambda: status(service)["cameras"] == {"up": 2}, 20)
        return service

    yield started
    for service in services:
        service.stop()


def poll_all(service):
    """The first polls need not wait for their turn."""
    wait_until(lambda: service.session is not None and len(service.session.collector.figures()) == 2, 20)
    for camera_id in ("ai", "old"):
        service.session.collector.poll_soon(camera_id)


def status(service):
    return service.app.test_client().get("/health/ready").get_json()


def in_today(service, camera_id):
    """People in today, as the newest event in the log has them."""
    bodies = [json.loads(entry.event.body) for entry in service._folder.log.latest().entries]
    return max((body.get("inToday", 0) for body in bodies if body.get("cameraId") == camera_id), default=0)


def followers(cameras):
    """Streams that are open."""
    return sum(one["streams"] for one in cameras.simulation.requests().values())


def polls(service, camera_id):
    return service.session.collector.figures()[camera_id].polls


def test_people_are_counted_when_they_come_and_once(cameras, start):
    service = start()
    wait_until(lambda: followers(cameras) == 1, 20)
    wait_until(lambda: polls(service, "old") >= 1, 20)
    turn, before = service.session.collector._plans["old"].due, polls(service, "old")
    began = time.monotonic()
    for number in range(1, 4):
        cameras.simulation.walk("ai", entered=2)
        cameras.simulation.walk("old", entered=2)
        wait_until(lambda number=number: in_today(service, "ai") == 2 * number, 20)
    took = time.monotonic() - began

    assert took < INTERVAL / 3
    assert polls(service, "ai") <= 2 + took + 1, "a second apart at least"
    told = in_today(service, "old"), polls(service, "old") - before
    if datetime.now(UTC) < turn:  # it comes once a minute, and about each full hour
        assert told == (0, 0), "nobody told of them; its turn comes"
    assert cameras.simulation.fronts["ai"].count.forbidden == []


def test_without_streams_cameras_are_polled_in_their_turn(cameras, start):
    service = start(EVENT_STREAMS="off")
    cameras.simulation.walk("ai", entered=2)
    service.session.collector.poll_soon("ai")
    wait_until(lambda: in_today(service, "ai") == 2, 20)

    assert followers(cameras) == 0


@pytest.mark.parametrize("fault", ["stream-refused", "stream-ends", "stream-garbage"])
def test_a_camera_whose_stream_is_of_no_use_is_polled_all_the_same(cameras, start, fault):
    cameras.simulation.inject(FaultOrder.parse({"camera": "ai", "fault": fault}))
    service = start()
    cameras.simulation.walk("ai", entered=2)
    service.session.collector.poll_soon("ai")
    wait_until(lambda: in_today(service, "ai") == 2, 20)

    assert status(service)["cameras"] == {"up": 2}


def test_streams_end_with_the_service(cameras, start):
    service = start()
    wait_until(lambda: followers(cameras) == 1, 20)
    began = time.monotonic()
    service.stop()

    assert time.monotonic() - began < 10
    wait_until(lambda: followers(cameras) == 0, 20)
