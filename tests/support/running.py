"""The product's own processes, started as a user would start them, on free ports."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from peoplecount.launch import CannotStart, demand_free
from tests.support.commands import run_command
from tests.support.processes import ROOT, bare_environment, free_port
from tests.support.waiting import looks


def wait_until(true: Callable[[], Any], seconds: float, what: str, process: Process | None = None) -> Any:
    """What ``true`` gives once it is true; fails with ``what`` after that many seconds, or when the process ends."""
    for value in looks(true, seconds):
        if value:
            return value
        if process is not None and process.ended():
            raise AssertionError(f"{what}: the process ended with {process.exit_code()}\n{process.said()}")
    raise AssertionError(f"{what}: not within {seconds:g} s\n{process.said() if process else ''}")


class Process:
    """A child in a session of its own whose output is kept in a file."""

    def __init__(self, command: list[str], output: Path, environment: Mapping[str, str], cwd: Path = ROOT) -> None:
        self._output = output
        with output.open("ab") as file:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=cwd,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    def said(self) -> str:
        return self._output.read_text(errors="replace")[-4000:]

    def ended(self) -> bool:
        """Whether it has, also by itself; then nothing of it is left open."""
        if self._child.poll() is None:
            return False
        self._close(0)
        return True

    def exit_code(self) -> int | None:
        return self._child.poll()

    def terminate(self, seconds: float = 10) -> int:
        self._child.terminate()
        return self._close(seconds)

    def kill(self) -> None:
        """SIGKILL for it and all its children: what a power cut leaves."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._close(10)

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """It and all its children stand still meanwhile."""
        os.killpg(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.pid, signal.SIGCONT)

    def _close(self, seconds: float) -> int:
        try:
            return self._child.wait(seconds)
        finally:
            assert self._child.stdin is not None
            self._child.stdin.close()


def plain_environment(**settings: str) -> dict[str, str]:
    """Nothing of this machine's settings, and these."""
    return bare_environment(**({"PYTHONPATH": str(ROOT)} | settings))


class Simulator:
    """``python -m peoplecount simulate`` on a free port; ``before`` is put before the command."""

    def __init__(self, folder: Path, *options: str, before: Sequence[str] = ()) -> None:
        command = [*before, sys.executable, "-m", "peoplecount", "simulate", "--machine-readable", *options]
        self._output = folder / f"simulator-{secrets.token_hex(3)}.txt"
        self.process = Process(command, self._output, plain_environment(), folder)
        first = wait_until(self._first_line, 60, "the simulator's first line", self.process)
        self.control: str = json.loads(first)["control"]

    def _first_line(self) -> str:
        line, end, _ = self._output.read_text(errors="replace").partition("\n")
        return line if end else ""

    def get(self, what: str) -> Any:
        answer = requests.get(f"{self.control}/{what}", timeout=10)
        answer.raise_for_status()
        return answer.json()

    def end(self) -> None:
        if not self.process.ended():
            self.process.kill()

    def inject(self, **fault: Any) -> None:
        requests.post(f"{self.control}/faults", json=fault, timeout=10).raise_for_status()

    def stop_clock(self, moment: datetime) -> None:
        """Have time stand still at a moment; where it stands already it goes on to there."""
        moving = {"until": moment.isoformat()}
        requests.post(f"{self.control}/clock", json=moving, timeout=10).raise_for_status()


class Service:
    """``python -m peoplecount serve`` with settings of its own."""

    before: Sequence[str] = ()
    """What is put before its command."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        usual = {"DATA_DIR": str(folder / "var"), "PORT": str(self.port), "SIGNED_OUT_LOOK": "on"}
        self.settings = usual | settings
        self.process: Process | None = None

    def launch(self, *options: str) -> None:
        """Start it without waiting for it."""
        command = [*self.before, sys.executable, "-m", "peoplecount", "serve", *options]
        self.process = Process(command, self.folder / "service.txt", plain_environment(**self.settings), self.folder)

    def serves(self) -> None:
        """Wait until it answers."""
        wait_until(self.is_live, 60, "the service's first answer", self.process)

    def start(self) -> None:
        self.launch()
        self.serves()

    def end(self) -> None:
        if self.process is not None and not self.process.ended():
            self.process.kill()

    def command(self, *arguments: str, said: str = "") -> str:
        """``python -m peoplecount …`` with the service's settings, told ``said``; what it prints."""
        done = self.gives(*arguments, said=said)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def status(self) -> dict[str, Any]:
        """What ``python -m peoplecount status`` knows, well or not."""
        return dict(json.loads(self.gives("status", "--json").stdout))

    def gives(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        """The same command, well or not."""
        return run_command(*arguments, environment=plain_environment(**self.settings), folder=self.folder, said=said)

    def ask(self, path: str, *, timeout: float, accept: str = "*/*") -> requests.Response:
        """What it answers to a GET. Raises ``requests.RequestException``."""
        return requests.get(f"{self.url}{path}", headers={"Accept": accept}, timeout=timeout)

    def is_live(self) -> bool:
        try:
            return self.ask("/health/live", timeout=2).ok
        except requests.RequestException:
            return False

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        wait_until(self._is_gone, 30, "the end of its workers, which nobody is told of")

    def _is_gone(self) -> bool:
        with contextlib.suppress(CannotStart):
            demand_free("127.0.0.1", self.port)
            return True
        return False

    def stop(self) -> int:
        assert self.process is not None
        return self.process.terminate()
