"""Real processes in tests: ports, waiting, and ends that leave nothing behind."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


PORTS = range(15_000, 32_000)
"""Below those that systems give to connections (32768 and more): a port that a connection got by chance while a service
was down would not be free when it comes back."""


def free_port() -> int:
    """A port nobody listens on now, nor will by chance."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


ANYWHERE = {"CAMERA_NETWORKS": "0.0.0.0/0, ::/0"}
"""Virtual cameras are on this machine."""


def bare_environment(**more: str) -> dict[str, str]:
    """An environment without any setting of ours but that cameras may be anywhere."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"PYTHONUNBUFFERED": "1"} | ANYWHERE | more


@contextmanager
def running(
    command: list[str], environment: Mapping[str, str], cwd: Path = ROOT, output: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, killed as a group at the end if it has not ended by itself."""
    with open(output or os.devnull, "wb") as stream:
        process = subprocess.Popen(
            command, env=dict(environment), cwd=cwd, stdout=stream, stderr=stream, start_new_session=True
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def copy_project(folder: Path) -> Path:
    """What runs, copied: the project's own folder may hold a ``.env`` that no test must read or write."""
    for part in ("peoplecount", "templates", "static"):
        # With what Python has compiled, or each start would compile it all; such a file is written under another name.
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("*.pyc.*", "*.tmp"))
    for file in ("wsgi.py", "gunicorn.conf.py"):
        shutil.copy(ROOT / file, folder)
    return folder


def open_to_others(folder: Path) -> list[str]:
    """The folder and what lies in it, as far as other users of this machine may do anything with it."""
    found = []
    for path in (folder, *folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):
            mode = path.stat().st_mode
            if mode & 0o077:
                found.append(f"{stat.filemode(mode)} {path}")
    return found


def python(*arguments: str) -> list[str]:
    """A command line of this very Python."""
    return [sys.executable, *arguments]


def status_of(port: int, path: str) -> int | None:
    """The status a GET is answered with; ``None`` where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        with connection.getresponse() as response:
            return response.status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class OpenStream:
    """A client of an event stream that keeps all it was sent."""

    def __init__(self, port: int, path: str = "/events") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self._connection.request("GET", path)
        self.response = self._connection.getresponse()
        self.first = self.response.readline()

    def rest(self) -> bytes:
        """Everything up to the end of the stream."""
        try:
            return self.response.read()
        except http.client.IncompleteRead as cut:
            return cut.partial

    def close(self) -> None:
        """Go away."""
        self.response.close()
        self._connection.close()
