"""The whole service under gunicorn, polling a farm; what it uses is read from the system, from outside."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.support.camera_farm import CameraFarm
from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from tests.support.processes import ROOT
from tests.support.running import Process, Service, plain_environment

LONGEST_START = 600.0
"""Seconds in which all cameras must have been asked who they are."""

LONGEST_CATCHING_UP = 1200.0
LOOK_EVERY = 15.0
"""Seconds. A look is a command of its own, which takes a second of processor."""

LITTLE = 200
"""Events that a consumer may be behind: it takes them some at a time."""


class ServiceOnUrllib3(Service):
    """The service with ``requests``' own transport."""

    def launch(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py")]
        command.append("bench.support.urllib3_wsgi:app")
        self.process = Process(command, self.folder / "service.txt", plain_environment(**self.settings), self.folder)


@dataclass(frozen=True, slots=True)
class Use:
    """What a service has used in some seconds."""

    cpu: float
    """Seconds."""

    seconds: float
    megabytes: float
    polls: int


class PollingService:
    """A service that polls a farm, all its processes together."""

    def __init__(self, farm: CameraFarm, service: Service, processes: Sequence[psutil.Process]) -> None:
        self._farm = farm
        self._service = service
        self._processes = processes

    def wait_until_caught_up(self) -> None:
        """Until the intervals of the day so far are told and written: of thousands of cameras that takes minutes."""
        deadline, events = time.monotonic() + LONGEST_CATCHING_UP, 0
        while time.monotonic() < deadline:
            before = events
            lags, events = self.lags()
            grown = (events - before) / LOOK_EVERY
            if lags and max(lags.values()) <= LITTLE and grown <= len(self._farm.fleet) / 10:
                return
            time.sleep(LOOK_EVERY)
        raise RuntimeError(f"after {LONGEST_CATCHING_UP:.0f} s the service is still behind: {lags}")

    def lags(self) -> tuple[dict[str, int], int]:
        """How many events each consumer is behind, and how many there are."""
        status = self._service.status()
        return status["consumerLag"], status["log"]["events"]

    def cpu_of_servers(self) -> float:
        """Seconds of what it needs besides; the embedded database is in its own."""
        return 0.0

    def begin(self) -> None:
        """From here on."""
        self._farm.arrivals()
        self._begun, self._cpu = time.monotonic(), self._cpu_seconds()

    def end(self, *, polls_of_others: int = 0) -> Use:
        """What was used since ``begin``."""
        cpu, seconds = self._cpu_seconds() - self._cpu, time.monotonic() - self._begun
        megabytes = sum(map(own_memory, self._processes)) / 2**20
        return Use(cpu, seconds, megabytes, len(self._farm.arrivals().cameras) - polls_of_others)

    def _cpu_seconds(self) -> float:
        times = [process.cpu_times() for process in self._processes]
        return float(sum(one.user + one.system for one in times))


def own_memory(process: psutil.Process) -> int:
    """Bytes. What it shares with others, such as libraries, is counted in parts where the system tells (Linux)."""
    found = process.memory_full_info()
    return int(getattr(found, "pss", found.rss))


@contextmanager
def polling(
    farm: CameraFarm, interval: float, kind: type[Service] = Service, **settings: str
) -> Iterator[PollingService]:
    """A service that has asked all cameras who they are, and has come to rest since."""
    with tempfile.TemporaryDirectory(prefix="pc-bench-") as folder:
        service = kind(Path(folder), POLL_INTERVAL=f"{interval:g}", BACKFILL_DAYS="0", **settings)
        register_fleet(load_settings(plain_environment(**service.settings), env_file=None), farm.fleet)
        service.start()
        try:
            wait_for_rest(farm, interval)
            assert service.process is not None
            yield PollingService(farm, service, psutil.Process(service.process.pid).children())
        finally:
            service.end()


def wait_for_rest(farm: CameraFarm, interval: float) -> None:
    """Until every camera was polled and all but a few questions are for counts."""
    deadline = time.monotonic() + LONGEST_START
    polled: set[int] = set()
    while time.monotonic() < deadline:
        farm.arrivals()
        before, _ = farm.requests()
        time.sleep(max(2.0, interval))
        arrivals = farm.arrivals()
        polled.update(arrivals.cameras)
        others = farm.requests()[0] - before - len(arrivals.cameras)
        if len(polled) == len(farm.fleet) and others <= 0.02 * len(arrivals.cameras):
            return
    raise RuntimeError(f"{len(polled)} of {len(farm.fleet)} cameras were polled, and the service has not come to rest")
