"""Connections to a Redis, each used by one thread at a time.

They wait in a ``deque``, whose ``append`` and ``pop`` are atomic, and never behind a lock, for the reason that
``peoplecount.eventlog.sqlite_file`` gives. Nothing is sent twice: a connection that breaks while an answer is waited
for leaves it open whether what was asked for has been done, and whoever asked must hear that.
"""

from __future__ import annotations

import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

from redis.connection import Connection
from redis.exceptions import NoScriptError, ReadOnlyError, RedisError
from urllib3.util.ssltransport import SSLTransport

from peoplecount.domain.redis_address import RedisAddress
from peoplecount.eventlog.log import LogUnavailable
from peoplecount.eventlog.native import Native
from peoplecount.eventlog.redis_scripts import Script
from peoplecount.eventlog.redis_trouble import in_words

CONNECT_SECONDS = 2.0

ANSWER_SECONDS = 5.0
"""As long as another process's lock on a SQLite file is waited for."""

_PROTOCOL = 2
_KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3}
"""Seconds, and how often: a connection whose other end was cut off is not taken for a good one for long."""


Reply: TypeAlias = Any
"""What Redis answers: bytes, whole numbers, lists of them, or ``None``."""

Place: TypeAlias = tuple[str | int, ...]
"""What the system calls the address of a socket."""


class _EncryptedLine(SSLTransport):
    """TLS over a socket of the system. Python's own TLS is over none once gevent has put its sockets in their place."""

    def shutdown(self, how: int) -> None:
        """As of a socket."""
        self.socket.shutdown(how)


_Line: TypeAlias = socket.socket | _EncryptedLine


class NativeConnection(Connection):
    """A connection over the system's own sockets."""

    def __init__(self, address: RedisAddress, native: Native, ca_file: Path | None) -> None:
        super().__init__(
            address.host,
            address.port,
            db=address.database,
            username=address.user or None,
            password=address.password or None,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=CONNECT_SECONDS,
            protocol=_PROTOCOL,
            driver_info=None,
        )
        self.address = address
        self._native = native
        self._ca_file = ca_file

    def _connect(self) -> _Line:
        trouble: OSError = OSError(f"{self.address.host} has no address")
        for family, kind, protocol, _, place in self._native.resolve(
            self.address.host, self.address.port, 0, socket.SOCK_STREAM
        ):
            made = self._native.make_socket(family, kind, protocol)
            try:
                return self._prepared(made, place)
            except OSError as error:
                trouble = error
                made.close()
        raise trouble

    def _prepared(self, made: socket.socket, place: Place) -> _Line:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            if hasattr(socket, name):
                made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        made.settimeout(CONNECT_SECONDS)
        made.connect(place)
        if self.address.is_tls:
            return self._encrypted(made)
        made.settimeout(ANSWER_SECONDS)
        return made

    def _encrypted(self, made: socket.socket) -> _EncryptedLine:
        line = _EncryptedLine(made, self._tls(), self.address.host)
        line.settimeout(ANSWER_SECONDS)
        return line

    def _tls(self) -> ssl.SSLContext:
        context = self._native.tls(ssl.PROTOCOL_TLS_CLIENT)
        if self._ca_file is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(cafile=self._ca_file)
        return context

    def ask(self, *words: str | bytes | float) -> Reply:
        """The answer to one command. Raises ``RedisError``."""
        self.send_command(*words)
        return self.read_response()

    def run(self, script: Script, *arguments: str | bytes | float) -> Reply:
        """The answer of a script, which is sent once to each server."""
        rest = (len(script.keys), *script.keys, *arguments)
        try:
            return self.ask("EVALSHA", script.sha, *rest)
        except NoScriptError:  # nothing of it has been run then
            return self.ask("EVAL", script.text, *rest)

    def has_ended(self) -> bool:
        """Whether the other end has closed it meanwhile; over TLS nobody can tell without reading."""
        held = self._get_socket()
        if held is None or self.address.is_tls:
            return held is None
        held.settimeout(0)
        try:
            held.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            held.settimeout(ANSWER_SECONDS)
        return True  # its end; or an answer to nothing, after which nobody knows what answers what


def _tells_of_a_replica(error: RedisError) -> bool:
    """Of a script, Redis 6 says it in the middle of its words."""
    return isinstance(error, ReadOnlyError) or "-READONLY" in str(error)


class RedisLink:
    """Connections to one Redis, or to the one that took its place, made when first needed; usable from any thread.

    All methods raise ``LogUnavailable``.

    ``arrive`` is called with each new connection before its first use.
    """

    def __init__(
        self,
        address: RedisAddress,
        arrive: Callable[[NativeConnection], None] = lambda _connection: None,
        *,
        native: Native | None = None,
        ca_file: Path | None = None,
        primary: Callable[[], RedisAddress] | None = None,
    ) -> None:
        """``primary`` tells which server has the place of ``address`` by now, and raises ``LogUnavailable``."""
        self.address = address
        """The server that is used; connections to another one are let go."""

        self.native = native or Native()
        self._primary = primary
        self._arrive = arrive
        self._ca_file = ca_file
        self._idle: deque[NativeConnection] = deque()
        self.is_open = True

    def __str__(self) -> str:
        return str(self.address)

    @property
    def may_move(self) -> bool:
        """Whether another server can take the place of the one that is used."""
        return self._primary is not None

    def open(self) -> None:
        """Use it again after ``close``."""
        self.is_open = True

    def ask(self, *words: str | bytes | float) -> Reply:
        """See ``NativeConnection.ask``."""
        with self.borrowed() as connection:
            return connection.ask(*words)

    def run(self, script: Script, *arguments: str | bytes | float) -> Reply:
        """See ``NativeConnection.run``."""
        with self.borrowed() as connection:
            return connection.run(script, *arguments)

    @contextmanager
    def borrowed(self) -> Iterator[NativeConnection]:
        """A connection that nobody else uses meanwhile. One that broke is not used again."""
        with in_words(self):
            connection = self._take()
            try:
                yield connection
            except BaseException as error:
                if not isinstance(error, RedisError) or not connection.is_connected or _tells_of_a_replica(error):
                    connection.disconnect()
                raise
            finally:
                self._give_back(connection)

    def look_for_primary(self) -> None:
        """Go over to another server where that has taken over, though this one answers still."""
        if self._primary is not None:
            self.address = self._primary()

    def require_open(self) -> None:
        """Raise ``LogUnavailable`` once it has been closed."""
        if not self.is_open:
            raise LogUnavailable(f"the log in Redis at {self.address} has been closed")

    def close(self) -> None:
        """Let go of everything, of what is in use as soon as it is given back; may be called twice."""
        self.is_open = False
        self._drop_idle()

    def _take(self) -> NativeConnection:
        self.require_open()
        with suppress(IndexError):
            while True:
                connection = self._idle.pop()
                if connection.address == self.address and not connection.has_ended():
                    return connection
                connection.disconnect()
        self.look_for_primary()
        connection = NativeConnection(self.address, self.native, self._ca_file)
        try:
            connection.connect()
            self._arrive(connection)
        except BaseException:
            connection.disconnect()
            raise
        return connection

    def _give_back(self, connection: NativeConnection) -> None:
        if connection.is_connected:
            self._idle.append(connection)  # where another server has taken over meanwhile, nobody takes it from there
        if not self.is_open:
            self._drop_idle()

    def _drop_idle(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().disconnect()
