"""A town whose machines, Redis, replica, database and cameras have a network each, in namespaces of this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import requests

from tests.chaos.tcp_proxy import TcpProxy
from tests.support.busy_town import TodaysReader
from tests.support.namespaces import Namespace, Switch
from tests.support.postgres import PostgresServer, running_postgres
from tests.support.processes import free_port
from tests.support.redis_server import RedisServer
from tests.support.running import Simulator
from tests.support.shared_town import Machine, SharedTown


class NamespacedMachine(Machine):
    """It serves whoever sits at it; all else it reaches by one cable."""

    def __init__(self, folder: Path, place: Namespace, redis: str, **settings: str) -> None:
        folder.mkdir(exist_ok=True)
        super().__init__(folder, **settings, REDIS_URL=f"redis://{redis}/0")
        self.place = place
        self.before = place.before

    def cut_off(self) -> None:
        self.place.pull_cable()

    def let_through(self) -> None:
        self.place.plug_in()

    def ask(self, path: str, **how: Any) -> requests.Response:
        ask = partial(super().ask, path, **how)
        return self.place.inside(ask)

    def reader(self) -> TodaysReader:
        return _ReaderInside(f"{self.url}/events", self.place)


class _ReaderInside(TodaysReader):
    def __init__(self, url: str, place: Namespace) -> None:
        super().__init__(url)
        self._place = place

    def _run(self) -> None:
        self._place.enter()
        super()._run()


class NamespacedSimulator(Simulator):
    """Cameras answer under the address of their network; what they are told by tests, and their clock, comes beside it.

    The control address answers on loopback only: so it is to be had there in every network that it is told to.
    """

    def __init__(self, folder: Path, place: Namespace, *options: str) -> None:
        self._place = place
        self._port = free_port()
        self._relays: list[TcpProxy] = []
        super().__init__(folder, *options, "--host", "0.0.0.0", "--port", str(self._port), before=place.before)
        self._relay(self._listen())

    def be_heard_in(self, place: Namespace) -> None:
        """Have the control address be there, too."""
        self._relay(place.inside(self._listen))

    def get(self, what: str) -> Any:
        told = super().get(what)
        if what == "cameras":
            for camera in told:
                camera["address"] = camera["address"].replace("127.0.0.1", self._place.address)
        return told

    def end(self) -> None:
        super().end()
        for relay in self._relays:
            relay.close()

    def _relay(self, listening: socket.socket) -> None:
        self._relays.append(TcpProxy(self._port, listening=listening, connect=self._connect))

    def _listen(self) -> socket.socket:
        return socket.create_server(("127.0.0.1", self._port))

    def _connect(self, port: int) -> socket.socket:
        return self._place.inside(lambda: socket.create_connection(("127.0.0.1", port), timeout=5))


class RedisPair:
    """A primary and the replica that follows it; both listen under every address that they have."""

    def __init__(self, folder: Path, switch: Switch) -> None:
        self.address = switch.free_address()
        """Leads to the primary, whichever that is."""

        self.place, self.replica_place = switch.namespace(), switch.namespace()
        self.place.take(self.address)
        self.primary = RedisServer(folder / "primary", host=self.place.address, bind="*")
        self.replica = RedisServer(
            folder / "replica",
            host=self.replica_place.address,
            port=self.primary.port,
            bind="*",
            replicaof=f"{self.place.address} {self.primary.port}",
        )

    def start(self) -> None:
        """Start both; the replica may not have caught up yet."""
        self.primary.start(before=self.place.before)
        self.replica.start(before=self.replica_place.before)

    def kill(self) -> None:
        self.primary.kill()
        self.replica.kill()

    def promote(self) -> None:
        """The replica is the primary from now on, and the address leads to it; the other one must be dead."""
        self.place.pull_cable()
        told = self.replica_place.inside(lambda: self.replica.ask("REPLICAOF", "NO", "ONE"))
        assert told.startswith(b"+OK")
        self.replica_place.plug_in()
        self.replica_place.take(self.address)


class NamespacedTown(SharedTown):
    """Use it as a context manager."""

    def __init__(self, folder: Path, switch: Switch, server: PostgresServer, pair: RedisPair) -> None:
        self.pair = pair
        self._networks: list[Namespace] = []
        cameras = switch.namespace()

        def simulator(place: Path, *options: str) -> NamespacedSimulator:
            return NamespacedSimulator(place, cameras, *options)

        def make(place: Path, **settings: str) -> NamespacedMachine:
            self._networks.append(switch.namespace())
            cast("NamespacedSimulator", self.simulator).be_heard_in(self._networks[-1])
            return NamespacedMachine(place, self._networks[-1], f"{pair.address}:{pair.primary.port}", **settings)

        super().__init__(folder, server, pair.primary, make=make, simulator=simulator)

    def leave_replica_behind(self) -> None:
        self.pair.replica.wait_until_it_follows()
        self.pair.replica_place.pull_cable()

    def fail_over(self) -> None:
        self.pair.primary.kill()
        self.pair.promote()
        self.redis = self.pair.replica
        for network in self._networks:
            network.forget_neighbours()


@contextmanager
def namespaced_town(folder: Path, postgres_binaries: Path) -> Iterator[NamespacedTown]:
    """Everything, started."""
    with ExitStack() as stack:
        switch = stack.enter_context(Switch())
        database = switch.namespace()
        server = stack.enter_context(running_postgres(postgres_binaries, host=database.address, before=database.before))
        pair = RedisPair(folder, switch)
        stack.callback(pair.kill)
        pair.start()
        yield stack.enter_context(NamespacedTown(folder, switch, server, pair))
