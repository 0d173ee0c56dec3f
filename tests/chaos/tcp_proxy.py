"""A TCP proxy before PostgreSQL that loses what is said at the worst moment."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

_AT_ONCE = struct.pack("ii", 1, 0)
"""``SO_LINGER`` with no time at all: closing sends a reset."""

COMMIT = b"COMMIT\0"
"""How the statement stands in a message to PostgreSQL (protocol 3.0, "Query")."""


@dataclass(eq=False, slots=True)
class _Link:
    """One connection and its counterpart."""

    client: socket.socket
    server: socket.socket
    loses_answer: bool = False

    def cut(self) -> None:
        """Reset both ends."""
        for one in (self.client, self.server):
            with contextlib.suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                one.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                one.close()


def _connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


class TcpProxy:
    """Forwards connections on a port of its own to another one. ``close`` ends it."""

    def __init__(
        self,
        upstream_port: int,
        *,
        listening: socket.socket | None = None,
        connect: Callable[[int], socket.socket] = _connect,
    ) -> None:
        """``listening`` and ``connect`` are of other networks than the process itself is in."""
        self._upstream = upstream_port
        self._connect = connect
        self._listening = listening or socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._links: set[_Link] = set()
        self._lock = threading.Lock()
        self._flows = threading.Event()
        self._flows.set()
        self._answers_to_lose = 0
        self._commits_to_lose = 0
        self.commits_cut = 0
        """So many answers to a commit, or commits themselves, were lost so far."""

        self._acceptor = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._acceptor.start()

    def lose_answers_to_commits(self, times: int) -> None:
        """Of the next so many commits PostgreSQL hears, but whoever sent them never hears of it."""
        with self._lock:
            self._answers_to_lose += times

    def lose_commits(self, times: int) -> None:
        """The next so many commits are cut off before PostgreSQL hears of them."""
        with self._lock:
            self._commits_to_lose += times

    def forgive(self) -> None:
        """Lose nothing more, and let everything flow."""
        with self._lock:
            self._answers_to_lose = self._commits_to_lose = 0
        self._flows.set()

    def hang(self) -> None:
        """Take everything and pass on nothing until ``forgive``."""
        self._flows.clear()

    def lead_to(self, upstream_port: int) -> None:
        """Lead everybody to another port from now on, and cut what leads elsewhere."""
        self._upstream = upstream_port
        self.cut_all()

    def cut_all(self) -> None:
        """Reset every connection; new ones are let through."""
        with self._lock:
            links = list(self._links)
        for link in links:
            link.cut()

    def close(self) -> None:
        """Let nobody through any more."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._flows.set()
        self.cut_all()
        self._acceptor.join(5)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            try:
                server = self._connect(self._upstream)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            link = _Link(client, server)
            with self._lock:
                self._links.add(link)
            for forward in (self._forward_questions, self._forward_answers):
                threading.Thread(target=self._carry, args=(link, forward), daemon=True).start()

    def _carry(self, link: _Link, forward) -> None:
        with contextlib.suppress(OSError):
            forward(link)
        link.cut()
        with self._lock:
            self._links.discard(link)

    def _forward_questions(self, link: _Link) -> None:
        while data := link.client.recv(65536):
            self._flows.wait()
            if COMMIT in data:
                self._lose_if_ordered(link)
            link.server.sendall(data)

    def _lose_if_ordered(self, link: _Link) -> None:
        """Raises ``OSError`` where the commit itself is to be lost."""
        with self._lock:
            if self._commits_to_lose:
                self._commits_to_lose -= 1
                self.commits_cut += 1
                raise ConnectionAbortedError("lost on purpose")
            if self._answers_to_lose:
                self._answers_to_lose -= 1
                self.commits_cut += 1
                link.loses_answer = True

    def _forward_answers(self, link: _Link) -> None:
        while data := link.server.recv(65536):
            self._flows.wait()
            if link.loses_answer:
                return
            link.client.sendall(data)
