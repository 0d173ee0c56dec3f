from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.sunapi.client import SunapiClient
from tests.support.camera_pages import APPS, CHECK, DATE, INFO, LIMIT, VIEW, check_of, date_of, view_of
from tests.support.digest_camera import PASSWORD, USERNAME, DigestCamera
from tests.support.fake_clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """12:00 UTC on 4 May 2026, standing still."""
    return FakeClock()


@pytest.fixture
def device() -> Iterator[DigestCamera]:
    """A device that knows nothing yet."""
    with DigestCamera() as camera:
        yield camera


@pytest.fixture
def classic(device: DigestCamera, clock: FakeClock) -> DigestCamera:
    """A classic one-channel camera with two lines, in Zurich, its clock right."""
    device.says(INFO, '{"Model":"XNV-1","SerialNumber":"Z1","FirmwareVersion":"2.1","DeviceType":"NWC"}')
    device.says(APPS, '{"Response":"Fail","Error":{"Code":600,"Details":"Submenu Not Found "}}')
    device.says(LIMIT, '<attribute type="int" value="1" name="MaxChannel"/>')
    device.says(VIEW, view_of((1, "East", True), (2, "West", True)))
    device.says(CHECK, check_of((1, 412, 398), (2, 57, 61)))
    device.says(DATE, lambda: date_of(clock).encode())
    return device


@pytest.fixture
def client_for(clock: FakeClock) -> Iterator[Callable[..., SunapiClient]]:
    """Makes clients, and closes them."""
    made: list[SunapiClient] = []

    def make(device: DigestCamera, **changes: Any) -> SunapiClient:
        timeouts = {"connect_timeout": 10.0, "read_timeout": 10.0}
        timeouts |= {name: changes.pop(name) for name in list(changes) if name in timeouts}
        fields = {"address": device.address, "username": USERNAME, "password": PASSWORD} | changes
        client = SunapiClient(Camera("front", "Front", **fields), clock=clock, sleep=clock.passes, **timeouts)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(classic: DigestCamera, client_for: Callable[..., SunapiClient]) -> SunapiClient:
    """A client of the classic camera."""
    return client_for(classic)
