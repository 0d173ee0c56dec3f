"""Who sends slowly, or takes many connections: a real gunicorn keeps its places for others."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.processes import ROOT, bare_environment, free_port, python, running
from tests.support.waiting import wait_until

pytest.importorskip("gunicorn")

if not hasattr(socket, "AF_UNIX"):
    pytest.skip("gunicorn is for POSIX", allow_module_level=True)

from tests.support.hasty import BODY_SECONDS, MOST

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port, output = free_port(), tmp_path_factory.mktemp("server") / "output"
    worker = ("--worker-class", "tests.support.hasty.HastyWorker", "--config", "/dev/null")
    command = python("-m", "gunicorn", *worker, "--bind", f"127.0.0.1:{port}", "tests.support.hasty:app")
    with running(command, bare_environment(), ROOT, output) as process:
        wait_until(lambda: process.poll() is not None or "Booting worker" in output.read_text(), 60)
        yield port


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def answer(client: socket.socket) -> bytes:
    """All that comes until the other end hangs up."""
    return b"".join(iter(lambda: client.recv(65_536), b""))


def test_a_body_that_comes_byte_by_byte_is_refused_after_a_while(port):
    began = time.monotonic()
    with connected(port) as client:
        client.sendall(HEAD % 1_000_000)
        client.settimeout(0.1)
        said = b""
        while not said:
            client.sendall(b"x")
            try:
                said = client.recv(65_536)
            except TimeoutError:
                assert time.monotonic() - began < 20
    assert said.startswith(b"HTTP/1.1 400 ")
    assert time.monotonic() - began >= BODY_SECONDS


def test_a_body_in_chunks_has_no_more_time(port):
    with connected(port) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc")
        assert answer(client).startswith(b"HTTP/1.1 400 ")


def test_what_comes_in_time_is_taken_and_the_connection_kept(port):
    with connected(port) as client:
        for _ in range(2):
            client.sendall(HEAD % 4 + b"ab")
            client.sendall(b"cd")
            said = b""
            while not said.endswith(b"\r\n\r\n4"):
                said += client.recv(65_536)
            assert said.startswith(b"HTTP/1.1 200 ")


def test_one_client_has_so_many_connections_and_no_more_until_it_closes_some(port):
    with ExitStack() as stack:
        others = [stack.enter_context(connected(port)) for _ in range(MOST)]
        for other in others:
            other.sendall(HEAD % 4 + b"ab")
        with connected(port) as client:
            said = answer(client)
        assert said.startswith(b"HTTP/1.1 429 ")
        assert b"TRUSTED_PROXIES" in said
    wait_until(lambda: is_answered(port))


def is_answered(port: int) -> bool:
    with connected(port) as client:
        try:
            client.sendall(HEAD % 1 + b"x")
            return client.recv(65_536).startswith(b"HTTP/1.1 200 ")
        except ConnectionError:
            return False
