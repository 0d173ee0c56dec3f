"""The real service under gunicorn, with virtual cameras before which people walk when a test says so."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import requests

from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from peoplecount.simulator.crossings import NoTraffic, Traffic
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.plan import Fleet
from peoplecount.simulator.server import SimulatorServer
from tests.support.own_tables import make_tables_of
from tests.support.running import Service, wait_until
from tests.support.virtual_cameras import SITE, plan

CAMERAS = ("north", "south")


def where_it_is_noon() -> str:
    """A time zone in which the day is in its middle: a test that meets a midnight hears more than it asked for."""
    east = (12 - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-east:+d}"  # in these names, east is less


class LivingService:
    """It polls five times a second; what happens, happens because of ``walk``."""

    def __init__(self, folder: Path, cameras: SimulatorServer, **settings: str) -> None:
        self.folder = folder
        self._cameras = cameras
        usual = {"POLL_INTERVAL": "0.2", "TIME_ZONE": where_it_is_noon(), "BACKFILL_DAYS": "0"}
        self.service = Service(folder, **(usual | settings))
        self.port, self.url = self.service.port, self.service.url

    def enter_cameras(self) -> None:
        settings = load_settings(self.service.settings, env_file=None)
        if "DATABASE_URL" in self.service.settings:
            make_tables_of(settings)
        register_fleet(settings, requests.get(f"{self._cameras.control_url}/cameras", timeout=5).json())

    def start(self) -> None:
        self.service.start()
        wait_until(lambda: self._answering() >= set(CAMERAS), 60, "cameras that answer", self.service.process)

    def _answering(self) -> set[str]:
        """Cameras of which a reading has been told."""
        try:
            answer = requests.get(f"{self.url}/events?limit=1", headers={"Accept": "application/json"}, timeout=20)
            return {line["cameraId"] for line in answer.json()["events"][0]["lines"]}
        except (requests.RequestException, LookupError, ValueError):
            return set()

    def walk(self, camera: str = "north", *, entered: int, left: int = 0) -> None:
        self._cameras.simulation.walk(camera, entered=entered, left=left)

    def people(self, days_before: int = 0) -> dict[str, tuple[int, int]]:
        """Whom the cameras have seen in and out, by their days: today, and so many before it."""
        found: dict[str, tuple[int, int]] = {}
        for line in self._cameras.simulation.truth_by_hour(days_before):
            for day, hours in line["seen"].items():
                before = found.get(day, (0, 0))
                found[day] = (before[0] + sum(hours["in"]), before[1] + sum(hours["out"]))
        return found

    def go_away(self) -> None:
        """All cameras refuse every connection, until they ``come_back``."""
        self._cameras.simulation.inject(FaultOrder.parse({"camera": "all", "fault": "refused", "seconds": 86400}))

    def come_back(self) -> None:
        """All cameras answer again."""
        self._cameras.simulation.clear_faults()

    def head(self) -> str:
        """The id of the newest event of the log."""
        with sqlite3.connect(f"file:{self.folder / 'var/events.sqlite'}?mode=ro", uri=True) as log:
            (epoch,) = log.execute("SELECT epoch FROM log").fetchone()
            (number,) = log.execute("SELECT coalesce(max(number), 0) FROM entry").fetchone()
        log.close()
        return f"{epoch}-{number}"

    def counts(self) -> list[tuple[str, int]]:
        """Id and people in of every count in the log, in its order."""
        with sqlite3.connect(f"file:{self.folder / 'var/events.sqlite'}?mode=ro", uri=True) as log:
            (epoch,) = log.execute("SELECT epoch FROM log").fetchone()
            sql = "SELECT number, body FROM entry WHERE kind = 'PeopleCountingUpdate' ORDER BY number"
            rows = [(f"{epoch}-{number}", json.loads(body)["in"]) for number, body in log.execute(sql)]
        log.close()
        return rows

    def workers(self) -> list[psutil.Process]:
        """gunicorn's children."""
        assert self.service.process is not None
        return psutil.Process(self.service.process.pid).children(recursive=True)

    def leader(self) -> int | None:
        """The process that polls, as it says itself in its lock."""
        try:
            return int((self.folder / "var/leader.lock").read_text().strip() or 0) or None
        except (OSError, ValueError):
            return None

    def stop(self) -> int:
        return self.service.stop()

    def end(self) -> None:
        self.service.end()


@contextmanager
def living_service(folder: Path, traffic: Traffic | None = None, **settings: str) -> Iterator[LivingService]:
    """Started, with both cameras answering; whatever becomes of it, nothing is left.

    ``traffic`` are people who come without being walked; else nobody does.
    """
    site = replace(SITE, time_zone=where_it_is_noon())
    plans = [plan(name, serial=f"ZSIM{index:012d}") for index, name in enumerate(CAMERAS)]
    fleet = Fleet(tuple(replace(one, site=site) for one in plans), traffic or NoTraffic())
    with SimulatorServer(fleet) as cameras:
        living = LivingService(folder, cameras, **settings)
        living.enter_cameras()
        try:
            living.start()
            yield living
        finally:
            living.end()
