"""What a poll costs: CPU and requests, beside a bare loop over requests with kept session and digest.

The camera is another process, so that only the client's side is measured.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection

import requests
from requests.auth import HTTPDigestAuth

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import SimulatorServer
from peoplecount.sunapi import queries
from peoplecount.sunapi.client import SunapiClient

ROUNDS = 10


class RealClock:
    speed = 1.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def serve(end: Connection) -> None:
    with SimulatorServer(default_fleet(1)) as server:
        plan = default_fleet(1).cameras[0]
        end.send((server.address(plan.camera_id), plan.username, plan.password))
        end.recv()


def in_new_threads(poll: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        thread = threading.Thread(target=poll)
        thread.start()
        thread.join()

    return run


def cpu(polls: int, poll: Callable[[], object]) -> float:
    """CPU milliseconds of one poll."""
    begun = time.process_time()
    for _ in range(polls):
        poll()
    return (time.process_time() - begun) / polls * 1000


def measure(address: str, username: str, password: str, polls: int) -> None:
    camera = Camera("1", "Bench", address, username, password, protocol=CameraProtocol.CLASSIC)
    client = SunapiClient(camera, clock=RealClock())
    url = address + queries.classic_counts().target
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Accept"] = "application/json"
        session.auth = HTTPDigestAuth(username, password)
        ways: dict[str, Callable[[], object]] = {
            "SunapiClient.read()": client.read,
            "  each in a new thread": in_new_threads(client.read),
            "bare loop, session and digest kept": lambda: session.get(url, timeout=10).json(),
            "  each in a new thread, digest forgotten": in_new_threads(lambda: session.get(url, timeout=10).json()),
        }
        client.read()
        sent = client.requests_sent
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            # In turns, because the machine may be busier now than a moment later.
            for name, poll in ways.items():
                found[name].append(cpu(polls // ROUNDS, poll))
    print(f"CPU a poll, {polls} polls each: median and least of {ROUNDS} rounds")
    for name, costs in found.items():
        print(f"{name:38} {statistics.median(costs):6.3f} {min(costs):6.3f} ms")
    print(
        f"requests a poll of SunapiClient        {(client.requests_sent - sent) / (2 * polls // ROUNDS * ROUNDS):6.4f}"
    )
    client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--polls", type=int, default=2000)
    polls = parser.parse_args().polls
    here, there = multiprocessing.Pipe()
    camera = multiprocessing.get_context("spawn").Process(target=serve, args=(there,))
    camera.start()
    try:
        measure(*here.recv(), polls)
    finally:
        here.send("enough")
        camera.join()


if __name__ == "__main__":
    main()
