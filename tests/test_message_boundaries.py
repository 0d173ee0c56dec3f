"""Where a request ends: whatever is said in two ways is refused, so that nobody hides one request in another's body."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gunicorn import command, stand_in
from tests.support.processes import bare_environment, free_port, running, status_of
from tests.support.waiting import wait_until

pytest.importorskip("gunicorn", reason="gunicorn runs on POSIX only")

HIDDEN = b"GET /url HTTP/1.1\r\nHost: localhost\r\n\r\n"
SPOILED = {
    "a length and chunks": b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n" + HIDDEN,
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunks and then something": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a blank before the colon": b"Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a folded line": b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a length with a sign": b"Content-Length: +5\r\n\r\nabcde" + HIDDEN,
    "a length in hexadecimal": b"Content-Length: 0x5\r\n\r\nabcde" + HIDDEN,
    "a length below nothing": b"Content-Length: -1\r\n\r\n" + HIDDEN,
    "two hosts": b"Host: evil.example\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
    "a NUL": b"X-A: a\0b\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
}


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    folder: Path = stand_in(tmp_path_factory.mktemp("service"))
    port = free_port()
    with running(command(), bare_environment(PORT=str(port)), cwd=folder, output=folder / "output"):
        wait_until(lambda: status_of(port, "/health/live") == 200)
        yield port


def statuses(port: int, sent: bytes) -> list[int]:
    """Of all answers, until the other end hangs up."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers(port, sent))]


def answers(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(sent)
        said = b""
        while piece := connection.recv(65_536):
            said += piece
    return said


@pytest.mark.parametrize("name", SPOILED)
def test_a_request_that_ends_in_two_places_is_refused_and_what_follows_is_not_read(port: int, name: str) -> None:
    (status,) = statuses(port, b"POST /health/live HTTP/1.1\r\nHost: localhost\r\n" + SPOILED[name])
    assert status in {400, 501}


def test_two_requests_that_end_where_they_say_are_both_answered(port: int) -> None:
    first = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert statuses(port, first + HIDDEN) == [200, 200]


def test_a_header_whose_name_stands_for_another_one_here_is_not_passed_on(port: int) -> None:
    """With a ``_`` it would be the same as with a ``-`` to an application."""
    odd = b"X_Forwarded_Proto: https\r\nScript_Name: /evil\r\n"
    said = answers(port, b"GET /url HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + odd + b"\r\n")
    assert b"http://localhost/url" in said or b"400 Bad Request" in said
    assert b"evil" not in said
