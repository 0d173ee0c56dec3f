"""The connection under a stream."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

UNTAKEN_MILLISECONDS = 60_000
"""A connection whose other end takes nothing for so long is broken: that computer sleeps, or is cut off and could not
say so. Without it Linux tries for a quarter of an hour (tcp(7), TCP_USER_TIMEOUT)."""

_ESTABLISHED = 1
"""The state of a connection both ends of which are open (Linux, tcp_states.h); first byte of tcp_info."""


class ClientSocket:
    """What can be done with the connection a request came by, as far as the server hands it on.

    gunicorn and Werkzeug do. On others a client that has gone is noticed when something is written to it.
    """

    def __init__(self, environ: Mapping[str, Any]) -> None:
        found = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
        self._socket: socket.socket | None = found if isinstance(found, socket.socket) else None
        self._in_chunks = environ.get("SERVER_PROTOCOL") != "HTTP/1.0"

    def guard(self) -> None:
        """Let the system break the connection where the other end takes nothing any more."""
        if self._socket is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            with contextlib.suppress(OSError):  # not every connection is one of TCP
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNTAKEN_MILLISECONDS)

    def is_gone(self) -> bool:
        """Whether the other end has closed it. A write alone would show it only at the write after."""
        if self._socket is None:
            return False
        if isinstance(self._socket, ssl.SSLSocket) and hasattr(socket, "TCP_INFO"):
            return _is_closed_by_the_other(self._socket)
        patience = self._socket.gettimeout()
        try:
            self._socket.settimeout(0.0)
            return socket.socket.recv(self._socket, 1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except (OSError, ValueError):
            return True
        finally:
            with contextlib.suppress(OSError):
                self._socket.settimeout(patience)

    def line(self) -> ClientLine | None:
        """The connection for writing past the server, where that can be done: its sockets must never wait."""
        if self._socket is None or isinstance(self._socket, ssl.SSLSocket) or not hasattr(os, "get_blocking"):
            return None
        try:
            waits = os.get_blocking(self._socket.fileno())
        except OSError:
            return None
        return None if waits else ClientLine(self._socket, in_chunks=self._in_chunks)

    def cut(self) -> None:
        """Break it, whoever waits in a write."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _is_closed_by_the_other(sock: socket.socket) -> bool:
    """Whether the other end has said goodbye, behind whatever else it sent and nobody has read.

    Over TLS that is the goodbye of TLS itself, so that looking at what has come tells nothing.
    """
    try:
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != _ESTABLISHED
    except OSError:
        return True


class ClientLine:
    """The body of an answer under way, written to its connection by others than the server.

    Only while the server waits for the application's next piece, so that what both write keeps its order. gevent's
    sockets never wait, and no greenlet is switched to: a write is the system call and nothing else.
    """

    __slots__ = ("_in_chunks", "_kept", "_socket")

    def __init__(self, sock: socket.socket, *, in_chunks: bool) -> None:
        """``in_chunks``: as the server writes to clients of HTTP/1.1 (RFC 9112, 7.1)."""
        self._socket = sock
        self._in_chunks = in_chunks
        self._kept = b""

    def offer(self, data: bytes) -> bool:
        """Send; ``False`` where the connection takes nothing now. What it takes in part is kept until ``clear``."""
        if self._kept:
            return False
        framed = _chunk(data) if self._in_chunks else data
        try:
            taken = os.write(self._socket.fileno(), framed)
        except OSError:  # full, or broken: who reads the stream will see
            return False
        self._kept = framed[taken:]
        return taken > 0

    @property
    def is_clear(self) -> bool:
        """Whether nothing is kept."""
        return not self._kept

    def clear(self) -> None:
        """Wait until the connection has taken what is kept. Raises ``OSError``."""
        kept, self._kept = self._kept, b""
        self._socket.sendall(kept)


@lru_cache(maxsize=4)  # the same for all who are told together
def _chunk(data: bytes) -> bytes:
    return b"%X\r\n%b\r\n" % (len(data), data)
