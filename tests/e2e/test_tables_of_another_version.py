"""A database whose tables are not this version's, or that is away, keeps the writer waiting and nobody else."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from tests.support.running import Service, Simulator, plain_environment, wait_until

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-dev.txt)")

CAMERAS = 3


class Shop:
    """A busy fleet polled every second, and what the database has of it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.simulator = Simulator(folder, "--port", "0", "--cameras", str(CAMERAS), "--busy")
        self.service = Service(folder, POLL_INTERVAL="1", **settings)
        self.service.command("db", "upgrade")
        register_fleet(
            load_settings(plain_environment(**self.service.settings), env_file=None), self.simulator.get("cameras")
        )

    def end(self) -> None:
        self.service.end()
        self.simulator.end()

    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(f"{self.service.url}/health/ready", timeout=5).json()
        return found

    def polls(self) -> int:
        return sum(camera["requests"] for camera in self.simulator.get("requests").values())

    def head(self) -> str:
        return str(self.health()["stream"]["head"])

    def waits_for(self, true: Any, what: str) -> Any:
        return wait_until(true, 60, what, self.service.process)

    def counts_while_the_writer_waits(self, why: str) -> None:
        """Cameras are polled, people counted, and health says why nothing is written."""
        self.waits_for(lambda: self.health()["cameras"] == {"up": CAMERAS}, "all cameras up")
        polls, head = self.polls(), self.head()
        self.waits_for(lambda: self.polls() >= polls + 3 * CAMERAS, "further polls")
        self.waits_for(lambda: self.head() != head, "further events")
        self.waits_for(lambda: any(why in said for said in self.health().get("degraded", [])), "health's reason")
        assert self.health()["status"] == "degraded"

    def _is_well(self) -> bool:
        health = self.health()
        return bool(health["status"] == "ok" and health["database"].get("lag") == 0)

    def catches_up(self) -> None:
        self.waits_for(self._is_well, "the rest")


class ServerShop(Shop):
    """On PostgreSQL."""

    def __init__(self, folder: Path, server: Any) -> None:
        from tests.support.postgres import DATABASE, PASSWORD, USER  # noqa: PLC0415 - POSIX only

        self.schema = f"version_{secrets.token_hex(4)}"
        self.place = {
            "host": "127.0.0.1",
            "port": server.port,
            "user": USER,
            "password": PASSWORD,
            "dbname": DATABASE,
        }
        url = f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{server.port}/{DATABASE}"
        super().__init__(folder, DATABASE_URL=url, DB_SCHEMA=self.schema)

    def ask(self, statement: str) -> Any:
        with psycopg.connect(**self.place, autocommit=True) as connection:
            answer = connection.execute(statement.format(self.schema))
            return answer.fetchone() if answer.description else None

    def version(self) -> str:
        return str(self.ask("SELECT version_num FROM {}.alembic_version")[0])

    def is_at(self, version: str) -> None:
        self.ask(f"UPDATE {{}}.alembic_version SET version_num = '{version}'")

    def records(self) -> int:
        return int(self.ask("SELECT count(*) FROM {}.records")[0])


@pytest.fixture
def on_server(tmp_path: Path, postgres_server: Any) -> Iterator[ServerShop]:
    one = ServerShop(tmp_path, postgres_server)
    yield one
    one.end()


def test_a_server_with_tables_of_another_version_is_waited_for(on_server: ServerShop) -> None:
    expected = on_server.version()
    on_server.is_at("0001")
    on_server.service.start()
    on_server.counts_while_the_writer_waits("db upgrade")
    assert on_server.records() == 0
    on_server.is_at(expected)
    on_server.catches_up()
    assert on_server.records() > 0
    assert on_server.service.stop() == 0
    records = on_server.records()
    on_server.is_at("0999")
    on_server.service.start()
    on_server.counts_while_the_writer_waits("A newer version of this program")
    assert on_server.records() == records


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Shop]:
    one = Shop(tmp_path)
    yield one
    one.end()


def file_of(shop: Shop) -> Path:
    return Path(shop.service.settings["DATA_DIR"]) / "peoplecount.db"


def test_an_embedded_database_that_a_newer_program_has_changed_stops_nobody(embedded: Shop) -> None:
    with closing(sqlite3.connect(file_of(embedded))) as database, database:
        (expected,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
        database.execute("UPDATE alembic_version SET version_num = '0999'")
    embedded.service.start()
    embedded.counts_while_the_writer_waits("A newer version of this program")
    with closing(sqlite3.connect(file_of(embedded))) as database, database:
        assert database.execute("SELECT count(*) FROM records").fetchone() == (0,)
        database.execute("UPDATE alembic_version SET version_num = ?", (expected,))
    embedded.catches_up()


def test_an_embedded_database_that_is_none_any_more_stops_nobody(embedded: Shop) -> None:
    embedded.service.start()
    embedded.catches_up()
    assert embedded.service.stop() == 0
    for left in file_of(embedded).parent.glob("peoplecount.db-*"):
        left.unlink()
    file_of(embedded).write_bytes(b"this is no database at all, " * 1000)
    embedded.service.start()
    embedded.counts_while_the_writer_waits("cannot be written")
