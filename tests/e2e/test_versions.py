"""Data of earlier versions, opened by this one: nobody is lost, whoever was let in still is, and counting goes on."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from peoplecount.storage.schema_version import expected
from tests.support.running import Service, Simulator, plain_environment, wait_until
from tests.versions.__main__ import CAMERAS, DAY, HERE

VERSIONS = sorted(path.stem for path in HERE.glob("*.zip"))

People = dict[str, tuple[int, int]]
COUNTED = "SELECT line_id, sum(in_count), sum(out_count) FROM hour_counts GROUP BY line_id"


def _people(database: Path) -> People:
    with closing(sqlite3.connect(database)) as connection:
        return {line: (entered, left) for line, entered, left in connection.execute(COUNTED)}


def _tables(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


class Upgraded:
    """An installation whose data a version wrote, and the same cameras an hour later."""

    def __init__(self, version: str, folder: Path) -> None:
        self.folder, self._version = folder, version
        options = ["--cameras", str(CAMERAS), "--busy", "--port", "0", "--start", f"{DAY}T11:00:00"]
        self.simulator = Simulator(folder, *options)
        clock = f"{self.simulator.control}/clock"
        self.service = Service(folder, POLL_INTERVAL="1", BACKFILL_DAYS="0", CLOCK_URL=clock, SIGNED_OUT_LOOK="off")
        with zipfile.ZipFile(HERE / f"{version}.zip") as kept:
            kept.extract("peoplecount.db", folder)
        self.before = folder / "peoplecount.db"
        self.now = folder / "var" / "peoplecount.db"
        self.known = json.loads((HERE / f"{version}.json").read_text())

    def end(self) -> None:
        self.service.end()
        self.simulator.end()

    def put_back(self) -> None:
        self.service.command("restore", str(HERE / f"{self._version}.zip"))

    def brings_cameras_along(self) -> None:
        """They have moved to other ports, as the simulator has."""
        settings = load_settings(plain_environment(**self.service.settings), env_file=None)
        register_fleet(settings, self.simulator.get("cameras"))

    def asks(self, path: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.known['token']}"}
        return requests.get(f"{self.service.url}{path}", headers=headers, timeout=10)

    def writes_more(self) -> None:
        """Every line has more people in the database than then."""
        before = _people(self.before)

        def more() -> bool:
            now = _people(self.now)
            return all(sum(now[line]) > sum(people) for line, people in before.items())

        wait_until(more, 90, "people who cross after the upgrade", self.service.process)


@pytest.fixture(params=VERSIONS)
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Upgraded]:
    one = Upgraded(request.param, tmp_path)
    yield one
    one.end()


def test_there_are_data_of_tables_that_are_no_longer_these() -> None:
    with zipfile.ZipFile(HERE / "0.1.0-tables-0010.zip") as kept:
        assert {"events.sqlite", "store.sqlite", "peoplecount.db", "seal.key", "backup.json"} == set(kept.namelist())
    assert len(VERSIONS) >= 2


def test_they_are_brought_along_and_nobody_is_lost(upgraded: Upgraded) -> None:
    upgraded.put_back()
    upgraded.service.start()
    wait_until(lambda: _tables(upgraded.now) == expected(), 60, "its tables", upgraded.service.process)
    before = _people(upgraded.before)
    assert len(before) >= CAMERAS
    assert sum(map(sum, before.values())) > 20
    now = _people(upgraded.now)
    assert all(now[line] >= people for line, people in before.items())

    assert upgraded.asks("/api/v1/sites").status_code == 200, "programs are let in as then"
    assert "anna" in upgraded.service.command("user", "list")
    assert upgraded.service.command("key", "check")
    upgraded.brings_cameras_along()
    upgraded.writes_more()
    assert upgraded.service.stop() == 0
    assert "Traceback" not in (upgraded.service.process.said() if upgraded.service.process else "")


@pytest.mark.parametrize("file", ["events.sqlite", "store.sqlite"])
def test_data_of_a_newer_version_are_left_as_they_are_and_it_is_said(file: str, tmp_path: Path) -> None:
    service = Service(tmp_path)
    service.start()
    assert service.stop() == 0
    with closing(sqlite3.connect(tmp_path / "var" / file)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {version + 1}")
    service.launch()
    process = service.process
    assert process is not None
    wait_until(process.ended, 60, "the end")
    process.kill()  # lets go of its standard input
    assert process.exit_code() == 1
    assert f"{file} was written by a newer version of this program" in process.said()
    assert "Traceback" not in process.said()
