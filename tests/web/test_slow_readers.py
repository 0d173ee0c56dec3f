"""Readers that do not read: they cost a slice each and delay nobody, and get everything once they go on."""

import socket
import tracemalloc

import pytest

from peoplecount.stream.hub import MAX_SLICE
from peoplecount.stream.open_streams import OpenStreams
from peoplecount.web.app import create_app
from tests.support.board_service import BoardService, Server
from tests.support.shop import FRONT, SHOP, at
from tests.support.stream_connection import StreamConnection
from tests.support.stream_reader import events
from tests.support.waiting import wait_until

DEAF = 12
EVENTS = 6_000
"""Of some 900 bytes: more than a connection takes unread."""

RING = 200


class DeafReader:
    """Asks, and reads nothing."""

    def __init__(self, port: int, start: str) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.settimeout(60)
        self._socket.connect(("127.0.0.1", port))
        request = f"GET /events?since={start}&limit={EVENTS} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"
        self._socket.sendall(request.encode())

    def reads_on(self) -> list[str]:
        """The ids of all it is sent until the end."""
        with self._socket.makefile("rb") as file:
            while file.readline().strip():
                pass
            lines = (line.rstrip(b"\r\n") for line in file)
            return [last_id for name, _, last_id in events(lines) if name == "PeopleCountingUpdate"]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def streams():
    return OpenStreams()


@pytest.fixture
def service():
    service = BoardService([SHOP], now=at(14), max_frames=RING)
    service.count(FRONT, 1)
    service.catch_up()
    return service


@pytest.fixture
def server(service, streams):
    server = Server(create_app(service.context(streams=streams)))
    with service.following():
        server.start()
        try:
            yield server
        finally:
            service.hub.close("the test is over")
            streams.cut()
            server.stop()


def test_who_does_not_read_holds_one_slice_and_hears_all_of_it_later(service, streams, server):
    start = str(service.log.head())
    deaf = [DeafReader(server.port, start) for _ in range(DEAF)]
    wait_until(lambda: service.hub.open_streams == DEAF)
    attentive = StreamConnection(server.port)
    attentive.next("snapshot")
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    ids = [str(service.count(FRONT, 1)) for _ in range(EVENTS)]
    assert [attentive.next("PeopleCountingUpdate")[1] for _ in ids] == ids, "it was not delayed, and missed nothing"
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    held = {id(one.client.buffer): len(one.client.buffer) for one in streams._open if one.client}
    assert max(held.values()) <= MAX_SLICE + 2_000
    kept = sum(len(entry.event.body) for entry in service.log.read(0, EVENTS + 10)) * 2 + EVENTS * 1_000
    assert after - before < kept + DEAF * 2 * MAX_SLICE, "the log of this test is in memory, and little else is"

    assert deaf[0].reads_on() == ids
    assert deaf[-1].reads_on() == ids
    for reader in deaf:
        reader.close()
    attentive.close()
