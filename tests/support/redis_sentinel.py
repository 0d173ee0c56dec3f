"""A real Redis Sentinel for tests: Redis itself, started as one."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.redis_server import PROGRAM, RedisServer
from tests.support.waiting import wait_until

SERVICE = "peopleCount"
"""Sentinels tell small letters from others."""

DOWN_AFTER = 500
"""Milliseconds without an answer after which a server is taken for lost."""


class RedisSentinel(RedisServer):
    """One that decides alone; ``watch`` a primary, and it finds the replicas by itself."""

    def __init__(self, folder: Path, *, password: str = "") -> None:
        super().__init__(folder)
        self.password = password

    def start(self, before: tuple[str, ...] = ()) -> None:
        self.folder.mkdir(exist_ok=True)
        file = self.folder / "sentinel.conf"  # it writes into it
        lines = [f"port {self.port}", f"bind {self.host}", f"dir {self.folder}", "protected-mode no"]
        file.write_text("\n".join([*lines, *([f"requirepass {self.password}"] if self.password else [])]) + "\n")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*before, PROGRAM, str(file), "--sentinel"], stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self._answers)

    def watch(self, primary: RedisServer) -> None:
        self.ask("SENTINEL", "MONITOR", SERVICE, primary.host, str(primary.port), "1")
        self.ask("SENTINEL", "SET", SERVICE, "down-after-milliseconds", str(DOWN_AFTER))
        self.ask("SENTINEL", "SET", SERVICE, "failover-timeout", "2000")

    def knows_replica(self) -> bool:
        """Whether there is one that can take over."""
        return b"name" in self.ask("SENTINEL", "REPLICAS", SERVICE)

    def primary_port(self) -> int:
        """Of the server that it tells those who ask."""
        return int(self.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE).split(b"\r\n")[-2])
