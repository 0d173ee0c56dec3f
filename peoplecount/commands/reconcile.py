"""Compare what cameras remember with the log and the database, and say where they differ."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime

from peoplecount.camera_access import CameraAccess
from peoplecount.commands._table import print_table
from peoplecount.configuration import database, default_site, prepare_embedded
from peoplecount.data_home import open_data_home
from peoplecount.domain.camera import Camera
from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.comparison import Comparison, Verdict
from peoplecount.domain.figures import Figures
from peoplecount.domain.offload import call_here
from peoplecount.domain.roster import Roster
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.eventlog.log import LogError
from peoplecount.launch import read_settings
from peoplecount.services.camera_comparison import CameraComparison
from peoplecount.services.count_memory import CountMemory
from peoplecount.services.history_notes_keeper import HistoryNotesKeeper
from peoplecount.services.history_requests import HistoryRequests
from peoplecount.services.played_clock import ClockUnavailable, PlayedClock, fetch_played_time
from peoplecount.services.polled_camera import PolledCamera
from peoplecount.services.site_day import zone_of
from peoplecount.settings import Settings
from peoplecount.settings.database import DatabaseKind
from peoplecount.storage.errors import DatabaseError, DatabaseUnavailable
from peoplecount.storage.history import History
from peoplecount.storage.history_rows import HourCount
from peoplecount.storage.proxy import ProxyDB

NOTHING_DIFFERS, SOMETHING_DIFFERS, CANNOT_TELL = 0, 1, 2

USUAL_DAYS = 7

PATIENCE = 5.0
"""Seconds in which a running service is given time to write what it has just counted."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("--camera", action="append", metavar="ID", help="only this one; may be given several times")
    parser.add_argument(
        "--days", type=_days, default=USUAL_DAYS, metavar="N", help="whole days before today (%(default)s)"
    )
    parser.add_argument("--all", action="store_true", help="show also what is the same")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--repair", action="store_true", help="have the service bring up to date what differs")
    mode.add_argument(
        "--dry-run", action="store_true", help="only compare, which is done anyway unless --repair is given"
    )


def _days(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= 366:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days: 1 to 366 are allowed")
    return number


def run(arguments: argparse.Namespace) -> int:
    """Compare; 0 where nothing differs, 1 where something does, 2 where something could not be compared."""
    settings = read_settings()
    try:
        if settings.database.kind is DatabaseKind.SQLITE:
            prepare_embedded(settings)
        with closing(open_data_home(settings)) as folder, closing(_Proxy(settings, folder)) as opened:
            return _reconcile(arguments, settings, folder, opened.proxy)
    except (LogError, DatabaseError, ClockUnavailable, UnknownCamera) as error:
        print(error, file=sys.stderr)
        return CANNOT_TELL


class UnknownCamera(Exception):
    """A camera was named that is not entered."""


class _Proxy:
    """The database, to be closed."""

    def __init__(self, settings: Settings, folder: DataFolder) -> None:
        self.proxy = database(settings, folder)

    def close(self) -> None:
        self.proxy.disconnect()


def _reconcile(arguments: argparse.Namespace, settings: Settings, folder: DataFolder, proxy: ProxyDB) -> int:
    proxy.refresh_cameras()
    roster = proxy.cameras()
    cameras = _chosen(arguments, roster)
    compare = _Comparing(settings, folder, History(proxy), roster)
    found = [row for camera in cameras for row in compare.camera(camera, arguments.days)]
    _print(found, everything=arguments.all)
    for camera_id, reason in compare.left_out.items():
        print(f"Camera {camera_id} was not compared: {reason}.")
    differing = [row for row in found if row.verdict is Verdict.DIFFERENT]
    if differing and arguments.repair:
        _repair(folder, differing)
    if differing:
        return SOMETHING_DIFFERS
    is_unknown = compare.has_trouble or any(row.verdict is Verdict.UNKNOWN for row in found)
    return CANNOT_TELL if is_unknown else NOTHING_DIFFERS


def _chosen(arguments: argparse.Namespace, roster: Roster) -> list[Camera]:
    unknown = sorted(set(arguments.camera or ()) - roster.cameras.keys())
    if unknown:
        raise UnknownCamera(f"there is no camera {', '.join(unknown)}; `camera list` shows those there are")
    return [roster.cameras[key] for key in arguments.camera or sorted(roster.cameras)]


class _Comparing:
    """What comparing needs of this installation."""

    def __init__(self, settings: Settings, folder: DataFolder, history: History, roster: Roster) -> None:
        self._settings = settings
        self._folder = folder
        self._history = history
        self._roster = roster
        self._clock = PlayedClock(fetch_played_time(settings.clock_url) if settings.clock_url else REAL_TIME)
        self._access = CameraAccess(settings, folder.store)
        self._notes = HistoryNotesKeeper(folder.store, call_here)
        self._head = folder.log.head()
        self._counted = CountMemory(folder.log.load_states(), {})
        self._lag = self._wait_for_the_database()
        self.left_out: dict[str, str] = {}
        """Why cameras had no day to compare."""

        self.has_trouble = False
        """Whether that is for more than that they are new."""

    def camera(self, camera: Camera, days: int) -> Iterator[Comparison]:
        """One camera's days."""
        notes = self._notes.of(camera.camera_id)
        source = PolledCamera(camera, self._access.client(camera, self._clock), lambda _camera_id: notes.clock)
        site = self._roster.sites.get(camera.site_id) or default_site(self._settings)
        comparison = CameraComparison(
            source,
            known=self._counted.days(camera.camera_id),
            notes=notes,
            hours=self._hours,
            clock=self._clock,
            zone=zone_of(site),
        )
        with closing(source):
            yield from comparison.days(days)
        if comparison.left_out:
            self.left_out[camera.camera_id] = comparison.left_out
            self.has_trouble |= comparison.is_trouble

    def _wait_for_the_database(self) -> int:
        """Events that were in the log when comparing began, and that the database lacks even after a moment."""
        deadline = time.monotonic() + PATIENCE
        while (lag := self._behind()) and time.monotonic() < deadline:
            time.sleep(0.2)
        return lag

    def _behind(self) -> int:
        written = self._history.written_up_to()
        if written is None or written.epoch != self._head.epoch:
            return self._head.number
        return max(self._head.number - written.number, 0)

    def _hours(self, start: datetime, end: datetime, line_ids: list[str]) -> list[HourCount]:
        if self._lag:
            raise DatabaseUnavailable(f"it is {self._lag} events behind the log, and what it lacks is not told apart")
        return self._history.hours(start, end, line_ids=line_ids)


def _print(found: list[Comparison], *, everything: bool) -> None:
    rows = [
        (
            row.key.camera_id,
            row.day.isoformat(),
            str(row.key),
            *map(_figures, (row.remembered, row.told, row.kept)),
            row.words or "none",
        )
        for row in found
        if everything or row.verdict is not Verdict.SAME
    ]
    if rows:
        print_table(("CAMERA", "DAY", "LINE", "CAMERA SAYS", "LOG", "DATABASE", "DIFFERENCE"), rows)
    print(_summary(found))


def _summary(found: list[Comparison]) -> str:
    days = {(row.key.camera_id, row.day) for row in found}
    cameras = len({camera_id for camera_id, _ in days})
    differing = sum(row.verdict is Verdict.DIFFERENT for row in found)
    unknown = sum(row.verdict is Verdict.UNKNOWN for row in found)
    told = f"Compared {len(days)} days of {cameras} cameras, line by line. Differences: {differing or 'none'}."
    barred = sum(row.verdict is Verdict.BARRED for row in found)
    told += f" Not compared, because the device was replaced or taken over: {barred}." if barred else ""
    return f"{told} Could not be compared: {unknown}." if unknown else told


def _figures(people: Figures | None) -> str:
    return "unknown" if people is None else f"{people.entered} in, {people.left} out"


def _repair(folder: DataFolder, differing: list[Comparison]) -> None:
    days: dict[str, set[date]] = {}
    for row in differing:
        days.setdefault(row.key.camera_id, set()).add(row.day)
    HistoryRequests(folder.store, call_here).leave(days)
    print(
        "The service is asked to bring these days up to date: within a minute or two where it runs, else when it "
        "next starts. Run this again to see what came of it."
    )
