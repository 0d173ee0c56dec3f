"""How CPU and memory grow with cameras, with idle streams and with years of history.

A row a measurement, kept in a file as it is taken: a run that is interrupted goes on where it was, and what is in the
file is not measured again. The virtual cameras and the clients are processes of their own; what the cameras cost is
told apart. Memory is what the processes would give back if they ended (PSS where the system tells).
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from statistics import median

import psutil

from bench.poll import NEWS, SETTLING, wait_for_closings
from bench.stream import allow_open_files, started
from bench.support.camera_farm import CameraFarm
from bench.support.counted_year import CountedYear
from bench.support.growth import GrowthTable, Row
from bench.support.history_race import QUESTIONS, HistoryRace
from bench.support.polling_service import PollingService, polling
from bench.support.shared_polling import sharing
from bench.support.stream_load import StreamLoad
from bench.support.stream_peers import ours
from bench.support.times import Times, timed
from peoplecount.storage.migrate import upgrade
from peoplecount.storage.sqlite import SQLiteConnection

CAMERAS = (500, 1_000, 2_000, 5_000, 10_000)
SHARED = (10_000,)
MACHINES = 2
STREAMS = (1_000, 2_000, 5_000, 10_000)
YEARS = (1, 2, 4)
INTERVAL = 10.0
CAMERAS_OF_YEARS = 50
LAST_DAY = date(2026, 11, 20)
TIMES = 20
CHARTS = [
    ("cameras", "cores"),
    ("cameras", "MB"),
    ("idle streams", "MB"),
    ("idle streams", "cores"),
    ("years of history", "MB on disk"),
    ("years of history", "ms a question"),
]

Figures = Mapping[str, float]


def cameras(many: int, seconds: float) -> Figures:
    """Polled every ten seconds by two processes, with news in one poll of twenty, after their day has closed."""
    with CameraFarm(many, crossing_every=INTERVAL / NEWS) as farm:
        begun = time.monotonic()
        with polling(farm, INTERVAL, WEB_WORKERS="2") as service:
            return _polled(farm, service, many, seconds, time.monotonic() - begun)


def shared(many: int, seconds: float) -> Figures:
    """The same cameras shared out over two machines of a process each, by a Redis that writes all through."""
    with CameraFarm(many, crossing_every=INTERVAL / NEWS) as farm:
        begun = time.monotonic()
        with sharing(farm, INTERVAL, MACHINES) as services:
            return _polled(farm, services, many, seconds, time.monotonic() - begun)


def _polled(farm: CameraFarm, service: PollingService, many: int, seconds: float, met_after: float) -> Figures:
    begun = time.monotonic() - met_after
    time.sleep(SETTLING)
    service.wait_until_caught_up()
    told_after = time.monotonic() - begun
    wait_for_closings(seconds)
    simulator = psutil.Process(farm.pid)
    before, servers = _worked(simulator), service.cpu_of_servers()
    service.begin()
    time.sleep(seconds)
    use = service.end()
    servers = service.cpu_of_servers() - servers
    return {
        "cores": use.cpu / use.seconds,
        "MB": use.megabytes,
        "polls a second": use.polls / use.seconds,
        "of those due, %": use.polls / use.seconds / (many / INTERVAL) * 100,
        "s until all were met": met_after,
        "s until the day was told": told_after,
        **({"cores of Redis and PostgreSQL": servers / use.seconds} if servers else {}),
        "cores of the simulator": (_worked(simulator) - before) / use.seconds,
    }


def streams(many: int, seconds: float) -> Figures:
    """Idle ones at one process: what they add to its memory, and what their heartbeats cost."""
    with started(ours) as server:
        empty = server.megabytes()
        with StreamLoad(server.port, [server.path], many):
            time.sleep(SETTLING)
            begun, cpu = time.monotonic(), server.cpu()
            time.sleep(seconds)
            cores = (server.cpu() - cpu) / (time.monotonic() - begun)
            full = server.megabytes()
    return {"MB": full, "KB a stream": (full - empty) * 1024 / many, "cores": cores}


def years(many: int, _: float) -> Figures:
    """Hours of fifty cameras of two lines in the embedded database, and how long its questions take."""
    with tempfile.TemporaryDirectory(prefix="pc-bench-") as folder:
        path = Path(folder, "peoplecount.db")
        connection = SQLiteConnection(path)
        upgrade(connection)
        counted = CountedYear(CAMERAS_OF_YEARS, LAST_DAY, many * 365)
        begun = Times.now()
        counted.fill(connection, lambda _: None)
        filled = (Times.now() - begun).passed
        race = HistoryRace(connection, counted)
        taken = [median(timed(race.asking(one)).worked for _ in range(TIMES)) * 1000 for one in QUESTIONS]
        connection.disconnect()
        size = path.stat().st_size / 2**20
    return {
        "MB on disk": size,
        "ms a question": sum(taken) / len(taken),
        "ms the slowest": max(taken),
        "s to make": filled,
    }


PARTS: Mapping[str, tuple[str, tuple[int, ...], Callable[[int, float], Figures]]] = {
    "cameras": ("cameras", CAMERAS, cameras),
    "shared": ("cameras shared by two machines", SHARED, shared),
    "streams": ("idle streams", STREAMS, streams),
    "years": ("years of history", YEARS, years),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="of it; all unless named")
    parser.add_argument("--table", type=Path, default=Path("scale.jsonl"), help="where the rows are kept (scale.jsonl)")
    parser.add_argument("--up-to", type=int, default=None, metavar="N", help="leave more than that out")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    allow_open_files()
    table = GrowthTable(asked.table)
    print(f"{os.uname().machine}, {os.cpu_count()} cores, {os.getloadavg()[0]:.1f} at work on them before", flush=True)
    for name in asked.parts or PARTS:
        subject, sizes, measure = PARTS[name]
        for many in sizes:
            if not table.has(subject, many) and (asked.up_to is None or many <= asked.up_to):
                print(f"{many:,} {subject} …", flush=True)
                table.add(Row(subject, many, measure(many, asked.seconds)))
                print(f"  {table.rows[-1].figures}", flush=True)
    print(table.text())
    if asked.picture:
        asked.picture.write_text(table.picture(CHARTS))


def _worked(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
