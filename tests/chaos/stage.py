"""The stage: everything that runs during a round, as users run it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import time
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path

from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from tests.chaos.janitor import Janitor
from tests.chaos.played_town import Town
from tests.chaos.postgres_database import PostgresDatabase
from tests.chaos.schedule import Round
from tests.chaos.small_disk import SmallDisk
from tests.chaos.tcp_proxy import TcpProxy
from tests.chaos.witness import Witness
from tests.support.postgres import PostgresServer
from tests.support.processes import free_port
from tests.support.running import Service, plain_environment, wait_until

POLL_SECONDS = 240
"""In played time; a second at the usual speed, so that two slow cores keep up."""

GUNICORN_OPTIONS = "--timeout 90"
"""Its own 30 seconds would kill a worker that is stopped for so long, just before it is woken."""

LONGEST_START = 90.0
"""Real seconds until every line has been read, at most: on a busy machine the service takes long to start."""

LONGEST_LAST_READINGS = 30.0
"""Real seconds: a camera that may not be signed in to is not read any more."""

COPY_EVERY = 2.0
"""Real seconds between two copies of the log, to be put back later."""


class Stage:
    """A round's processes and folders. Use it as a context manager: ``begin`` starts the service and the clock."""

    def __init__(self, folder: Path, planned: Round, server: PostgresServer, janitor: Janitor) -> None:
        self.folder = folder
        self.planned = planned
        self.server = server
        self.janitor = janitor
        self._undo = ExitStack()
        self.disk = SmallDisk(folder / "var", janitor)
        self._undo.callback(self.disk.close)
        self.database = PostgresDatabase(server, f"round_{planned.number}_{os.getpid()}")
        self._undo.callback(self.database.drop)
        self.proxy = TcpProxy(server.port)
        self._undo.callback(self.proxy.close)
        self.settings = {
            "DATA_DIR": str(self.disk.folder),
            "DATABASE_URL": self.database.url(self.proxy.port),
            "POLL_INTERVAL": str(POLL_SECONDS),
            "TIME_ZONE": "Europe/Zurich",
            "WEB_WORKERS": "2",
            "BACKFILL_DAYS": "1",
            "CONNECT_TIMEOUT": "1",
            "READ_TIMEOUT": "2",
            "GUNICORN_CMD_ARGS": GUNICORN_OPTIONS,
        }
        self.service = Service(folder, **self.settings)
        self.town: Town
        self.witness: Witness
        self.began = 0.0
        self.ended_at: datetime
        self.backups: list[tuple[float, Path]] = []
        self.log_copies: list[tuple[float, Path]] = []

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *error: object) -> None:
        self._undo.close()

    def begin(self) -> None:
        """Enter the cameras, start the service, and then the clock for both at once."""
        self.service.command("db", "upgrade")
        first = Town(self.folder, self.planned, 0, self.janitor)
        fleet = first.ask("cameras")
        first.end()
        self.settings["CLOCK_URL"] = self.service.settings["CLOCK_URL"] = f"{first.control}/clock"
        register_fleet(load_settings(plain_environment(**self.settings), env_file=None), fleet)
        self.launch()
        self.town = Town(self.folder, self.planned, first.port, self.janitor)
        self._undo.callback(self.town.end)
        self.witness = Witness(f"{self.service.url}/events", self.folder / "stream.jsonl")
        self._undo.callback(self.witness.stop)
        self._undo.callback(self.service.end)
        self.service.serves()
        self.witness.start()
        lines = sum(len(camera["lines"]) for camera in fleet)
        wait_until(lambda: len(self.witness.today()) == lines, LONGEST_START, "every line's first reading")
        self.began = time.monotonic()
        self.copy_log()

    @property
    def elapsed(self) -> float:
        """Real seconds since every line had been read."""
        return time.monotonic() - self.began

    def launch(self) -> None:
        """Start the service, without waiting for it."""
        self.service.launch()
        assert self.service.process is not None
        self.janitor.group(self.service.process.pid)

    def kill(self) -> None:
        """SIGKILL for master and workers."""
        assert self.service.process is not None
        self.service.kill()
        self.janitor.ended(self.service.process.pid)

    def serves(self) -> None:
        """Wait until it answers."""
        self.service.serves()

    def second_service(self) -> Service:
        """One that somebody starts by mistake, on a port of its own."""
        second = Service(self.folder, **self.service.settings | {"PORT": str(free_port())})
        second.port = int(second.settings["PORT"])
        second.url = f"http://127.0.0.1:{second.port}"
        second.launch()
        assert second.process is not None
        self.janitor.group(second.process.pid)
        self._undo.callback(second.end)
        return second

    def leader(self) -> int | None:
        """The process that leads, as the lock file says; ``None`` where nobody does."""
        try:
            pid = int((self.disk.folder / "leader.lock").read_text())
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        return pid

    def signal_leader(self, number: signal.Signals) -> int | None:
        """Send the leading worker a signal; which process that was."""
        pid = self.leader()
        if pid is not None:
            os.kill(pid, number)
        return pid

    def stop_database(self, *, at_once: bool) -> None:
        """Stop PostgreSQL."""
        self.server.stop(at_once=at_once)
        self.janitor.ended(self.server.process.pid)

    def start_database(self) -> None:
        """Start PostgreSQL again."""
        self.server.start()
        self.janitor.group(self.server.process.pid)

    def wake(self, pid: int) -> None:
        """Let a stopped worker go on, if somebody has not ended it meanwhile."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    def back_up_database(self) -> None:
        """Dump it, to be put back later; where it is down at the moment there is no dump of it."""
        at, file = self.elapsed, self.folder / f"database-{len(self.backups)}.dump"
        with contextlib.suppress(RuntimeError):
            self.database.dump(file)
            self.backups.append((at, file))

    def restore_database(self, not_after: float) -> str | None:
        """Put the newest dump back that is no newer; why not, where there is none."""
        found = [(at, file) for at, file in self.backups if at <= not_after + 2 * COPY_EVERY]
        if not found:
            return "there is no dump of that time: the database was away"
        self.database.put_back(found[-1][1])
        return None

    def sleep_until(self, moment: datetime) -> int:
        """Nobody is there until a moment: neither the service nor its clock. With what the service ended."""
        code = self.service.stop()
        assert self.service.process is not None
        self.janitor.ended(self.service.process.pid)
        self.town.jump(moment)
        self.launch()
        self.serves()
        return code

    def stops_at(self, moment: datetime) -> None:
        """Wait until the clock has come to a moment, and until every line was read there, as far as they all can be."""
        self.ended_at = moment
        self.town.stop_clock(moment)
        while not self.town.ask("clock")["finished"]:
            time.sleep(0.2)
        deadline = time.monotonic() + LONGEST_LAST_READINGS
        while not self.town.ask("clock")["allRead"] and time.monotonic() < deadline:
            time.sleep(0.2)

    def plays_on(self, more: timedelta) -> None:
        """Let time that stands go on for so long."""
        self.stops_at(self.ended_at + more)

    def keep_data(self) -> None:
        """Keep what is in the data folder and in the database, for whoever looks into what went wrong."""
        shutil.copytree(self.disk.folder, self.folder / "data")
        self.database.dump(self.folder / "database-at-the-end.dump")

    def make_whole(self) -> None:
        """End all that goes wrong."""
        self.proxy.forgive()
        self.disk.empty()
        self.town.heal()

    @property
    def log_file(self) -> Path:
        """The event log."""
        return self.disk.folder / "events.sqlite"

    def copy_log(self) -> None:
        """Make a copy to be put back later."""
        target = self.folder / f"log-{len(self.log_copies)}.sqlite"
        uri = f"file:{self.log_file}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
        self.log_copies.append((self.elapsed, target))

    def put_log_back(self, not_after: float) -> float:
        """Put the newest copy back that is no newer; how old it is, in real seconds. The service must not run."""
        at, copy = next((found for found in reversed(self.log_copies) if found[0] <= not_after), self.log_copies[0])
        for leftover in (f"{self.log_file.name}-wal", f"{self.log_file.name}-shm"):
            self.log_file.with_name(leftover).unlink(missing_ok=True)
        shutil.copyfile(copy, self.log_file)
        return self.elapsed - at
