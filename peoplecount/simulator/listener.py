"""A listener: one TCP port, a thread a connection. With gevent's patches in place, a greenlet a connection."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable

from peoplecount.simulator.http_message import BadRequest, Manner, Request, Response, read_request

_BACKLOG = 1024
_LINGER_NOT = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""``SO_LINGER`` with no time at all: closing sends a reset."""

_HANDSHAKE_SECONDS = 10.0

_STREAM_PAUSE = 0.1
"""Real seconds between two looks for something to stream."""

Respond = Callable[[Request], Response]


class Listener:
    """Speaks HTTP/1.1 on a port; what to say is somebody else's business (``respond``)."""

    def __init__(
        self, host: str, port: int, respond: Respond, context: Callable[[], ssl.SSLContext] | None = None
    ) -> None:
        """Binds at once, so that a taken port is known at once: raises ``OSError``.

        With ``context`` it speaks HTTPS. As soon as that gives another one, connections made with the old one end.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            if os.name == "posix":  # on Windows the option would let two programs share the port
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((host, port))
            self._socket.listen(_BACKLOG)
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self._respond = respond
        self._context = context
        self._stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._acceptor = threading.Thread(target=self._accept, name=f"simulator-{self.port}", daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._acceptor.start()

    def stop(self) -> None:
        """Hang up everywhere. May be called twice."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._acceptor.is_alive():
            self._wake_acceptor()
            self._acceptor.join(timeout=5)
        self._socket.close()
        with self._lock:
            connections, threads = list(self._connections), list(self._threads)
        for connection in connections:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)  # an encrypted one's own is not for other threads
        for thread in threads:
            thread.join(timeout=5)

    def _wake_acceptor(self) -> None:
        """A blocked ``accept`` returns for a caller, on every system; for nothing else on some."""
        host = self._socket.getsockname()[0]
        loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (compared, not bound)
        with contextlib.suppress(OSError), socket.create_connection((loopback, self.port), timeout=1):
            pass

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, peer = self._socket.accept()
            except OSError:  # the caller has gone again, or there are too many open files: others may yet come
                self._stopping.wait(0.05)
                continue
            if self._stopping.is_set():
                connection.close()
                return
            thread = threading.Thread(target=self._serve, args=(connection, peer[0]), daemon=True)
            with self._lock:
                self._connections.add(connection)
                self._threads.add(thread)
            thread.start()

    def _serve(self, connection: socket.socket, peer: str) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            context = self._context() if self._context else None
            if context is not None:
                connection = self._encrypted(connection, context)
            with connection.makefile("rb") as stream:
                while not self._stopping.is_set() and self._serve_one(connection, stream, peer, context):
                    pass
        except OSError:
            pass  # the caller hung up
        finally:
            connection.close()
            with self._lock:
                self._connections.discard(connection)
                self._threads.discard(threading.current_thread())

    def _encrypted(self, connection: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        """Shake hands; from then on the connection is another object. Raises ``OSError``."""
        connection.settimeout(_HANDSHAKE_SECONDS)
        encrypted = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._connections.discard(connection)
            self._connections.add(encrypted)
        try:
            encrypted.do_handshake()
            encrypted.settimeout(None)
        except OSError:
            encrypted.close()
            with self._lock:
                self._connections.discard(encrypted)
            raise
        return encrypted

    def _serve_one(self, connection: socket.socket, stream: object, peer: str, context: ssl.SSLContext | None) -> bool:
        """Answer one request; whether the connection may carry another."""
        try:
            request = read_request(stream, peer)  # type: ignore[arg-type]
        except BadRequest as error:
            connection.sendall(Response(400, f"{error}\n".encode()).encode(keep_alive=False))
            return False
        if request is None or (self._context is not None and self._context() is not context):
            return False
        response = self._respond(request)
        if response.delay:
            self._stopping.wait(response.delay)
        return self._send(connection, request, response)

    def _send(self, connection: socket.socket, request: Request, response: Response) -> bool:
        if response.manner is Manner.SILENT:
            connection.recv(1)  # returns when the caller gives up
            return False
        if response.manner is Manner.RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            return False
        if response.stream is not None:
            connection.sendall(response.encode(keep_alive=False))
            self._stream(connection, response.stream)
            return False
        keep_alive = request.keep_alive and response.manner is Manner.WHOLE
        data = response.encode(keep_alive=keep_alive)
        if response.manner is Manner.CUT:
            data = data[: -(len(response.body) + 1) // 2]
        elif request.method == "HEAD":
            data = data[: len(data) - len(response.body)]
        connection.sendall(data)
        return keep_alive

    def _stream(self, connection: socket.socket, news: Callable[[], bytes | None]) -> None:
        """Send what comes up, until there is no more or the caller hangs up."""
        while not self._stopping.is_set():
            data = news()
            if data is None:
                return
            connection.settimeout(None)
            connection.sendall(data)
            connection.settimeout(_STREAM_PAUSE)
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                pass
