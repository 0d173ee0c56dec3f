"""What the system gives, also in a process in which gevent has put its own in its place."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Resolve = Callable[..., list[Any]]
"""``socket.getaddrinfo``."""


def _start_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()


@dataclass(frozen=True, slots=True)
class Native:
    """Sockets, threads and sleep that block the native thread they are used in, and nobody else.

    The log is called in native threads. A socket of gevent's belongs to the thread that made it.
    """

    make_socket: type[socket.socket] = socket.socket
    resolve: Resolve = socket.getaddrinfo
    tls: Callable[[int], ssl.SSLContext] = ssl.SSLContext
    start_thread: Callable[[Callable[[], None]], object] = _start_thread
    sleep: Callable[[float], None] = time.sleep
