"""HTTP messages: what comes in and what goes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import unquote_plus

_LONGEST_LINE = 16_384
_MOST_HEADERS = 100
_LARGEST_BODY = 65_536
"""Bytes. Only the control address takes bodies, and they are small."""

_PHRASES = {490: "Account Blocked"} | {status.value: status.phrase for status in HTTPStatus}


class BadRequest(ValueError):
    """Bytes that are no HTTP request."""


@dataclass(frozen=True)
class Request:
    """One request. Header names are in lower case."""

    method: str
    target: str
    """Path and query exactly as sent; what digest authentication signs."""

    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: str = "127.0.0.1"
    keep_alive: bool = True

    @cached_property
    def path(self) -> str:
        """The path as sent."""
        return self.target.partition("?")[0]

    @cached_property
    def query(self) -> dict[str, str]:
        """Decoded parameters; one without a value is empty, of equal ones the last counts."""
        pairs = (pair.partition("=") for pair in self.target.partition("?")[2].split("&") if pair)
        return {_decoded(name): _decoded(value) for name, _, value in pairs}

    @property
    def wants_json(self) -> bool:
        """Whether the caller accepts JSON, which text is preferred to unless asked for (SUNAPI introduction 2.6.2)."""
        return "application/json" in self.headers.get("accept", "").lower()


def _decoded(text: str) -> str:
    return unquote_plus(text) if "%" in text or "+" in text else text


class Manner(Enum):
    """How an answer is sent, or not."""

    WHOLE = auto()
    CUT = auto()
    """The full length is announced, half is sent, the connection ends."""

    SILENT = auto()
    """Nothing, until the caller gives up."""

    RESET = auto()
    """The connection is torn down without a word."""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"
    headers: tuple[tuple[str, str], ...] = ()
    manner: Manner = Manner.WHOLE
    delay: float = 0.0
    """Real seconds before it is sent."""

    stream: Callable[[], bytes | None] | None = None
    """What follows the body, without end: the bytes that have come up since the last call, ``None`` to hang up."""

    def encode(self, *, keep_alive: bool) -> bytes:
        """The bytes to send."""
        further = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        length = f"Content-Length: {len(self.body)}\r\n" if self.stream is None else ""
        head = (
            f"HTTP/1.1 {self.status} {_PHRASES.get(self.status, 'Unknown')}\r\n"
            f"Content-Type: {self.content_type}\r\n{length}"
            f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n{further}\r\n"
        )
        return head.encode("latin-1") + self.body


def read_request(stream: BinaryIO, peer: str) -> Request | None:
    """The next request of a connection; ``None`` where it has ended. Raises ``BadRequest``.

    Lean on purpose: the standard library's reader takes longer over the headers than everything else together,
    and a fleet answers thousands of requests a second.
    """
    line = _read_line(stream)
    if not line:
        return None
    parts = line.split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest("the first line is no request line")
    method, target, version = parts
    headers = _read_headers(stream)
    connection = headers.get("connection", "").lower()
    keep_alive = "keep-alive" in connection if version == "HTTP/1.0" else "close" not in connection
    return Request(method, target, headers, _read_body(stream, headers), peer, keep_alive)


def _read_headers(stream: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(_MOST_HEADERS):
        line = _read_line(stream)
        if not line:
            return headers
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest("a header without a colon")
        headers[name.strip().lower()] = value.strip()
    raise BadRequest(f"more than {_MOST_HEADERS} headers")


def _read_body(stream: BinaryIO, headers: Mapping[str, str]) -> bytes:
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not (length.isascii() and length.isdigit()) or int(length) > _LARGEST_BODY:
        raise BadRequest(f"a body needs a Content-Length of at most {_LARGEST_BODY}")
    return stream.read(int(length)) if length != "0" else b""


def _read_line(stream: BinaryIO) -> str:
    line = stream.readline(_LONGEST_LINE + 1)
    if len(line) > _LONGEST_LINE:
        raise BadRequest(f"a line longer than {_LONGEST_LINE} bytes")
    return line.decode("latin-1").rstrip("\r\n")
