"""A database that is killed in the midst of a batch, frozen, and away while the service is restarted twice.

`./run.sh bench outage` plays the same for minutes, and measures.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.running import wait_until

pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-dev.txt)")

SOON = 4.0
"""Seconds in which a page tells that the database is away: two, and as many for a busy machine."""

RETRIED = 90.0
"""Seconds within which a database that was away for long is written to again: it is asked ever more seldom, twice."""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Any]:
    postgres = pytest.importorskip("tests.support.postgres", reason="PostgreSQL is not started on this system")
    binaries = postgres.binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    from tests.support.busy_town import BusyTown  # noqa: PLC0415 - POSIX only

    with postgres.running_postgres(binaries) as server, BusyTown(tmp_path, server, cameras=6) as town:
        yield town


def goes_on(town: Any) -> None:
    """Polls, streams and pages that need no history."""
    polls, heard = town.polls(), town.events_heard()
    wait_until(lambda: town.polls() >= polls + 20, 30, "twenty polls", town.service.process)
    wait_until(lambda: town.events_heard() >= heard + 3, 30, "three events", town.service.process)
    for page in ("/", "/health/live", "/health/ready", "/health/database"):
        assert town.page(page)[0] == 200


def says_so(town: Any) -> None:
    """Pages of the history, soon; and health."""
    answers = {page: town.page(page) for page in town.history_pages}
    assert {status for status, _ in answers.values()} == {503}, answers
    assert max(seconds for _, seconds in answers.values()) < SOON, answers
    wait_until(lambda: town.health()["status"] == "degraded", 30, "health says so", town.service.process)
    (said,) = town.health()["degraded"]
    assert said.startswith("The database")


def is_well(town: Any) -> None:
    wait_until(lambda: town.health()["status"] == "ok", 90, "health is well again", town.service.process)
    records = town.records()
    wait_until(lambda: town.records() > records, 30, "records", town.service.process)
    for page in town.history_pages:
        wait_until(lambda page=page: town.page(page)[0] == 200, 30, page, town.service.process)


def test_nobody_is_lost_or_doubled_when_it_is_killed_in_a_batch_and_stays_away_over_two_restarts(town: Any) -> None:
    town.kill_database_in_a_batch()
    wait_until(lambda: town.health()["status"] == "degraded", 30, "health says so", town.service.process)
    goes_on(town)
    says_so(town)
    town.restart_service(killed=False)
    goes_on(town)
    town.restart_service(killed=True)
    goes_on(town)
    says_so(town)
    town.server.start()
    town.kill_database_in_a_batch(RETRIED)
    town.server.start()
    is_well(town)
    town.ends()


def test_pages_are_told_soon_that_it_is_frozen_and_the_service_ends_in_time_all_the_same(town: Any) -> None:
    with town.frozen_database():
        says_so(town)
        goes_on(town)
        assert [reader.connections for reader in town.readers] == [1]
        town.restart_service(killed=False)
        says_so(town)
        goes_on(town)
    is_well(town)
    town.ends()
