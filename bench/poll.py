"""What a poll costs, all of it, beside a bare loop of requests; and whether polls are on time."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.support.bare_poll import BarePoll
from bench.support.camera_farm import CameraFarm
from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from tests.support.running import Service, plain_environment


def cpu_seconds(processes: list[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return float(sum(one.user + one.system for one in times))


def workers_of(service: Service) -> list[psutil.Process]:
    assert service.process is not None
    return psutil.Process(service.process.pid).children()


@contextmanager
def polling(farm: CameraFarm, interval: float, **settings: str) -> Iterator[list[psutil.Process]]:
    """The workers of a service that polls the farm, once it has asked everybody who they are."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder), POLL_INTERVAL=f"{interval:g}", BACKFILL_DAYS="0", **settings)
        register_fleet(load_settings(plain_environment(**service.settings), env_file=None), farm.fleet)
        service.start()
        try:
            wait_for_steadiness(farm)
            yield workers_of(service)
        finally:
            service.end()


def wait_for_steadiness(farm: CameraFarm) -> None:
    """Until all but a few questions are for counts, every camera having been asked."""
    deadline = time.monotonic() + 600
    polled: set[int] = set()
    while time.monotonic() < deadline:
        farm.arrivals()
        before, _ = farm.requests()
        time.sleep(2)
        arrivals = farm.arrivals()
        polled.update(arrivals.cameras)
        others = farm.requests()[0] - before - len(arrivals.cameras)
        if len(polled) == len(farm.fleet) and others <= 0.02 * len(arrivals.cameras):
            return
    raise RuntimeError("the service has not come to rest within ten minutes")


def cost(cameras: int, rounds: int) -> None:
    with CameraFarm(cameras, crossing_every=20) as farm, BarePoll(farm.fleet) as bare, polling(farm, 1.0) as workers:
        rows = []
        for _ in range(rounds):
            farm.arrivals()
            begun = cpu_seconds(workers)
            kept = bare.cost(400, kept=True)
            new = bare.cost(200, kept=False)
            kept = (kept + bare.cost(400, kept=True)) / 2
            time.sleep(1)
            spent = cpu_seconds(workers) - begun
            ours = spent / (len(farm.arrivals().cameras) - 1000) * 1000
            rows.append((ours, kept, new))
            print(f"ours {ours:.3f} kept {kept:.3f} new {new:.3f} ratio {ours / kept:.2f}", flush=True)
        print("median ratio", statistics.median(row[0] / row[1] for row in rows))
        print("memory", [one.memory_info().rss / 2**20 for one in workers])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    cost(arguments.cameras, arguments.rounds)


if __name__ == "__main__":
    main()
