"""A day of this installation, read from its log or its database; nothing is written to either."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import date
from typing import Any

from peoplecount.configuration import database, default_site
from peoplecount.data_home import data_home
from peoplecount.domain.clock import Clock
from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.recording import Recording
from peoplecount.domain.roster import Roster
from peoplecount.domain.sentence import say
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.eventlog.log import LogUnavailable
from peoplecount.services.counts import Counts
from peoplecount.services.counts_query import CountsQuery
from peoplecount.services.day_recorder import Day, NotRecorded, recorded_in_log, recorded_in_rows
from peoplecount.services.roster_keeper import RosterKeeper
from peoplecount.settings import Settings
from peoplecount.storage.history import History


def recorded_day(settings: Settings, day: date, clock: Clock, site_id: str = "") -> Recording:
    """The day as the log has it, else by the quarter of an hour from the database.

    Raises ``NotRecorded``, ``LogError`` and ``DatabaseError``.
    """
    folder = data_home(settings)
    if not (folder.has_log and folder.store_path.exists()):
        raise LogUnavailable(say("There is no log in %(folder)s: nothing has been counted yet", folder=folder.path))
    with closing(folder):
        roster = RosterKeeper(Roster, folder.store, folder.sealer, default_site(settings)).load_copy()
        if site_id and site_id not in roster.sites:
            known = ", ".join(sorted(roster.sites))
            raise NotRecorded(f"there is no site {site_id!r}; there are: {known}")
        sites = {key: site for key, site in roster.sites.items() if site_id in {"", key}}
        wanted = Day(day, sites)
        found = recorded_in_log(folder.log, wanted)
        return found or _from_database(settings, folder, roster, wanted, clock)


def _from_database(settings: Settings, folder: DataFolder, roster: Roster, day: Day, clock: Clock) -> Recording:
    proxy = database(settings, folder)
    try:
        counts = Counts(History(proxy), lambda: _names(roster), clock)
        only = next(iter(day.sites)) if len(day.sites) == 1 else None
        query = CountsQuery(day.begin, min(day.end, clock.now()), Step.QUARTER, Scope.LINE, only)
        return recorded_in_rows(counts.rows(query), roster, day)
    finally:
        proxy.disconnect()


def _names(roster: Roster) -> Mapping[str, Any]:
    """What things are called, in the form of a snapshot."""
    sites = [
        {"siteId": site.site_id, "siteName": site.name, "timeZone": site.time_zone} for site in roster.sites.values()
    ]
    doors = [{"doorId": door.door_id, "doorName": door.name} for door in roster.doors.values()]
    lines = [
        {"lineId": str(line.key), "lineName": line.name or str(line.key), "siteId": camera.site_id}
        for camera in roster.cameras.values()
        for line in camera.lines
    ]
    return {"sites": sites, "doors": doors, "lines": lines}
