"""One HTTP exchange with a camera: what is sent, what comes back, and what goes wrong in between.

``requests`` and ``urllib3`` end here: their exceptions become ours.
"""

from __future__ import annotations

import contextlib
import http.client
import ssl
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
import urllib3

from peoplecount.domain.camera_networks import CameraNetworks
from peoplecount.domain.clock import Clock
from peoplecount.domain.sentence import say
from peoplecount.sunapi.allowance import Allowance
from peoplecount.sunapi.bounded_http import CameraAdapter, body_of
from peoplecount.sunapi.bounded_tls import BoundedHTTPSConnection
from peoplecount.sunapi.certificate import Certificate, ShownCertificate
from peoplecount.sunapi.errors import CameraError, CameraUnreachable, CertificateUnknown, UnexpectedAnswer
from peoplecount.sunapi.peer import NoCameraThere
from peoplecount.sunapi.quick_http import QuickAdapter, WholeResponse
from peoplecount.sunapi.trust import Authorities, Trust

_HEADERS = {
    "User-Agent": "peoplecount",
    # JSON from SUNAPI 2.5.0 on; older firmware ignores it and answers text (SUNAPI Introduction 2.6.2).
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "keep-alive",
}


class KeptConnectionLost(CameraUnreachable):
    """The camera closed a connection that was kept from an earlier exchange; asking once more is in order."""


class Reply(NamedTuple):
    """What came back, and when by our clock (UTC). A tuple, because each poll makes one."""

    status: int
    body: bytes
    challenges: tuple[str, ...]
    """``WWW-Authenticate`` headers, each by itself: ``requests`` would join them with commas."""

    location: str
    asked_at: datetime
    answered_at: datetime


class Transport:
    """The one kept connection to a camera; one exchange at a time.

    Deaf to proxies and ``.netrc`` of the environment. Over HTTPS nothing is sent to a camera that is not trusted.
    """

    def __init__(
        self,
        camera_id: str,
        *,
        clock: Clock,
        connect_timeout: float,
        read_timeout: float,
        trust: Trust | None = None,
        networks: CameraNetworks | None = None,
        adapter: type[CameraAdapter] | None = None,
    ) -> None:
        """Without ``trust``, the system's authorities decide; without ``networks``, cameras may be everywhere.

        ``adapter`` is how ``requests`` speaks HTTP; the quick one unless given.
        """
        self._camera_id = camera_id
        self._clock = clock
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._allowance = Allowance(camera_id, clock=clock, seconds=read_timeout)
        self._networks = networks or CameraNetworks()
        trust = trust or Trust(camera_id, "", Authorities())
        self._adapter = (adapter or QuickAdapter)(self._allowance, trust, self._networks)
        self._answered = False
        """Whether the last exchange went well, so that the next one finds its connection open."""
        self.requests_sent = 0
        self.last_status: int | None = None
        """The HTTP status of the last exchange, also where its body could not be read; ``None`` without one."""

    def prepare(self, url: str, method: str = "GET") -> requests.PreparedRequest:
        """A request of ``url`` that can be sent again and again. Raises ``CameraUnreachable`` for an impossible URL."""
        try:
            # Not by a session, which has nothing to add: no proxies, no cookies, no ``.netrc`` of the environment. Nor
            # as a whole: room for cookies takes half the time and a kilobyte.
            request = requests.PreparedRequest()
            request.prepare_method(method)
            request.prepare_url(url, None)
            request.prepare_headers(_HEADERS)
            request.prepare_content_length(None)
        except (requests.RequestException, ValueError) as error:
            raise CameraUnreachable(
                self._camera_id, say("the camera's address is not one that can be called")
            ) from error
        return request

    def send(self, request: requests.PreparedRequest) -> Reply:
        """Send and read the answer whole.

        Raises ``CameraUnreachable``, ``KeptConnectionLost`` where sending again is in order, and
        ``UnexpectedAnswer`` for what is no HTTP, is cut off or too large. All within the connect time-out and, once
        the request is sent, the read time-out.
        """
        kept, self._answered = self._answered, False
        self.requests_sent += 1
        self.last_status = self._adapter.status = None
        asked_at = self._clock.now()
        try:
            # Not by a session, which would look for redirects and cookies, and read bodies that nobody wants.
            response = self._adapter.send(
                request, stream=True, timeout=(self._connect_timeout, self._read_timeout), proxies={}
            )
            self.last_status = response.status_code
            body = self._received(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
            self.last_status = self.last_status or self._adapter.status
            raise self._translated(error, kept=kept) from error
        except CameraError:
            self.last_status = self.last_status or self._adapter.status
            raise
        self._answered = True
        if response.status_code == 200:
            return Reply(200, body, (), "", asked_at, self._clock.now())
        challenges = _all_of(response, "WWW-Authenticate")
        location = response.headers.get("Location", "")
        return Reply(response.status_code, body, challenges, location, asked_at, self._clock.now())

    def look(self, address: str, authorities: Authorities) -> ShownCertificate:
        """The certificate shown at an ``https`` address, whoever's it is; nothing is sent. Raises ``CameraError``."""
        trust = Trust(self._camera_id, "", authorities)
        try:
            with contextlib.closing(self._opened(address, trust)) as connection:
                connection.connect()
                return ShownCertificate(connection.shown(), vouched_for=True)
        except CertificateUnknown:
            return ShownCertificate(self._look_at_any(address), vouched_for=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._translated(error, kept=False) from error

    def _look_at_any(self, address: str) -> Certificate:
        try:
            return self._opened(address, None).look()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._translated(error, kept=False) from error

    def _opened(self, address: str, trust: Trust | None) -> BoundedHTTPSConnection:
        parts = urlsplit(address)
        host = parts.hostname or ""
        bracketed = f"[{host}]" if ":" in host else host
        return BoundedHTTPSConnection(
            self._allowance, trust, self._networks, bracketed, port=parts.port, timeout=self._connect_timeout
        )

    def close(self) -> None:
        """Close the connection, also while an answer is awaited on it; may be called twice."""
        self._adapter.hang_up()
        self._adapter.close()

    def _received(self, response: requests.Response) -> bytes:
        """The body of an answer whose headers are there; the connection is free again."""
        if isinstance(response, WholeResponse):
            return response.content
        try:
            return body_of(response.raw, self._allowance)
        finally:
            response.close()

    def _translated(self, error: Exception, *, kept: bool) -> CameraError:
        causes = list(islice(_causes(error), _DEEPEST))
        if kept and any(isinstance(cause, _LOST) for cause in causes):
            return KeptConnectionLost(self._camera_id, say("the camera closed the connection"))
        for kind, words in _UNREACHABLE:
            cause = next((cause for cause in causes if isinstance(cause, kind)), None)
            if cause is not None:
                message = words.format(cause=cause, connect=self._connect_timeout, read=self._read_timeout)
                return CameraUnreachable(self._camera_id, message)
        name = type(causes[-1]).__name__
        if any(isinstance(cause, _BROKEN) for cause in causes):
            return UnexpectedAnswer(
                self._camera_id, say("the answer is cut off or no HTTP at all (%(name)s)", name=name)
            )
        return CameraUnreachable(self._camera_id, say("the camera cannot be reached (%(name)s)", name=name))


_DEEPEST = 20
_LOST = (ConnectionResetError, BrokenPipeError)
_BROKEN = (http.client.HTTPException, urllib3.exceptions.DecodeError)
_UNREACHABLE: tuple[tuple[type[Exception], str], ...] = (
    (NoCameraThere, "{cause}"),
    (ssl.SSLError, say("no encrypted connection could be agreed (%(cause)s)", cause="{cause.reason}")),
    (
        requests.ConnectTimeout,
        say("no connection within %(seconds)s s; is the camera on, and its address right?", seconds="{connect:g}"),
    ),
    (requests.ReadTimeout, say("connected, but no answer within %(seconds)s s", seconds="{read:g}")),
    (urllib3.exceptions.ReadTimeoutError, say("connected, but no answer within %(seconds)s s", seconds="{read:g}")),
    (urllib3.exceptions.NameResolutionError, say("the host name in the camera's address is unknown")),
    (ConnectionRefusedError, say("connection refused: nothing listens at the camera's address and port")),
    (ConnectionResetError, say("the camera closed the connection without an answer")),
    (BrokenPipeError, say("the camera closed the connection without an answer")),
    (
        TimeoutError,
        say("no connection within %(seconds)s s; is the camera on, and its address right?", seconds="{connect:g}"),
    ),
)
"""Causes whose remedy is known, the more telling first; anything else is named by its class."""


def _all_of(response: requests.Response, name: str) -> tuple[str, ...]:
    """All headers of a name, each by itself: ``requests`` joins them."""
    return response.all_of(name) if isinstance(response, WholeResponse) else tuple(response.raw.headers.getlist(name))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and those it was made from, outermost first; each library wraps in its own way."""
    yield error
    inner = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
    for candidate in inner:
        if isinstance(candidate, BaseException):
            yield from _causes(candidate)
            return
