"""The database killed in the midst of a batch, away for minutes over two restarts of the service, and frozen.

A busy town is polled once a second, streams are open, and somebody looks at pages of the history all the time. At the
end cameras, streams and database are asked who has crossed. What the outages cost the service's loop is measured inside
it, and beside it, in the same seconds, in a loop that has nothing to do: the machine holds that one up, too.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from bench.support.loop_watch import longest_waits
from tests.support.busy_town import BusyTown
from tests.support.postgres import binaries, running_postgres
from tests.support.processes import ROOT
from tests.support.running import Process, Service, plain_environment, wait_until

LONGEST_STALL = 50
"""Milliseconds that the loop of the service may stand still."""

LOOK_EVERY = 0.5
"""Seconds between two looks at a page."""


class WatchedService(Service):
    """The service, with somebody in its loop."""

    @property
    def waits(self) -> Path:
        return self.folder / "loop.txt"

    def launch(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py")]
        environment = plain_environment(LOOP_WAITS=str(self.waits), **self.settings)
        command.append("bench.support.watched_wsgi:app")
        self.process = Process(command, self.folder / "service.txt", environment, self.folder)


class Visitor:
    """Looks at one page of the history after the other, and notes what it was told and when."""

    def __init__(self, town: BusyTown) -> None:
        self._town = town
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.told: list[tuple[float, int, float]] = []
        """When, status (0: no answer), seconds."""

    def __enter__(self) -> Visitor:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        number = 0
        while not self._stop.wait(LOOK_EVERY):
            page = self._town.history_pages[number % len(self._town.history_pages)]
            number += 1
            try:
                self.told.append((time.time(), *self._town.page(page)))
            except requests.RequestException:  # the service itself is just starting again
                self.told.append((time.time(), 0, 0.0))


class Phases:
    """What happened from when to when."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, float, float]] = []

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        print(f"  {name} …", flush=True)
        begun = time.time()
        yield
        self.spans.append((name, begun, time.time()))


def play(town: BusyTown, phases: Phases, away: float, frozen: float) -> None:
    """The outages, one after the other."""
    with phases.of("all is well"):
        time.sleep(min(away / 4, 30))
    town.kill_database_in_a_batch()
    with phases.of("away"):
        time.sleep(away / 3)
    with phases.of("away, the service is stopped and started"):
        town.restart_service(killed=False)
    with phases.of("still away"):
        time.sleep(away / 3)
    with phases.of("away, the service is killed and started"):
        town.restart_service(killed=True)
    with phases.of("away for the last third"):
        time.sleep(away / 3)
    town.server.start()
    town.kill_database_in_a_batch(120)
    town.server.start()
    with phases.of("back, and killed once more while the records catch up"):
        caught_up(town)
    with phases.of("frozen"), town.frozen_database():
        time.sleep(frozen)
    with phases.of("going on, the records catch up"):
        caught_up(town)
    with phases.of("all is well again"):
        time.sleep(min(away / 4, 30))


def caught_up(town: BusyTown) -> None:
    """Wait until the database has everything again."""

    def is_well() -> bool:
        health = town.health()
        return health["status"] == "ok" and health["database"].get("lag") in {0, 1, 2}

    wait_until(is_well, 180, "catching up", town.service.process)


def report(phases: Phases, service: Path, idle: Path, visitor: Visitor) -> None:
    """A line a phase."""
    ours, beside = longest_waits(service), longest_waits(idle)
    print(f"\n{'':50}longest turn and waits of the loop, ms         pages of the history")
    print(f"{'':50}  turn  own wait  with the machine's  idle one's   200   503  longest, s")
    for name, begun, ended in phases.spans:
        seconds = range(int(begun) + 1, int(ended))
        waits = [ours[second] for second in seconds if second in ours]
        idles = [beside[second].altogether for second in seconds if second in beside]
        looks = [(status, took) for at, status, took in visitor.told if begun <= at < ended]
        told = [sum(status == wanted for status, _ in looks) for wanted in (200, 503)]
        print(
            f"{name[:43]:43} {ended - begun:4.0f} s {max((one.turn for one in waits), default=0):6.0f} "
            f"{max((one.own for one in waits), default=0):8.0f} "
            f"{max((one.altogether for one in waits), default=0):14.0f} {max(idles, default=0):14.0f} "
            f"{told[0]:9} {told[1]:5} {max((took for _, took in looks), default=0.0):9.2f}"
        )
    own = sorted(wait.own for wait in ours.values())
    over = sum(one > LONGEST_STALL for one in own)
    middle = statistics.median(own)
    turns = max((wait.turn for wait in ours.values()), default=0.0)
    print(f"longest turn of one greenlet: {turns:.0f} ms")
    print(f"seconds with an own wait over {LONGEST_STALL} ms: {over} of {len(own)}; median of all {middle:.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="how long the database is away")
    parser.add_argument("--frozen", type=float, default=60.0, help="seconds for which it is frozen")
    parser.add_argument("--cameras", type=int, default=20)
    parser.add_argument("--streams", type=int, default=3)
    arguments = parser.parse_args()
    found = binaries()
    if found is None:
        sys.exit("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="pc-bench-") as name, running_postgres(found) as server:
        folder = Path(name)
        idle = folder / "idle.txt"
        town = BusyTown(folder, server, cameras=arguments.cameras, streams=arguments.streams, service=WatchedService)
        beside = subprocess.Popen([sys.executable, "-m", "bench.support.loop_watch", str(idle)], cwd=ROOT)
        phases = Phases()
        try:
            with town:
                with Visitor(town) as visitor:
                    play(town, phases, arguments.minutes * 60, arguments.frozen)
                town.ends(120)
                report(phases, folder / "loop.txt", idle, visitor)
                people = sum(map(sum, town.people().values()))
                print(
                    f"{people} people at {len(town.people())} lines, {town.records()} records: nobody lost or doubled"
                )
                print(f"connections of the streams: {[reader.connections for reader in town.readers]} (2 restarts)")
        finally:
            beside.kill()
            beside.wait()


if __name__ == "__main__":
    main()
