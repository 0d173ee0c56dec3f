"""A request that is refused before it is read: whoever is still sending it gets the answer, whole."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from tests.support.processes import ROOT, bare_environment, free_port, python, running
from tests.support.refusing import REFUSAL
from tests.support.waiting import wait_until

pytest.importorskip("gunicorn")

if not hasattr(socket, "AF_UNIX"):
    pytest.skip("gunicorn is for POSIX", allow_module_level=True)

LARGE = 8_000_000
"""More than all buffers between two sockets of one machine."""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port, output = free_port(), tmp_path_factory.mktemp("server") / "output"
    worker = ("--worker-class", "peoplecount.stream_worker.StreamWorker", "--config", "/dev/null")
    command = python("-m", "gunicorn", *worker, "--bind", f"127.0.0.1:{port}", "tests.support.refusing:app")
    with running(command, bare_environment(), ROOT, output) as process:
        wait_until(lambda: process.poll() is not None or "Booting worker" in output.read_text(), 60)
        yield port


def head(length: int, connection: str = "close") -> bytes:
    return f"POST / HTTP/1.1\r\nHost: x\r\nConnection: {connection}\r\nContent-Length: {length}\r\n\r\n".encode()


def answer(client: socket.socket) -> bytes:
    """All that comes until the other end hangs up."""
    return b"".join(iter(lambda: client.recv(65_536), b""))


def test_who_sends_it_all_before_reading_gets_the_answer(port):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(head(LARGE) + b"x" * LARGE)
        said = answer(client)
    assert said.startswith(b"HTTP/1.1 401 ")
    assert said.endswith(REFUSAL)


def test_on_a_kept_connection_the_next_request_is_answered(port):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(head(LARGE, "keep-alive") + b"x" * LARGE + head(2) + b"xx")
        said = answer(client)
    assert said.count(b"HTTP/1.1 401 ") == 2
    assert said.endswith(REFUSAL)


def test_who_announces_more_than_ever_comes_is_waited_for_no_longer_than_some_seconds(port):
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(head(LARGE) + b"x")
        assert answer(client).endswith(REFUSAL)
    assert time.monotonic() - began < 10
