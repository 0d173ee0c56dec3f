"""One request that is sent out, and what was answered. ``requests`` and ``urllib3`` end here.

The address that was checked is the one that is connected to: names are looked up once, by ourselves, and the
connection is opened to what was found. So a name that stands for another address a moment later (DNS rebinding) leads
nowhere, and no redirect is followed.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from peoplecount.domain.sentence import say
from peoplecount.outbound.errors import AddressRefused, Unanswered
from peoplecount.outbound.networks import Networks
from peoplecount.outbound.rules import OutboundRules, Target, forbidden, only_https

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
"""From when a request is sent until its answer has begun."""

MOST_READ = 4096
"""Bytes of an answer. Nothing is done with it but to show where the receiver is one's own."""

LONGEST_ANSWER = 131_072
"""Bytes of an answer that are taken in, whatever they are: ``http.client`` reads answers ``100 Continue`` without end.
A flood that is read without waiting would let nobody else have a turn."""

KEPT_CONNECTIONS = 50


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    status: int
    retry_after: str | None
    seconds: float
    """It took so long."""


class Outbox:
    """Sends. May be used by several threads at once; connections are kept open between requests."""

    def __init__(
        self, rules: OutboundRules, *, connect_seconds: float = CONNECT_SECONDS, answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        self._rules = rules
        self._timeout = (connect_seconds, answer_seconds)
        self._adapter = _Adapter(rules.networks, answer_seconds)
        proxy = rules.proxy
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._verify: bool | str = str(rules.ca_file) if rules.ca_file else True

    def demand(self, address: str) -> Target:
        """Look whether an address may be used; what it leads to. Raises ``AddressRefused``.

        A name that cannot be looked up just now is taken: it is looked up whenever something is sent.
        """
        target = self._rules.target(address)
        if not self._proxies or target.is_near:
            with suppress(OSError, UnicodeError):
                found = _looked_up(target.host, target.port)
                _demand_open(target.host, found, self._rules.networks, must_be_opened=not target.is_https)
        return target

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send JSON; whatever is answered, also a redirect. Raises ``AddressRefused`` and ``Unanswered``."""
        target = self._rules.target(address)  # also now: the settings may be others since it was entered
        begun = time.monotonic()
        try:
            request = requests.Request("POST", address, data=body, headers=dict(headers)).prepare()
            # Not by a session: it would follow redirects, keep cookies, and heed the environment.
            response = self._adapter.send(
                request,
                stream=True,
                timeout=self._timeout,
                verify=self._verify,
                proxies={} if target.is_near else self._proxies,
            )
        except AddressRefused:
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            # Not "from": such errors quote the address, which is a secret.
            raise Unanswered(_words(error, target.host)) from None
        try:
            self._read_some(response)
        finally:
            response.close()
        return Answer(response.status_code, response.headers.get("Retry-After"), time.monotonic() - begun)

    def _read_some(self, response: requests.Response) -> None:
        """So that the connection can be used again; what is longer, or does not come, closes it."""
        # ValueError: a chunk of less than nothing.
        with suppress(requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError):
            end = time.monotonic() + self._timeout[1]
            read = 0
            for chunk in response.raw.stream(1024, decode_content=False):
                read += len(chunk)
                if read > MOST_READ or time.monotonic() > end:
                    response.raw.close()
                    return

    def close(self) -> None:
        """Close what is kept open."""
        self._adapter.close()


class _CountedAnswer(http.client.HTTPResponse):
    """One of which no more than ``LONGEST_ANSWER`` is read."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as http.client has it
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Counted(self.fp.detach()))


class _Counted(io.RawIOBase):
    """What comes from a socket, as far as it is not too much. Raises ``OSError``."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self._left = LONGEST_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        if self._left <= 0:
            raise OSError(f"an answer of more than {LONGEST_ANSWER} bytes")
        count: int | None = self._raw.readinto(buffer)
        self._left -= count or 0
        return count

    def close(self) -> None:
        try:
            self._raw.close()
        finally:
            super().close()


class _Patient:
    """A connection that gives up where an answer comes byte by byte: time-outs of sockets begin anew with each."""

    sock: socket.socket | None
    answer_seconds = ANSWER_SECONDS
    response_class = _CountedAnswer
    gave_up = False

    def getresponse(self) -> Any:  # noqa: ANN401 - urllib3's
        timer = threading.Timer(self.answer_seconds, self._hang_up)
        timer.daemon = True
        timer.start()
        try:
            response = super().getresponse()  # type: ignore[misc]
        finally:
            timer.cancel()
        if self.gave_up:  # what had come by then would be taken for the whole of it
            response.close()
            raise TimeoutError
        return response

    def _hang_up(self) -> None:
        self.gave_up = True
        sock = self.sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


class _Checked(_Patient):
    """A connection that is opened to nothing but addresses that may be connected to."""

    networks = Networks()
    must_be_opened = False

    def _new_conn(self) -> socket.socket:
        connection: Any = self
        host, port = connection.host, connection.port
        try:
            addresses = _looked_up(connection._dns_host, port)  # noqa: SLF001
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(host, connection, socket.gaierror(str(error))) from error
        _demand_open(host, addresses, self.networks, must_be_opened=self.must_be_opened)
        return self._connected(connection, addresses, port)

    def _connected(self, connection: Any, addresses: list[str], port: int) -> socket.socket:  # noqa: ANN401
        last: OSError | None = None
        for address in addresses:  # numbers: nothing is looked up again
            try:
                return create_connection((address, port), connection.timeout, socket_options=connection.socket_options)
            except OSError as error:
                last = error
        if isinstance(last, TimeoutError):
            raise ConnectTimeoutError(connection, "timed out") from last
        raise NewConnectionError(connection, str(last)) from last


class _Adapter(HTTPAdapter):
    """Whose connections are checked; through a proxy, which looks names up itself, they are patient alone."""

    def __init__(self, networks: Networks, answer_seconds: float) -> None:
        self._checked = _pools(_Checked, networks, answer_seconds)
        self._patient = _pools(_Patient, networks, answer_seconds)
        super().__init__(pool_connections=KEPT_CONNECTIONS, pool_maxsize=4)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as requests has it
        """Called by ``requests``."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._checked

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 - as requests has it
        """Called by ``requests``."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = self._patient
        return manager


def _pools(mixin: type[_Patient], networks: Networks, answer_seconds: float) -> dict[str, type[Any]]:
    own = {"networks": networks, "answer_seconds": answer_seconds}
    plain = type("_Plain", (mixin, HTTPConnection), {**own, "must_be_opened": True})
    secure = type("_Secure", (mixin, HTTPSConnection), own)
    return {
        "http": type("_PlainPool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("_SecurePool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }


def _looked_up(host: str, port: int) -> list[str]:
    """IP addresses, in the order in which they are to be tried."""
    found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _demand_open(host: str, addresses: list[str], networks: Networks, *, must_be_opened: bool) -> None:
    """One that must not be connected to is enough: whoever answers so means no good."""
    if not all(map(networks.may, addresses)):
        raise AddressRefused(forbidden(host))
    if must_be_opened and not all(map(networks.is_opened, addresses)):
        raise AddressRefused(only_https())


_DEEPEST = 20
_BY_CAUSE: tuple[tuple[type[BaseException], str], ...] = (
    (requests.exceptions.ProxyError, say("the proxy of OUTBOUND_PROXY did not let it through")),
    (ssl.SSLCertVerificationError, say("nobody vouches for its certificate")),
    (ssl.SSLError, say("no encrypted connection could be agreed")),
    (NameResolutionError, say("its name is unknown")),
    (requests.ConnectTimeout, say("no connection in time")),
    (requests.ReadTimeout, say("connected, but no answer in time")),
    (ConnectionRefusedError, say("connection refused: nothing listens there")),
    (ConnectionResetError, say("the connection was closed without an answer")),
    (urllib3.exceptions.ProtocolError, say("the connection was closed without an answer")),
    (TimeoutError, say("no answer in time")),
)
"""The more telling first."""


def _words(error: BaseException, host: str) -> str:
    causes = list(islice(_causes(error), _DEEPEST))
    for kind, words in _BY_CAUSE:
        if any(isinstance(cause, kind) for cause in causes):
            return say("nothing was taken at %(host)s: %(words)s", host=host, words=words)
    return say("%(host)s cannot be reached (%(name)s)", host=host, name=type(causes[-1]).__name__)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and those it was made from, outermost first; each library wraps in its own way."""
    yield error
    for inner in (getattr(error, "reason", None), *error.args, error.__cause__, error.__context__):
        if isinstance(inner, BaseException):
            yield from _causes(inner)
            return
