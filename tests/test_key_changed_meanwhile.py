"""The key is changed while the service polls: it goes on, and what it keeps afterwards is sealed with the new one."""

import json

import pytest
import requests

from peoplecount.__main__ import main
from peoplecount.bootstrap import build
from peoplecount.configuration import register_fleet
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.services import key_rotation
from peoplecount.settings import load_settings
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import SimulatorServer
from tests.support.processes import ANYWHERE
from tests.support.waiting import wait_until


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DB_SERVER", "CLOCK_URL", "PEOPLECOUNT_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setattr(key_rotation, "SETTLING", 0.0)
    ours = {"DATA_DIR": str(tmp_path / "var"), "POLL_INTERVAL": "0.2", "TIME_ZONE": "UTC"}
    return load_settings(ANYWHERE | ours, env_file=None)


@pytest.fixture
def cameras():
    with SimulatorServer(default_fleet(2, busy=1.0)) as server:
        yield server


def health(service):
    return service.app.test_client().get("/health/ready").get_json()


def polls(service):
    return health(service).get("polling", {}).get("polls", 0)


def sealed_in_copy(settings):
    """How many passwords of the local copy the key opens."""
    folder = DataFolder.at(settings.data_dir)
    try:
        kept = [camera["password"] for camera in json.loads(folder.store.load_roster())["cameras"]]
        return sum(text.startswith("sealed:") and bool(folder.sealer.unseal(text)) for text in kept)
    finally:
        folder.close()


def test_it_is_taken_up_by_whoever_polls_and_by_the_next_start(settings, cameras, capsys):
    register_fleet(settings, requests.get(f"{cameras.control_url}/cameras", timeout=5).json())
    service = build(settings)
    service.start()
    try:
        wait_until(lambda: health(service)["cameras"] == {"up": 2})
        key = DataFolder.at(settings.data_dir).sealer.key_file.path
        before = key.read_text()
        assert main(["key", "rotate"]) == 0, capsys.readouterr()
        assert before not in key.read_text()
        after = polls(service)
        wait_until(lambda: polls(service) > after + 10)
        service._installation.rosters._body = ""  # as if there were news, the list is kept anew
        service._installation.rosters.refresh()
        assert sealed_in_copy(settings) == 2
        assert main(["key", "check"]) == 0, capsys.readouterr()
    finally:
        service.stop()
    again = build(settings)
    again.start()
    try:
        wait_until(lambda: health(again)["cameras"] == {"up": 2})
        assert "does not open" not in capsys.readouterr().err
    finally:
        again.stop()
