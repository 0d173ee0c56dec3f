"""A busy town before several machines that share a Redis and a database; each reaches Redis by a line of its own."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from datetime import date
from operator import gt
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import requests
from redis import Redis

from peoplecount.eventlog.redis_scripts import STATES
from peoplecount.services.count_memory import CAMERA_STATE
from peoplecount.services.count_state_body import read_count_state
from tests.chaos.tcp_proxy import TcpProxy
from tests.support.busy_town import DAY, BusyTown, People, TodaysReader
from tests.support.postgres import PostgresServer
from tests.support.redis_server import RedisServer
from tests.support.running import Service, Simulator, wait_until

TAKEN_OVER = 10.0
"""Seconds in which all cameras are polled again after a machine that polled some of them is lost."""


class Machine(Service):
    """A service with a data folder of its own, which can be cut off and made to sleep."""

    def cut_off(self) -> None:
        """Nothing that it says comes through, and it hears of no end."""
        raise NotImplementedError

    def let_through(self) -> None:
        """The cable is in again."""
        raise NotImplementedError

    def sleep(self) -> None:
        """Stop it where it stands, workers and all."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGSTOP)

    def wake(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGCONT)

    def health(self) -> dict[str, Any]:
        """What ``/health/ready`` says; empty where nobody answers."""
        try:
            answer: dict[str, Any] = self.ask("/health/ready", timeout=3).json()
        except (requests.RequestException, ValueError):
            return {}
        return answer

    def board(self) -> People:
        """Who has crossed today by line, as its dashboard shows it."""
        answer = self.ask("/events?limit=1", accept="application/json", timeout=20)
        lines = answer.json()["events"][0]["lines"]
        return {line["lineId"]: (line["inToday"], line["outToday"]) for line in lines}

    def reader(self) -> TodaysReader:
        """Who listens to its stream."""
        return TodaysReader(f"{self.url}/events")


class ProxiedMachine(Machine):
    """Reaches Redis, and nothing else, by a line that can be cut."""

    def __init__(self, folder: Path, redis: RedisServer, **settings: str) -> None:
        folder.mkdir(exist_ok=True)
        self.line = TcpProxy(redis.port)
        super().__init__(folder, **settings, REDIS_URL=f"redis://127.0.0.1:{self.line.port}/0")

    def cut_off(self) -> None:
        self.line.hang()

    def let_through(self) -> None:
        """What was under way is lost."""
        self.line.cut_all()
        self.line.forgive()

    def end(self) -> None:
        super().end()
        self.line.close()


class SharedTown(BusyTown):
    """Several machines; a reader listens at each. Use it as a context manager."""

    def __init__(
        self,
        folder: Path,
        server: PostgresServer,
        redis: RedisServer,
        *,
        machines: int = 3,
        cameras: int = 6,
        make: Callable[..., Machine],
        simulator: Callable[..., Simulator] = Simulator,
    ) -> None:
        """``make`` makes a machine of its folder and settings, each time another one."""
        self.redis = redis
        super().__init__(folder, server, cameras=cameras, service=make, simulator=simulator)
        shared = {name: text for name, text in self.service.settings.items() if name not in {"PORT", "DATA_DIR"}}
        shared.pop("REDIS_URL")
        others = [make(folder / f"machine-{number}", **shared) for number in range(2, machines + 1)]
        self.machines: list[Machine] = [cast("Machine", self.service), *others]
        self.readers = [machine.reader() for machine in self.machines]

    def __enter__(self) -> Self:
        super().__enter__()
        for machine in self.machines[1:]:
            (machine.folder / "var").mkdir(mode=0o700)
            shutil.copy(self.service.folder / "var/seal.key", machine.folder / "var/seal.key")
            machine.launch()
        for machine in self.machines[1:]:
            machine.serves()
        wait_until(lambda: self.events_heard() > 0, 60, "events at every machine")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for machine in self.machines:
            if machine.process is not None and not machine.process.ended():
                machine.kill()
        super().__exit__(kind, error, trace)
        for machine in self.machines[1:]:
            machine.end()

    def leave_replica_behind(self) -> None:
        """Wait until a replica has what Redis has; what comes from now on, it lacks."""
        raise NotImplementedError

    def fail_over(self) -> None:
        """Kill the primary, and have the replica take over with what it has: it is ``redis`` from now on."""
        raise NotImplementedError

    def gaps(self) -> list[int]:
        """How many each reader was told of."""
        return [reader.names["gap"] for reader in self.readers]

    def all_hear_of_a_gap(self, known: Sequence[int]) -> None:
        """Wait until every reader is told of another gap than those it knew of."""
        wait_until(lambda: all(map(gt, self.gaps(), known)), 60, "every reader is told of a gap")

    def polling_machine(self, *, other_than: Machine | None = None, seconds: float = 30) -> Machine:
        """Wait until a machine says that it polls."""

        def found() -> Machine | None:
            others = (machine for machine in self.machines if machine is not other_than)
            return next((machine for machine in others if machine.health().get("polls")), None)

        machine: Machine = wait_until(found, seconds, "a machine that polls")
        return machine

    def goes_on_without(self, lost: Machine) -> None:
        """Wait until other machines poll, and all cameras are polled; fails where that is not in time."""
        begun = time.monotonic()
        self.polling_machine(other_than=lost)
        before = self.polls_by_camera()

        def are_polled() -> bool:
            now = self.polls_by_camera()
            return all(now[key] > polls for key, polls in before.items())

        wait_until(are_polled, 30, "polls of all cameras")
        assert time.monotonic() - begun < TAKEN_OVER

    def line_states(self) -> People:
        """Who has crossed today by what counting remembers beside the log."""
        with Redis(self.redis.host, self.redis.port, socket_timeout=5) as redis:
            bodies = redis.hgetall(STATES)
        states = [read_count_state(body) for key, body in bodies.items() if key.startswith(CAMERA_STATE.encode())]
        lines = {str(key): line for state in states for key, line in state.lines.items()}
        return {
            key: (line.in_today, line.out_today) for key, line in lines.items() if line.day == date.fromisoformat(DAY)
        }

    def differences(self) -> list[str]:
        """Where anybody does not agree, in words; the log's own states and the boards of machines are asked, too."""
        found = super().differences()
        hours, states = self.in_database(), self.line_states()
        found += [
            f"state beside the log: {line} has {states.get(line)}, the database {hours.get(line)}"
            for line in sorted(hours.keys() | states.keys())
            if states.get(line, (0, 0)) != hours.get(line, (0, 0))
        ]
        for number, machine in enumerate(self.machines, 1):
            if machine.process is None or machine.process.ended():
                continue
            board = machine.board()
            found += [
                f"board of machine {number}: {line} has {board.get(line)}, the database {people}"
                for line, people in hours.items()
                if board.get(line) != people
            ]
        return found


class ProxiedTown(SharedTown):
    """Machines that can be cut off from Redis alone. Use it as a context manager."""

    def __init__(
        self, folder: Path, server: PostgresServer, redis: RedisServer, make_redis: Callable[..., RedisServer]
    ) -> None:
        def make(place: Path, **settings: str) -> ProxiedMachine:
            return ProxiedMachine(place, redis, **settings)

        super().__init__(folder, server, redis, make=make)
        self._make_redis = make_redis

    def leave_replica_behind(self) -> None:
        self._line = TcpProxy(self.redis.port)
        self._replica = self._make_redis(replicaof=f"127.0.0.1 {self._line.port}")
        self._replica.wait_until_it_follows()
        self._line.hang()

    def fail_over(self) -> None:
        self.redis.kill()
        assert self._replica.ask("REPLICAOF", "NO", "ONE").startswith(b"+OK")
        self._line.close()
        for machine in self.machines:
            cast("ProxiedMachine", machine).line.lead_to(self._replica.port)
        self.redis = self._replica
