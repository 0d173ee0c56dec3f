"""Three machines on one Redis: the one that polls is killed, cut off, put to sleep; Redis dies and loses its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.running import wait_until

pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-dev.txt)")

TAKEN_OVER = 10.0
"""Seconds in which cameras are polled again after the machine that polled them is lost."""


@pytest.fixture
def town(tmp_path: Path, redis_server: Any) -> Iterator[Any]:
    postgres = pytest.importorskip("tests.support.postgres", reason="PostgreSQL is not started on this system")
    binaries = postgres.binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    from tests.support.shared_town import SharedTown  # noqa: PLC0415 - POSIX only

    with postgres.running_postgres(binaries) as server, SharedTown(tmp_path, server, redis_server) as town:
        yield town


def polls_again(town: Any, lost: Any) -> None:
    """By another machine, and in time."""
    polls, since = town.polls(), time.monotonic()
    wait_until(lambda: town.polls() > polls + 6, 30, "polls by another machine")
    assert time.monotonic() - since < TAKEN_OVER
    town.polling_machine(other_than=lost)


def test_the_machine_that_polls_is_killed(town: Any) -> None:
    lost = town.polling_machine()
    lost.kill()
    polls_again(town, lost)
    lost.start()
    town.ends()
    assert [reader.disagreements for reader in town.readers] == [[], [], []]
