"""Clients of a stream who come and go, in a process of their own: most read, some do not, and many come back."""

from __future__ import annotations

import multiprocessing
import random
import re
import select
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

HOST = "127.0.0.1"
ID = re.compile(rb"^id: ([0-9a-f]+)-(\d+)$", re.MULTILINE)
SHORTEST, LONGEST = 1.0, 60.0
"""Seconds that one stays."""

DEAF = 0.05
"""Share of those who take nothing from their connections."""

FILTERED = 0.3
RETURNING = 0.5
"""Share of those who come back with the last id they heard, as an ``EventSource`` does."""

RUDE = 0.3
"""Share of those who leave with a reset instead of a farewell."""

LONGEST_LIFE = 2400.0
"""Seconds after which all go by themselves: later than the longest stretch of any bench ends."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What all of them have seen so far."""

    visits: int
    events: int
    refused: int
    """Visits that were not let in."""

    ended: int
    """Streams that the service ended."""

    out_of_order: int
    """Entries of the log that somebody with no filter missed or heard twice."""


class Crowd:
    """So many at a time; a context manager. What happens, a seed says."""

    def __init__(self, port: int, path: str, filtered: list[str], many: int, seed: int) -> None:
        self._end, there = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        arguments = (there, port, path, filtered, many, seed)
        self._process = context.Process(target=_run, args=arguments, daemon=True)

    def __enter__(self) -> Crowd:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._end.send("stop")
        self._process.join(10)
        if self._process.is_alive():
            self._process.terminate()

    def seen(self) -> Seen:
        self._end.send("seen")
        if not self._end.poll(30):
            raise RuntimeError("the clients do not answer")
        return self._end.recv()


class Visitor:
    """One client: its connection, and how far it has heard."""

    def __init__(self, port: int, path: str, leaves_at: float, *, is_deaf: bool, counts: bool, after: bytes) -> None:
        self.leaves_at = leaves_at
        self.is_deaf = is_deaf
        self.is_in = False
        self.events = self.out_of_order = 0
        self.last = after
        self.counts = counts
        """Whether every entry of the log is for it."""
        self._rest = b""
        self.connection = socket.socket()
        if is_deaf:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.connection.settimeout(10)
        self.connection.connect((HOST, port))
        asked = f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nAccept: text/event-stream\r\n".encode()
        self.connection.sendall(asked + (b"Last-Event-ID: " + after + b"\r\n" if after else b"") + b"\r\n")
        self.connection.setblocking(False)

    def read(self) -> bool:
        """Take what is there; ``False`` at the end of the stream."""
        try:
            data = self.connection.recv(262_144)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not data:
            return False
        data = self._rest + data
        self.is_in = self.is_in or data.startswith(b"HTTP/1.1 200")
        whole = data.rfind(b"\n") + 1
        self._rest = data[whole:]
        for epoch, number in ID.findall(data[:whole]):
            self._hear(epoch, int(number))
        return True

    def _hear(self, epoch: bytes, number: int) -> None:
        before = self.last.partition(b"-")
        if self.counts and before[0] == epoch and number not in {int(before[2]), int(before[2]) + 1}:
            self.out_of_order += 1
        self.events += 1
        self.last = epoch + b"-%d" % number

    def leave(self, *, rudely: bool) -> None:
        if rudely:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _run(end: Connection, *arguments: object) -> None:
    _Crowd(end, *arguments).run()  # type: ignore[arg-type]


class _Crowd:
    def __init__(self, end: Connection, port: int, path: str, filtered: list[str], many: int, seed: int) -> None:
        self._end = end
        self._port = port
        self._path, self._filtered = path, filtered
        self._many = many
        self._chance = random.Random(seed)
        self._epoll = select.epoll()
        self._here: dict[int, Visitor] = {}
        self._known: list[bytes] = []
        """Ids with which somebody comes back."""
        self._visits = self._events = self._refused = self._ended = self._out_of_order = 0

    def run(self) -> None:
        self._epoll.register(self._end.fileno(), select.EPOLLIN)
        ends_at = time.monotonic() + LONGEST_LIFE
        while time.monotonic() < ends_at:
            for descriptor, _ in self._epoll.poll(0.05):
                if descriptor != self._end.fileno():
                    self._read(descriptor)
                elif self._end.recv() == "stop":
                    return
                else:
                    self._tell()
            self._come_and_go()

    def _come_and_go(self) -> None:
        now = time.monotonic()
        for descriptor in [key for key, visitor in self._here.items() if visitor.leaves_at <= now]:
            self._leave(descriptor)
        for _ in range(min(self._many - len(self._here), 20)):
            self._come(now)

    def _come(self, now: float) -> None:
        chance = self._chance
        is_filtered = chance.random() < FILTERED
        path = chance.choice(self._filtered) if is_filtered else self._path
        is_deaf = chance.random() < DEAF
        after = self._known.pop() if self._known and not is_filtered else b""
        leaves_at = now + chance.uniform(SHORTEST, LONGEST)
        try:
            visitor = Visitor(self._port, path, leaves_at, is_deaf=is_deaf, counts=not is_filtered, after=after)
        except OSError:
            self._refused += 1
            return
        self._visits += 1
        self._here[visitor.connection.fileno()] = visitor
        if not is_deaf:
            self._epoll.register(visitor.connection.fileno(), select.EPOLLIN)

    def _read(self, descriptor: int) -> None:
        visitor = self._here.get(descriptor)
        if visitor is not None and not visitor.read():
            self._ended += visitor.is_in
            self._refused += not visitor.is_in
            self._leave(descriptor)

    def _leave(self, descriptor: int) -> None:
        visitor = self._here.pop(descriptor)
        if not visitor.is_deaf:
            self._epoll.unregister(descriptor)
        self._events += visitor.events
        self._out_of_order += visitor.out_of_order
        if visitor.last and visitor.counts and self._chance.random() < RETURNING:
            self._known.append(visitor.last)
        visitor.leave(rudely=self._chance.random() < RUDE)

    def _tell(self) -> None:
        here = self._here.values()
        self._end.send(
            Seen(
                self._visits,
                self._events + sum(one.events for one in here),
                self._refused,
                self._ended,
                self._out_of_order + sum(one.out_of_order for one in here),
            )
        )
