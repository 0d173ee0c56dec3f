"""A shop in which everybody is asked in the end who has crossed: cameras, stream and database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from tests.support.running import Service, Simulator, plain_environment, wait_until
from tests.support.stream_reader import StreamReader

DAY = "2026-03-04"
People = dict[str, tuple[int, int]]

HOURS = "SELECT line_id, sum(in_count), sum(out_count) FROM hour_counts WHERE local_start >= ? GROUP BY line_id"
FIRST = """SELECT line_id, in_total - in_count, out_total - out_count FROM records
WHERE record_id IN (SELECT min(record_id) FROM records GROUP BY line_id)"""
TWICE = "SELECT event_epoch, event_number, line_id FROM records GROUP BY 1, 2, 3 HAVING count(*) > 1"


class AgreeingShop:
    """A busy fleet polled every second into an embedded database, and a program on the stream."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.simulator = Simulator(folder, "--port", "0", "--cameras", "2", "--busy", "--start", f"{DAY}T10:00:00")
        clock = f"{self.simulator.control}/clock"
        self.service = Service(folder, POLL_INTERVAL="1", BACKFILL_DAYS="0", CLOCK_URL=clock, **settings)
        self.reader = StreamReader(f"{self.service.url}/events")

    def enter_cameras(self) -> None:
        """By this program, whichever serves."""
        settings = load_settings(plain_environment(**self.service.settings), env_file=None)
        register_fleet(settings, self.simulator.get("cameras"))

    def end(self) -> None:
        self.reader.stop()
        self.service.end()
        self.simulator.end()

    def begins(self) -> None:
        self.service.start()
        self.reader.start()
        self.counts(6)

    def counts(self, more: int) -> None:
        """Wait until so many more events were heard, and all of them are in the database."""
        self.hears(more)
        wait_until(lambda: self.health()["database"].get("lag") == 0, 60, "the database's part", self.service.process)

    def hears(self, more: int) -> None:
        """Wait until so many more events were heard."""
        enough = len(self.reader.seen_ids) + more
        wait_until(lambda: len(self.reader.seen_ids) >= enough, 90, "people who cross", self.service.process)

    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(f"{self.service.url}/health/ready", timeout=5).json()
        return found

    def agrees(self) -> None:
        """Nobody crosses any more, and everybody says the same of who has."""
        now = datetime.fromisoformat(self.simulator.get("clock")["now"])
        self.simulator.stop_clock(now + timedelta(seconds=2))
        wait_until(lambda: self.simulator.get("clock")["allRead"], 60, "the last readings", self.service.process)
        try:
            wait_until(lambda: not self.differences(), 60, "agreement", self.service.process)
        except AssertionError as error:
            raise AssertionError("\n".join(self.differences() or [str(error)])) from error

    def differences(self) -> list[str]:
        """Of a camera whose history's clock is not known yet, nobody tells who came before its first reading."""
        unread: People = {line: (entered, left) for line, entered, left in self.asked(FIRST)}
        hours: People = {line: (entered, left) for line, entered, left in self.asked(HOURS, DAY)}
        found = []
        for line, everybody in self.true().items():
            before = unread.get(line, (0, 0))
            known = {everybody, (everybody[0] - before[0], everybody[1] - before[1])}
            said = {hours.get(line, (0, 0)), self.reader.people.get(line, (0, 0))}
            if len(said) > 1 or not said <= known:
                found.append(f"{line}: the camera has {everybody}, {before} before it was read; told was {said}")
        return found

    def true(self) -> People:
        return {
            f"{line['cameraId']}-{line['channel']}-{line['rule']}-{line['index']}": (
                line["today"]["in"],
                line["today"]["out"],
            )
            for line in self.simulator.get("truth")
        }

    def asked(self, question: str, *values: str) -> list[tuple]:
        with closing(sqlite3.connect(self.folder / "var" / "peoplecount.db")) as database:
            return database.execute(question, values).fetchall()
