"""A day of counts in a file, played before the service, and everybody asked in the end."""

from __future__ import annotations

import csv
import io
import os
import random
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from peoplecount.storage.open import connection_for
from peoplecount.storage.schema import records
from tests.support.own_tables import make_tables_of
from tests.support.processes import free_port
from tests.support.running import Service, Simulator, plain_environment, wait_until
from tests.support.stream_reader import StreamReader

DAY = date(2020, 3, 5)
SPEED = 3240
"""A day in half a minute, where the machine has nothing else to do."""

POLL_SECONDS = 60
"""In played time, as many services are set: polls are what a replay takes its time for."""

LEAD_IN = timedelta(hours=7)
"""Before the day, so that every line has been read when its first people come."""

MOST_BUSY = 6

MOST_HOURS_AFTER = 8
PATIENCE = 6
"""Seconds for what was counted to arrive everywhere."""

Sums = dict[str, tuple[int, int]]


def speed() -> int:
    """The speed at which the service can keep up: the busier others keep this machine, the slower time is played."""
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return round(SPEED / min(max(busy, 1.0), MOST_BUSY))


class Replay:
    """A day of a file, played before the service."""

    def __init__(self, folder: Path, file: Path, **settings: str) -> None:
        self.expected = sums_of(file)
        self._folder = folder
        start = datetime.combine(DAY, datetime.min.time()) - LEAD_IN
        port = free_port()
        self._options = (
            *("--port", str(port), "--replay", str(file), "--from", str(DAY), "--to", str(DAY)),
            *("--speed", str(speed()), "--start", start.isoformat(), "--seed", "7"),
        )
        self.simulator = Simulator(folder, *self._options)
        fleet = self.simulator.get("cameras")
        self.names = {
            f"{camera['cameraId']}-{line['channel']}-{line['rule']}-{line['index']}": line["name"]
            for camera in fleet
            for line in camera["lines"]
        }
        clock = f"{self.simulator.control}/clock"
        played = {"CLOCK_URL": clock, "TIME_ZONE": "Europe/Zurich", "POLL_INTERVAL": str(POLL_SECONDS)}
        self.service = Service(folder, **(played | settings))
        self.reader = StreamReader(f"{self.service.url}/events")
        self.settings = load_settings(plain_environment(**self.service.settings), env_file=None)
        self.log = folder / "var/events.sqlite"
        if "DATABASE_URL" in settings:  # a server: its tables are its administrator's business
            make_tables_of(self.settings)
        register_fleet(self.settings, fleet)
        self.simulator.process.terminate()

    def begin(self) -> None:
        """The service waits for its clock, so that time begins for both at once."""
        self.service.launch()
        self.simulator = Simulator(self._folder, *self._options)
        self.service.serves()
        self.reader.start()

    def __enter__(self) -> Replay:
        return self

    def __exit__(self, *error: object) -> None:
        self.reader.stop()
        for one in (self.service, self.simulator):
            one.end()

    def plays_past(self, hour: int) -> None:
        moment = datetime.combine(DAY, datetime.min.time()) + timedelta(hours=hour - 1)  # Zurich is an hour ahead
        self._waits_for(lambda: self.simulator.get("clock")["now"] > moment.isoformat(), 90, f"{hour}:00")

    def ends(self) -> None:
        """Wait for the end of the day, and until everything that was counted has arrived everywhere.

        Where the machine had no time for the service, hours of the day are known once it was settled: after midnight.
        """
        self._waits_for(lambda: self.simulator.get("clock")["allRead"], 120, "the day's end")
        for _ in range(MOST_HOURS_AFTER):
            if self._agrees():
                return
            self.plays_on(timedelta(hours=1))
        assert self._agrees(), "\n".join(["name: truth, stream, records", *self.differences()])

    def plays_on(self, time: timedelta) -> None:
        """Let time that stands still go on for so long, and be read to its end."""
        stands = datetime.fromisoformat(self.simulator.get("clock")["now"])
        self.simulator.stop_clock(stands + time)
        self._waits_for(lambda: self.simulator.get("clock")["allRead"], 20, "the end of an hour more")

    def _waits_for(self, condition: Callable[[], object], seconds: float, what: str) -> None:
        """``seconds`` are those of a machine that has nothing else to do."""
        wait_until(condition, seconds * MOST_BUSY, what, self.service.process)

    def _agrees(self) -> bool:
        """Whether all agree once what was counted has arrived."""
        try:
            wait_until(lambda: not self.differences(), PATIENCE, "agreement", self.service.process)
        except AssertionError:
            if self.service.process is None or self.service.process.ended():
                raise
            return False
        return True

    def differences(self) -> list[str]:
        true, streamed, recorded = self.true(), self.streamed(), self.recorded()
        names = sorted(true.keys() | streamed.keys() | recorded.keys())
        return [
            f"{name}: {true.get(name)}, {streamed.get(name)}, {recorded.get(name)}"
            for name in names
            if not true.get(name) == streamed.get(name) == recorded.get(name)
        ]

    def streamed(self) -> Sums:
        return self._by_name(self.reader.people)

    def true(self) -> Sums:
        truth = self.simulator.get("truth")
        return {line["name"]: (line["in"], line["out"]) for line in truth}

    def recorded(self) -> Sums:
        database = connection_for(self.settings.database)
        try:
            rows = database.execute(
                select(
                    records.c.line_id,
                    func.sum(records.c.in_count).label("entered"),
                    func.sum(records.c.out_count).label("left"),
                ).group_by(records.c.line_id)
            )
            return self._by_name({row.line_id: (int(row.entered), int(row.left)) for row in rows})
        finally:
            database.disconnect()

    def _by_name(self, people: Sums) -> Sums:
        return {self.names[line_id]: both for line_id, both in people.items()}


def sums_of(file: Path) -> Sums:
    """What the file says of the day, read without the simulator."""
    if file.suffix == ".zip":
        with zipfile.ZipFile(file) as archive:
            text = archive.read(archive.namelist()[0]).decode()
    else:
        text = file.read_text()
    entered: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for row in csv.DictReader(io.StringIO(text)):
        if row["Timestamp"].startswith(str(DAY)):
            entered[row["Name"]] += int(row["In"])
            left[row["Name"]] += int(row["Out"])
    return {name: (entered[name], left[name]) for name in entered}


def make_day(file: Path) -> Path:
    """A day of invented people in the format of the real data: eight lines, busiest at eight and at five."""
    chance = random.Random(5)
    names = [f"{platform}-{way} total" for platform in ("Ost", "West") for way in ("Nord", "SBB", "Süd", "VBZ")]
    with file.open("w") as out:
        out.write('"In","Out","Timestamp","Name"\n')
        for name in names:
            for slot in range(288):
                at = datetime.combine(DAY, datetime.min.time()) + timedelta(minutes=5 * slot)
                busy = max(1, 90 - 18 * min(abs(at.hour - 8), abs(at.hour - 17)))
                people = chance.randrange(busy), chance.randrange(busy)
                if any(people):
                    out.write(f'{people[0]},{people[1]},"{at.isoformat()}","{name}"\n')
    return file


def copy_database(source: Path, target: Path) -> None:
    with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as reading, sqlite3.connect(target) as writing:
        reading.backup(writing)
    reading.close()
    writing.close()


def put_back(log: Path, copy: Path) -> None:
    for leftover in (log.with_name(f"{log.name}-wal"), log.with_name(f"{log.name}-shm")):
        leftover.unlink(missing_ok=True)
    copy.replace(log)
