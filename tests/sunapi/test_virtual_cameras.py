"""Every kind of virtual camera, read as a real one would be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.device_facts import DeviceFacts
from peoplecount.domain.reading import Reading
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.plan import CameraPlan
from peoplecount.simulator.server import SimulatorServer
from peoplecount.sunapi.client import SunapiClient
from peoplecount.sunapi.errors import (
    AccountBlocked,
    CameraBusy,
    CameraError,
    CameraUnreachable,
    CountingUnavailable,
    CredentialsRejected,
    UnexpectedAnswer,
)
from tests.support.fake_clock import FakeClock

FLEET = default_fleet(12)
PLANS = {plan.camera_id: plan for plan in FLEET.cameras}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 5, 4, 10, 0, tzinfo=UTC))


@pytest.fixture
def simulator(clock: FakeClock) -> Iterator[SimulatorServer]:
    with SimulatorServer(FLEET, PlayedClock(real_now=clock.now)) as server:
        yield server


@pytest.fixture
def client_of(simulator: SimulatorServer, clock: FakeClock) -> Iterator[Callable[..., SunapiClient]]:
    with ExitStack() as clients:

        def make(camera_id: str, read_timeout: float = 10.0) -> SunapiClient:
            plan = PLANS[camera_id]
            address = simulator.address(camera_id)
            camera = Camera(camera_id, plan.name, address, plan.username, plan.password)
            client = SunapiClient(camera, clock=clock, read_timeout=read_timeout)
            clients.callback(client.close)
            return client

        yield make


def shown(reading: Reading) -> dict[str, tuple[str, int, int]]:
    return {str(line.key): (line.name, line.totals.in_total, line.totals.out_total) for line in reading.lines}


def truth(simulator: SimulatorServer, plan: CameraPlan) -> dict[str, tuple[str, int, int]]:
    return {
        f"{line['cameraId']}-{line['channel']}-{line['rule']}-{line['index']}": (
            line["name"],
            line["totals"]["in"],
            line["totals"]["out"],
        )
        for line in simulator.simulation.truth()
        if line["cameraId"] == plan.camera_id
    }


@pytest.mark.parametrize("camera_id", list(PLANS))
def test_every_kind_is_read_exactly_with_as_few_requests_as_it_allows(
    simulator: SimulatorServer, client_of: Callable[..., SunapiClient], clock: FakeClock, camera_id: str
) -> None:
    plan = PLANS[camera_id]
    client = client_of(camera_id)
    client.read()
    sent = client.requests_sent

    for people in range(1, 6):
        clock.passes(10)
        simulator.simulation.walk(camera_id, entered=people, left=1)
        reading = client.read()
        assert shown(reading) == truth(simulator, plan)

    # Channels that are not named in an answer for all of them are asked one by one.
    assert client.requests_sent - sent == 5 * (1 if plan.firmware.names_channel else plan.channels)
    assert client.protocol is not None
    assert client.protocol.value == plan.firmware.dialect.value
    assert reading.serial == plan.serial
    assert reading.taken_at == clock.now()
    assert reading.local_time == clock.now().astimezone(plan.site.zone).replace(tzinfo=None)
    counted = simulator.simulation.requests()[camera_id]
    assert (counted["unauthorized"], counted["failures"], counted["forbidden"]) == (1, 0, [])


@pytest.mark.parametrize("camera_id", list(PLANS))
def test_what_is_known_of_a_device_is_told_without_asking_it(
    simulator: SimulatorServer, client_of: Callable[..., SunapiClient], camera_id: str
) -> None:
    plan = PLANS[camera_id]
    client = client_of(camera_id)
    assert client.device == DeviceFacts(address=simulator.address(camera_id))
    client.read()
    sent, device = client.requests_sent, client.device
    assert client.requests_sent == sent
    assert (device.serial, device.firmware) == (plan.serial, plan.firmware.version)
    assert device.protocol == plan.firmware.dialect.value
    assert device.requests_per_poll == (1 if plan.firmware.names_channel else plan.channels)
    assert (device.certificate, device.expires) == ("", "")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("timeout", CameraUnreachable),
        ("refused", CameraUnreachable),
        ("401", CredentialsRejected),
        ("490", AccountBlocked),
        ("500", CameraBusy),
        ("garbage", UnexpectedAnswer),
        ("truncated", UnexpectedAnswer),
    ],
)
@pytest.mark.parametrize("camera_id", ["1", "3", "4"])
def test_faults_are_told_apart_and_passed_over(
    simulator: SimulatorServer,
    client_of: Callable[..., SunapiClient],
    clock: FakeClock,
    camera_id: str,
    fault: str,
    kind: type[CameraError],
) -> None:
    client = client_of(camera_id, read_timeout=1.0 if fault == "timeout" else 10.0)
    client.read()
    simulator.simulation.inject(FaultOrder.parse({"camera": camera_id, "fault": fault}))
    with pytest.raises(CameraError) as caught:
        client.read()
    assert type(caught.value) is kind
    simulator.simulation.clear_faults()
    if fault in {"401", "490"}:  # only then may credentials be sent again
        clock.passes(30 * 60)

    assert shown(client.read()) == truth(simulator, PLANS[camera_id])


def test_a_wrong_content_type_does_not_matter(
    simulator: SimulatorServer, client_of: Callable[..., SunapiClient]
) -> None:
    client = client_of("1")
    before = client.read()
    simulator.simulation.inject(FaultOrder.parse({"camera": "1", "fault": "wrong-content-type"}))

    assert client.read().lines == before.lines


@pytest.mark.parametrize("camera_id", ["1", "3"])
@pytest.mark.parametrize("fault", ["line-disabled", "line-missing"])
def test_a_line_that_is_switched_off_or_gone_is_absent(
    simulator: SimulatorServer,
    client_of: Callable[..., SunapiClient],
    clock: FakeClock,
    camera_id: str,
    fault: str,
) -> None:
    client = client_of(camera_id)
    client.read()
    simulator.simulation.inject(FaultOrder.parse({"camera": camera_id, "fault": fault, "line": 1}))
    clock.passes(15 * 60)

    assert [line.key.index for line in client.read().lines] == [2]
    simulator.simulation.clear_faults()
    clock.passes(15 * 60)
    assert [line.key.index for line in client.read().lines] == [1, 2]


def test_a_camera_whose_only_line_is_switched_off_says_so(
    simulator: SimulatorServer, client_of: Callable[..., SunapiClient]
) -> None:
    simulator.simulation.inject(FaultOrder.parse({"camera": "2", "fault": "line-disabled"}))

    with pytest.raises(CountingUnavailable, match="switched off"):
        client_of("2").read()


def test_a_clock_that_steps_is_followed(
    simulator: SimulatorServer, client_of: Callable[..., SunapiClient], clock: FakeClock
) -> None:
    client = client_of("1")
    client.read()
    simulator.simulation.inject(FaultOrder.parse({"camera": "1", "fault": "clock-step", "seconds": 3600 * 5}))
    clock.passes(15 * 60)

    shown_by_us = (clock.now() + timedelta(hours=2)).replace(tzinfo=None)
    assert abs(client.read().local_time - shown_by_us - timedelta(hours=5)) <= timedelta(seconds=1)


def test_a_camera_without_a_daylight_saving_rule_is_read_by_its_own_clock(
    simulator: SimulatorServer, client_of: Callable[..., SunapiClient], clock: FakeClock
) -> None:
    simulator.simulation.inject(FaultOrder.parse({"camera": "1", "fault": "no-daylight-saving"}))

    reading = client_of("1").read()

    assert reading.local_time == (clock.now() + timedelta(hours=1)).replace(tzinfo=None)
