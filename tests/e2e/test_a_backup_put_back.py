"""A backup made while people cross, put back after the disk was lost: nobody is lost or doubled, no id comes twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests

from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from tests.support.running import Service, Simulator, plain_environment, wait_until
from tests.support.stream_reader import StreamReader

DAY = "2026-03-04"
People = dict[str, tuple[int, int]]

HOURS = "SELECT line_id, sum(in_count), sum(out_count) FROM hour_counts WHERE local_start >= ? GROUP BY line_id"
FIRST = "SELECT line_id, in_total - in_count, out_total - out_count, min(record_id) FROM records GROUP BY line_id"
TWICE = "SELECT event_epoch, event_number, line_id FROM records GROUP BY 1, 2, 3 HAVING count(*) > 1"


class Shop:
    """A busy fleet polled every second into an embedded database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.simulator = Simulator(folder, "--port", "0", "--cameras", "2", "--busy", "--start", f"{DAY}T10:00:00")
        clock = f"{self.simulator.control}/clock"
        self.service = Service(folder, POLL_INTERVAL="1", BACKFILL_DAYS="0", CLOCK_URL=clock)
        settings = load_settings(plain_environment(**self.service.settings), env_file=None)
        register_fleet(settings, self.simulator.get("cameras"))
        self.reader = StreamReader(f"{self.service.url}/events")

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
        before = len(self.reader.seen_ids)

        def counted() -> bool:
            health = requests.get(f"{self.service.url}/health/ready", timeout=5).json()
            return len(self.reader.seen_ids) >= before + more and health["database"].get("lag") == 0

        wait_until(counted, 90, "people who are counted", self.service.process)

    def loses_its_disk(self) -> None:
        self.service.kill()
        (self.folder / "var").rename(self.folder / "lost")

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
        unread: People = {line: (entered, left) for line, entered, left, _ in self.asked(FIRST)}
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


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    one = Shop(tmp_path)
    yield one
    one.end()


def test_nobody_is_lost_or_doubled_by_it(shop: Shop, tmp_path: Path) -> None:
    shop.begins()
    file = tmp_path / "kept.zip"
    shop.service.command("backup", str(file))
    shop.counts(6)  # of whom the backup knows nothing
    heard = len(shop.reader.seen_ids)
    shop.loses_its_disk()
    shop.service.command("restore", str(file))
    shop.service.start()
    shop.counts(3)
    shop.agrees()
    assert shop.reader.names["gap"] == 1
    assert shop.reader.disagreements == []
    assert not set(shop.reader.seen_ids[:heard]) & set(shop.reader.seen_ids[heard:])
    assert shop.asked(TWICE) == []
    assert shop.service.stop() == 0
