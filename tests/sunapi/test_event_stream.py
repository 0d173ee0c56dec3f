"""Event streams over real HTTP: of virtual cameras, and of a server that may do anything."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.crossings import NoTraffic
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.firmware import AI, NGINX_JSON
from peoplecount.simulator.plan import Fleet
from peoplecount.simulator.server import SimulatorServer
from peoplecount.sunapi import event_stream, queries
from peoplecount.sunapi.errors import (
    CameraError,
    CameraUnreachable,
    CountingUnavailable,
    CredentialsRejected,
    SignInsHeldBack,
    UnexpectedAnswer,
)
from peoplecount.sunapi.event_stream import EventStream
from peoplecount.sunapi.sign_ins import SignIns
from peoplecount.sunapi.trust import Authorities
from tests.support.digest_camera import PASSWORD, USERNAME, DigestCamera
from tests.support.fake_clock import FakeClock
from tests.support.virtual_cameras import plan
from tests.support.waiting import wait_until

EVENTS = queries.event_stream().target
COUNTED = (
    b'--SamsungTechwin\r\n\r\n{"EventStatus": [{"EventName": "OpenSDK.WiseAI.ObjectCounting",'
    b' "Data": {"ObjectType": "Person", "Count": 1}}]}\r\n'
)


class Listener:
    """Follows a stream in a thread, and counts how often it is told of people."""

    def __init__(self, stream: EventStream) -> None:
        self.stream = stream
        self.told = 0
        self.outcome: list[CameraError | None] = []
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def _follow(self) -> None:
        try:
            self.stream.follow(self._tell)
            self.outcome.append(None)
        except CameraError as error:
            self.outcome.append(error)

    def _tell(self) -> None:
        self.told += 1

    def ends(self) -> CameraError | None:
        self._thread.join(10)
        assert not self._thread.is_alive()
        return self.outcome[0]


@pytest.fixture
def listen(clock: FakeClock) -> Iterator[Callable[..., Listener]]:
    """Makes listeners, and ends them."""
    made: list[Listener] = []
    sign_ins = SignIns(clock)

    def make(address: str, username: str = USERNAME, password: str = PASSWORD) -> Listener:
        camera = Camera("c", "C", address, username, password)
        stream = EventStream(
            camera,
            clock=clock,
            connect_timeout=10,
            read_timeout=10,
            sign_ins=sign_ins,
            authorities=Authorities(),
        )
        made.append(Listener(stream))
        return made[-1]

    yield make
    for listener in made:
        listener.stream.close()
        listener.ends()


@contextmanager
def virtual(clock: FakeClock, firmware: object = AI) -> Iterator[tuple[SimulatorServer, str, str, str]]:
    camera = plan("1", firmware=firmware)
    with SimulatorServer(Fleet((camera,), NoTraffic()), PlayedClock(real_now=clock.now)) as server:
        yield server, server.address("1"), camera.username, camera.password


def streams(body: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answers with a stream that begins like this and then goes on in silence until the caller hangs up."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200, "x")
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=SamsungTechwin")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body)
        handler.wfile.flush()
        handler.rfile.read(1)
        handler.close_connection = True

    return act


def test_whoever_is_counted_is_told_of_once(listen: Callable[..., Listener], clock: FakeClock) -> None:
    with virtual(clock) as (server, *login):
        listener = listen(*login)
        wait_until(lambda: server.simulation.fronts["1"].count.requests == 2)
        for number in range(1, 4):
            server.simulation.walk("1", entered=2)
            clock.passes(1)
            wait_until(lambda number=number: listener.told == number)
        assert server.simulation.fronts["1"].count.requests == 2, "one connection, one log-in"
        listener.stream.close()

        assert listener.ends() is None
        assert listener.told == 3


def test_closing_ends_it_at_once_though_nothing_comes(listen: Callable[..., Listener], device: DigestCamera) -> None:
    device.does(EVENTS, streams(b"--SamsungTechwin\r\n"))
    listener = listen(device.address)
    wait_until(lambda: EVENTS in device.targets())
    began = time.monotonic()
    listener.stream.close()
    listener.ends()

    assert time.monotonic() - began < 5


def test_what_is_closed_is_not_opened_again(listen: Callable[..., Listener], device: DigestCamera) -> None:
    listener = listen("http://127.0.0.1:1")
    listener.ends()
    listener.stream.close()
    listener.stream.follow(lambda: None)

    assert isinstance(listener.outcome[0], CameraUnreachable)


def test_a_stream_that_the_camera_ends_has_ended(listen: Callable[..., Listener], clock: FakeClock) -> None:
    with virtual(clock) as (server, *login):
        listener = listen(*login)
        wait_until(lambda: server.simulation.fronts["1"].count.requests == 2)
        server.simulation.inject(FaultOrder.parse({"fault": "stream-ends"}))

        assert listener.ends() is None


def test_nonsense_is_passed_over_and_what_comes_after_it_is_heard(
    listen: Callable[..., Listener], clock: FakeClock
) -> None:
    with virtual(clock) as (server, *login):
        server.simulation.inject(FaultOrder.parse({"fault": "stream-garbage"}))
        listener = listen(*login)
        wait_until(lambda: server.simulation.fronts["1"].count.requests == 2)
        server.simulation.clear_faults()
        server.simulation.walk("1", entered=1)
        clock.passes(1)

        wait_until(lambda: listener.told == 1)


@pytest.mark.parametrize("firmware", [AI, NGINX_JSON])
def test_a_camera_that_offers_no_stream_says_so(listen: Callable[..., Listener], clock: FakeClock, firmware) -> None:
    with virtual(clock, firmware) as (server, *login):
        server.simulation.inject(FaultOrder.parse({"fault": "stream-refused", "code": 600}))
        error = listen(*login).ends()

    assert isinstance(error, CountingUnavailable)
    assert "the stream of events" in str(error)


@pytest.mark.parametrize(
    ("body", "said"), [('{"Response":"Success"}', "not one in parts"), ("<html>hello</html>", "a page came")]
)
def test_an_answer_that_is_no_stream_is_told_of(
    listen: Callable[..., Listener], device: DigestCamera, body: str, said: str
) -> None:
    device.says(EVENTS, body)
    error = listen(device.address).ends()

    assert isinstance(error, UnexpectedAnswer)
    assert said in str(error)


def test_a_stream_that_brings_too_much_is_given_up(
    listen: Callable[..., Listener], device: DigestCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "MOST_BYTES_A_MINUTE", 20_000)
    device.does(EVENTS, streams(COUNTED * 500))
    error = listen(device.address).ends()

    assert isinstance(error, UnexpectedAnswer)
    assert "more than 19 KiB a minute" in str(error)


def test_as_much_in_several_minutes_is_not(
    listen: Callable[..., Listener], device: DigestCamera, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "MOST_BYTES_A_MINUTE", 500)
    further = threading.Semaphore(0)

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200, "x")
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=SamsungTechwin")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.flush()
        for _ in range(8):
            assert further.acquire(timeout=10)
            handler.wfile.write(COUNTED)
            handler.wfile.flush()
        handler.close_connection = True

    device.does(EVENTS, act)
    listener = listen(device.address)
    for number in range(1, 9):
        further.release()
        wait_until(lambda number=number: listener.told == number)
        clock.passes(60)

    assert listener.ends() is None


def test_a_stream_in_chunks_is_read_as_it_comes(listen: Callable[..., Listener], device: DigestCamera) -> None:
    goes_on = threading.Event()

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200, "x")
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=SamsungTechwin")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in (COUNTED[:50], COUNTED[50:]):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            handler.wfile.flush()
        assert goes_on.wait(10)
        handler.wfile.write(b"0\r\n\r\n")

    device.does(EVENTS, act)
    listener = listen(device.address)
    wait_until(lambda: listener.told == 1)
    goes_on.set()

    assert listener.ends() is None


def test_wrong_passwords_come_out_of_the_budget_that_polls_have(
    listen: Callable[..., Listener], device: DigestCamera
) -> None:
    device.does(EVENTS, streams(b""))
    errors = [listen(device.address, password="wrong-one").ends() for _ in range(4)]

    assert [type(error) for error in errors[:2]] == [CredentialsRejected] * 2
    assert all(isinstance(error, SignInsHeldBack) for error in errors[2:])
    assert device.verdicts().count("wrong") == 2
    assert "wrong-one" not in "".join(map(str, errors))


def test_a_redirect_leads_to_https_on_the_same_host_only(listen: Callable[..., Listener], device: DigestCamera) -> None:
    device.asks_for_password = False
    device.says(EVENTS, "", status=302, Location="http://192.0.2.9/")
    error = listen(device.address).ends()

    assert isinstance(error, UnexpectedAnswer)
    assert "only the step from http to https" in str(error)
