"""Writing past the server: what is on the wire is what the server would have written."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from peoplecount.web.client_socket import ClientLine, ClientSocket

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.settimeout(5)
    with ours, theirs:
        yield ours, theirs


def test_clients_of_http_1_1_get_chunks(pair: Pair) -> None:
    line = ClientLine(pair[0], in_chunks=True)

    assert line.offer(b"data: x\n\n" * 2)
    assert line.is_clear
    assert pair[1].recv(100) == b"12\r\ndata: x\n\ndata: x\n\n\r\n"


def test_clients_of_http_1_0_get_what_there_is(pair: Pair) -> None:
    assert ClientLine(pair[0], in_chunks=False).offer(b"data: x\n\n")
    assert pair[1].recv(100) == b"data: x\n\n"


def test_what_a_full_connection_takes_in_part_is_finished_later(pair: Pair) -> None:
    line = ClientLine(pair[0], in_chunks=True)
    data = b"x" * 99_999
    taken = 0
    while line.is_clear and line.offer(data):
        taken += 1
    was_cut = not line.is_clear
    assert not line.offer(data), "nothing goes between the two parts of a chunk"

    received = all_of(pair[1])
    line.clear()
    assert line.is_clear
    received += all_of(pair[1])
    assert received == (b"1869F\r\n" + data + b"\r\n") * taken
    assert was_cut or taken


def all_of(sock: socket.socket) -> bytes:
    """What has come so far."""
    received = b""
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while part := sock.recv(65_536):
            received += part
    return received


def test_a_broken_connection_takes_nothing(pair: Pair) -> None:
    line = ClientLine(pair[0], in_chunks=True)
    pair[1].close()

    assert not line.offer(b"x")
    pair[0].close()
    assert not line.offer(b"x")


def test_only_a_connection_that_never_waits_is_written_to_by_others(pair: Pair) -> None:
    assert ClientSocket({"gunicorn.socket": pair[0], "SERVER_PROTOCOL": "HTTP/1.1"}).line() is not None
    pair[0].setblocking(True)
    assert ClientSocket({"gunicorn.socket": pair[0], "SERVER_PROTOCOL": "HTTP/1.1"}).line() is None
    assert ClientSocket({}).line() is None
