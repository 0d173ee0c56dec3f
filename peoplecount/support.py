"""What a support bundle is made of: the installation seen from every side, without its secrets."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import platform
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import requests
from sqlalchemy import func, select

from peoplecount import __version__
from peoplecount.configuration import database
from peoplecount.data_home import data_home
from peoplecount.launch import own_address
from peoplecount.services.fleet_camera import FleetCamera
from peoplecount.services.status_report import StatusReport
from peoplecount.services.support_bundle import Discretion, SupportBundle, last_lines
from peoplecount.services.worker_figures import write_worker
from peoplecount.settings import Settings
from peoplecount.settings.load import ENV_FILE
from peoplecount.settings.sources import read_sources
from peoplecount.settings.table import SETTINGS
from peoplecount.status import InstallationSight
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.open import connection_for
from peoplecount.storage.schema import metadata
from peoplecount.storage.schema_version import current, expected

MOST_LOG_LINES = 5_000

PATIENCE = 10.0
"""Seconds that the service has to answer."""


class Support:
    """Puts a bundle together."""

    def __init__(self, settings: Settings, *, masks: bool, log: Path | None, doctor: Callable[[], object]) -> None:
        """``doctor`` prints its findings; ``log`` is a file in which somebody keeps what the service says."""
        self._settings = settings
        self._texts = read_sources(os.environ, ENV_FILE).texts
        self._log = log
        self._doctor = doctor
        looking = InstallationSight(settings)
        try:
            self._sight = looking.look()
        finally:
            looking.close()
        self._bundle = SupportBundle(Discretion(list(self._secrets()), list(self._hosts()), masks))

    def write(self, file: Path) -> list[str]:
        """Make it; the names of what is in it. Raises ``BundleRefused``."""
        add, report = self._bundle.add, StatusReport(self._sight)
        add("version.txt", "the program, Python, the system, and all packages with their versions", _versions)
        add("settings.txt", "all settings; of secrets, whether they are set", self._settings_text)
        add("status.json", "what `status` says", lambda: _json(report.figures()))
        add("workers.json", "the figures of each worker", self._workers)
        add("cameras.csv", "cameras with their state, model and firmware; no logins", self._cameras)
        add("health.json", "what the running service says of itself", self._health)
        add("data-folder.txt", "the files of the data folder, their sizes and rights", self._folder)
        add("database.txt", "schema version, and how many rows each table has", self._tables)
        add("doctor.txt", "what `doctor` finds", self._findings)
        if self._log:
            add("log.txt", f"the last {MOST_LOG_LINES:,} lines of the log", self._log_lines)
        self._bundle.write(
            file,
            f"Support bundle of Peoplecount {__version__}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC.\n"
            "No password, key, token or address of a webhook is in it. Names of sites, doors and cameras are.",
        )
        return self._bundle.names

    def _secrets(self) -> Iterator[str]:
        for text in (self._texts[one.name] for one in SETTINGS if one.secret and one.name in self._texts):
            yield text
            with contextlib.suppress(ValueError):  # no address
                password = urlsplit(text).password or ""
                yield from (password, unquote(password))
        for place in (self._settings.database, self._settings.attached):
            if place is not None:
                yield place.password
                yield quote(place.password, safe="")

    def _hosts(self) -> Iterator[str]:
        for one in self._sight.cameras:
            yield urlsplit(one.address).hostname or ""
        yield from (self._settings.database.host, self._settings.smtp_host)
        yield urlsplit(self._settings.public_url).hostname or ""
        servers = (self._settings.redis_url, *self._settings.redis_sentinels)
        yield from (server.host for server in servers if server)
        yield platform.node()

    def _settings_text(self) -> str:
        lines = [*(f"! {warning}" for warning in self._settings.warnings)]
        for one in SETTINGS:
            text = self._texts.get(one.name)
            told = "(not set)" if text is None else "(set)" if one.secret else text
            lines.append(f"{one.name} = {told}")
        return "\n".join([*lines, "", f"database: {self._settings.database}", ""])

    def _workers(self) -> str:
        return _json([json.loads(write_worker(one)) | {"worker": one.worker} for one in self._sight.workers])

    def _cameras(self) -> str:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(
            ("camera_id", "name", "site", "address", "interval", "state", "reason", "since", "read_at", "said", "model",
             "firmware", "protocol", "lines", "polls", "failures"),
        )  # fmt: skip
        writer.writerows(_row(one) for one in self._sight.cameras)
        return text.getvalue()

    def _health(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._settings.host, self._settings.host)  # noqa: S104
        address = own_address(self._settings, host, self._settings.port)
        told: dict[str, Any] = {}
        with requests.Session() as session:
            session.trust_env = False
            for path in ("/health/ready", "/health/database"):
                # Its certificate is for another name, and nothing secret is sent.
                answer = session.get(f"{address}{path}", timeout=PATIENCE, verify=False, allow_redirects=False)
                told[path] = {"status": answer.status_code, "said": answer.json()}
        return _json(told)

    def _folder(self) -> str:
        folder = self._settings.data_dir
        lines = [f"{folder.resolve()}"]
        for path in sorted(folder.rglob("*")):
            known = path.lstat()
            lines.append(f"{stat.filemode(known.st_mode)} {known.st_size:>14,} {path.relative_to(folder)}")
        return "\n".join([*lines, ""])

    def _tables(self) -> str:
        lines = [f"{self._settings.database}", f"the program needs schema version {expected()}"]
        path = self._settings.database.path
        if path is not None and not path.is_file():  # it would be made by being looked at
            return "\n".join([*lines, "it is not there yet", ""])
        connection = connection_for(self._settings.database)
        try:
            lines.append(f"the database has schema version {current(connection)}")
        except DatabaseError as error:
            return "\n".join([*lines, f"it cannot be read: {error}", ""])
        finally:
            connection.disconnect()
        folder = data_home(self._settings)
        proxy = database(self._settings, folder)
        try:
            for table in metadata.sorted_tables:
                try:
                    ((count,),) = proxy.execute(select(func.count()).select_from(table))
                    lines.append(f"{table.name:<30} {count:>14,}")
                except DatabaseError as error:
                    lines.append(f"{table.name:<30} {error}")
        finally:
            proxy.disconnect()
            folder.close()
        return "\n".join([*lines, ""])

    def _findings(self) -> str:
        text = io.StringIO()
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
            self._doctor()
        return text.getvalue()

    def _log_lines(self) -> str:
        assert self._log is not None  # noqa: S101
        return last_lines(self._log.read_text(encoding="utf-8", errors="replace"), MOST_LOG_LINES)


def _versions() -> str:
    packages = sorted({f"{one.metadata['Name']}=={one.version}" for one in distributions()}, key=str.lower)
    return "\n".join(
        [
            f"Peoplecount {__version__}",
            f"Python {sys.version}",
            f"{platform.platform()}, {os.cpu_count()} processors",
            *_system(),
            "",
            *packages,
            "",
        ]
    )


def _system() -> list[str]:
    try:
        return [platform.freedesktop_os_release()["PRETTY_NAME"]]
    except (OSError, KeyError):  # not Linux, or one that does not say
        return []


def _row(one: FleetCamera) -> tuple[object, ...]:
    day, device = one.total, one.device
    return (
        *(one.camera_id, one.name, one.site.name, one.address, one.interval, one.state, one.reason),
        *(one.since, one.read_at, one.sentence, device.model, device.firmware, device.protocol),
        *(len(one.lines), day.polls, day.failures),
    )


def _json(told: Mapping[str, Any] | list[Any]) -> str:
    return json.dumps(told, indent=1, ensure_ascii=False, default=str) + "\n"
