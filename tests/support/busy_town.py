"""A busy town before the whole service, and a PostgreSQL of its own that can be taken away.

Real time, every camera polled once a second, somebody crosses every second. The clock begins at ten on a fixed day,
so that no midnight comes between. At the end everybody is asked for the people of the day: the cameras, whoever
listened to the stream, and the database.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString, cast
from urllib.parse import quote

import psycopg
import requests

from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from tests.support.own_tables import make_tables_of
from tests.support.postgres import DATABASE, PASSWORD, USER, PostgresServer
from tests.support.running import Service, Simulator, plain_environment, wait_until
from tests.support.stream_reader import StreamReader

DAY = "2026-03-04"
BEGINS = f"{DAY}T10:00:00"
ENDS = datetime.fromisoformat(f"{DAY}T22:00:00Z")

People = dict[str, tuple[int, int]]
"""In and out by line id."""


class TodaysReader(StreamReader):
    """Adds up the people of the day: corrections of earlier days are about other ones."""

    def _take(self, name: str, fields: dict[str, Any], event_id: str) -> None:
        if name != "CountCorrection" or fields["localStart"] >= DAY:
            super()._take(name, fields, event_id)


class BusyTown:
    """Cameras, service, stream readers and database. Use it as a context manager."""

    def __init__(
        self,
        folder: Path,
        server: PostgresServer,
        *,
        cameras: int = 12,
        streams: int = 1,
        service: Callable[..., Service] = Service,
        simulator: Callable[..., Simulator] = Simulator,
        **settings: str,
    ) -> None:
        self.server = server
        self.schema = f"town_{secrets.token_hex(4)}"
        self.simulator = simulator(folder, "--port", "0", "--cameras", str(cameras), "--busy", "--start", BEGINS)
        self.service = service(
            folder,
            DATABASE_URL=f"postgresql://{USER}:{quote(PASSWORD, safe='')}@{server.host}:{server.port}/{DATABASE}",
            DB_SCHEMA=self.schema,
            POLL_INTERVAL="1",
            BACKFILL_DAYS="1",
            CLOCK_URL=f"{self.simulator.control}/clock",
            **settings,
        )
        self.history_pages: tuple[str, ...] = ()
        """Addresses that ask the database."""

        self.readers = [TodaysReader(f"{self.service.url}/events") for _ in range(streams)]

    def __enter__(self) -> BusyTown:
        settings = load_settings(plain_environment(**self.service.settings), env_file=None)
        make_tables_of(settings)
        fleet = self.simulator.get("cameras")
        register_fleet(settings, fleet)
        self.service.start()
        for reader in self.readers:
            reader.start()
        lines = sum(len(camera["lines"]) for camera in fleet)
        wait_until(lambda: len(self.in_database()) >= lines, 60, "every line in the database", self.service.process)
        site = self._rows("SELECT min(site_id) FROM {}.hour_counts")[0][0]
        of_today = f"from={DAY}&to=2026-03-05&step=60"
        self.history_pages = (
            "/chart/today",
            f"/api/v1/counts?{of_today}",
            f"/export/counts.csv?{of_today}",
            f"/sites/{site}/audit",
        )
        return self

    def __exit__(self, *error: object) -> None:
        for reader in self.readers:
            reader.stop()
        self.service.end()
        self.simulator.end()

    def kill_database_in_a_batch(self, seconds: float = 30) -> None:
        """SIGKILL while a transaction of the service's has begun to write and has not ended."""
        with self._connect() as connection:
            wait_until(lambda: _writes(connection), seconds, "a batch under way")
            self.server.kill()

    @contextmanager
    def frozen_database(self) -> Iterator[None]:
        """The database holds its connections and answers nobody."""
        self.server.freeze()
        try:
            yield
        finally:
            self.server.thaw()

    def restart_service(self, *, killed: bool) -> None:
        """End the service, as an administrator does or as a power cut does, and start it again."""
        if killed:
            self.service.kill()
        else:
            assert self.service.stop() == 0
        self.service.start()

    def health(self) -> dict[str, Any]:
        """What ``/health/ready`` says."""
        answer: dict[str, Any] = requests.get(f"{self.service.url}/health/ready", timeout=10).json()
        return answer

    def page(self, path: str) -> tuple[int, float]:
        """The status of a page, and the seconds it took."""
        answer = requests.get(self.service.url + path, timeout=40)
        return answer.status_code, answer.elapsed.total_seconds()

    def events_heard(self) -> int:
        """How many counts every reader of the stream has heard, at least."""
        return min(len(reader.seen_ids) for reader in self.readers)

    def polls(self) -> int:
        """Requests that the cameras have answered."""
        return sum(self.polls_by_camera().values())

    def polls_by_camera(self) -> dict[str, int]:
        """Requests that each camera has answered."""
        return {camera_id: asked["requests"] for camera_id, asked in self.simulator.get("requests").items()}

    def goes_on(self) -> None:
        """Time that stands since everybody agreed goes on."""
        self.simulator.stop_clock(ENDS)

    def ends(self, seconds: float = 60) -> None:
        """Nobody crosses any more; wait until everybody agrees on who has."""
        now = datetime.fromisoformat(self.simulator.get("clock")["now"])
        self.simulator.stop_clock(now + timedelta(seconds=2))
        wait_until(lambda: self.simulator.get("clock")["allRead"], 30, "the last readings", self.service.process)
        try:
            wait_until(lambda: not self.differences(), seconds, "agreement", self.service.process)
        except AssertionError as error:
            raise AssertionError("\n".join(self.differences() or [str(error)])) from error

    def differences(self) -> list[str]:
        """Where the cameras, the stream and the database do not agree, in words.

        Of a camera whose history's clock is not known yet, nobody tells who came before its first reading.
        """
        true, before, hours = self.people(), self._before_first_reading(), self.in_database()
        told = {f"stream {number}": reader.people for number, reader in enumerate(self.readers)} | {"hours": hours}
        found = []
        for line in sorted(true.keys() | hours.keys()):
            everybody, unread = true.get(line, (0, 0)), before.get(line, (0, 0))
            known = {everybody, (everybody[0] - unread[0], everybody[1] - unread[1])}
            said = {who: people.get(line, (0, 0)) for who, people in told.items()}
            if len(set(said.values())) > 1 or not known.issuperset(said.values()):
                found.append(f"{line}: the camera has {everybody}, {unread} of them before it was read; {said}")
        doubled = self._rows(
            "SELECT event_epoch, event_number, line_id FROM {}.records GROUP BY 1, 2, 3 HAVING count(*) > 1"
        )
        torn = self._rows(
            "SELECT line_id FROM {0}.hour_counts AS h GROUP BY line_id HAVING (sum(in_count), sum(out_count)) <> "
            "(SELECT sum(in_count), sum(out_count) FROM {0}.records AS r WHERE r.line_id = h.line_id)"
        )
        found += [f"written twice: {row}" for row in doubled]
        return found + [f"records and hours differ: {row[0]}" for row in torn]

    def people(self) -> People:
        """Who has crossed today, as the cameras themselves know."""
        return {
            f"{line['cameraId']}-{line['channel']}-{line['rule']}-{line['index']}": (
                line["today"]["in"],
                line["today"]["out"],
            )
            for line in self.simulator.get("truth")
        }

    def in_database(self) -> People:
        """Who has crossed today by the roll-ups."""
        of_today = f"WHERE local_start >= '{DAY}' GROUP BY line_id"
        rows = self._rows(f"SELECT line_id, sum(in_count), sum(out_count) FROM {{}}.hour_counts {of_today}")
        return {str(line): (int(entered), int(left)) for line, entered, left in rows}

    def _before_first_reading(self) -> People:
        """What the cameras showed when they were read for the first time."""
        rows = self._rows(
            "SELECT DISTINCT ON (line_id) line_id, in_total - in_count, out_total - out_count FROM {}.records "
            "WHERE in_total IS NOT NULL ORDER BY line_id, record_id"
        )
        return {str(line): (int(entered), int(left)) for line, entered, left in rows}

    def records(self) -> int:
        """How many changes the database has."""
        return int(self._rows("SELECT count(*) FROM {}.records")[0][0])

    def database_bytes(self) -> int:
        """What the tables of this town take, with their indexes."""
        sizes = "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        return int(self._rows(f"{sizes} WHERE nspname = '{{}}' AND relkind = 'r'")[0][0])

    def _rows(self, question: str) -> list[tuple[Any, ...]]:
        with self._connect() as connection:
            return connection.execute(cast("LiteralString", question.format(self.schema))).fetchall()

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        server = self.server
        return psycopg.connect(
            host=server.socket_folder, port=server.port, user=USER, dbname=DATABASE, autocommit=True, connect_timeout=10
        )


def _writes(connection: psycopg.Connection[tuple[Any, ...]]) -> bool:
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'peoplecount%' AND backend_xid IS NOT NULL"
    ).fetchone()
    return bool(row and row[0])
