"""Three machines on one Redis: the one that polls is killed, cut off, put to sleep; Redis dies and loses its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.tcp_proxy import TcpProxy
from tests.support.running import wait_until

pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-dev.txt)")


@pytest.fixture
def town(tmp_path: Path, redis_server: Any) -> Iterator[Any]:
    postgres = pytest.importorskip("tests.support.postgres", reason="PostgreSQL is not started on this system")
    binaries = postgres.binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    from tests.support.shared_town import SharedTown  # noqa: PLC0415 - POSIX only

    with postgres.running_postgres(binaries) as server, SharedTown(tmp_path, server, redis_server) as town:
        yield town


def test_the_machine_that_polls_is_killed(town: Any) -> None:
    lost = town.polling_machine()
    lost.kill()
    town.goes_on_without(lost)
    lost.start()
    town.ends()
    assert [reader.disagreements for reader in town.readers] == [[], [], []]


def test_the_machine_that_polls_is_cut_off_and_comes_back(town: Any) -> None:
    lost = town.polling_machine()
    lost.cut_off()
    town.goes_on_without(lost)
    wait_until(lambda: lost.health().get("polls") is False, 30, "the one that is cut off gives up")
    wait_until(lambda: "log cannot be read" in lost.health().get("reason", ""), 60, "it says what is wrong")
    lost.let_through()
    wait_until(lambda: lost.health().get("status") == "ok", 60, "it is well again")
    town.ends()


def test_the_machine_that_polls_sleeps_and_wakes(town: Any) -> None:
    lost = town.polling_machine()
    lost.sleep()
    town.goes_on_without(lost)
    lost.wake()
    wait_until(lambda: lost.health().get("polls") is False, 30, "the one that has slept gives up")
    town.ends()


def test_redis_is_away_for_a_while(town: Any) -> None:
    town.redis.kill()
    for machine in town.machines:
        wait_until(lambda machine=machine: machine.health().get("status") == "not ready", 60, "it says so")
        assert machine.is_live()
    town.redis.start()
    town.polling_machine()
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
