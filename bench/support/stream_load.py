"""Clients of a stream in a process of their own: sockets and an epoll loop, nothing else, so that they cost little."""

from __future__ import annotations

import multiprocessing
import re
import select
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

HOST = "127.0.0.1"
SENT_AT = re.compile(rb'"sentAt":(\d+)')
SAMPLED = 20
"""Every so many-th client is asked how late its events are."""

LONGEST_LIFE = 900.0
_CONNECTING_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Heard:
    """What all clients heard in some seconds."""

    events: int
    megabytes: float
    delays: list[float]
    """Seconds from publishing to the bytes at the client, of some of them, in order."""


class StreamLoad:
    """So many clients; a context manager. ``paths`` are handed out by turns."""

    def __init__(self, port: int, paths: list[str], clients: int) -> None:
        self._end, there = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_run, args=(there, port, paths, clients), daemon=True)

    def __enter__(self) -> StreamLoad:
        self._process.start()
        said = self._end.recv()
        if said != "connected":
            raise RuntimeError(said)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._end.send("stop")
        self._process.join(5)
        if self._process.is_alive():
            self._process.terminate()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def take(self) -> Heard:
        """What was heard since the last call."""
        self._end.send("take")
        return self._end.recv()


def _run(end: Connection, port: int, paths: list[str], clients: int) -> None:
    try:
        loop = _Loop(end, port, paths, clients)
    except OSError as error:
        end.send(f"not all clients were let in: {error}")
        return
    end.send("connected")
    loop.run()


class _Loop:
    def __init__(self, end: Connection, port: int, paths: list[str], clients: int) -> None:
        self._end = end
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._sampled: set[int] = set()
        for number in range(clients):
            self._connect(port, paths[number % len(paths)], is_sampled=number % SAMPLED == 0)
            if number % _CONNECTING_AT_ONCE == 0:
                time.sleep(0.02)
        self._clear()

    def _connect(self, port: int, path: str, *, is_sampled: bool) -> None:
        connection = socket.create_connection((HOST, port), timeout=30)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nAccept: text/event-stream\r\n\r\n".encode())
        head = connection.recv(4096)
        if b" 200 " not in head[:20]:
            raise OSError(head[:200].decode(errors="replace"))
        connection.setblocking(False)
        self._sockets[connection.fileno()] = connection
        if is_sampled:
            self._sampled.add(connection.fileno())
        self._epoll.register(connection.fileno(), select.EPOLLIN)

    def _clear(self) -> None:
        self._events = self._bytes = 0
        self._delays: list[float] = []

    def run(self) -> None:
        ends_at = time.monotonic() + LONGEST_LIFE
        self._epoll.register(self._end.fileno(), select.EPOLLIN)
        while time.monotonic() < ends_at:
            for descriptor, _ in self._epoll.poll(1.0):
                if descriptor == self._end.fileno():
                    if not self._obey():
                        return
                else:
                    self._read(descriptor)

    def _obey(self) -> bool:
        try:
            order: Any = self._end.recv()
        except EOFError:
            return False
        if order == "take":
            self._end.send(Heard(self._events, self._bytes / 1e6, self._delays))
            self._clear()
        return order != "stop"

    def _read(self, descriptor: int) -> None:
        try:
            data = self._sockets[descriptor].recv(262_144)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._epoll.unregister(descriptor)
            self._sockets.pop(descriptor).close()
            return
        self._events += data.count(b'"sentAt":')
        self._bytes += len(data)
        if descriptor in self._sampled:
            now = time.time()
            self._delays.extend(now - int(sent) / 1e6 for sent in SENT_AT.findall(data))
