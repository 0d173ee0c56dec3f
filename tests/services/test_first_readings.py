"""A service that meets a fleet in the afternoon has counted what its cameras counted since midnight."""

import json
from datetime import UTC, datetime

from peoplecount.domain.camera import Camera
from peoplecount.domain.event import EventKind
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.camera_health import CameraHealth
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.poller import Poller
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import SimulatorServer
from peoplecount.sunapi.client import SunapiClient
from tests.support.appending import DirectAppender
from tests.support.fake_clock import FakeClock

FLEET = default_fleet(12)


def test_a_fleet_first_polled_in_the_afternoon_shows_its_whole_day_and_counts_on():
    clock = FakeClock(datetime(2026, 5, 5, 13, 20, tzinfo=UTC))
    with SimulatorServer(FLEET, PlayedClock(real_now=clock.now)) as simulator:
        roster = Roster(
            {
                plan.camera_id: Camera(
                    plan.camera_id, plan.name, simulator.address(plan.camera_id), plan.username, plan.password
                )
                for plan in FLEET.cameras
            },
            {"default": Site("default", "Town", "Europe/Zurich")},
        )
        log = MemoryEventLog()
        keeper = CountKeeper(log, DirectAppender(log, clock.now), term=log.raise_term(), roster=lambda: roster)
        pollers = [
            Poller(
                camera,
                SunapiClient(camera, clock=clock, sleep=clock.passes),
                keeper=keeper,
                health=CameraHealth(),
                roster=roster,
                clock=clock,
                period=10.0,
            )
            for camera in roster.cameras.values()
        ]
        try:
            for _ in range(3):
                for poller in pollers:
                    poller.poll()
                clock.passes(10)
                simulator.simulation.walk("all", entered=2, left=1)
            for poller in pollers:
                poller.poll()
        finally:
            for poller in pollers:
                poller.close()
        truth = simulator.simulation.truth()

    counts = [json.loads(entry.event.body) for entry in log.read(0, 10_000) if entry.event.kind is EventKind.COUNT]
    for line in truth:
        ours = [one for one in counts if one["lineId"] == "{cameraId}-{channel}-{rule}-{index}".format(**line)]
        shown = (line["totals"]["in"], line["totals"]["out"])
        assert (sum(one["in"] for one in ours), sum(one["out"] for one in ours)) == shown
        assert (ours[-1]["inToday"], ours[-1]["outToday"]) == shown
        assert ours[0]["quality"] == "back-filled"
        walked = (line["channel"], line["index"]) == (0, 1)
        assert not walked or ours[-1]["quality"] == "measured"
        assert ours[0]["localTime"] < "2026-05-05T12"
