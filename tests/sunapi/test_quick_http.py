"""Both ways through HTTP come to the same, whatever bytes a camera sends; the quick one keeps its connection."""

from __future__ import annotations

import contextlib
import gc
import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import pytest
import requests
from httptools import HttpResponseParser

from peoplecount.sunapi.bounded_http import PLENTY, BoundedAdapter
from peoplecount.sunapi.errors import CameraError
from peoplecount.sunapi.quick_http import QuickAdapter, WholeResponse
from peoplecount.sunapi.transport import KeptConnectionLost, Transport
from tests.support.fake_clock import FakeClock

OK = b"HTTP/1.1 200 OK\r\n"
WHOLE = OK + b"Content-Length: 2\r\n\r\n{}"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


class ScriptedCamera:
    """Sends these bytes, one after the other, to whatever it is asked, and hangs up behind those in ``last``."""

    def __init__(self, *answers: bytes, last: frozenset[int] = frozenset()) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self._answers = iter(enumerate(answers))
        self._last = last
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def blurts_out(self, data: bytes) -> None:
        """Say something unasked on the newest connection."""
        self._open[-1].sendall(data)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                self._open.append(connection)
                with connection, contextlib.suppress(OSError):
                    self._serve(connection)
                self._open.remove(connection)

    def _serve(self, connection: socket.socket) -> None:
        received = b""
        while data := connection.recv(65_536):
            received += data
            if received.endswith(b"\r\n\r\n"):
                self.requests.append(received)
                received = b""
                number, answer = next(self._answers, (-1, b""))
                connection.sendall(answer)
                if number in self._last or number < 0:
                    return


Connect = Callable[..., Transport]


@pytest.fixture(params=[QuickAdapter, BoundedAdapter])
def transport(request: pytest.FixtureRequest) -> Iterator[Transport]:
    made = Transport("front", clock=FakeClock(), connect_timeout=10.0, read_timeout=10.0, adapter=request.param)
    yield made
    made.close()


@pytest.fixture
def quick() -> Iterator[Transport]:
    made = Transport("front", clock=FakeClock(), connect_timeout=10.0, read_timeout=10.0)
    yield made
    made.close()


def body_of(transport: Transport, camera: ScriptedCamera) -> bytes:
    return transport.send(transport.prepare(camera.address + "/")).body


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    "url", ["http://b\u00fcro.example/a b?c=d%2Fe", "https://192.0.2.7:8443", "http://[::1]:80/x#y"]
)
def test_a_request_is_made_ready_as_requests_would(transport: Transport, url: str, method: str) -> None:
    ready = transport.prepare(url, method)

    usual = requests.Request(method, url, headers=ready.headers).prepare()
    assert (ready.method, ready.url, ready.body) == (usual.method, usual.url, usual.body)
    assert ready.headers == usual.headers


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (WHOLE, b"{}"),
        (CHUNKED + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", b"{}"),
        (CHUNKED + b"2;a=b\r\n{}\r\n0\r\nX-Trailer: y\r\n\r\n", b"{}"),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", b"{}"),
        (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
        (OK + b"Content-Length: 2\r\nX-Folded: a\r\n b\r\n\r\n{}", b"{}"),
        (OK + b"Content-Length: 2\r\nNo colon at all\r\n\r\n{}", None),
        (OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE, b"{}"),
        (OK + b"Content-Length: %d\r\nContent-Encoding: gzip\r\n\r\n" % len(gzip.compress(b"{}")), b"{}"),
        (OK + b"Content-Length: %d\r\n\r\n" % (3 * PLENTY) + b" " * (3 * PLENTY), b" " * (3 * PLENTY)),
        (OK + b"Content-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
)
def test_what_is_understood_is_the_same_both_ways(transport: Transport, answer: bytes, body: bytes | None) -> None:
    if b"gzip" in answer:
        answer += gzip.compress(b"{}")
    with ScriptedCamera(answer, WHOLE) as camera:
        first = body_of(transport, camera)

        assert body is None or first == body
        assert body_of(transport, camera) == b"{}"
        assert len(camera.requests) == 2


@pytest.mark.parametrize("length", [b"", b"Content-Length: 2\r\nConnection: close\r\n"])
def test_an_answer_that_ends_its_connection_is_followed_by_another_one(transport: Transport, length: bytes) -> None:
    with ScriptedCamera(OK + length + b"\r\n{}", WHOLE, last=frozenset({0})) as camera:
        assert body_of(transport, camera) == b"{}"
        assert body_of(transport, camera) == b"{}"
        assert camera.connections == 2


def test_usual_and_unusual_answers_go_over_one_connection(quick: Transport) -> None:
    unusual = b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"
    with ScriptedCamera(WHOLE, unusual, WHOLE) as camera:
        assert [body_of(quick, camera) for _ in range(3)] == [b"{}"] * 3
        assert camera.connections == 1


def test_what_comes_behind_an_answer_is_no_answer_to_the_next_question(transport: Transport) -> None:
    with ScriptedCamera(WHOLE + OK + b"Content-Length: 5\r\n\r\nwrong", WHOLE) as camera:
        assert body_of(transport, camera) == b"{}"
        assert body_of(transport, camera) == b"{}"


def test_what_a_camera_says_unasked_is_no_answer(quick: Transport) -> None:
    with ScriptedCamera(WHOLE, WHOLE) as camera:
        assert body_of(quick, camera) == b"{}"
        camera.blurts_out(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        assert body_of(quick, camera) == b"{}"
        assert camera.connections == 2


def test_a_connection_that_ends_instead_of_answering_is_told_apart_from_a_new_one_that_does(
    transport: Transport,
) -> None:
    with ScriptedCamera(WHOLE) as camera:
        assert body_of(transport, camera) == b"{}"
        with pytest.raises(KeptConnectionLost):
            body_of(transport, camera)
        with pytest.raises(CameraError, match="closed the connection without an answer") as caught:
            body_of(transport, camera)
    assert type(caught.value) is not KeptConnectionLost


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 490 x\r\nContent-Length: 9\r\n\r\ncut",
        b"HTTP/1.1 490 x\nContent-Length: 9\n\ncut",
        b"HTTP/1.1 490 x\r\nTransfer-Encoding: chunked\r\n\r\nzz",
    ],
)
def test_the_status_is_known_also_where_the_body_is_not(transport: Transport, answer: bytes) -> None:
    with ScriptedCamera(answer, last=frozenset({0})) as camera:
        with pytest.raises(CameraError):
            body_of(transport, camera)
        assert transport.last_status == 490


def test_challenges_come_each_by_itself_and_headers_by_any_case(transport: Transport) -> None:
    answer = (
        b"HTTP/1.1 401 x\r\nwww-authenticate: Digest a\r\nWWW-Authenticate: Digest b\r\nlocation: /there\r\n"
        b"Content-Length: 0\r\n\r\n"
    )
    with ScriptedCamera(answer) as camera:
        reply = transport.send(transport.prepare(camera.address + "/"))

    assert reply.challenges == ("Digest a", "Digest b")
    assert reply.location == "/there"


def test_a_line_break_does_not_get_into_a_request(quick: Transport) -> None:
    with ScriptedCamera(WHOLE) as camera:
        request = quick.prepare(camera.address + "/")
        request.headers["Authorization"] = b"Digest x\r\nX-Injected: y"  # type: ignore[assignment]
        with pytest.raises(CameraError):
            quick.send(request)
        assert camera.requests == []


def test_requests_say_the_same_both_ways() -> None:
    said = []
    for adapter in (QuickAdapter, BoundedAdapter):
        transport = Transport("front", clock=FakeClock(), connect_timeout=10.0, read_timeout=10.0, adapter=adapter)
        with ScriptedCamera(WHOLE) as camera, contextlib.closing(transport):
            transport.send(transport.prepare(camera.address + "/cgi?a=b%20c", method="PUT"))
            said.append(camera.requests[0].replace(camera.address.encode()[7:], b"HOST").split(b"\r\n"))

    assert said[0][0] == said[1][0] == b"PUT /cgi?a=b%20c HTTP/1.1"
    assert sorted(said[0]) == sorted(said[1])


def parts_of_answers() -> set[int]:
    return {id(one) for one in gc.get_objects() if isinstance(one, HttpResponseParser | WholeResponse)}


def test_an_exchange_leaves_nothing_that_must_be_searched_for(quick: Transport) -> None:
    """Hundreds of polls a second would; what waits for the search lies in memory, and the search stops everything."""
    with ScriptedCamera(WHOLE, WHOLE) as camera:
        body_of(quick, camera)  # opens the connection
        gc.collect()
        gc.disable()
        try:
            before = parts_of_answers()
            body_of(quick, camera)
            assert parts_of_answers() <= before
        finally:
            gc.enable()
