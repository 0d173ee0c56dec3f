"""Webhooks of the real service: thousands of events, receivers that fail, and a service that is killed in between."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

import pytest

from peoplecount.domain.webhook import Receiver, Topic, Wish
from tests.support.happenings import Happenings
from tests.support.receivers import Received, Reply, a_receiver
from tests.support.running import Service, wait_until

EVENTS = 1200
PARTS = 4
"""In which they come; before every second one the service is killed."""

SOME = Wish(frozenset({Topic.COUNTER_BREAK}))
OF_ONE = Wish(frozenset({Topic.COUNTER_BREAK}), camera_ids=frozenset({"east"}))


class Moody:
    """Fails some events once, each in its own way, and takes them when they come again."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.taken: list[Received] = []
        self.done: set[str] = set()

    def __call__(self, got: Received) -> Reply:
        event_id = got.event["id"]
        self.seen[event_id] += 1
        number = int(event_id.rpartition("-")[2])
        if self.seen[event_id] == 1 and number % 500 == 0:
            return Reply(429, {"Retry-After": "1"})
        if self.seen[event_id] == 1 and number % 1100 == 0:
            return Reply(hangs_up=True)
        self.taken.append(got)
        self.done.add(event_id)
        return Reply(202)


@pytest.fixture
def receiver():
    with a_receiver() as receiver:
        yield receiver


def test_thousands_of_events_come_in_order_and_none_is_lost_though_the_service_is_killed(tmp_path, receiver):
    moods = {"/all": Moody(), "/one": Moody()}
    receiver.says = lambda got: moods[got.path](got) if got.path in moods else Reply(silent=True)
    service = Service(tmp_path, WEBHOOK_NETWORKS="127.0.0.1/32")
    service.start()
    try:
        happenings = Happenings(service)
        own = {"receiver": Receiver.OWN}
        happenings.desk.add("anna", receiver.address("/silent"), SOME, **own)  # holds up nobody
        happenings.desk.add("anna", receiver.address("/all"), SOME, **own)
        happenings.desk.add("anna", receiver.address("/one"), OF_ONE, **own)
        ids = happenings.ids
        for part in range(PARTS):
            if part % 2:
                service.kill()
                service.start()
            happenings.happen(EVENTS // PARTS)
            some_of_it = len(ids) // 2
            wait_until(lambda: len(moods["/all"].taken) >= some_of_it, 300, "half of it", service.process)  # noqa: B023
        of_one = happenings.of("east")
        wait_until(lambda: ids[-1] in moods["/all"].done, 300, "the last event", service.process)
        wait_until(lambda: of_one[-1] in moods["/one"].done, 120, "the last event of one", service.process)
        assert once(moods["/all"].taken) == ids
        assert once(moods["/one"].taken) == of_one
        assert_the_same_each_time(receiver.got)
        happenings.close()
    finally:
        service.end()


def once(taken: list[Received]) -> list[str]:
    """Ids in the order in which they came; what came again right after is one."""
    return [event_id for event_id, _ in groupby(one.event["id"] for one in taken)]


def assert_the_same_each_time(got: list[Received]) -> None:
    bodies: dict[tuple[str, str], bytes] = {}
    for one in got:
        assert one.headers["webhook-id"] == one.headers["X-Event-Id"] == one.event["id"]
        assert bodies.setdefault((one.path, one.event["id"]), one.body) == one.body
