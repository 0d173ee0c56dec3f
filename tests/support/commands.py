"""The product's commands, each in a process of its own that need not import what most of them do.

That is a second of computing less for each: a server that has imported it forks for every command. No command itself is
imported there, so that each still proves what it needs.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.processes import ROOT, bare_environment, python


def run_command(
    *arguments: str, environment: Mapping[str, str], folder: Path, said: str = "", timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """``python -m peoplecount …`` with nothing but that environment, told ``said``.

    Raises ``subprocess.TimeoutExpired``; then it is killed.
    """
    if not hasattr(os, "fork") or _of_python(environment) != _of_python(_USUAL):
        return subprocess.run(
            python("-m", "peoplecount", *arguments), env=dict(environment), cwd=folder, input=said,
            capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip
    return _server.run(arguments, dict(environment), folder, said, timeout)


def end_command_server() -> None:
    """Nothing of it is left running; the next command starts it again."""
    _server.end()


_USUAL = bare_environment(PYTHONPATH=str(ROOT))


def _of_python(environment: Mapping[str, str]) -> dict[str, str]:
    """What Python itself heeds when it starts, such as where another version of the program lies."""
    return {name: value for name, value in environment.items() if name.startswith("PYTHON")}


class _Server:
    """One command at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def run(
        self, arguments: tuple[str, ...], environment: dict[str, str], folder: Path, said: str, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        with self._lock, tempfile.TemporaryDirectory(prefix="pc-command-") as made:
            files = [Path(made, name) for name in ("in", "out", "err")]
            files[0].write_text(said)
            order = (arguments, environment, str(folder), [str(file) for file in files])
            code = self._ask(order, timeout)
            if code is None:
                self.end()
                raise subprocess.TimeoutExpired(arguments, timeout)
            return subprocess.CompletedProcess(arguments, code, files[1].read_text(), files[2].read_text())

    def _ask(self, order: Any, timeout: float) -> int | None:
        """The command's exit code; ``None`` where it takes too long."""
        line = self._started()
        line.settimeout(timeout)
        try:
            line.sendall(json.dumps(order).encode() + b"\n")
            answer = line.recv(64)
        except TimeoutError:
            return None
        assert answer, "the server of commands ended"
        return int(answer)

    def _started(self) -> socket.socket:
        if self._line is None:
            self._line, other = socket.socketpair()
            self._process = subprocess.Popen(
                python("-m", "tests.support.commands", str(other.fileno())), stdin=subprocess.DEVNULL, cwd=ROOT,
                env=_USUAL, pass_fds=[other.fileno()], start_new_session=True,
            )  # fmt: skip
            other.close()
        return self._line

    def end(self) -> None:
        if self._line is None or self._process is None:
            return
        self._line.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, 9)
        self._process.wait()
        self._line = self._process = None


_server = _Server()


def _serve(line: socket.socket) -> None:
    import peoplecount.camera_administration  # noqa: PLC0415  whom it forks for, not who asks it
    import peoplecount.configuration  # noqa: F401, PLC0415

    assert threading.active_count() == 1, "what is forked beside other threads may wait for them for ever"
    for order in line.makefile("rb"):
        child = os.fork()
        if not child:
            _become(*json.loads(order))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        line.sendall(str(code).encode())


def _become(arguments: list[str], environment: dict[str, str], folder: str, files: list[str]) -> None:
    """The command, as if Python had been started for it. Does not return."""
    from peoplecount.__main__ import main  # noqa: PLC0415

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    for number, file in enumerate(files):
        opened = os.open(file, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv[1:] = arguments
    sys.exit(main())


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
