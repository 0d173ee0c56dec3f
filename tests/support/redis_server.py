"""A real Redis for tests, where its binary is: started in a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peoplecount.domain.redis_address import RedisAddress
from tests.support.processes import free_port
from tests.support.waiting import wait_until

PROGRAM = os.environ.get("REDIS_SERVER", "redis-server")
"""The server itself: another version of Redis, or Valkey's."""

DATABASES = 64


class RedisServer:
    """One server; ``options`` are lines of its configuration that differ from what the service asks for."""

    def __init__(self, folder: Path, *, port: int | None = None, host: str = "127.0.0.1", **options: str) -> None:
        self.folder = folder
        self.host = host
        self.port = port or free_port()
        self.options = {"appendonly": "yes", "appendfsync": "always", "save": ""} | options
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://{self.host}:{self.port}/0"

    def address(self, database: int = 0) -> RedisAddress:
        return RedisAddress(self.host, self.port, database)

    def start(self, before: tuple[str, ...] = ()) -> None:
        """Start it on the data that is there, and wait until it answers; ``before`` is put before the command."""
        self.folder.mkdir(exist_ok=True)
        options = {"bind": self.host, "port": str(self.port), "dir": str(self.folder), "databases": str(DATABASES)}
        options |= {"protected-mode": "no"} | self.options
        lines = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([*before, PROGRAM, *lines], stdout=log, stderr=log, start_new_session=True)
        wait_until(self._answers)

    def wait_until_it_follows(self) -> None:
        """Until this replica has what its primary has."""
        wait_until(lambda: b"master_link_status:up" in self.ask("INFO", "replication"))

    def kill(self) -> None:
        """SIGKILL: nothing is written that has not been."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(20)
            self.process = None

    def freeze(self) -> None:
        """Connections stay, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def copy_data(self, place: Path) -> None:
        """A copy of what is on its disk now."""
        shutil.copytree(self.folder / "appendonlydir", place)

    def put_back(self, place: Path) -> None:
        """The copy in the place of what is on its disk; it must not run."""
        shutil.rmtree(self.folder / "appendonlydir")
        shutil.copytree(place, self.folder / "appendonlydir")

    def ask(self, *words: str, timeout: float = 5) -> bytes:
        """What it answers to a command, as it is on the wire."""
        with socket.create_connection((self.host, self.port), timeout=timeout) as line:
            parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
            line.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
            return line.recv(1 << 20)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            return self.ask("PING").startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)


def is_installed() -> bool:
    return shutil.which(PROGRAM) is not None


@contextmanager
def running_redis(**options: str) -> Iterator[RedisServer]:
    """A server with an empty log."""
    folder = Path(tempfile.mkdtemp(prefix="pc-redis-"))
    server = RedisServer(folder, **options)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
