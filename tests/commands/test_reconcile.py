"""``python -m peoplecount reconcile`` beside a running service."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
import requests

from peoplecount.commands import reconcile
from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from tests.support.running import Service, Simulator, wait_until

WEDNESDAY = "2026-05-06T17:00:00"
"""Local time. The day before, all places were open: a day of nobody proves no history."""


@pytest.fixture
def shop(tmp_path):
    simulator = Simulator(tmp_path, "--cameras", "2", "--start", WEDNESDAY)
    service = Service(tmp_path, CLOCK_URL=f"{simulator.control}/clock", POLL_INTERVAL="1", BACKFILL_DAYS="2")
    register_fleet(load_settings(service.settings, None), simulator.get("cameras"))
    service.start()
    yield service
    service.end()
    simulator.end()


def command(service, *arguments):
    return service.gives("reconcile", *arguments)


def is_filled_in(service):
    history = requests.get(f"{service.url}/health/ready", timeout=5).json().get("history", {})
    return len(history) == 2 and all(one["asked"] > 1 and not one["left"] for one in history.values())


def test_what_differs_is_shown_and_brought_up_to_date(shop):
    wait_until(lambda: is_filled_in(shop), 180, "back-fill", shop.process)
    wait_until(lambda: command(shop).returncode == 0, 90, "no differences", shop.process)

    with closing(sqlite3.connect(shop.folder / "var" / "peoplecount.db")) as database, database:
        spoilt = database.execute("UPDATE hour_counts SET in_count = in_count + 7 WHERE coverage = 0 AND in_count > 40")
        assert spoilt.rowcount > 0
    wait_until(lambda: command(shop).returncode == reconcile.SOMETHING_DIFFERS, 90, "a difference", shop.process)
    found = command(shop, "--repair")
    assert "DIFFERENCE" in found.stdout
    assert "the database has" in found.stdout
    assert "is asked to bring these days up to date" in found.stdout

    wait_until(lambda: command(shop).returncode == 0, 180, "repaired", shop.process)
    well = command(shop, "--all", "--camera", "1")
    assert well.returncode == 0
    assert "Differences: none." in well.stdout
    assert "1-0-1-1" in well.stdout
    assert " none" in well.stdout


def test_what_cannot_be_compared_is_said(shop):
    wait_until(lambda: is_filled_in(shop), 180, "back-fill", shop.process)
    shop.end()
    with closing(sqlite3.connect(shop.folder / "var" / "peoplecount.db")) as database, database:
        database.execute("UPDATE cameras SET address = 'http://127.0.0.1:9' WHERE camera_id = '1'")
        database.execute("DELETE FROM hour_counts")
        database.execute("UPDATE writer_cursor SET number = 1")
    found = command(shop, "--camera", "1")
    assert found.returncode == 2
    assert "the camera: " in found.stdout
    assert "events behind the log" in found.stdout
    assert "Could not be compared" in found.stdout


def test_unknown_cameras_and_odd_numbers_are_refused_in_words(tmp_path):
    service = Service(tmp_path)
    unknown = command(service, "--camera", "nobody")
    assert unknown.returncode == 2
    assert "there is no camera nobody" in unknown.stderr
    odd = command(service, "--days", "0")
    assert odd.returncode == 2
    assert "1 to 366 are allowed" in odd.stderr


def test_without_cameras_there_is_nothing_to_compare(tmp_path):
    done = command(Service(tmp_path))
    assert done.returncode == reconcile.NOTHING_DIFFERS
    assert "Differences: none." in done.stdout
