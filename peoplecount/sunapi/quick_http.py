"""The quick way through HTTP: usual answers are taken apart by ``httptools``, unusual ones as ``bounded_http`` does.

A poll's answer is some hundred bytes of plain HTTP on a connection that is open already; ``urllib3`` and
``http.client`` spend more on it than all the rest of a poll takes. What ``llhttp`` (the parser of Node.js, within
``httptools``) does not like, or what is not there whole within ``PLENTY`` bytes, is read again from its first byte by
``http.client``. So this way is as forgiving as the other, and no answer costs more than it may.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import SplitResult, urlsplit

import requests
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.connection import HTTPConnection

from peoplecount.domain.camera_networks import CameraNetworks
from peoplecount.sunapi.allowance import Allowance
from peoplecount.sunapi.bounded_http import PLENTY, BoundedResponse, CameraAdapter, body_of
from peoplecount.sunapi.kept_socket import has_ended
from peoplecount.sunapi.trust import Trust

_log = logging.getLogger("peoplecount.sunapi")

_AT_ONCE = 16_384
_SIGNATURE = "Authorization"
_HEADER_CHARSET = "latin-1"
"""As ``http.client`` reads and writes headers."""


class WholeResponse(requests.Response):
    """A response that has arrived whole.

    What nobody asks for in a poll is only made when somebody does. Cameras set no cookies that would matter: making
    room for them alone would take longer than taking the answer apart.
    """

    def __init__(
        self, request: requests.PreparedRequest, status: int, headers: Sequence[tuple[str, str]], body: bytes
    ) -> None:
        self.request = request
        self.url = request.url or ""
        self.status_code = status
        self.encoding = None
        self.history = []
        self._pairs = headers
        self._content = body
        self._content_consumed = True

    @cached_property
    def headers(self) -> CaseInsensitiveDict[str]:  # type: ignore[override]
        """By name, in any case."""
        return CaseInsensitiveDict(self._pairs)

    def all_of(self, name: str) -> tuple[str, ...]:
        """All headers of a name, each by itself: ``headers`` has the last one only."""
        return tuple(value for one, value in self._pairs if one.lower() == name.lower())


class QuickAdapter(CameraAdapter):
    """``requests``' transport for one camera: one connection that is kept, one request without a body at a time.

    Who is at the other end is settled as with ``BoundedAdapter``, because the connections are the same.
    """

    def __init__(self, allowance: Allowance, trust: Trust, networks: CameraNetworks) -> None:
        super().__init__(allowance, trust, networks)
        self._idle: HTTPConnection | None = None
        self._leads_to = ("", "")
        """Scheme and place at which the idle one ends."""

        self._closings = 0
        self._ready: _Ready | None = None

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 - as in HTTPAdapter
        timeout: float | tuple[float | None, float | None] | None = None,
        verify: bool | str = True,  # noqa: ARG002, FBT001, FBT002
        cert: object = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> WholeResponse:
        """Send a request and read its answer.

        Raises what ``requests``, ``urllib3`` and ``http.client`` raise, ``CameraUnreachable`` and ``UnexpectedAnswer``.
        """
        connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        ready = self._ready
        if ready is None or ready.request is not request:
            ready = self._ready = _Ready.of(request)
        head = ready.head()
        closings = self._closings
        connection = self._take(ready.parts, connect)
        leaves_open = False
        try:
            sock = connection.sock
            sock.settimeout(read)
            sent = sock.send(head)
            if sent < len(head):  # hardly ever, and asking first is quicker than ``sendall``
                sock.sendall(head[sent:])
            response, leaves_open = self._answer_on(connection, request)
        finally:  # where something went wrong, whatever may still come on it is nobody's answer
            if leaves_open and closings == self._closings:
                self._idle = connection
            else:
                connection.close()
        return response

    def close(self) -> None:
        """Close the connection unless it is in use. From any thread."""
        self._closings += 1
        connection, self._idle = self._idle, None
        if connection is not None:
            connection.close()

    def _take(self, parts: SplitResult, seconds: float | None) -> HTTPConnection:
        """The kept connection if it still stands, else a new one."""
        connection, self._idle = self._idle, None
        leads_to = (parts.scheme, parts.netloc)
        if connection is not None:
            if self._leads_to == leads_to and not has_ended(connection.sock):
                return connection
            connection.close()
        _log.debug("opening a connection to %s://%s", *_without_account(parts))
        host = parts.hostname or ""
        bracketed = f"[{host}]" if ":" in host else host
        connection = self.connection(parts.scheme, bracketed, port=parts.port, timeout=seconds)
        connection.connect()
        self._leads_to = leads_to
        return connection

    def _answer_on(self, connection: HTTPConnection, request: requests.PreparedRequest) -> tuple[WholeResponse, bool]:
        """The answer, and whether another request may follow."""
        allowance, sock, usual = self._allowance, connection.sock, _UsualAnswer()
        allowance.begin()
        received = b""
        while not usual.is_whole:
            try:
                data = sock.recv(_AT_ONCE)
            except TimeoutError as error:
                if received:
                    raise allowance.too_slow() from error
                raise requests.ReadTimeout(request=request) from error
            received += data
            allowance.spend(len(data))
            if not data or not usual.takes(data) or len(received) > PLENTY:
                usual.end()
                return self._answer_patiently(connection, request, received)
            self.status = usual.status
            if not usual.is_whole:
                sock.settimeout(allowance.seconds_left())
        usual.end()
        return WholeResponse(request, usual.status or 0, usual.headers(), usual.body()), usual.leaves_open

    def _answer_patiently(
        self, connection: HTTPConnection, request: requests.PreparedRequest, received: bytes
    ) -> tuple[WholeResponse, bool]:
        """The same for an answer of which so much has come, read by ``http.client``."""
        answer = BoundedResponse(self._allowance, self._open, connection.sock, method=request.method, received=received)
        try:
            answer.begin()
            self.status = answer.status
            headers = answer.msg.items()
            raw = HTTPResponse(answer, HTTPHeaderDict(headers), preload_content=False, original_response=answer)
            body = body_of(raw, self._allowance)
        finally:
            answer.close()
        return WholeResponse(request, answer.status, headers, body), not answer.will_close


class _UsualAnswer:
    """An answer as far as it has come. ``httptools`` calls the methods that begin with ``on_``."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.is_whole = False
        self.leaves_open = False
        """Whether another request may follow on its connection."""

        self._is_unusual = False
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._parser = HttpResponseParser(self)

    def end(self) -> None:
        """Let go of the parser, which holds methods of this: each poll would leave garbage to be searched for."""
        del self._parser

    def takes(self, data: bytes) -> bool:
        """Take what has come; whether it was usual."""
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            return False
        return not self._is_unusual

    def headers(self) -> list[tuple[str, str]]:
        """All that came."""
        return [(name.decode(_HEADER_CHARSET), value.decode(_HEADER_CHARSET)) for name, value in self._headers]

    def body(self) -> bytes:
        """All of it; not unpacked."""
        return b"".join(self._body)

    def on_message_begin(self) -> None:
        """More than one answer to one request."""
        self._is_unusual = self._is_unusual or self.is_whole

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of them."""
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Only what says where it ends, and is as it is, is usual."""
        self.status = self._parser.get_status_code()
        names = {name.lower() for name, _ in self._headers}
        has_end = b"content-length" in names or b"transfer-encoding" in names
        if self.status < 200 or not has_end or b"content-encoding" in names:
            self._is_unusual = True

    def on_body(self, body: bytes) -> None:
        """A part of it."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """That was all."""
        self.is_whole = True
        self.leaves_open = bool(self._parser.should_keep_alive())


@dataclass(frozen=True, slots=True)
class _Ready:
    """What of a request that is sent over and over is always the same."""

    request: requests.PreparedRequest
    parts: SplitResult
    begin: bytes
    """All that is sent but for the signature."""

    @classmethod
    def of(cls, request: requests.PreparedRequest) -> _Ready:
        """Raises ``InvalidHeader`` where a line would end within a header."""
        parts = urlsplit(str(request.url))
        lines = [f"{request.method} {request.path_url} HTTP/1.1\r\n".encode(), _header("Host", parts.netloc)]
        lines += [_header(name, value) for name, value in request.headers.items() if name != _SIGNATURE]
        return cls(request, parts, b"".join(lines))

    def head(self) -> bytes:
        """The request as it is sent. Raises ``InvalidHeader``."""
        signature = self.request.headers.get(_SIGNATURE)
        return self.begin + (b"" if signature is None else _header(_SIGNATURE, signature)) + b"\r\n"


def _header(name: str, value: object) -> bytes:
    """Signatures are bytes, as names and realms may hold more than Latin-1; ``requests`` knows texts only."""
    text = value if isinstance(value, bytes) else str(value).encode(_HEADER_CHARSET)
    if b"\r" in text or b"\n" in text:
        raise requests.exceptions.InvalidHeader("a line break in a header")
    return b"%s: %s\r\n" % (name.encode(), text)


def _without_account(parts: SplitResult) -> tuple[str, str]:
    return parts.scheme, parts.netloc.rpartition("@")[2]
