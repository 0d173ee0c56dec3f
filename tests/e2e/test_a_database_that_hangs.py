"""A database that keeps a query waiting stops neither polls nor streams nor pages."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from tests.support.running import Service, Simulator, plain_environment, wait_until
from tests.support.stream_reader import StreamReader

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-dev.txt)")


class BusyShop:
    """A busy fleet in real time, polled every second, written to PostgreSQL."""

    def __init__(self, folder: Path, server: Any) -> None:
        from tests.support.postgres import DATABASE, PASSWORD, USER  # noqa: PLC0415 - POSIX only

        self.schema = f"hang_{secrets.token_hex(4)}"
        self.connection = psycopg.connect(
            host="127.0.0.1", port=server.port, user=USER, password=PASSWORD, dbname=DATABASE, autocommit=True
        )
        self.simulator = Simulator(folder, "--port", "0", "--cameras", "6", "--busy")
        url = f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{server.port}/{DATABASE}"
        self.service = Service(folder, DATABASE_URL=url, DB_SCHEMA=self.schema, POLL_INTERVAL="1")
        self.service.command("db", "upgrade")
        settings = load_settings(plain_environment(**self.service.settings), env_file=None)
        register_fleet(settings, self.simulator.get("cameras"))
        self.service.start()
        self.reader = StreamReader(f"{self.service.url}/events")
        self.reader.start()

    def end(self) -> None:
        self.reader.stop()
        self.service.end()
        self.simulator.end()
        self.connection.close()

    def site(self) -> str:
        """The id of one of its sites, as the stream tells it."""
        told = self.service.ask("/events?limit=1", timeout=20, accept="application/json").json()
        return str(told["events"][0]["sites"][0]["siteId"])

    def records(self) -> int:
        return int(self.connection.execute(f"SELECT count(*) FROM {self.schema}.records").fetchone()[0])

    def written_up_to(self) -> int:
        row = self.connection.execute(f"SELECT number FROM {self.schema}.writer_cursor").fetchone()
        return int(row[0]) if row else 0

    def polls(self) -> int:
        return sum(camera["requests"] for camera in self.simulator.get("requests").values())


@pytest.fixture
def shop(tmp_path: Path, postgres_server: Any) -> Iterator[BusyShop]:
    one = BusyShop(tmp_path, postgres_server)
    yield one
    one.end()


def test_polls_streams_and_pages_go_on_while_a_query_hangs_and_the_records_catch_up(shop: BusyShop) -> None:
    wait_until(lambda: shop.records() >= 8, 30, "the first records", shop.service.process)
    site = shop.site()
    with shop.connection.transaction():
        shop.connection.execute(f"LOCK TABLE {shop.schema}.records IN ACCESS EXCLUSIVE MODE")
        records, polls, heard = shop.records(), shop.polls(), len(shop.reader.seen_ids)
        wait_until(lambda: shop.polls() >= polls + 30, 30, "thirty polls", shop.service.process)
        wait_until(lambda: len(shop.reader.seen_ids) >= heard + 5, 30, "five events", shop.service.process)
        for page in ("/", f"/sites/{site}", f"/sites/{site}/evacuation", "/health/live", "/health/ready"):
            assert requests.get(shop.service.url + page, timeout=5).status_code == 200
        assert shop.records() == records, "the lock was meant to hold the writer up"
        newest = int(shop.reader.seen_ids[-1].rpartition("-")[2])
    wait_until(lambda: shop.written_up_to() >= newest, 30, "the records' catching up", shop.service.process)
    assert shop.records() > records
    assert shop.reader.connections == 1
