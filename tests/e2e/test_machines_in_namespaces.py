"""Three machines with a network each: one is killed, one cut off, one asleep for long; a replica takes over that lacks
the end. The cameras' truth, the log, the database and every stream agree afterwards."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.running import wait_until

pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-dev.txt)")
pytest.importorskip("redis", reason="redis-py is not installed (requirements-redis.txt)")

ASLEEP = float(os.environ.get("ASLEEP_SECONDS", "8"))
"""How long a machine sleeps at least: longer than anything waits for it, which is five seconds."""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Any]:
    postgres = pytest.importorskip("tests.support.postgres", reason="PostgreSQL is not started on this system")
    from tests.support.namespaced_town import namespaced_town  # noqa: PLC0415 - POSIX only
    from tests.support.namespaces import why_not  # noqa: PLC0415 - Linux only
    from tests.support.redis_server import is_installed  # noqa: PLC0415 - needs redis-py

    binaries = postgres.binaries()
    if binaries is None or not is_installed():
        pytest.skip("PostgreSQL or Redis is not installed")
    if reason := why_not():
        pytest.skip(reason)
    with namespaced_town(tmp_path, binaries) as town:
        yield town


def is_well(machine: Any) -> bool:
    return machine.health().get("status") == "ok"


def test_a_machine_is_killed(town: Any) -> None:
    lost = town.polling_machine()
    lost.kill()
    town.goes_on_without(lost)
    lost.start()
    town.ends()
    assert [reader.disagreements for reader in town.readers] == [[], [], []]


def test_a_machine_is_cut_off_and_back(town: Any) -> None:
    lost = town.polling_machine()
    lost.cut_off()
    town.goes_on_without(lost)
    wait_until(lambda: lost.health().get("polls") is False, 30, "the one that is cut off gives up by itself")
    lost.let_through()
    wait_until(lambda: is_well(lost), 60, "it is well again")
    town.ends()


def test_a_machine_sleeps_for_long_and_wakes(town: Any) -> None:
    lost = town.polling_machine()
    lost.sleep()
    begun = time.monotonic()
    town.goes_on_without(lost)
    wait_until(lambda: time.monotonic() - begun > ASLEEP, ASLEEP + 10, "the end of its sleep")
    lost.wake()
    wait_until(lambda: is_well(lost), 60, "it is well again")
    town.ends()


def test_a_replica_takes_over_that_lacks_the_end(town: Any) -> None:
    replica = town.pair.replica
    wait_until(lambda: b"master_link_status:up" in replica.ask("INFO", "replication"), 30, "a replica that follows")
    town.pair.replica_place.pull_cable()
    heard = town.events_heard()
    wait_until(lambda: town.events_heard() > heard + 10, 60, "ten events that the replica lacks")
    town.fail_over()
    town.polling_machine()
    wait_until(lambda: all(reader.names["gap"] for reader in town.readers), 60, "every reader is told of a gap")
    town.ends()
