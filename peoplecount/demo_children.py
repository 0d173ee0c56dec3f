"""The demo's two child processes: the simulator and gunicorn."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from peoplecount.launch import CannotStart, demand_free, service_command
from peoplecount.program_files import program_files

START_TIME = 240.0
"""Seconds the service has to answer while its process lives. A small machine that has just installed everything, and is
busy with other things, is slow once."""

SAY_SO_EVERY = 15.0
"""Seconds after which it is said that it is still starting."""

END_TIME = 3.5
"""Seconds the service has to end; with the simulator's it stays under the five that the demo promises."""

CAMERAS = 12
"""That are entered from the start; one more is there to be added by hand."""

_PORT_FILE = "simulator-port"
"""In the demo's folder: where the virtual cameras answered the last time."""


class Children:
    """The processes a demo consists of. They end when this one does, however it ends.

    Each has a session of its own, so that Ctrl-C in the terminal reaches only this process, which ends them in
    order. Each also holds the other end of a pipe as standard input and ends itself when that closes.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._environment = dict(environment)
        self._folder = folder
        self._simulator: subprocess.Popen[bytes] | None = None
        self._service: subprocess.Popen[bytes] | None = None

    def start_simulator(self, time_zone: str) -> list[dict[str, Any]]:
        """Start the virtual cameras of a town there; the fleet as its control address lists it.

        Raises ``CannotStart``.
        """
        options = ["--cameras", str(CAMERAS + 1), "--port", self._last_port(), "--time-zone", time_zone]
        options += ["--busy", "--quiet-nights"]
        command = [sys.executable, "-m", "peoplecount", "simulate", *options, "--machine-readable", "--exit-with-stdin"]
        self._simulator = self._spawn(command, stdout=subprocess.PIPE)
        said = self._simulator.stdout.readline() if self._simulator.stdout else b""
        if not said:
            raise CannotStart("The virtual cameras could not be started; what they said stands above")
        listening = json.loads(said)
        (self._folder / _PORT_FILE).write_text(str(listening["port"]), encoding="ascii")
        with _open(listening["control"] + "/cameras") as answer:
            fleet: list[dict[str, Any]] = json.load(answer)
        return fleet

    def _last_port(self) -> str:
        """The port of the last time where it is still free, so that the cameras keep their addresses; else any."""
        try:
            port = int((self._folder / _PORT_FILE).read_text(encoding="ascii"))
            demand_free("127.0.0.1", port)
        except (OSError, ValueError, CannotStart):
            return "0"
        return str(port)

    def start_service(self, host: str, port: int) -> None:
        """Start gunicorn and wait until it answers. Raises ``CannotStart``."""
        self._service = self._spawn(service_command())
        begun = said_at = time.monotonic()
        while not _answers(host, port):
            now = time.monotonic()
            if self._service.poll() is not None:
                raise CannotStart("The service could not be started; what it said stands above")
            if now - begun > START_TIME:
                raise CannotStart(
                    f"The service did not answer within {START_TIME:g} seconds; what it said stands above"
                )
            if now - said_at > SAY_SO_EVERY:
                said_at = now
                print(f"… still starting, after {now - begun:.0f} seconds", flush=True)
            time.sleep(0.05)

    def watch(self) -> NoReturn:
        """Wait until a child has ended by itself. Raises ``CannotStart`` then, because it should not have."""
        children = {"The service": self._service, "The simulator": self._simulator}
        while True:
            for name, child in children.items():
                if child is not None and child.poll() is not None:
                    raise CannotStart(f"{name} has ended by itself (exit code {child.returncode})")
            time.sleep(0.2)

    def end(self) -> None:
        """End the service first, while its cameras still answer, then the simulator; leave nothing behind."""
        _end(self._service, END_TIME)
        _end(self._simulator, 1.0)

    def _spawn(self, command: list[str], stdout: int | None = None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  our own commands
            command,
            stdin=subprocess.PIPE,
            stdout=stdout,
            env=self._environment,
            cwd=program_files(),
            start_new_session=True,
        )


def _open(address: str) -> http.client.HTTPResponse:
    """GET from loopback, past any proxy of the environment."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    response: http.client.HTTPResponse = opener.open(address, timeout=10)
    return response


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/health/live")
        with connection.getresponse() as response:
            return response.status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(child: subprocess.Popen[bytes] | None, patience: float) -> None:
    """SIGTERM, and SIGKILL for the whole session where that is not heeded within ``patience`` seconds."""
    if child is None:
        return
    child.terminate()
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        if sys.platform == "win32":
            child.kill()
        else:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()
