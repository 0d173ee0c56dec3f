"""Flows at the real service, by every way in which a platform gets events, while it is killed, stopped and started."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
import requests

from tests.support.askers import Asker, LongPoll, PollTrigger
from tests.support.happenings import CAMERAS, Happenings
from tests.support.receivers import Received, Reply, a_receiver
from tests.support.running import Service, wait_until

EVENTS = 4_000
BURSTS = 20
"""In which they come."""

KILLED_AFTER, STOPPED_AFTER = {3, 15}, {9}
"""Bursts after which the service is killed, or stopped, and started again."""
DELETED_AFTER = 1


class Flow:
    """Takes events of one subscription; some of them not before they come again, each for another reason."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.bodies: dict[str, bytes] = {}
        self.taken: list[str] = []
        self.refusals: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, got: Received) -> Reply:
        with self._lock:
            event_id = got.event["id"]
            self.seen[event_id] += 1
            assert self.bodies.setdefault(event_id, got.body) == got.body
            if self.seen[event_id] == 1 and (refusal := self._refusal(len(self.seen))):
                return refusal
            if event_id not in self.taken[-1:]:  # whoever was killed before it could note the answer sends again
                self.taken.append(event_id)
            return Reply(202)

    def _refusal(self, number: int) -> Reply | None:
        refusals = {
            100: ("429", Reply(429, {"Retry-After": "1"})),
            300: ("500", Reply(500)),
            600: ("nothing", Reply(hangs_up=True)),
            900: ("429", Reply(429, {"Retry-After": "2"})),
        }
        if number not in refusals:
            return None
        name, reply = refusals[number]
        self.refusals[name] += 1
        return reply


@pytest.fixture
def service(tmp_path):
    service = Service(tmp_path, WEBHOOK_NETWORKS="127.0.0.1/32", WEB_WORKERS="2")
    service.start()
    try:
        yield service
    finally:
        service.end()


@pytest.fixture
def receiver():
    with a_receiver() as receiver:
        yield receiver


@pytest.fixture
def key(service):
    return service.command("token", "add", "Flows", "--scope", "read", "--scope", "subscribe").strip()


def subscribe(service: Service, key: str, address: str, **wish: object) -> str:
    """The address that ends it."""
    sent = {"callbackUrl": address, "kinds": ["CounterBreak"], **wish}
    answer = requests.post(f"{service.url}/api/v1/subscriptions", json=sent, headers={"X-API-Key": key}, timeout=20)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def stand_of(service: Service, key: str, location: str) -> dict[str, object] | None:
    """How a subscription is doing; ``None``: there is none any more."""
    answer = requests.get(f"{service.url}/api/v1/subscriptions", headers={"X-API-Key": key}, timeout=20)
    return next((one for one in answer.json()["value"] if location.endswith(one["id"])), None)


def restart(service: Service, burst: int) -> None:
    if burst in KILLED_AFTER:
        service.kill()
        service.start()
    elif burst in STOPPED_AFTER:
        assert service.stop() == 0
        service.start()


def test_every_event_comes_by_every_way_through_kills_and_stops(service, receiver, key):
    flows = {f"/{camera}": Flow() for camera in CAMERAS}
    others = {"/gone": Reply(410), "/ended": Reply(202)}
    receiver.says = lambda got: flows[got.path](got) if got.path in flows else others[got.path]
    for camera in CAMERAS:
        subscribe(service, key, receiver.address(f"/{camera}"), cameraId=camera)
    gone, ended = (subscribe(service, key, receiver.address(path)) for path in others)
    happenings = Happenings(service)
    askers = [
        PollTrigger(f"{service.url}/api/v1/events/poll?kind=CounterBreak", key),
        LongPoll(f"{service.url}/api/v1/events?kind=CounterBreak", key),
    ]
    for asker in askers:
        asker.start()
    try:
        for burst in range(BURSTS):
            happenings.happen(EVENTS // BURSTS)
            await_events(askers, len(happenings.ids) // 2, service)
            restart(service, burst)
            if burst == DELETED_AFTER:  # as platforms do: without a key
                assert [requests.delete(ended, timeout=20).status_code for _ in range(2)] == [204, 204]
                told_before = set(happenings.ids)
        await_events(askers, EVENTS, service)
        for camera in CAMERAS:
            flow, last = flows[f"/{camera}"], happenings.of(camera)[-1]
            wait_until(lambda: last in flow.taken[-1:], 200, camera, service.process)  # noqa: B023
    finally:
        for asker in askers:
            asker.end()
    for asker in askers:
        assert asker.ids == happenings.ids
        assert asker.repeated > 0
    for camera in CAMERAS:
        assert_all_were_taken(flows[f"/{camera}"], happenings.of(camera))
    assert receiver.ids("/gone") == happenings.ids[:1]
    assert stand_of(service, key, gone)["state"] == "disabled"
    assert stand_of(service, key, ended) is None
    assert set(receiver.ids("/ended")) <= told_before
    happenings.close()


def await_events(askers: list[Asker], count: int, service: Service) -> None:
    for asker in askers:
        wait_until(lambda: asker.has(count), 100, type(asker).__name__, service.process)  # noqa: B023


def assert_all_were_taken(flow: Flow, ids: list[str]) -> None:
    """In order; twice only what was refused, or was under way when the service ended."""
    assert flow.taken == ids
    assert flow.refusals == {"429": 2, "500": 1, "nothing": 1}
    again = sum(flow.seen.values()) - len(flow.seen)
    assert again <= sum(flow.refusals.values()) + len(KILLED_AFTER | STOPPED_AFTER)
