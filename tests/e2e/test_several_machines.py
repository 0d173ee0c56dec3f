"""Three machines on one Redis share the cameras: one is killed, cut off, put to sleep; Redis dies and loses its end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.tcp_proxy import TcpProxy
from tests.support.running import wait_until

pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-dev.txt)")

AWAY = float(os.environ.get("AWAY_SECONDS", "5"))
"""For how long Redis is away at least once everybody knows; some ten polls of each camera are missing by then."""

CAMERAS = 6
"""Two at each of three sites."""


@pytest.fixture
def town(tmp_path: Path, redis_server: Any) -> Iterator[Any]:
    postgres = pytest.importorskip("tests.support.postgres", reason="PostgreSQL is not started on this system")
    binaries = postgres.binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    from tests.support.shared_town import SharedTown  # noqa: PLC0415 - POSIX only

    with (
        postgres.running_postgres(binaries) as server,
        SharedTown(tmp_path, server, redis_server, cameras=CAMERAS) as town,
    ):
        yield town


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


def test_a_machine_that_polls_is_killed(town: Any) -> None:
    lost = town.polling_machine()
    lost.kill()
    town.goes_on_without(lost)
    lost.start()
    town.ends()
    assert [reader.disagreements for reader in town.readers] == [[], [], []]


def test_a_machine_that_polls_is_cut_off_and_comes_back(town: Any) -> None:
    lost = town.polling_machine()
    lost.cut_off()
    town.goes_on_without(lost)
    wait_until(lambda: lost.health().get("polls") is False, 30, "the one that is cut off gives up")
    wait_until(lambda: "log cannot be read" in lost.health().get("reason", ""), 60, "it says what is wrong")
    lost.let_through()
    wait_until(lambda: lost.health().get("status") == "ok", 60, "it is well again")
    town.ends()


def test_a_machine_that_polls_sleeps_and_wakes(town: Any) -> None:
    lost = town.polling_machine()
    lost.sleep()
    town.goes_on_without(lost)
    lost.wake()
    wait_until(lambda: lost.health().get("polls") is False, 30, "the one that has slept gives up")
    town.ends()


def test_while_redis_is_away_nobody_polls_and_nobody_is_lost(town: Any) -> None:
    town.redis.kill()
    for machine in town.machines:
        wait_until(lambda machine=machine: machine.health().get("status") == "not ready", 60, "it says so")
        assert machine.is_live()
    wait_until(lambda: not any(machine.health().get("polls") for machine in town.machines), 30, "nobody polls")
    polls, begun = town.polls(), time.monotonic()
    wait_until(lambda: time.monotonic() - begun > AWAY, AWAY + 10, "the end of the outage")
    assert town.polls() == polls
    town.redis.start()
    wait_until(lambda: sum(map(polled_by, town.machines)) == CAMERAS, 60, "all cameras are polled")
    town.ends()


def test_redis_comes_back_without_its_end(town: Any, tmp_path: Path) -> None:
    town.redis.copy_data(tmp_path / "copy")
    heard = town.events_heard()
    wait_until(lambda: town.events_heard() > heard + 30, 60, "thirty events after the copy")
    town.redis.kill()
    town.redis.put_back(tmp_path / "copy")
    town.redis.start()
    town.polling_machine()
    wait_until(lambda: all(reader.names["gap"] for reader in town.readers), 60, "every reader is told of a gap")
    town.ends()


def test_a_replica_takes_over_that_lacks_the_end(town: Any, make_redis: Any) -> None:
    line = TcpProxy(town.redis.port)
    replica = make_redis(replicaof=f"127.0.0.1 {line.port}")
    wait_until(lambda: b"master_link_status:up" in replica.ask("INFO", "replication"), 30, "a replica that follows")
    line.hang()
    heard = town.events_heard()
    wait_until(lambda: town.events_heard() > heard + 10, 60, "ten events that the replica lacks")
    town.redis.kill()
    replica.ask("REPLICAOF", "NO", "ONE")
    line.close()
    for machine in town.machines:
        machine.line.lead_to(replica.port)
    town.polling_machine()
    wait_until(lambda: all(reader.names["gap"] for reader in town.readers), 60, "every reader is told of a gap")
    town.ends()
