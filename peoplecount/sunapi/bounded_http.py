"""HTTP whose answers cost no more than they may, whatever is at the other end.

``requests`` and ``urllib3`` leave reading to ``http.client``, so that is where every byte is counted.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import time
from collections.abc import Callable, Mapping
from functools import partial
from socket import SHUT_RDWR, dup, socket
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urljoin
from weakref import WeakSet

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, PoolManager
from urllib3.connection import HTTPConnection

from peoplecount.domain.camera_networks import CameraNetworks
from peoplecount.sunapi.allowance import MOST_BYTES, Allowance
from peoplecount.sunapi.bounded_tls import BoundedHTTPSConnection
from peoplecount.sunapi.kept_socket import has_ended
from peoplecount.sunapi.peer import opened
from peoplecount.sunapi.trust import Trust

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PLENTY = 16_384
"""Bytes after which an answer is anything but usual."""

_PIECE = 65_536
_MOMENT = 0.001
"""Seconds of rest after each further piece, of some kilobytes."""


class _Connected(Protocol):
    """Whatever has a socket, or had one."""

    sock: Any


class CameraAdapter(BaseAdapter):
    """One camera; every answer on its connections is held to the allowance."""

    status: int | None = None
    """The HTTP status of the last answer, where its body was still to come when something went wrong."""

    def __init__(self, allowance: Allowance, trust: Trust, networks: CameraNetworks, **options: object) -> None:
        """``options`` are those of the class that does the sending."""
        self._allowance = allowance
        self._trust = trust
        self._networks = networks
        self._open: WeakSet[_Connected] = WeakSet()
        super().__init__(**options)

    def connection(self, scheme: str, host: str, **options: Any) -> HTTPConnection:  # noqa: ANN401 - urllib3 knows them
        """A connection that is not open yet."""
        connection: HTTPConnection
        if scheme == "https":
            connection = BoundedHTTPSConnection(self._allowance, self._trust, self._networks, host, **options)
        else:
            connection = KeptHTTPConnection(self._networks, host, **options)
        self._open.add(connection)
        connection.response_class = partial(BoundedResponse, self._allowance, self._open)  # type: ignore[assignment]
        return connection

    def hang_up(self) -> None:
        """End whatever is under way: who waits for an answer learns that the connection is gone."""
        for connection in list(self._open):
            sock = connection.sock
            if sock is not None:
                # Below any encryption, whose own shutdown is not for other threads than the one that reads.
                with contextlib.suppress(OSError), socket(fileno=dup(sock.fileno())) as same:
                    same.shutdown(SHUT_RDWR)


class BoundedAdapter(CameraAdapter, HTTPAdapter):
    """``requests``' own transport for one camera: one connection that is kept.

    Retries are for the caller to decide: each repeats an answer to a challenge.
    """

    def __init__(self, allowance: Allowance, trust: Trust, networks: CameraNetworks) -> None:
        self._pool: HTTPConnectionPool | None = None
        self._leads = ""
        """What the addresses begin with that the pool is for. To look for it takes as long as to write a request."""

        super().__init__(allowance, trust, networks, pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **_: object) -> None:  # noqa: FBT001, FBT002 - as in HTTPAdapter
        """Called by ``HTTPAdapter``."""
        self.poolmanager = _Pools(self.connection, num_pools=connections, maxsize=maxsize, block=block)

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,
        verify: Any,  # noqa: ANN401 - as in HTTPAdapter
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
        cert: Any = None,  # noqa: ANN401
    ) -> HTTPConnectionPool:
        """Called by ``HTTPAdapter``. There are no proxies."""
        url = request.url or ""
        pool = self._pool
        if pool is None or pool.pool is None or not url.startswith(self._leads):  # without a pool of its own: closed
            found = super().get_connection_with_tls_context(request, verify, None, cert)
            pool = self._pool = cast("HTTPConnectionPool", found)
            self._leads = urljoin(url, "/")
        return pool

    def request_url(self, request: PreparedRequest, proxies: Mapping[str, str] | None) -> str:  # noqa: ARG002
        """Called by ``HTTPAdapter``."""
        return request.path_url

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:  # noqa: ANN401
        """Called by ``HTTPAdapter``."""
        return CameraResponse(req, resp)


class CameraResponse(Response):
    """A response without what no camera's is asked for, of which room for cookies takes the longest to make."""

    def __init__(self, request: PreparedRequest, raw: BaseHTTPResponse) -> None:
        self.request = request
        self.url = request.url or ""
        self.status_code = raw.status
        self.reason = raw.reason or ""
        self.headers = CaseInsensitiveDict(raw.headers)
        self.raw = raw
        self.encoding = None
        self.history = []
        self._content = False  # type: ignore[assignment]  # as ``Response`` has it
        self._content_consumed = False


class KeptHTTPConnection(HTTPConnection):
    """One that is looked at quickly before it is used again, and opened to nowhere but where cameras may be."""

    def __init__(self, networks: CameraNetworks, host: str, **options: Any) -> None:  # noqa: ANN401 - urllib3 knows them
        super().__init__(host, **options)
        self._networks = networks

    @property
    def is_connected(self) -> bool:
        """Asked by ``urllib3`` of a kept connection."""
        return self.sock is not None and not has_ended(self.sock)

    def _new_conn(self) -> socket:
        return opened(self, self._networks, super()._new_conn)


class _Pools(PoolManager):
    def __init__(self, connection: Callable[..., HTTPConnection], *, num_pools: int, maxsize: int, block: bool) -> None:
        super().__init__(num_pools, maxsize=maxsize, block=block)
        self._connection = connection

    def _new_pool(
        self, scheme: str, host: str, port: int, request_context: dict[str, Any] | None = None
    ) -> HTTPConnectionPool:
        pool = super()._new_pool(scheme, host, port, request_context)
        pool.ConnectionCls = partial(self._connection, scheme)  # type: ignore[assignment]
        return pool


class BoundedResponse(http.client.HTTPResponse):
    """An answer that is held to an allowance from its first byte to its last."""

    def __init__(
        self,
        allowance: Allowance,
        opened: WeakSet[_Connected],
        sock: socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
        *,
        received: bytes = b"",
    ) -> None:
        """``received`` is what has come of it and was counted already."""
        super().__init__(sock, debuglevel, method, url)
        self._allowance = allowance
        if not received:
            allowance.begin()
        # Below the buffer, where it costs one call for a whole answer that came at once, and not one for each line.
        metered = _Metered(self.fp.detach(), sock, allowance, received)
        # A connection that serves one answer only lets go of its socket as soon as that has begun.
        opened.add(metered)
        self.fp = io.BufferedReader(metered)

    def begin(self) -> None:
        """Read everything up to the body. Called by ``http.client``."""
        super().begin()
        self._allowance.begin_body()


def body_of(raw: BaseHTTPResponse, allowance: Allowance) -> bytes:
    """The body, unpacked where it is compressed, and no longer than ``MOST_BYTES`` then either."""
    parts: list[bytes] = []
    size = 0
    while part := raw.read1(_PIECE, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise allowance.too_large()
    return b"".join(parts)


class _Metered(io.RawIOBase):
    """What comes from a socket, counted and timed. Raises ``CameraUnreachable`` and ``UnexpectedAnswer``."""

    def __init__(self, raw: io.RawIOBase, sock: socket, allowance: Allowance, received: bytes) -> None:
        self._raw = raw
        self.sock = sock
        self._allowance = allowance
        self._received = received

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Whatever has come, at most as much as fits. Called by the buffer above."""
        if self._received:
            return self._hand_on(memoryview(buffer))
        allowance = self._allowance
        if allowance.received:
            self.sock.settimeout(allowance.seconds_left())
        try:
            count: int | None = self._raw.readinto(buffer)
        except TimeoutError as error:
            if allowance.received:
                raise allowance.too_slow() from error
            raise
        allowance.spend(count or 0)
        if allowance.received > PLENTY:
            # What has come already is read without waiting, and under gevent only who waits lets others run. It must
            # be for more than no time at all, which lets other callbacks run but neither timers nor sockets.
            time.sleep(_MOMENT)
        return count

    def _hand_on(self, buffer: memoryview) -> int:
        """What was received before."""
        part = self._received[: len(buffer)]
        self._received = self._received[len(part) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """Close the file of the socket. Called by the buffer above."""
        try:
            self._raw.close()
        finally:
            super().close()
