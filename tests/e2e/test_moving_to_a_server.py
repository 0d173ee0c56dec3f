"""An embedded installation moves to a server: copied while it runs, switched over, and everybody is there once."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from tests.support.running import Service, Simulator, plain_environment, wait_until

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-dev.txt)")

POSITIONS = "SELECT line_id, in_generation, in_total, out_total FROM {}positions ORDER BY line_id"
PEOPLE = "SELECT line_id, SUM(in_count), SUM(out_count) FROM {}{} GROUP BY line_id ORDER BY line_id"
TABLES = ("records", "hour_counts", "quarter_hours")
NOBODY = (0, 0)


class Moving:
    """A busy fleet polled every second, and both databases."""

    def __init__(self, folder: Path, server: Any) -> None:
        from tests.support.postgres import DATABASE, PASSWORD, USER  # noqa: PLC0415 - POSIX only

        self.schema = f"moved_{secrets.token_hex(4)}"
        self.place = {"host": "127.0.0.1", "port": server.port, "user": USER, "dbname": DATABASE}
        self.password = PASSWORD
        self.bare_url = f"postgresql://{USER}@127.0.0.1:{server.port}/{DATABASE}"
        self.simulator = Simulator(folder, "--port", "0", "--cameras", "3", "--busy")
        self.service = Service(folder, POLL_INTERVAL="1", BACKFILL_DAYS="0")
        register_fleet(
            load_settings(plain_environment(**self.service.settings), env_file=None), self.simulator.get("cameras")
        )

    def end(self) -> None:
        self.service.end()
        self.simulator.end()

    def embedded(self, question: str, *names: str) -> list[tuple[Any, ...]]:
        file = Path(self.service.settings["DATA_DIR"]) / "peoplecount.db"
        with closing(sqlite3.connect(file)) as database:
            return database.execute(question.format("", *names)).fetchall()

    def moved(self, question: str, *names: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(**self.place, password=self.password) as database:
            rows = database.execute(question.format(f"{self.schema}.", *names)).fetchall()
        return [(line, *(int(one) if isinstance(one, Decimal) else one for one in rest)) for line, *rest in rows]

    def copies(self) -> str:
        return self.service.command(
            *("db", "copy", "--to", self.bare_url, "--schema", self.schema, "--password-stdin"),
            said=f"{self.password}\n",
        )

    def moves_on(self) -> None:
        self.service.settings |= {"DATABASE_URL": self.bare_url, "DB_PASSWORD": self.password, "DB_SCHEMA": self.schema}
        self.service.start()

    def has_written(self, records: int) -> None:
        def written() -> bool:
            health = requests.get(f"{self.service.url}/health/ready", timeout=5).json()
            return bool(health["database"].get("lag") == 0 and health["polling"]["polls"] > records)

        wait_until(written, 60, "the writer's keeping up", self.service.process)


@pytest.fixture
def moving(tmp_path: Path, postgres_server: Any) -> Iterator[Moving]:
    one = Moving(tmp_path, postgres_server)
    yield one
    one.end()


def test_a_running_installation_is_copied_switched_over_and_goes_on_exactly(moving: Moving) -> None:
    moving.service.start()
    moving.has_written(12)
    assert moving.service.stop() == 0
    said = moving.copies()
    assert "Both databases hold the same" in said
    assert moving.password not in said
    assert moving.moved(POSITIONS) == moving.embedded(POSITIONS)
    for table in TABLES:
        assert moving.moved(PEOPLE, table) == moving.embedded(PEOPLE, table)
    before = people_of(moving, "hour_counts")
    moving.service.start()  # not switched over yet: it goes on here for a while
    moving.has_written(6)
    assert moving.service.stop() == 0
    behind = moving.moved(POSITIONS)
    assert behind != moving.embedded(POSITIONS)
    moving.moves_on()
    moving.has_written(12)
    assert moving.service.stop() == 0
    now = people_of(moving, "hour_counts")
    assert people_of(moving, "records") == people_of(moving, "quarter_hours") == now
    assert sum(map(sum, now.values())) > sum(map(sum, before.values()))
    for (line, day, *was), (_, other_day, *totals) in zip(behind, moving.moved(POSITIONS), strict=True):
        if day == other_day:  # else it was midnight there
            grown = tuple(total - old for total, old in zip(totals, was, strict=True))
            there, came = before.get(line, NOBODY), now.get(line, NOBODY)  # at night there are lines nobody crossed
            assert grown == tuple(people - old for people, old in zip(came, there, strict=True))


def people_of(moving: Moving, table: str) -> dict[str, tuple[int, int]]:
    return {line: (entered, left) for line, entered, left in moving.moved(PEOPLE, table)}
