from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import SimulatorServer
from peoplecount.sunapi import queries
from peoplecount.sunapi.answers import MalformedAnswer, Refusal
from peoplecount.sunapi.client import SunapiClient
from peoplecount.sunapi.errors import CameraError
from peoplecount.sunapi.system_log import parse_last_start
from tests.support.digest_camera import DigestCamera
from tests.support.fake_clock import FakeClock

TEXT = (
    b"Total=3\r\n[2024-05-14 09:31:07] [TimeChange] NTP\r\n[2024-05-14 09:30:12] [PowerOn] Power On\r\n"
    b"[2024-05-14 03:00:00] [PowerOn] Power On\r\n"
)
JSON = (
    b'{"SystemLog":[{"Date":"2024-05-14 03:00:00","Type":"PowerOn","Description":""},'
    b'{"Date":"2024-05-14 09:30:12","Type":"Power Reboot"},{"Date":"2024-05-14 11:00:00","Type":"Login"}]}'
)


@pytest.mark.parametrize("body", [TEXT, JSON])
def test_the_newest_start_is_taken_in_both_forms(body: bytes) -> None:
    assert parse_last_start(body) == datetime(2024, 5, 14, 9, 30, 12)


@pytest.mark.parametrize(
    "body", [b"Total=0", b'{"SystemLog":[]}', b'{"SystemLog":[{"Date":"soon","Type":"PowerOn"}]}', b"{}"]
)
def test_a_log_without_a_start_says_nothing(body: bytes) -> None:
    assert parse_last_start(body) is None


def test_what_is_no_log_is_refused() -> None:
    with pytest.raises(Refusal):
        parse_last_start(b"NG\r\nError Code: 608\r\nError Details:\r\nFeature Not Implemented\r\n")
    with pytest.raises(MalformedAnswer):
        parse_last_start(b"<html>")


def test_a_start_is_told_by_our_clock_though_the_cameras_is_wrong(
    classic: DigestCamera, client: SunapiClient, clock: FakeClock
) -> None:
    shown = (clock.now() + timedelta(minutes=5, seconds=0.5)).replace(tzinfo=None)
    date = f'{{"LocalTime":"{shown + timedelta(hours=2):%F %T}","UTCTime":"{shown:%F %T}"}}'
    classic.says("/stw-cgi/system.cgi?msubmenu=date&action=view", date)
    today = queries.system_log(shown.date()).target
    classic.says(today, '{"SystemLog":[{"Date":"2026-05-04 14:04:40","Type":"PowerOn"}]}')
    client.read()

    started = client.last_start()

    assert started is not None
    assert abs(started - datetime(2026, 5, 4, 11, 59, 39, 500000, tzinfo=UTC)) <= timedelta(seconds=1)


def test_a_camera_that_keeps_no_log_says_so(classic: DigestCamera, client: SunapiClient) -> None:
    client.read()
    with pytest.raises(CameraError):
        client.last_start()


@pytest.mark.parametrize("camera_id", ["1", "3"])
def test_virtual_cameras_tell_when_they_started(camera_id: str) -> None:
    clock = FakeClock(datetime(2026, 5, 4, 10, 0, tzinfo=UTC))
    fleet = default_fleet(4)
    plan = next(one for one in fleet.cameras if one.camera_id == camera_id)
    with SimulatorServer(fleet, PlayedClock(real_now=clock.now)) as simulator:
        camera = Camera(camera_id, plan.name, simulator.address(camera_id), plan.username, plan.password)
        client = SunapiClient(camera, clock=clock)
        try:
            client.read()
            assert client.last_start() is None
            order = FaultOrder.parse({"camera": camera_id, "fault": "restart", "seconds": 20})
            simulator.simulation.inject(order)
            clock.passes(60)
            client.read()
            started = client.last_start()
        finally:
            client.close()
    assert started is not None
    assert abs(started - datetime(2026, 5, 4, 10, 0, 20, tzinfo=UTC)) <= timedelta(seconds=1.5)
