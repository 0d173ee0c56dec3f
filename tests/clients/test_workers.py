"""Several workers: every client sees every count in order, whichever worker it is on and whichever dies."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest

from tests.support.living_service import LivingService, living_service
from tests.support.stream_reader import StreamReader
from tests.support.waiting import wait_until

TAKEOVER_SECONDS = 5.0


@pytest.fixture
def living(tmp_path):
    with living_service(tmp_path, WEB_WORKERS="3") as living:
        yield living


@pytest.fixture
def readers(living):
    """Clients on at least two workers, one of which is that of the leader."""
    readers: list[StreamReader] = []
    while len(serving(living)) < 2 or living.leader() not in serving(living):
        assert len(readers) < 60, "all streams went to one worker"
        readers.append(StreamReader(f"{living.url}/events"))
        readers[-1].start()
        wait_until(lambda: readers[-1].names["snapshot"] == 1)
    yield readers
    all_stop(readers)


def all_stop(readers: list[StreamReader]) -> None:
    for reader in readers:
        reader.leave()
    for reader in readers:
        reader.stop()


def serving(living: LivingService) -> set[int]:
    """Workers that have a connection open."""
    return {
        worker.pid
        for worker in living.workers()
        if any(one.status == psutil.CONN_ESTABLISHED and one.laddr.port == living.port for one in connections(worker))
    }


def connections(worker: psutil.Process) -> list:
    try:
        return worker.net_connections("tcp")
    except psutil.NoSuchProcess:
        return []


def heard_all(living: LivingService, readers: list[StreamReader]) -> None:
    """Each has heard of every count behind the snapshot it began with, once and in order."""
    told = [event_id for event_id, _ in living.counts()]
    wait_until(lambda: all(reader.last_id == living.head() for reader in readers), seconds=40)
    for reader in readers:
        assert reader.seen_ids == [event_id for event_id in told if number(event_id) > number(reader.began_at)]
        assert reader.disagreements == []
        assert reader.names["gap"] == 0


def number(event_id: str) -> int:
    return int(event_id.rpartition("-")[2])


def walks(living: LivingService, times: int) -> None:
    """People walk, and are counted before the next ones come."""
    for number in range(times):
        before = len(living.counts())
        living.walk("north" if number % 2 else "south", entered=1 + number)
        wait_until(lambda before=before: len(living.counts()) > before, seconds=40)


def test_clients_of_all_workers_hear_every_count_in_order(living, readers):
    walks(living, 6)
    heard_all(living, readers)
    assert all(len(reader.seen_ids) >= 6 for reader in readers)


def test_when_the_leader_is_killed_another_takes_over_and_nothing_is_lost_or_doubled(living, readers):
    walks(living, 2)
    kill_leader(living)
    living.walk("north", entered=9)
    wait_until(lambda: living.counts()[-1][1] == 9, seconds=40)
    walks(living, 3)
    heard_all(living, readers)
    assert sum(people for _, people in living.counts()) >= 1 + 2 + 9 + 1 + 2 + 3
    assert any(reader.connections > 1 for reader in readers), "those of the killed worker came back"


@pytest.mark.flaky(reruns=2)  # on a machine that is busy with something else; only the time, nothing that is counted
def test_that_takes_less_than_five_seconds(living):
    assert kill_leader(living) < TAKEOVER_SECONDS


def kill_leader(living: LivingService) -> float:
    """Seconds until another worker leads."""
    wait_until(lambda: living.leader() is not None)
    leader = living.leader()
    assert leader is not None
    os.kill(leader, signal.SIGKILL)
    killed_at = time.monotonic()
    wait_until(lambda: living.leader() not in {None, leader})
    return time.monotonic() - killed_at


def test_one_address_has_as_many_streams_as_it_may_over_all_workers_together(tmp_path):
    with living_service(tmp_path, WEB_WORKERS="3", STREAMS_PER_CLIENT="10") as living:
        readers = [StreamReader(f"{living.url}/events") for _ in range(14)]
        for reader in readers:
            reader.start()
        wait_until(lambda: sum(reader.names["snapshot"] > 0 for reader in readers) == 10, seconds=40)
        wait_until(lambda: sum(reader.refusals > 1 for reader in readers) == 4, seconds=40)
        assert sum(reader.names["snapshot"] > 0 for reader in readers) == 10
        all_stop(readers)
