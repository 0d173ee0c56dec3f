"""An older installation's view holds passwords in clear text: they are used, and shown nowhere."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from peoplecount.configuration import prepare_embedded
from peoplecount.settings import load_settings
from tests.support.running import Service, Simulator, plain_environment, wait_until

WRONG = "Falsch;'{4711}"
"""Of a camera that refuses it."""

PAGES = (
    *("/", "/board", "/health/live", "/health/ready", "/health/database", "/chart/today", "/sites/default/audit"),
    *("/api/v1/counts?from=2026-01-01&to=2026-01-02", "/export/counts.csv?from=2026-01-01&to=2026-01-02", "/nowhere"),
)


class OldInstallation:
    """Two cameras in a view with clear passwords, one of which is wrong, and the service that is to say all it can."""

    def __init__(self, folder: Path) -> None:
        self.simulator = Simulator(folder, "--port", "0", "--cameras", "2", "--busy")
        self.service = Service(folder, CAMERAS_VIEW="old_cameras", POLL_INTERVAL="1", LOG_LEVEL="debug")
        settings = load_settings(plain_environment(**self.service.settings), env_file=None)
        prepare_embedded(settings)
        first, second = self.simulator.get("cameras")
        self.password = first["password"]
        rows = [
            (first["cameraId"], first["address"], first["username"], first["password"]),
            (second["cameraId"], second["address"], second["username"], WRONG),
        ]
        assert settings.database.path is not None
        database = sqlite3.connect(settings.database.path)
        with database:
            database.execute(
                "CREATE TABLE old_cameras (camara_id, ip, usuario, clave, in1 INT, out1 INT, in2 INT, out2 INT)"
            )
            database.executemany("INSERT INTO old_cameras (camara_id, ip, usuario, clave) VALUES (?, ?, ?, ?)", rows)
        database.close()

    def end(self) -> None:
        self.service.end()
        self.simulator.end()

    def cameras(self) -> dict[str, int]:
        answer = requests.get(f"{self.service.url}/health/ready", timeout=10).json()
        return dict(answer.get("cameras", {}))

    def streamed(self) -> str:
        """A snapshot and some events."""
        with requests.get(f"{self.service.url}/events", stream=True, timeout=20) as answer:
            heard = ""
            for chunk in answer.iter_content(None):
                heard += chunk.decode()
                if heard.count("PeopleCountingUpdate") > 3:
                    return heard
        raise AssertionError(heard)

    def said(self) -> dict[str, bytes]:
        """All that anybody can read, by where; the view itself is its owner's."""
        said = {page: requests.get(self.service.url + page, timeout=20).content for page in PAGES}
        said["the stream"] = self.streamed().encode()
        said["the log"] = (self.service.folder / "service.txt").read_bytes()
        data = self.service.folder / "var"
        return said | {file.name: file.read_bytes() for file in data.iterdir() if "peoplecount.db" not in file.name}


@pytest.fixture
def old(tmp_path: Path) -> Iterator[OldInstallation]:
    one = OldInstallation(tmp_path)
    yield one
    one.end()


def test_passwords_of_an_older_view_are_used_and_stand_nowhere_else(old: OldInstallation) -> None:
    old.service.start()
    wait_until(lambda: old.cameras().get("up") == 1, 30, "a camera that is read", old.service.process)
    wait_until(lambda: sum(old.cameras().values()) == 2, 30, "one that is refused", old.service.process)
    said = old.said()
    assert b"DEBUG" in said["the log"], "the most that can be said is said"
    assert b"sealed:" in said["store.sqlite"] + said.get("store.sqlite-wal", b""), "the local copy has them, sealed"
    for secret in (old.password, WRONG):
        for spelled in {secret, json.dumps(secret)[1:-1]}:
            assert [where for where, text in said.items() if spelled.encode() in text] == []
