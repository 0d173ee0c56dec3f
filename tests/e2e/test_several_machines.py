"""Three machines on one Redis share the cameras: machines come and go; Redis is away, and loses its end.

The cameras' truth, the log, the database, the boards and every stream agree after each.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.running import wait_until

AWAY = float(os.environ.get("AWAY_SECONDS", "5"))
"""For how long Redis is away at least once everybody knows; some ten polls of each camera are missing by then."""

AWAY_WORDS = "Redis, which holds the event log, cannot be used from here just now"
"""On every screen."""

CAMERAS = 6
"""Two at each of three sites."""


@pytest.fixture
def town(town_of_lines: Any) -> Any:
    town_of_lines.goes_on()
    return town_of_lines


def polled_by(machine: Any) -> int:
    """How many cameras a machine says that it polls; those it polled once do not matter."""
    health = machine.health()
    return health["polling"]["cameras"] if health.get("polls") else 0


def are_shared_out(town: Any, machines: int) -> bool:
    """Whether so many machines poll all cameras together, each of them about as many."""
    polled = [polled for machine in town.machines if (polled := polled_by(machine))]
    return sum(polled) == CAMERAS and len(polled) == machines


def test_cameras_are_shared_out_and_go_by_site_as_machines_come_and_go(town: Any) -> None:
    wait_until(lambda: are_shared_out(town, 3), 60, "a part for each of three")
    first, second, third = town.machines
    assert third.stop() == 0
    wait_until(lambda: are_shared_out(town, 2), 30, "a part for each of two")
    second.kill()
    wait_until(lambda: are_shared_out(town, 1), 30, "everything at one")
    assert polled_by(first) == CAMERAS
    third.start()
    second.start()
    wait_until(lambda: are_shared_out(town, 3), 60, "a part for each of three again")
    town.ends()
    assert [reader.disagreements for reader in town.readers] == [[], [], []]


def test_while_redis_is_away_nobody_polls_and_nobody_is_lost(town: Any) -> None:
    town.redis.kill()
    for machine in town.machines:
        wait_until(lambda machine=machine: machine.health().get("status") == "not ready", 60, "it says so")
        assert machine.is_live()
        for page in ("/", "/wall"):
            assert AWAY_WORDS in machine.ask(page, timeout=10).text
    for reader in town.readers:
        wait_until(lambda reader=reader: AWAY_WORDS in reader.trouble, 30, "open pages are told")
    wait_until(lambda: not any(machine.health().get("polls") for machine in town.machines), 30, "nobody polls")
    polls, begun = town.polls(), time.monotonic()
    wait_until(lambda: time.monotonic() - begun > AWAY, AWAY + 10, "the end of the outage")
    assert town.polls() == polls
    town.redis.start()
    wait_until(lambda: sum(map(polled_by, town.machines)) == CAMERAS, 60, "all cameras are polled")
    town.ends()
    assert [reader.trouble for reader in town.readers] == ["", "", ""]
    assert [reader.disagreements for reader in town.readers] == [[], [], []]


def test_redis_comes_back_without_its_end(town: Any, tmp_path: Path) -> None:
    town.redis.copy_data(tmp_path / "copy")
    heard, gaps = town.events_heard(), town.gaps()
    wait_until(lambda: town.events_heard() > heard + 30, 60, "thirty events after the copy")
    town.redis.kill()
    town.redis.put_back(tmp_path / "copy")
    town.redis.start()
    town.polling_machine()
    town.all_hear_of_a_gap(gaps)
    town.ends()


def test_everything_is_put_back_from_what_is_to_be_copied(town: Any, tmp_path: Path) -> None:
    """Redis' own files and the key; all data folders are lost, so that nobody is there who knew more."""
    first = town.machines[0]
    first.command("token", "add", "reports")
    heard, gaps = town.events_heard(), town.gaps()
    kept = shutil.copy(first.folder / "var/seal.key", tmp_path)
    town.redis.copy_data(tmp_path / "appendonlydir")  # while everybody appends
    first.command("token", "add", "since")
    wait_until(lambda: town.events_heard() > heard + 30, 60, "thirty events after the copy")
    for machine in town.machines:
        machine.kill()
        shutil.rmtree(machine.folder / "var")
    town.redis.kill()
    town.redis.put_back(tmp_path / "appendonlydir")
    town.redis.start()
    for machine in town.machines:
        (machine.folder / "var").mkdir(mode=0o700)
        shutil.copy(kept, machine.folder / "var")
        machine.launch()
    for machine in town.machines:
        machine.serves()
    wait_until(lambda: are_shared_out(town, 3), 60, "a part for each of three")
    town.all_hear_of_a_gap(gaps)
    town.ends()
    listed = first.command("token", "list")
    assert "reports" in listed
    assert "since" not in listed
