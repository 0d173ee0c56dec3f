"""Two machines count one camera for a moment: as when a list of cameras changes which one of them knows of later."""

import json
from datetime import timedelta
from random import Random

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.event import EventKind
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import StaleState
from peoplecount.services.count_keeper import CountKeeper
from tests.support.appending import DirectAppender
from tests.support.fake_clock import FakeClock

pytest.importorskip("redis", reason="redis-py is not installed (requirements-redis.txt)")

from peoplecount.eventlog.redis_log import RedisEventLog
from peoplecount.eventlog.redis_membership import RedisMembership

CAMERA = Camera("door", "Door", "http://192.0.2.1", site_id="bank")
ROSTER = Roster({"door": CAMERA}, {"bank": Site("bank", "Bank", "UTC"), "museum": Site("museum", "Museum", "UTC")})


class Machine:
    """With a shard, and so a term, of its own; it appends whatever it polls."""

    def __init__(self, server, shard, clock):
        self.log = RedisEventLog(server.address())
        self.log.open()
        self.member = RedisMembership(self.log.link, shard, "1.0")
        self.member.join()
        self.clock = clock
        self.refused = 0
        term = self.log.take(self.member.name, [shard]).term
        self.keeper = CountKeeper(self.log, DirectAppender(self.log, clock.now), term=term, roster=lambda: ROSTER)

    def polls(self, entered, left):
        now = self.clock.now()
        line = LineReading(LineKey("door"), "Line", Totals(entered, left))
        reading = Reading("door", now, now.replace(tzinfo=None), "serial", (line,))
        try:
            self.keeper.observe(CAMERA, reading, expected_every=timedelta(seconds=10))
        except StaleState:  # as a poll that failed: the next one carries what this one brought
            self.refused += 1

    def ends(self):
        self.member.leave()
        self.log.close()


@pytest.fixture
def machines(redis_server):
    clock = FakeClock()
    found = [Machine(redis_server, shard, clock) for shard in ("bank", "museum")]
    yield found
    for machine in found:
        machine.ends()


@pytest.mark.parametrize("seed", range(5))
def test_nobody_is_counted_twice_and_nobody_is_lost(machines, seed):
    random = Random(seed)
    entered = left = 0
    machines[0].polls(0, 0)
    for _ in range(60):
        entered, left = entered + random.randrange(3), left + random.randrange(2)
        machines[0].clock.passes(random.randrange(1, 6))
        for machine in random.sample(machines, random.randrange(1, 3)):
            machine.polls(entered, left)
    for machine in (*machines, *machines):
        machine.clock.passes(10)
        machine.polls(entered, left)
    entries = machines[0].log.read(0, 10_000)
    fields = [json.loads(one.event.body) for one in entries if one.event.kind is EventKind.COUNT]
    assert (sum(one["in"] for one in fields), sum(one["out"] for one in fields)) == (entered, left)
    assert sum(machine.refused for machine in machines) > 10, "both have counted all the time"
    assert machines[0].keeper.occupancies()["bank"].net == entered - left
