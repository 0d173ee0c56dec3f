"""Cameras that never come to an end: each answer may cost so many bytes and so much time, and no more."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import subprocess
import sys
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from peoplecount.sunapi.bounded_http import BoundedAdapter
from peoplecount.sunapi.errors import CameraError, CameraUnreachable, UnexpectedAnswer
from peoplecount.sunapi.quick_http import QuickAdapter
from peoplecount.sunapi.transport import Reply, Transport
from tests.support.digest_camera import DigestCamera
from tests.support.fake_clock import FakeClock

OK = b"HTTP/1.1 200 OK\r\n"
IN_CHUNKS = OK + b"Transfer-Encoding: chunked\r\n\r\n"
WHOLE = OK + b"Content-Length: 2\r\n\r\n{}"
TOO_MANY = 2 * 1024 * 1024


class WatchedClock(FakeClock):
    """Says when somebody has looked at it."""

    def __init__(self) -> None:
        super().__init__()
        self._looked_at = threading.Event()

    def monotonic(self) -> float:
        self._looked_at.set()
        return super().monotonic()

    def passes_when_looked_at(self, seconds: float) -> None:
        """Lets time pass as soon as the one who waits has begun to wait; in a moment, if nobody looks."""
        self._looked_at.wait(0.1)
        self._looked_at.clear()
        self.passes(seconds)


@pytest.fixture
def clock() -> WatchedClock:
    return WatchedClock()


@pytest.fixture(params=[QuickAdapter, BoundedAdapter])
def transport(clock: FakeClock, request: pytest.FixtureRequest) -> Iterator[Transport]:
    made = Transport("front", clock=clock, connect_timeout=10.0, read_timeout=10.0, adapter=request.param)
    yield made
    made.close()


@pytest.fixture
def ask(device: DigestCamera, transport: Transport) -> Callable[[], Reply]:
    return lambda: transport.send(transport.prepare(device.address + "/"))


def sends(device: DigestCamera, *parts: bytes, between: Callable[[], None] = lambda: None) -> None:
    """Send these bytes, part by part, whatever is asked."""

    def act(handler: BaseHTTPRequestHandler) -> bool:
        handler.close_connection = True
        with contextlib.suppress(OSError):
            for part in parts:
                handler.wfile.write(part)
                handler.wfile.flush()
                between()
        return True

    device.before = act


def error_of(ask: Callable[[], Reply]) -> CameraError:
    with pytest.raises(CameraError) as caught:
        ask()
    return caught.value


@pytest.mark.parametrize(
    ("endless", "end"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n", WHOLE),
        (b"HTTP/1.1 100 Continue\r\nX-Filler: " + b"x" * 5000 + b"\r\n\r\n", WHOLE),
    ],
)
def test_answers_that_only_put_off_the_answer_are_not_read_to_their_end(
    device: DigestCamera, ask: Callable[[], Reply], endless: bytes, end: bytes
) -> None:
    sends(device, endless * (TOO_MANY // len(endless)), end)

    error = error_of(ask)

    assert type(error) is UnexpectedAnswer
    assert str(error) == "the answer has more than 64 KiB of headers before its body"


def test_some_hundred_bytes_of_them_do_no_harm(device: DigestCamera, ask: Callable[[], Reply]) -> None:
    sends(device, b"HTTP/1.1 100 Continue\r\n\r\n" * 10 + WHOLE)

    assert ask().body == b"{}"


def test_headers_are_not_read_to_their_end(device: DigestCamera, ask: Callable[[], Reply]) -> None:
    long_ones = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 60_000) for number in range(50))
    sends(device, OK + long_ones + b"Content-Length: 2\r\n\r\n{}")

    assert "more than 64 KiB of headers" in str(error_of(ask))


@pytest.mark.parametrize(
    "endless",
    [
        b"X: y\r\n",
        b"X: " + b"y" * 60_000 + b"\r\n",
    ],
)
def test_trailers_are_not_read_to_their_end(device: DigestCamera, ask: Callable[[], Reply], endless: bytes) -> None:
    sends(device, IN_CHUNKS + b"2\r\n{}\r\n0\r\n", endless * (TOO_MANY // len(endless)), b"\r\n")

    error = error_of(ask)

    assert type(error) is UnexpectedAnswer
    assert str(error) == "the answer is larger than 1024 KiB"


def test_what_is_about_chunks_counts_as_well_as_what_is_in_them(device: DigestCamera, ask: Callable[[], Reply]) -> None:
    sends(device, IN_CHUNKS, *[b"2;" + b"x" * 60_000 + b"\r\n{}\r\n"] * 40, b"0\r\n\r\n")

    assert "larger than 1024 KiB" in str(error_of(ask))


def test_a_body_that_unpacks_to_more_than_it_may_is_not_unpacked_to_its_end(
    device: DigestCamera, ask: Callable[[], Reply]
) -> None:
    packed = gzip.compress(b" " * 4 * TOO_MANY)
    sends(device, OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)

    assert "larger than 1024 KiB" in str(error_of(ask))


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "GZIP"])
def test_a_body_that_is_packed_once_is_read(device: DigestCamera, ask: Callable[[], Reply], encoding: str) -> None:
    packed = zlib.compress(b"{}" * 99) if encoding == "deflate" else gzip.compress(b"{}" * 99)
    sends(
        device, OK + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (encoding.encode(), len(packed)) + packed
    )

    assert ask().body == b"{}" * 99


@pytest.mark.parametrize("times", [1, 2])
def test_what_little_unpacks_to_very_much_takes_no_memory(
    device: DigestCamera, ask: Callable[[], Reply], times: int
) -> None:
    packed = bytes(32 * TOO_MANY)
    for _ in range(times):
        packed = gzip.compress(packed)
    encoding = b", ".join([b"gzip"] * times)
    sends(device, OK + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (encoding, len(packed)) + packed)
    tracemalloc.start()
    try:
        error = error_of(ask)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert "larger than 1024 KiB" in str(error)
    assert most < 8 * TOO_MANY


@pytest.mark.parametrize(
    ("begin", "dripping", "end"),
    [
        (b"HTTP/1.1 100 ", b"Continue", b"\r\n\r\n" + WHOLE),
        (OK, b"X-Filler: dripping", b"\r\nContent-Length: 2\r\n\r\n{}"),
        (IN_CHUNKS, b"2;name=value", b"\r\n{}\r\n0\r\n\r\n"),
        (IN_CHUNKS + b"2\r\n{}\r\n0\r\n", b"X-Trailer: dripping", b"\r\n\r\n"),
        (OK + b"Content-Length: 16\r\n\r\n", b'{"a":      "bc"}', b""),
    ],
)
def test_nothing_drips_for_longer_than_the_read_time_out(
    device: DigestCamera, ask: Callable[[], Reply], clock: WatchedClock, begin: bytes, dripping: bytes, end: bytes
) -> None:
    drops = [dripping[index : index + 1] for index in range(len(dripping))]
    sends(device, begin, *drops, end, between=lambda: clock.passes_when_looked_at(2))

    error = error_of(ask)

    assert type(error) is CameraUnreachable
    assert str(error) == "the camera did not finish its answer within 10 s"


def test_an_answer_that_stops_in_the_middle_is_waited_for_no_longer_than_the_rest_of_its_time(
    device: DigestCamera, clock: FakeClock
) -> None:
    transport = Transport("front", clock=clock, connect_timeout=10.0, read_timeout=0.05)
    enough = threading.Event()
    sends(device, OK, between=lambda: enough.wait(10) and None)
    try:
        error = error_of(lambda: transport.send(transport.prepare(device.address + "/")))
    finally:
        enough.set()
        transport.close()

    assert str(error) == "the camera did not finish its answer within 0.05 s"


def test_each_answer_on_a_kept_connection_has_its_own_allowance(
    device: DigestCamera, ask: Callable[[], Reply], clock: FakeClock
) -> None:
    device.asks_for_password = False
    device.says("/", b" " * 600_000)

    for _ in range(3):
        assert len(ask().body) == 600_000
        clock.passes(8)
    assert len({seen.connection for seen in device.seen}) == 1


UNDER_GEVENT = """
from gevent import monkey; monkey.patch_all()
import json, sys, gevent
from peoplecount.services.played_clock import PlayedClock
from peoplecount.sunapi.errors import CameraError
from peoplecount.sunapi.transport import Transport

beats = 0

def beat():
    global beats
    while True:
        gevent.sleep(0.001)
        beats += 1

gevent.spawn(beat)
transport = Transport("front", clock=PlayedClock(), connect_timeout=float(sys.argv[2]), read_timeout=10)
try:
    transport.send(transport.prepare(sys.argv[1]))
except CameraError as error:
    print(json.dumps([beats, str(error)]))
"""


def error_under_gevent(address: str, connect_timeout: float = 10) -> tuple[int, str]:
    """How often others ran meanwhile, and the error."""
    pytest.importorskip("gevent")
    command = [sys.executable, "-c", UNDER_GEVENT, address, str(connect_timeout)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    beats, message = json.loads(done.stdout)
    return beats, message


def test_under_gevent_a_flood_lets_others_run(device: DigestCamera) -> None:
    sends(device, IN_CHUNKS + b"0\r\n" + b"X: y\r\n" * (TOO_MANY // 6), b"\r\n")

    beats, message = error_under_gevent(device.address + "/")

    assert message == "the answer is larger than 1024 KiB"
    assert beats >= 20


@contextlib.contextmanager
def dripping_handshake() -> Iterator[str]:
    """The address of a device whose part of a TLS handshake comes byte by byte."""
    hello = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03" + b"x" * 16_000
    enough = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(4096)
            for byte in hello:
                connection.sendall(bytes([byte]))
                if enough.wait(0.02):
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        enough.set()
        thread.join()
        listening.close()


def test_under_gevent_too_a_handshake_that_drips_is_given_up_in_time() -> None:
    with dripping_handshake() as address:
        _, message = error_under_gevent(address, connect_timeout=0.3)

    assert message == "no encrypted connection could be agreed within 0.3 s"


def test_a_request_made_ready_outlives_the_pool_it_was_sent_by(device: DigestCamera, transport: Transport) -> None:
    device.asks_for_password = False
    device.says("/page", "{}")
    request = transport.prepare(f"{device.address}/page")

    before = transport.send(request).body
    transport.close()

    assert before == transport.send(request).body == b"{}"
