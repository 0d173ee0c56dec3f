"""gevent's own server, for Windows: it reads as strictly as gunicorn, and waits for nobody for ever."""

from __future__ import annotations

import re
import socket
import time
from contextlib import ExitStack

import pytest

from tests.support.processes import ROOT, bare_environment, free_port, python, running
from tests.support.waiting import wait_until

pytest.importorskip("gevent")

MOST = 5
"""As ``tests.support.careful_server`` has it."""

HOST = b"Host: x\r\n"
HIDDEN = b"GET /?ticket=SECRET HTTP/1.1\r\nHost: x\r\n\r\n"
SPOILED = {
    "a length and chunks": HOST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": HOST + b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n" + HIDDEN,
    "an unknown coding": HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two codings": HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a blank before the colon": HOST + b"Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a folded line": HOST + b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a line that ends in the midst": HOST + b"A: b\rContent-Length: 40\r\n\r\n" + HIDDEN,
    "a length with a sign": HOST + b"Content-Length: +5\r\n\r\nabcde" + HIDDEN,
    "a length in parts": HOST + b"Content-Length: 1_0\r\n\r\nabcdefghij" + HIDDEN,
    "two hosts": HOST + b"Host: evil.example\r\n\r\n" + HIDDEN,
    "a NUL": HOST + b"X-A: a\0b\r\n\r\n" + HIDDEN,
    "a line that is none": HOST + b"nonsense\r\n\r\n" + HIDDEN,
    "a line without end": HOST + b"A: " + b"x" * 9000 + b"\r\n\r\n" + HIDDEN,
    "lines without end": HOST + b"A: b\r\n" * 200 + b"\r\n" + HIDDEN,
}


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    return tmp_path_factory.mktemp("server") / "output"


@pytest.fixture(scope="module")
def port(output):
    port = free_port()
    with running(python("-m", "tests.support.careful_server", str(port)), bare_environment(), ROOT, output):
        wait_until(lambda: listens(port), 60)
        yield port


def listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def answer(client):
    """All that comes until the other end hangs up."""
    return b"".join(iter(lambda: client.recv(65_536), b""))


def statuses(said):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", said)]


def post(length):
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length


@pytest.mark.parametrize("name", SPOILED)
def test_a_request_that_ends_in_two_places_is_refused_and_what_follows_is_not_read(port, output, name):
    with connected(port) as client:
        client.sendall(b"POST / HTTP/1.1\r\n" + SPOILED[name])
        assert statuses(answer(client)) == [400]
    assert "SECRET" not in output.read_text()


def test_what_cannot_be_read_is_quoted_nowhere(port, output):
    with connected(port) as client:
        client.sendall(b"GET /events?ticket=SECRET HTTP/9.9\r\nHost: x\r\n\r\n")
        assert statuses(answer(client)) == [400]
    wait_until(lambda: "could not be read" in output.read_text())
    assert "SECRET" not in output.read_text()


def test_who_says_nothing_is_let_go(port):
    with connected(port) as client:
        assert answer(client) == b""


@pytest.mark.parametrize("begun", [b"GET / HTTP/1.1\r\nHost: x\r\nA: ", post(4) + b"ab"])
def test_who_sends_byte_by_byte_is_refused_after_a_while(port, begun):
    began, said = time.monotonic(), b""
    with connected(port) as client:
        client.sendall(begun.replace(b"Content-Length: 4", b"Content-Length: 100000"))
        client.settimeout(0.1)
        while not said:
            client.sendall(b"x")
            try:
                said = client.recv(65_536)
            except TimeoutError:
                assert time.monotonic() - began < 20
    assert statuses(said) == [400]


def test_what_comes_in_time_is_taken_and_the_connection_kept(port):
    with connected(port) as client:
        for _ in range(2):
            client.sendall(post(4) + b"ab")
            client.sendall(b"cd")
            said = b""
            while not said.endswith(b"\r\n\r\n4"):
                said += client.recv(65_536)
            assert statuses(said) == [200]


def test_one_client_has_so_many_connections_and_no_more(port):
    with ExitStack() as stack:
        for _ in range(MOST):
            stack.enter_context(connected(port)).sendall(post(4) + b"ab")
        with connected(port) as client:
            assert statuses(answer(client)) == [429]
