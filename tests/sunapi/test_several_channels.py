"""Devices with several sensors, of every kind of firmware, over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.crossings import NoTraffic
from peoplecount.simulator.firmware import AI, MANUAL_JSON, NGINX_JSON, OLD_TEXT, Firmware
from peoplecount.simulator.plan import Fleet, LinePlan
from peoplecount.simulator.server import SimulatorServer
from peoplecount.sunapi.client import SunapiClient
from tests.support.fake_clock import FakeClock
from tests.support.virtual_cameras import plan

Made = tuple[SimulatorServer, SunapiClient]
Make = Callable[..., Made]


@pytest.fixture
def make(clock: FakeClock) -> Iterator[Make]:
    """Makes a device with a line on each of these channels, and its client."""
    made: list[Made] = []

    def device(firmware: Firmware, channels: tuple[int, ...], off: int = -1) -> Made:
        lines = tuple(
            LinePlan(1, f"Door{number}", "Door", channel=number, enabled=number != off) for number in channels
        )
        camera = plan("1", firmware=firmware, lines=lines)
        server = SimulatorServer(Fleet((camera,), NoTraffic()), PlayedClock(real_now=clock.now)).start()
        client = SunapiClient(
            Camera("c", "C", server.address("1"), camera.username, camera.password), clock=clock, sleep=clock.passes
        )
        made.append((server, client))
        for number in channels:
            server.simulation.walk("1", entered=10 + number, left=number, channel=number)
        return server, client

    yield device
    for server, client in made:
        client.close()
        server.stop()


UNNAMED = replace(NGINX_JSON, names_channel=False)


@pytest.mark.parametrize(
    ("firmware", "channels", "requests"),
    [
        pytest.param(NGINX_JSON, (0, 1), 1, id="two, named"),
        pytest.param(NGINX_JSON, (0, 1, 2, 3), 1, id="four, named"),
        pytest.param(UNNAMED, (0, 1), 2, id="two, not named"),
        pytest.param(MANUAL_JSON, (0, 1, 2, 3), 4, id="four, not named"),
        pytest.param(UNNAMED, (1, 3), 4, id="lines on two of four, not named"),
        pytest.param(OLD_TEXT, (0, 1, 2, 3), 1, id="four in text"),
        pytest.param(AI, (0, 1), 1, id="two of WiseAI"),
        pytest.param(AI, (0, 1, 2, 3), 1, id="four of WiseAI"),
    ],
)
def test_every_channel_is_counted_as_itself(
    make: Make, firmware: Firmware, channels: tuple[int, ...], requests: int, clock: FakeClock
) -> None:
    server, client = make(firmware, channels)
    client.read()
    before = server.simulation.fronts["1"].count.requests
    reading = client.read()

    assert [(line.key.channel, line.totals.in_total, line.totals.out_total) for line in reading.lines] == [
        (number, 10 + number, number) for number in channels
    ]
    assert server.simulation.fronts["1"].count.requests - before == requests
    clock.passes(3600)
    history = client.history(date(2026, 5, 4))
    assert {key.channel: sum(hours.entered) for key, hours in history.hours.items()} == {
        number: 10 + number for number in channels
    }
    assert history.missing == {}


@pytest.mark.parametrize("firmware", [NGINX_JSON, UNNAMED, OLD_TEXT])
def test_a_channel_that_is_switched_off_shifts_no_other(make: Make, firmware: Firmware) -> None:
    _, client = make(firmware, (0, 1, 2, 3), off=1)
    reading = client.read()

    assert [(line.key.channel, line.totals.in_total) for line in reading.lines] == [(0, 10), (2, 12), (3, 13)]
