"""The history of every kind of virtual camera, against what the simulator knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.counter import Moment
from peoplecount.domain.day_history import DayHistory
from peoplecount.domain.earlier_today import first_today
from peoplecount.domain.line import LineKey
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import SimulatorServer
from peoplecount.sunapi.client import SunapiClient
from tests.support.fake_clock import FakeClock

FLEET = default_fleet(12)
PLANS = {plan.camera_id: plan for plan in FLEET.cameras}
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


@pytest.fixture
def clock() -> FakeClock:
    """15:20 in Zurich on a Tuesday."""
    return FakeClock(datetime(2026, 5, 5, 13, 20, tzinfo=UTC))


@pytest.fixture
def simulator(clock: FakeClock) -> Iterator[SimulatorServer]:
    with SimulatorServer(FLEET, PlayedClock(real_now=clock.now)) as server:
        yield server


@pytest.fixture
def client_of(simulator: SimulatorServer, clock: FakeClock) -> Iterator[Callable[[str], SunapiClient]]:
    with ExitStack() as clients:

        def make(camera_id: str) -> SunapiClient:
            plan = PLANS[camera_id]
            camera = Camera(camera_id, plan.name, simulator.address(camera_id), plan.username, plan.password)
            client = SunapiClient(camera, clock=clock, sleep=clock.passes)
            clients.callback(client.close)
            return client

        yield make


def truth(simulator: SimulatorServer, camera_id: str, day: date) -> dict[LineKey, tuple[list[int], list[int]]]:
    camera = simulator.simulation.fronts[camera_id].camera
    return {
        LineKey(camera_id, counter.plan.channel, counter.plan.rule, counter.plan.index): camera.hourly(counter, day)
        for counter in camera.counters
    }


def shown(history: DayHistory) -> dict[LineKey, tuple[list[int], list[int]]]:
    return {key: (list(hours.entered), list(hours.left)) for key, hours in history.hours.items()}


@pytest.mark.parametrize("camera_id", list(PLANS))
def test_every_kind_tells_its_hours_of_today_exactly(
    simulator: SimulatorServer, client_of: Callable[[str], SunapiClient], clock: FakeClock, camera_id: str
) -> None:
    client = client_of(camera_id)
    reading = client.read()
    history = client.history(reading.local_time.date())

    assert history.missing == {}
    assert shown(history) == truth(simulator, camera_id, date(2026, 5, 5))
    assert simulator.simulation.requests()[camera_id]["forbidden"] == []
    for line in reading.lines:
        earlier = first_today(line, history.hours[line.key], Moment(reading.taken_at, reading.local_time))
        assert earlier.misfit == ""
        sums = [(one.entered.people, one.left.people) for one in earlier.increments]
        assert [sum(side) for side in zip(*sums, strict=True)] == [line.totals.in_total, line.totals.out_total]
        assert len(sums) > 3


@pytest.mark.parametrize("camera_id", ["1", "3"])
@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_a_day_on_which_clocks_change_fits_its_totals(
    client_of: Callable[[str], SunapiClient],
    simulator: SimulatorServer,
    clock: FakeClock,
    camera_id: str,
    day: date,
) -> None:
    clock.passes((datetime(day.year, day.month, day.day, 13, 20, tzinfo=UTC) - clock.now()).total_seconds())
    client = client_of(camera_id)
    reading = client.read()
    history = client.history(day)

    assert shown(history) == truth(simulator, camera_id, day)
    for line in reading.lines:
        earlier = first_today(line, history.hours[line.key], Moment(reading.taken_at, reading.local_time))
        assert earlier.misfit == ""
        assert earlier.increments[-1].entered.after == line.totals.in_total


def test_an_earlier_day_can_be_asked_for(simulator: SimulatorServer, client_of: Callable[[str], SunapiClient]) -> None:
    history = client_of("1").history(date(2026, 5, 2))

    assert history.day == date(2026, 5, 2)
    assert shown(history) == truth(simulator, "1", date(2026, 5, 2))


@pytest.mark.parametrize("camera_id", ["1", "3"])
def test_totals_lost_in_a_restart_do_not_fit_the_history(
    simulator: SimulatorServer, client_of: Callable[[str], SunapiClient], clock: FakeClock, camera_id: str
) -> None:
    simulator.simulation.inject(FaultOrder.parse({"camera": camera_id, "fault": "restart", "seconds": 1}))
    clock.passes(60)
    client = client_of(camera_id)
    reading = client.read()
    history = client.history(reading.local_time.date())

    for line in reading.lines:
        earlier = first_today(line, history.hours[line.key], Moment(reading.taken_at, reading.local_time))
        assert "more than the total" in earlier.misfit
