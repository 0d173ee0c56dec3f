"""Polls and searches of one device at the same time, over real HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.reading import Totals
from peoplecount.sunapi import queries
from peoplecount.sunapi.client import SunapiClient
from peoplecount.sunapi.device_gate import DeviceGates
from peoplecount.sunapi.errors import CameraBusy, CameraError, CameraUnreachable
from tests.support.camera_pages import CHECK, INFO
from tests.support.digest_camera import PASSWORD, USERNAME, DigestCamera
from tests.support.fake_clock import FakeClock
from tests.support.waiting import wait_until

DAY = date(2026, 5, 4)
TOKEN = "T1"
NAMED = queries.classic_search(0, DAY, "PeopleCount-Master", ("East", "West")).target
STATUS = queries.classic_search_status(TOKEN).target
RESULTS = queries.classic_search_results(TOKEN).target
CANCEL = queries.classic_search_cancel(TOKEN).target


class Crowd:
    """How many requests a device has to answer at once."""

    def __init__(self, device: DigestCamera) -> None:
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()
        device.before = self._arrives

    def _arrives(self, handler: BaseHTTPRequestHandler) -> bool:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.002)  # long enough for another request to arrive meanwhile
        with self._lock:
            self._now -= 1
        return False


@pytest.fixture
def searched(classic: DigestCamera) -> DigestCamera:
    """A camera whose search is never done."""
    classic.says(NAMED, '{"SearchToken":"T1"}')
    classic.says(STATUS, '{"Status":"NotCompleted"}')
    classic.says(CANCEL, '{"Response":"Success"}')
    classic.says(
        RESULTS,
        "ResultInterval = Hourly\r\n"
        + "".join(
            f"Camera.PeopleCount-Master.Line.{name}.Direction.{way}.Result = 1,2\r\n"
            for name in ("East", "West")
            for way in ("In", "Out")
        ),
    )
    return classic


@pytest.fixture
def client(searched: DigestCamera, clock: FakeClock) -> Iterator[SunapiClient]:
    """Its pauses are short, but real."""
    client = a_client(searched, clock)
    yield client
    client.close()


def a_client(device: DigestCamera, clock: FakeClock, gates: DeviceGates | None = None, **more: object) -> SunapiClient:
    camera = Camera("front", "Front", device.address, USERNAME, PASSWORD)
    return SunapiClient(camera, clock=clock, gates=gates, read_timeout=10, sleep=lambda _: time.sleep(0.001), **more)


@contextmanager
def in_background(work: Callable[[], object]) -> Iterator[list[object]]:
    """What came of it, once it is over; it must be over soon after the block."""
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(work())
        except CameraError as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield outcome
    finally:
        thread.join(10)
        assert not thread.is_alive()


def statuses(device: DigestCamera) -> int:
    return device.targets().count(STATUS)


def test_a_camera_is_polled_while_its_history_is_searched(searched: DigestCamera, client: SunapiClient) -> None:
    crowd = Crowd(searched)
    client.read()
    with in_background(lambda: client.history(DAY)) as outcome:
        wait_until(lambda: statuses(searched) > 3)
        readings = [client.read() for _ in range(20)]
        searched.says(STATUS, '{"Status":"Completed"}')

    assert [line.totals for line in readings[-1].lines] == [Totals(412, 398), Totals(57, 61)]
    [history] = outcome
    assert [hours.entered for hours in history.hours.values()] == [(1, 2), (1, 2)]
    assert crowd.most == 1
    asked = [target for target in searched.targets() if target in {CHECK, STATUS}]
    between = [asked[position + 1] for position, target in enumerate(asked[:-1]) if target == CHECK]
    assert STATUS in between, "the search went on between the polls"


def test_a_poll_waits_for_one_request_of_the_search_at_most(searched: DigestCamera, client: SunapiClient) -> None:
    client.read()
    goes_on = threading.Event()
    asked = threading.Event()

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        asked.set()
        assert goes_on.wait(10)
        handler.give(200, b'{"Status":"NotCompleted"}', ())  # type: ignore[attr-defined]

    searched.does(STATUS, slowly)
    with in_background(lambda: client.history(DAY)):
        assert asked.wait(10)
        before = len(searched.targets())
        with in_background(client.read):
            wait_until(lambda: len(client._connection._gate._urgent) == 1)
            goes_on.set()
        assert searched.targets()[before] == CHECK
        client.close()


def test_two_entries_of_one_device_ask_it_one_by_one(searched: DigestCamera, clock: FakeClock) -> None:
    crowd, gates = Crowd(searched), DeviceGates()
    clients = [a_client(searched, clock, gates) for _ in range(3)]
    threads = [threading.Thread(target=lambda one=one: [one.read() for _ in range(5)]) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    for one in clients:
        one.close()

    assert searched.targets().count(CHECK) == 15
    assert crowd.most == 1


def test_closing_ends_an_answer_that_is_awaited_and_takes_the_search_back(
    searched: DigestCamera, client: SunapiClient
) -> None:
    client.read()
    asked, goes_on = threading.Event(), threading.Event()

    def never(handler: BaseHTTPRequestHandler) -> None:
        asked.set()
        goes_on.wait(10)
        handler.close_connection = True

    searched.does(STATUS, never)
    began = time.monotonic()
    with in_background(lambda: client.history(DAY)) as outcome:
        assert asked.wait(10)
        client.close()
    took = time.monotonic() - began
    goes_on.set()

    assert [str(error) for error in outcome] == ["the search in the camera's history was given up"]
    assert searched.targets()[-1] == CANCEL
    assert took < 5, "the time-out is 10 s"


def test_closing_ends_a_poll_that_waits_for_its_turn(searched: DigestCamera, clock: FakeClock) -> None:
    gates = DeviceGates()
    client = a_client(searched, clock, gates)
    with gates.of(searched.address).turn("another", patient=False), in_background(client.read) as outcome:
        wait_until(lambda: len(client._connection._gate._urgent) == 1)
        client.close()

    assert [type(error) for error in outcome] == [CameraUnreachable]
    assert searched.targets() == []


def test_what_is_closed_asks_no_more(searched: DigestCamera, client: SunapiClient) -> None:
    client.close()

    for ask in (client.read, client.examine, lambda: client.history(DAY)):
        with pytest.raises(CameraUnreachable, match="not asked any more"):
            ask()
    assert searched.targets() == []


def test_the_history_of_a_camera_that_was_replaced_meanwhile_is_not_taken(
    searched: DigestCamera, client: SunapiClient
) -> None:
    client.read()
    with in_background(lambda: client.history(DAY)) as outcome:
        wait_until(lambda: statuses(searched) > 0)
        searched.says(INFO, '{"Model":"XNV-1","SerialNumber":"Z2","FirmwareVersion":"2.1"}')
        searched.realm = "iPolis_00-00-5E-00-53-08"
        searched.forgets_nonces()
        assert client.read().serial == "Z2"
        searched.says(STATUS, '{"Status":"Completed"}')

    [error] = outcome
    assert isinstance(error, CameraBusy)
    assert "replaced" in str(error)


def test_a_history_says_whose_it_is(searched: DigestCamera, client: SunapiClient) -> None:
    searched.says(STATUS, '{"Status":"Completed"}')

    assert client.history(DAY).serial == client.read().serial == "Z1"
