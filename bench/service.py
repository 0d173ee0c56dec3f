"""The whole service under gunicorn: CPU and requests a poll, and memory, polling busy virtual cameras.

Everything a poll entails is in it: scheduler, HTTP, digest, parsing, counting, log, records, one open stream. Beside
it, in the same minute, a bare loop over requests with kept session and digest.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from pathlib import Path

import psutil
import requests
from requests.auth import HTTPDigestAuth

from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from tests.support.running import Service, Simulator, plain_environment

BARE_POLLS = 2000


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def requests_of(simulator: Simulator) -> tuple[int, int]:
    """Requests of the whole fleet so far, and how many of them were refused with a challenge."""
    figures = simulator.get("requests").values()
    return sum(one["requests"] for one in figures), sum(one["unauthorized"] for one in figures)


def bare_loop(camera: dict[str, str]) -> float:
    """CPU milliseconds of one poll by requests alone."""
    url = camera["address"] + "/stw-cgi/eventsources.cgi?msubmenu=peoplecount&action=check"
    with requests.Session() as session:
        session.trust_env = False
        session.auth = HTTPDigestAuth(camera["username"], camera["password"])
        session.get(url, timeout=10)
        begun = time.process_time()
        for _ in range(BARE_POLLS):
            session.get(url, timeout=10).content  # noqa: B018 - reading is part of a poll
        return (time.process_time() - begun) / BARE_POLLS * 1000


def read_stream(url: str, stop: threading.Event) -> None:
    with requests.get(url, stream=True, timeout=30) as answer:
        for _ in answer.iter_content(None):
            if stop.is_set():
                return


def measure(folder: Path, cameras: int, seconds: int) -> None:
    simulator = Simulator(folder, "--port", "0", "--cameras", str(cameras), "--busy")
    service = Service(folder, POLL_INTERVAL="1")
    try:
        settings = load_settings(plain_environment(**service.settings), env_file=None)
        idle = memory_of(service)
        fleet = simulator.get("cameras")
        register_fleet(settings, fleet)
        service.start()
        worker = worker_of(service)
        stop = threading.Event()
        reader = threading.Thread(target=read_stream, args=(f"{service.url}/events", stop))
        reader.start()
        time.sleep(10)  # everybody has been asked who they are
        (polls, refused), begun = requests_of(simulator), cpu_seconds(worker)
        time.sleep(seconds)
        polls, refused = (
            after - before for after, before in zip(requests_of(simulator), (polls, refused), strict=True)
        )
        cost = (cpu_seconds(worker) - begun) / polls * 1000
        polling = worker.memory_info().rss / 2**20
        bare = bare_loop(next(one for one in fleet if one["protocol"] == "classic"))
        stop.set()
        reader.join()
    finally:
        service.end()
        simulator.end()
    print(f"{cameras} cameras polled every second for {seconds} s, one stream open")
    print(f"  CPU a poll, all of it      {cost:6.2f} ms   {cost / bare:4.2f} x the bare loop")
    print(f"  CPU a poll, bare loop      {bare:6.2f} ms")
    print(f"  requests a second          {polls / seconds:6.1f}, of them refused {refused / polls:.4f}")
    print(f"  memory of the worker       {polling:6.1f} MB polling, {idle:.1f} MB without cameras")


def memory_of(service: Service) -> float:
    """Megabytes of the idle service's worker."""
    service.start()
    try:
        time.sleep(5)
        return float(worker_of(service).memory_info().rss / 2**20)
    finally:
        service.stop()


def worker_of(service: Service) -> psutil.Process:
    assert service.process is not None
    (worker,) = psutil.Process(service.process.pid).children()
    return worker


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=30)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), arguments.cameras, arguments.seconds)


if __name__ == "__main__":
    main()
