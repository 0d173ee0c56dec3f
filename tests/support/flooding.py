"""Servers that say something without end, to whoever connects: what an honest one never does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Flood:
    """One such server on loopback."""

    port: int
    said: list[int] = field(default_factory=list)
    """Bytes, by connection that is over."""


@contextmanager
def flooding(piece: bytes, *, first: bytes = b"", listens: bool = True, pause: float = 0.0) -> Iterator[Flood]:
    """Once something has come (where it ``listens``) it says ``first``, and then ``piece`` over and over."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        flood = Flood(listening.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(listening, flood, piece, first, listens, pause), daemon=True)
        thread.start()
        yield flood
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def _serve(
    listening: socket.socket,
    flood: Flood,
    piece: bytes,
    first: bytes,
    listens: bool,
    pause: float,
) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        said = 0
        with connection:
            connection.settimeout(30)
            try:
                if listens:
                    connection.recv(65_536)
                connection.sendall(first)
                while True:
                    said += connection.send(piece)
                    time.sleep(pause)
            except OSError:
                flood.said.append(said)
