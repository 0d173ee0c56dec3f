"""A busy town before several machines that share a Redis and a database; each reaches Redis by a line of its own."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from tests.chaos.tcp_proxy import TcpProxy
from tests.support.busy_town import BusyTown, People, TodaysReader
from tests.support.postgres import PostgresServer
from tests.support.redis_server import RedisServer
from tests.support.running import Service, wait_until


class Machine(Service):
    """A service with a data folder of its own, which can be cut off from Redis and made to sleep."""

    def __init__(self, folder: Path, redis: RedisServer, **settings: str) -> None:
        folder.mkdir(exist_ok=True)
        self.line = TcpProxy(redis.port)
        super().__init__(folder, **settings, REDIS_URL=f"redis://127.0.0.1:{self.line.port}/0")

    def cut_off(self) -> None:
        """Nothing that it says comes through to Redis, and it hears of no end."""
        self.line.hang()

    def let_through(self) -> None:
        """The cable is in again: what was under way is lost."""
        self.line.cut_all()
        self.line.forgive()

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
            answer: dict[str, Any] = requests.get(f"{self.url}/health/ready", timeout=3).json()
        except (requests.RequestException, ValueError):
            return {}
        return answer

    def board(self) -> People:
        """Who has crossed today by line, as its dashboard shows it."""
        answer = requests.get(f"{self.url}/events?limit=1", headers={"Accept": "application/json"}, timeout=20)
        lines = answer.json()["events"][0]["lines"]
        return {line["lineId"]: (line["inToday"], line["outToday"]) for line in lines}

    def end(self) -> None:
        super().end()
        self.line.close()


class SharedTown(BusyTown):
    """Several machines; a reader listens at each. Use it as a context manager."""

    def __init__(
        self, folder: Path, server: PostgresServer, redis: RedisServer, *, machines: int = 3, cameras: int = 6
    ) -> None:
        self.redis = redis

        def make(place: Path, **settings: str) -> Machine:
            return Machine(place, redis, **settings)

        super().__init__(folder, server, cameras=cameras, service=make)
        shared = {name: text for name, text in self.service.settings.items() if name not in {"PORT", "DATA_DIR"}}
        shared.pop("REDIS_URL")
        others = [make(folder / f"machine-{number}", **shared) for number in range(2, machines + 1)]
        self.machines: list[Machine] = [self.service, *others]
        self.readers = [TodaysReader(f"{machine.url}/events") for machine in self.machines]

    def __enter__(self) -> Self:
        super().__enter__()
        for machine in self.machines[1:]:
            (machine.folder / "var").mkdir(mode=0o700)
            shutil.copy(self.service.folder / "var/seal.key", machine.folder / "var/seal.key")
            machine.start()
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

    def leader(self) -> Machine | None:
        """The machine that says that it polls."""
        leaders = [machine for machine in self.machines if machine.health().get("polls")]
        return leaders[0] if len(leaders) == 1 else None

    def polling_machine(self, *, other_than: Machine | None = None, seconds: float = 30) -> Machine:
        """Wait until one machine polls, and only one."""

        def found() -> Machine | None:
            leader = self.leader()
            return leader if leader is not other_than else None

        machine: Machine = wait_until(found, seconds, "a machine that polls")
        return machine

    def differences(self) -> list[str]:
        """Where anybody does not agree, in words; the boards of machines that run are asked, too."""
        found = super().differences()
        hours = self.in_database()
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
