"""``db attach --import-history``: what the dated rows of an older installation tell of earlier days becomes ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from peoplecount.configuration import database, default_site, prepare_embedded
from peoplecount.domain.roster import Roster
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.launch import CannotStart
from peoplecount.services.attach_walk import AttachWalk
from peoplecount.services.history_import import HistoryImport, Imported
from peoplecount.settings import Settings
from peoplecount.settings.database import DatabaseKind
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.registros import Registros
from peoplecount.storage.registros_shape import RegistrosShape

TELL_EVERY = 50_000
"""Rows."""


def import_history(walk: AttachWalk, settings: Settings, folder: DataFolder, theirs: ProxyDB, zone: str | None) -> int:
    """Import, and say what that was; 0. Raises ``DatabaseError``, and ``CannotStart`` where nothing dates the rows."""
    shape = walk.found.shape
    if shape is None or not shape.has_date or shape.is_by_day:
        raise CannotStart(f"the rows of {walk.found.table} have no time, so nobody can tell when people came")
    clock = ZoneInfo("UTC" if shape.is_utc and zone is None else zone or settings.time_zone)
    print(f"Importing, with dates in {clock.key}. Hours that are known already stay as they are.")
    if settings.database.kind is DatabaseKind.SQLITE:
        prepare_embedded(settings)
    own = database(settings, folder)
    try:
        work = HistoryImport(own, _roster(walk, settings), clock, now=datetime.now(UTC), tell=_Progress())
        done = work.run(Registros(shape).pages(theirs))
    finally:
        own.disconnect()
    print(_summary(done, shape))
    return 0


def _roster(walk: AttachWalk, settings: Settings) -> Roster:
    found = walk.found.cameras.roster if walk.found.cameras else Roster()
    site = default_site(settings)
    return replace(found, sites={site.site_id: site, **found.sites})


class _Progress:
    """A line now and then."""

    def __init__(self) -> None:
        self._told = 0

    def __call__(self, done: Imported) -> None:
        if done.rows - self._told >= TELL_EVERY:
            self._told = done.rows
            print(f"  {done.rows:,} rows read, {done.hours:,} hours filled in, up to {done.last or '...'}", flush=True)


def _summary(done: Imported, shape: RegistrosShape) -> str:
    read = f"{done.rows:,} rows of {shape.table.name} were read"
    if not done.hours:
        return f"{read}; all {done.left_alone:,} hours they tell of are known already."
    people = f"{done.people.entered:,} people in and {done.people.left:,} out"
    span = f"{done.first:%Y-%m-%d} to {done.last:%Y-%m-%d}"
    alone = f" {done.left_alone:,} were known already and stay." if done.left_alone else ""
    return f"{read}: {done.hours:,} hours of {len(done.lines)} lines, {span}, {people}, marked imported.{alone}"
