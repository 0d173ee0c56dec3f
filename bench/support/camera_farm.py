"""Thousands of virtual cameras in a process of their own, answering from one loop so that they hardly cost anything.

They are the simulator's cameras, digest, history and all; only its threads are left out.
"""

from __future__ import annotations

import multiprocessing
import select
import socket
import ssl
import tempfile
import time
from array import array
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

from peoplecount.simulator.certificates import make_certificate
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.control import Control
from peoplecount.simulator.crossings import DayCrossings
from peoplecount.simulator.firmware import NGINX_JSON, Dialect
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.http_message import Request
from peoplecount.simulator.plan import Fleet
from peoplecount.simulator.simulation import Simulation

HOST = "127.0.0.1"
LONGEST_LIFE = 1800.0
"""Seconds. A farm whose owner was killed ends by itself."""

HOUR = 1
"""The cameras' own. What a service does all day does not hang on it, but at its start it tells of all the day so far:
late in the day that takes it a quarter of an hour for thousands of cameras."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Requests for counts since the last time they were taken."""

    cameras: array[int]
    moments: array[float]
    """Seconds since the epoch at which each was read, in the same order."""


def zone_where_it_is(hour: int, now: datetime) -> str:
    """A time zone of whole hours in which it is that hour of the day."""
    ahead = (hour - now.hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}"  # named the other way round


class SteadyTraffic:
    """Somebody at each line every so many seconds, day and night, in and out by turns."""

    def __init__(self, every: float) -> None:
        self._every = every
        self.crossings = lru_cache(maxsize=None)(self._crossings)

    def _crossings(self, line_id: str, day: date) -> DayCrossings:
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() - 50_000  # days of any time zone
        chance = Random(line_id)
        first = begin + chance.random() * self._every
        moments = array("d", (first + number * self._every for number in range(int(200_000 / self._every))))
        return DayCrossings(moments[::2], moments[1::2])


class CameraFarm:
    """The farm as its owner sees it; a context manager."""

    fleet: list[dict[str, Any]]
    authority: Path | None = None
    """Over HTTPS, the certificate that all of them show."""

    def __init__(self, cameras: int, *, crossing_every: float, https: bool = False) -> None:
        """At each camera somebody crosses every so many seconds."""
        self._end, there = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_run, args=(there, cameras, crossing_every, https), daemon=True)

    def __enter__(self) -> CameraFarm:
        self._process.start()
        self.fleet, authority = self._end.recv()
        self._folder = tempfile.TemporaryDirectory(prefix="pc-farm-")
        if authority:
            self.authority = Path(self._folder.name) / "farm.pem"
            self.authority.write_bytes(authority)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._end.send(("stop",))
        self._process.join(5)
        if self._process.is_alive():
            self._process.terminate()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def requests(self) -> tuple[int, int]:
        """How many came in so far, and how many of them were refused with a challenge."""
        return self._ask("requests")

    def arrivals(self) -> Arrivals:
        """What came since the last call."""
        return self._ask("arrivals")

    def silence(self, cameras: Sequence[str]) -> None:
        """These take requests and never answer, from now on."""
        self._ask("silence", list(cameras))

    def _ask(self, *order: object) -> Any:  # noqa: ANN401 - whatever is answered
        self._end.send(order)
        return self._end.recv()


def _run(end: Connection, cameras: int, crossing_every: float, https: bool) -> None:  # noqa: FBT001
    # One line each, so that one crossing is one poll with news; all speak JSON, which the bare loop reads.
    plans = tuple(
        replace(plan, firmware=NGINX_JSON, lines=plan.lines[:1], channels=1, nonce_uses=10**6)
        for plan in default_fleet(
            cameras, time_zone=zone_where_it_is(HOUR, datetime.now(UTC)), dialect=Dialect.CLASSIC
        ).cameras
    )
    _Loop(end, Simulation(Fleet(plans, SteadyTraffic(crossing_every)), PlayedClock()), https=https).run()


class _Loop:
    def __init__(self, end: Connection, simulation: Simulation, *, https: bool) -> None:
        self._end = end
        self._fronts = simulation.fronts
        self._listener = socket.create_server((HOST, 0), backlog=4096)
        self._listener.setblocking(False)
        self._port = self._listener.getsockname()[1]
        now = datetime.now(UTC)
        shown = make_certificate("farm", HOST, now - timedelta(days=1), now + timedelta(days=9)) if https else None
        self._tls = shown.context if shown else None
        self._scheme = "https" if https else "http"
        self._fingerprint = shown.fingerprint if shown else ""
        self._epoll = select.epoll()
        self._connections: dict[int, _Connection] = {}
        self._silent: frozenset[str] = frozenset()
        self._cameras, self._moments = array("l"), array("d")
        control = Control(simulation, self._address, lambda _: "", lambda _: self._fingerprint)
        end.send((control.cameras(), shown.pem if shown else b""))

    def _address(self, camera_id: str) -> str:
        return f"{self._scheme}://{HOST}:{self._port}/cam/{camera_id}"

    def run(self) -> None:
        ends_at = time.monotonic() + LONGEST_LIFE
        for source in (self._listener, self._end):
            self._epoll.register(source.fileno(), select.EPOLLIN)
        while time.monotonic() < ends_at:
            for descriptor, _ in self._epoll.poll(1.0):
                if descriptor == self._listener.fileno():
                    self._accept()
                elif descriptor == self._end.fileno():
                    try:
                        order = self._end.recv()
                    except EOFError:
                        return
                    if order[0] == "stop":
                        return
                    self._end.send(self._obey(*order))
                else:
                    self._serve(self._connections[descriptor])

    def _obey(self, order: str, what: Sequence[str] = ()) -> object:
        if order == "arrivals":
            taken = Arrivals(self._cameras, self._moments)
            self._cameras, self._moments = array("l"), array("d")
            return taken
        if order == "silence":
            self._silent = frozenset(what)
            return None
        counts = [front.count for front in self._fronts.values()]
        return sum(one.requests for one in counts), sum(one.unauthorized for one in counts)

    def _accept(self) -> None:
        with suppress(BlockingIOError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                connection.setblocking(False)
                self._connections[connection.fileno()] = _Connection(connection)
                self._epoll.register(connection.fileno(), select.EPOLLIN)

    def _serve(self, connection: _Connection) -> None:
        try:
            data = connection.sock.recv(16_384)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError:
            data = b""
        if not data:
            descriptor = connection.sock.fileno()
            self._epoll.unregister(descriptor)
            del self._connections[descriptor]
            connection.sock.close()
            return
        connection.data += data
        while (head_end := connection.data.find(b"\r\n\r\n")) >= 0:
            head, connection.data = connection.data[:head_end], connection.data[head_end + 4 :]
            answer = self._answer(head.decode("latin-1"))
            with suppress(OSError):
                connection.sock.send(answer)  # some hundred bytes: they always fit

    def _answer(self, head: str) -> bytes:
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        _, _, camera_id, rest = target.split("/", 3)
        if "action=check" in rest:
            self._cameras.append(int(camera_id))
            self._moments.append(time.time())
        if camera_id in self._silent:
            return b""
        request = Request(method, target, headers)
        return self._fronts[camera_id].respond(request, "/" + rest.partition("?")[0]).encode(keep_alive=True)


@dataclass(slots=True)
class _Connection:
    sock: socket.socket
    data: bytes = b""
