"""The connection under a stream."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping
from typing import Any

UNTAKEN_MILLISECONDS = 60_000
"""A connection whose other end takes nothing for so long is broken: that computer sleeps, or is cut off and could not
say so. Without it Linux tries for a quarter of an hour (tcp(7), TCP_USER_TIMEOUT)."""


class ClientSocket:
    """What can be done with the connection a request came by, as far as the server hands it on.

    gunicorn and Werkzeug do. On others a client that has gone is noticed when something is written to it.
    """

    def __init__(self, environ: Mapping[str, Any]) -> None:
        found = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
        self._socket: socket.socket | None = found if isinstance(found, socket.socket) else None

    def guard(self) -> None:
        """Let the system break the connection where the other end takes nothing any more."""
        if self._socket is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            with contextlib.suppress(OSError):  # not every connection is one of TCP
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNTAKEN_MILLISECONDS)

    def is_gone(self) -> bool:
        """Whether the other end has closed it. A write alone would show it only at the write after."""
        if self._socket is None:
            return False
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

    def cut(self) -> None:
        """Break it, whoever waits in a write."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
