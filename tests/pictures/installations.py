"""What pictures are taken of: a service with a month of people, one in which nothing is set up, and a replay."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import requests

from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from tests.support.known_days import known_days
from tests.support.processes import free_port
from tests.support.running import Process, Service, Simulator, plain_environment, wait_until

DAY = "2026-05-06"
BEGINS, ENDS = f"{DAY}T13:50:00", f"{DAY}T14:07:20"
ZONE = "Europe/Zurich"
LAST_MINUTES = timedelta(minutes=15)
"""As many as a site's page shows; the service runs for longer."""

CAMERAS, SITES = 6, 3
WEEK = timedelta(weeks=1)
SPEEDS = (10, 5)
"""Tried in turn: where the machine is busy, readings come too far apart to be measured, and clocks seem to be set."""

CAMERA_PORT, PORT = 19100, 18000
"""They stand on pages."""

PASSWORD = "correct horse battery"
REPLAYED_FROM, REPLAY_SPEED = "13:55", "10"


@contextmanager
def busy_installation(folder: Path) -> Iterator[Service]:
    """A month of people, all of the last minutes measured, and a clock that has stopped."""
    for speed in SPEEDS:
        attempt = folder / f"speed-{speed}"
        attempt.mkdir()
        simulator, service = _cameras(attempt, speed), None
        try:
            service = _service(attempt, CLOCK_URL=f"{simulator.control}/clock", POLL_INTERVAL="10", TIME_ZONE=ZONE)
            register_fleet(load_settings(service.settings, env_file=None), simulator.get("cameras"))
            _begin(service)
            wait_until(
                lambda told=simulator: told.get("clock")["allRead"], 600, "the end of the clock", service.process
            )
            wait_until(lambda asked=service: _has_a_past(asked), 600, "a month of history", service.process)
            wait_until(lambda asked=service: _knows_what_is_usual(asked), 120, "what is usual", service.process)
            if _is_measured(service) or speed == SPEEDS[-1]:
                yield service
                return
        finally:
            if service is not None:
                service.end()
            simulator.end()
        print(f"At speed {speed} this machine did not keep up; again at a lower one.")


def _cameras(folder: Path, speed: int) -> Simulator:
    options = (
        f"--port {CAMERA_PORT} --cameras {CAMERAS} --seed 7 --busy --quiet-nights "
        f"--start {BEGINS} --until {ENDS} --speed {speed}"
    )
    return Simulator(folder, *options.split())


def _service(folder: Path, **settings: str) -> Service:
    service = Service(folder, **settings)
    service.port, service.url = PORT, f"http://127.0.0.1:{PORT}"
    service.settings["PORT"] = str(PORT)
    return service


def _begin(service: Service) -> None:
    service.command("user", "add", "anna", "--role", "administrator", "--password-stdin", said=f"{PASSWORD}\n")
    service.start()


def _has_a_past(service: Service) -> bool:
    """Whether the database has the cameras' own history of four weeks."""
    day = date.fromisoformat(DAY)
    return known_days(service.url, day - 4 * WEEK, day) == SITES * 28


def _knows_what_is_usual(service: Service) -> bool:
    """Whether pages can show it; it is read anew once a minute as long as too little is known."""
    answer = requests.get(f"{service.url}/chart/usual", timeout=20)
    return answer.ok and sum(any(row["hours"]) for row in answer.json()["sites"]) == SITES


def _is_measured(service: Service) -> bool:
    """Whether everybody of the last minutes was measured, and no clock seemed to be set."""
    counts = _events(service, "PeopleCountingUpdate")
    return all(event["quality"] == "measured" for event in counts) and not any(_events(service, "CounterBreak"))


def _events(service: Service, kind: str) -> Iterator[dict[str, str]]:
    """Of the last minutes."""
    since = datetime.fromisoformat(ENDS).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC) - LAST_MINUTES
    asked = {"timeout": "0", "limit": "500", "kind": kind}
    begin = {"since": since.isoformat()}
    while True:
        address, wanted = f"{service.url}/events", {"Accept": "application/json"}
        told = requests.get(address, params=asked | begin, headers=wanted, timeout=20).json()
        yield from (event for event in told["events"] if event["kind"] == kind)
        if not told["more"]:
            return
        begin = {"lastEventId": told["next"]}


@contextmanager
def empty_installation(folder: Path) -> Iterator[Service]:
    """Nothing but an administrator."""
    service = _service(folder, TIME_ZONE=ZONE)
    try:
        _begin(service)
        yield service
    finally:
        service.end()


@contextmanager
def replay_of(service: Service) -> Iterator[str]:
    """The address of a replay of the day of an installation."""
    port = free_port()
    command = [sys.executable, "-m", "peoplecount", "replay", "--day", DAY, "--from", REPLAYED_FROM]
    command += ["--speed", REPLAY_SPEED, "--port", str(port)]
    folder = service.folder
    process = Process(command, folder / "replay.txt", plain_environment(**service.settings), folder)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(url), 60, "the replay's first answer", process)
        yield url
    finally:
        if not process.ended():
            process.kill()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/health/live", timeout=2).ok
    except requests.RequestException:
        return False
