"""Requests to gevent's own server: read as strictly as gunicorn does, and waited for no longer.

gevent's ``pywsgi`` waits for ever for whatever is to come, and takes requests of which others might say that they end
elsewhere (RFC 9112, 6.3 and 11.2).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPMessage
from io import BytesIO
from typing import Any, BinaryIO

import gevent
from gevent.pywsgi import Input, WSGIHandler, WSGIServer

from peoplecount.connection_limit import REFUSAL, ConnectionLimit
from peoplecount.request_body import BODY_SECONDS, BodyClock

logger = logging.getLogger(__name__)

IDLE_SECONDS = 75.0
"""For which a connection may wait for its next request. Proxies such as IIS keep theirs for a minute."""

HEAD_SECONDS = 10.0
"""For the rest of a request's head, once its first line is there."""

UNREAD_SECONDS = 3.0
"""For what nobody has read of a body, once the request is answered."""

_LONGEST_LINE = 8190
_MOST_LINES = 100
_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\0\r\n]*\r?\n")
"""RFC 9110, 5.1 and 5.5. No line goes on in the next one, and none ends but at its end."""


class CarefulHandler(WSGIHandler):  # type: ignore[misc]  # gevent has no types
    """One connection. Requests that cannot be read are answered with 400, and quoted nowhere: secrets stand in them."""

    idle_seconds, head_seconds, body_seconds = IDLE_SECONDS, HEAD_SECONDS, BODY_SECONDS

    wsgi_input: Any
    close_connection: bool

    def read_requestline(self) -> str:
        """The first line; empty where none comes, which ends the connection."""
        try:
            with gevent.Timeout(self.idle_seconds, TimeoutError()):
                line: str = super().read_requestline()
        except TimeoutError:
            return ""
        return line

    def read_request(self, raw_requestline: str) -> bool:
        """The head. Raises ``ValueError`` where it is none."""
        with gevent.Timeout(self.head_seconds, ValueError("the head did not come in time")):
            is_read: bool = super().read_request(raw_requestline)
        return is_read

    def MessageClass(self, lines: BinaryIO, *more: Any) -> HTTPMessage:  # noqa: N802, ANN401  gevent's name
        """The fields of a head. Raises ``ValueError``."""
        message: HTTPMessage = super().MessageClass(BytesIO(_fields_of(lines)), *more)
        _demand_one_end(message)
        return message

    def get_environ(self) -> dict[str, Any]:
        """With a body that is waited for no longer than gunicorn's."""
        environ: dict[str, Any] = super().get_environ()
        plain = self.wsgi_input
        parts = (plain.rfile, plain.content_length, plain.socket, plain.chunked_input)
        self.wsgi_input = _TimedInput(self.body_seconds, *parts)
        if environ["wsgi.input"] is plain:
            environ["wsgi.input"] = self.wsgi_input
        return environ

    def handle_one_response(self) -> None:
        """Answer. Where a body did not come in time, nobody knows where the next request begins."""
        super().handle_one_response()
        self.close_connection = self.close_connection or self.wsgi_input.is_late

    def log_error(self, msg: str, *args: object) -> None:  # noqa: ARG002  gevent's, which quotes the request
        """A request could not be read."""
        logger.info("A request from %s could not be read", self.client_address[0])


class LimitedServer(WSGIServer):  # type: ignore[misc]  # gevent has no types
    """A server with a limit for each client's connections."""

    limit: ConnectionLimit | None = None
    """``None``: there is none."""

    def handle(self, sock: Any, address: Any) -> None:  # noqa: ANN401  gevent's
        """Serve a connection, or hang up."""
        place = self.limit.take(str(address[0])) if self.limit else ""
        if place is None:
            with suppress(OSError):
                sock.sendall(REFUSAL)
            sock.close()
            return
        try:
            super().handle(sock, address)
        finally:
            if self.limit:
                self.limit.give_back(place)


class _TimedInput(Input):  # type: ignore[misc]  # gevent has no types
    """The body of a request."""

    def __init__(self, seconds: float, *parts: Any) -> None:  # noqa: ANN401  gevent's
        super().__init__(*parts)
        self.is_late = False
        self._clock = BodyClock(seconds)

    def read(self, length: int | None = None) -> bytes:
        """Raises ``TimeoutError``, as the next one."""
        with self._in_time():
            data: bytes = super().read(length)
        return data

    def readline(self, size: int | None = None) -> bytes:
        """One line."""
        with self._in_time():
            line: bytes = super().readline(size)
        return line

    def _discard(self) -> None:
        """Called once the request is answered."""
        with suppress(TimeoutError), BodyClock(UNREAD_SECONDS).running():
            super()._discard()
            return
        self.is_late = True

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        try:
            with self._clock.running():
                yield
        except TimeoutError:
            self.is_late = True
            raise


def _fields_of(lines: BinaryIO) -> bytes:
    """The lines of a head up to the empty one. Raises ``ValueError``."""
    found: list[bytes] = []
    while (line := lines.readline(_LONGEST_LINE + 1)) not in {b"\r\n", b"\n"}:
        if len(found) >= _MOST_LINES or len(line) > _LONGEST_LINE or not _FIELD.fullmatch(line):
            raise ValueError("a line of the head is none")
        found.append(line)
    return b"".join([*found, line])


def _demand_one_end(headers: HTTPMessage) -> None:
    """Raise ``ValueError`` where a request says in two ways where it ends, or whom it asks."""
    lengths, codings = headers.get_all("Content-Length", []), headers.get_all("Transfer-Encoding", [])
    if len(lengths) + len(codings) > 1 or len(headers.get_all("Host", [])) > 1:
        raise ValueError("it says something twice")
    if any(not (length.isascii() and length.isdecimal()) for length in lengths):
        raise ValueError("its length is none")
    if any(coding.lower() != "chunked" for coding in codings):
        raise ValueError("its coding is not known")
