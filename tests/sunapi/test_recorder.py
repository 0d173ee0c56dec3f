"""Cameras read through a recorder, the real client against virtual devices over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.crossings import NoTraffic
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.firmware import AI, MANUAL_JSON, NGINX_JSON, OLD_TEXT
from peoplecount.simulator.plan import Fleet, RecorderPlan
from peoplecount.simulator.server import SimulatorServer
from peoplecount.sunapi.client import SunapiClient
from peoplecount.sunapi.device_gate import DeviceGates
from peoplecount.sunapi.errors import CameraBusy, CountingUnavailable, CredentialsRejected, RequestRefused
from tests.support.fake_clock import FakeClock
from tests.support.virtual_cameras import TWO_CHANNELS, TWO_LINES, plan

CLASSIC = (
    plan("text", firmware=OLD_TEXT, serial="ZSIM0000000001X"),
    plan("json", firmware=MANUAL_JSON, lines=TWO_LINES, serial="ZSIM0000000002X"),
    plan("two", firmware=NGINX_JSON, lines=TWO_CHANNELS, serial="ZSIM0000000003X"),
)
WISEAI = plan("wiseai", firmware=AI, serial="ZSIM0000000004X")
CHANNELS = ("text", None, "json", "two", "wiseai")

ClientFor = Callable[..., SunapiClient]


@pytest.fixture
def server(clock: FakeClock) -> Iterator[SimulatorServer]:
    recorder = RecorderPlan(recorder_id="1", channels=CHANNELS)
    fleet = Fleet((*CLASSIC, WISEAI), NoTraffic(), (recorder,))
    with SimulatorServer(fleet, PlayedClock(real_now=clock.now)) as running:
        yield running


@pytest.fixture
def through(server: SimulatorServer, clock: FakeClock) -> Iterator[ClientFor]:
    """Makes clients of cameras on channels of the recorder."""
    made: list[SunapiClient] = []
    gates = DeviceGates()

    def make(channel: int | None, **changes: object) -> SunapiClient:
        plan = server.simulation.recorders["1"].plan
        camera = Camera("c", "C", server.recorder_address("1"), plan.username, plan.password, nvr_channel=channel)
        camera = replace(camera, **changes)  # type: ignore[arg-type]
        client = SunapiClient(camera, clock=clock, sleep=clock.passes, gates=gates, read_timeout=5)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.mark.parametrize("of", CLASSIC, ids=lambda plan: plan.camera_id)
def test_a_camera_reads_the_same_through_a_recorder(
    server: SimulatorServer, through: ClientFor, clock: FakeClock, of: object
) -> None:
    server.simulation.walk(of.camera_id, entered=4, left=1, channel=of.channels - 1)
    direct = SunapiClient(
        Camera("c", "C", server.address(of.camera_id), of.username, of.password), clock=clock, sleep=clock.passes
    )
    client = through(CHANNELS.index(of.camera_id))
    expected, reading = direct.read(), client.read()
    clock.passes(3600)

    assert reading == expected
    assert reading.serial == of.serial
    assert sum(line.totals.in_total for line in reading.lines) == 4
    day = date(2026, 5, 4)
    history = client.history(day)
    assert history == direct.history(day)
    assert sum(sum(hours.entered) for hours in history.hours.values()) == 4
    assert client.examine().channels == direct.examine().channels
    assert server.simulation.fronts[of.camera_id].count.forbidden == []
    direct.close()


def test_a_channel_without_a_camera_is_named(through: ClientFor) -> None:
    with pytest.raises(CountingUnavailable, match="the recorder has no camera on its channel 1"):
        through(1).read()


@pytest.mark.parametrize(("protocol", "said"), [(CameraProtocol.WISEAI, "recorders pass on SUNAPI commands only")])
def test_the_wiseai_interface_cannot_be_read_through_a_recorder(
    through: ClientFor, protocol: CameraProtocol, said: str
) -> None:
    with pytest.raises(CountingUnavailable, match=said):
        through(4, protocol=protocol).read()


def test_a_wiseai_camera_that_has_no_other_interface_is_said_to_have_none(through: ClientFor) -> None:
    with pytest.raises(CountingUnavailable, match="through channel 4 of the recorder"):
        through(4).read()


def test_a_recorder_that_is_taken_for_a_camera_is_told_of(through: ClientFor) -> None:
    with pytest.raises(CountingUnavailable, match="this is a recorder: say on which of its channels"):
        through(None).read()


def test_the_account_is_the_recorders(through: ClientFor) -> None:
    with pytest.raises(CredentialsRejected):
        through(0, password=CLASSIC[0].password).read()


def test_a_camera_that_is_off_is_out_of_reach_for_a_while(server: SimulatorServer, through: ClientFor) -> None:
    client = through(0)
    client.read()
    server.simulation.inject(FaultOrder.parse({"camera": "text", "fault": "timeout", "count": 1}))
    with pytest.raises(CameraBusy, match="people counts through channel 0 of the recorder just now"):
        client.read()

    assert client.read().serial == CLASSIC[0].serial


def test_a_camera_put_in_the_place_of_another_is_noticed(
    server: SimulatorServer, through: ClientFor, clock: FakeClock
) -> None:
    client = through(0)
    before = client.read().serial
    server.simulation.inject(FaultOrder.parse({"camera": "text", "fault": "camera-replaced", "seconds": 120}))
    with pytest.raises(CameraBusy):
        client.read()
    clock.passes(121)

    assert client.read().serial != before


@pytest.mark.parametrize("name", ["100%", "a/b", "a;b", "a+b"])
def test_a_name_that_may_be_misread_on_the_way_has_no_history(
    server: SimulatorServer, through: ClientFor, name: str
) -> None:
    server.simulation.inject(FaultOrder.parse({"camera": "text", "fault": "line-renamed", "name": name}))
    client = through(0)
    client.read()

    history = client.history(date(2026, 5, 4))
    assert len(history.hours) == 1, "asked without the name, the camera gives all its lines"


def test_what_may_be_misread_is_not_asked(through: ClientFor) -> None:
    from peoplecount.sunapi import queries  # noqa: PLC0415

    with pytest.raises(RequestRefused, match="cannot be asked for through a recorder"):
        through(0)._connection.ask(queries.classic_search_status("x&action=set"), lambda body: body)
