"""Machines that share the cameras are lost: one is killed, cut off, asleep for long; a replica lacks the end.

The cameras' truth, the log, the database, the boards and every stream agree after each.
"""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from tests.support.running import wait_until

ASLEEP = float(os.environ.get("ASLEEP_SECONDS", "8"))
"""How long a machine sleeps at least: longer than anything waits for it, which is five seconds."""


@pytest.fixture
def town(town_of_networks: Any) -> Any:
    town_of_networks.goes_on()
    return town_of_networks


def is_well(machine: Any) -> bool:
    return bool(machine.health().get("status") == "ok")


def test_a_machine_is_killed(town: Any) -> None:
    lost = town.polling_machine()
    lost.kill()
    town.goes_on_without(lost)
    lost.start()
    town.ends()
    assert [reader.disagreements for reader in town.readers] == [[], [], []]


def test_a_machine_is_cut_off_and_comes_back(town: Any) -> None:
    lost = town.polling_machine()
    lost.cut_off()
    town.goes_on_without(lost)
    wait_until(lambda: lost.health().get("polls") is False, 30, "the one that is cut off gives up by itself")
    wait_until(lambda: "log cannot be read" in lost.health().get("reason", ""), 60, "it says what is wrong")
    lost.let_through()
    wait_until(lambda: is_well(lost), 60, "it is well again")
    town.ends()
    assert [reader.disagreements for reader in town.readers] == [[], [], []]


def test_a_machine_sleeps_for_long_and_wakes(town: Any) -> None:
    lost = town.polling_machine()
    lost.sleep()
    begun = time.monotonic()
    town.goes_on_without(lost)
    wait_until(lambda: time.monotonic() - begun > ASLEEP, ASLEEP + 10, "the end of its sleep")
    lost.wake()
    wait_until(lambda: is_well(lost), 60, "it is well again")
    town.ends()
    assert [reader.disagreements for reader in town.readers] == [[], [], []]


def test_a_replica_takes_over_that_lacks_the_end(town: Any) -> None:
    town.leave_replica_behind()
    heard, gaps = town.events_heard(), town.gaps()
    wait_until(lambda: town.events_heard() > heard + 10, 60, "ten events that the replica lacks")
    town.fail_over()
    town.polling_machine()
    town.all_hear_of_a_gap(gaps)
    town.ends()
