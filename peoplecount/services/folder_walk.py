"""Looking at the data folder: its disk, the event log and the local store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from peoplecount.domain.event import parse_utc
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.eventlog.folder import require_suitable_folder
from peoplecount.eventlog.log import LogError, UnsuitableFolder
from peoplecount.services.fleet_body import CONDITION, read_condition
from peoplecount.services.inspection import Step, odd, wrong

LEAST_FREE = 200_000_000
"""Bytes. Below, a busy night may fill the disk."""

SILENT = timedelta(minutes=5)
"""The process that polls notes something every minute."""


@dataclass(frozen=True, slots=True)
class FolderWalk:
    """Looks at a folder, and makes nothing in it."""

    folder: DataFolder
    budget: int
    """Bytes that the log may take."""

    now: datetime
    """UTC, by the clock that the service goes by."""

    def steps(self) -> Iterator[Step]:
        """What each step finds; ends where it must."""
        path = self.folder.path
        if not path.is_dir():
            yield wrong(
                "folder",
                f"no {path}",
                f"There is no folder {path}: the service's first start makes it; if it did, look at DATA_DIR.",
                ends=True,
            )
            return
        try:
            require_suitable_folder(path)
        except UnsuitableFolder as error:
            yield wrong("folder", str(error), f"{error}.", ends=True)
            return
        yield Step("folder", f"{path}, on a disk of this machine")
        yield self._disk(path)
        yield from self._machines()
        yield self._log()
        yield from self._store()

    def _disk(self, path: Path) -> Step:
        free = shutil.disk_usage(path).free
        said = f"{_size(free)} free"
        if free < LEAST_FREE:
            return wrong("disk", said, f"The disk of {path} is all but full: make room, or nothing can be kept.")
        left = 0 if self.folder.shares_log else max(0, self.budget - _bytes(path, "events.sqlite"))
        if free < left:
            return odd("disk", said, f"The event log may grow by {_size(left)} more, and there is {said}.")
        return Step("disk", said)

    def _machines(self) -> Iterator[Step]:
        """Who shares the log; where it cannot be asked, the log's own step says why."""
        if self.folder.shared is None:
            return
        with suppress(LogError):
            count = len(self.folder.shared.membership.others())
            yield Step("redis", f"answers; machines that share the cameras: {count}")

    def _log(self) -> Step:
        if not self.folder.has_log:
            return odd("log", "not there yet", "The service has not run in this folder yet: start it.")
        try:
            self.folder.log.open()
            head, size = self.folder.log.head(), self.folder.log.size()
        except LogError as error:
            return wrong("log", str(error), f"The event log cannot be used: {error}.")
        said = f"{head.number:,} events so far, {_size(size)} of {_size(self.budget)}"
        return Step("log", said) if size <= self.budget else odd("log", said, "The event log is over its budget.")

    def _store(self) -> Iterator[Step]:
        if not (self.folder.path / "store.sqlite").is_file():
            return
        try:
            self.folder.store.open()
            kept = self.folder.store.get(CONDITION)
            has_roster = self.folder.store.load_roster() is not None
        except LogError as error:
            yield wrong("store", str(error), f"The local store cannot be used: {error}.")
            return
        copy = "with a copy of the camera list" if has_roster else "without a copy of the camera list yet"
        yield Step("store", f"can be used, {copy}")
        yield from self._polling(kept.body if kept else None)

    def _polling(self, body: str | None) -> Iterator[Step]:
        told = read_condition(body)
        try:
            at = parse_utc(told["at"])
        except (KeyError, TypeError, ValueError, AttributeError):
            yield odd("polling", "nothing noted yet", "No process has polled cameras here yet: start the service.")
            return
        ago = self.now - at
        if ago > SILENT:
            yield wrong(
                "polling",
                f"last noted {at:%Y-%m-%d %H:%M} UTC",
                "No process polls the cameras: start the service, or look at its log.",
            )
            return
        yield Step("polling", "goes on")
        yield from _lag(told.get("database"))


def _lag(database: object) -> Iterator[Step]:
    """How far the database is behind, as the process that writes to it says."""
    if not isinstance(database, dict):
        return
    lag, refused = database.get("lag"), database.get("refused")
    behind = "unknown how far behind" if not isinstance(lag, int) else f"{lag:,} events behind" if lag else "up to date"
    if database.get("writes") is False:
        yield odd(
            "writing", f"not just now; {behind}", "The database takes nothing just now; what waits for it is kept."
        )
    else:
        yield Step("writing", behind)
    if isinstance(refused, int) and refused:
        yield odd(
            "set aside", f"{refused:,} events", "The database did not take some events: the service's log says why."
        )


def _bytes(path: Path, name: str) -> int:
    """A database's file with what belongs to it."""
    return sum(file.stat().st_size for end in ("", "-wal") if (file := path / f"{name}{end}").is_file())


def _size(number: int) -> str:
    return f"{number / 1e9:,.1f} GB" if number >= 1e9 else f"{number / 1e6:,.1f} MB"
