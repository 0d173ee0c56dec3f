"""What the pages of the history are made from, and what sums up past days for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from zoneinfo import ZoneInfo

from peoplecount.configuration import audit_log_in
from peoplecount.domain.clock import Clock
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.runtime import Runtime
from peoplecount.services.former_doors import FormerDoors
from peoplecount.services.history_places import HistoryPlaces
from peoplecount.services.history_report import HistoryDesk
from peoplecount.services.holiday_calendar import HolidayCalendars
from peoplecount.services.kept_sums import KeptSums, SumsKeeper
from peoplecount.services.last_known_sums import LastKnownSums
from peoplecount.services.place_sums import DirectSums
from peoplecount.services.roster_keeper import RosterKeeper
from peoplecount.services.stamp_book import StampBook
from peoplecount.settings import Settings
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.copy_mark import demand_whole
from peoplecount.storage.place_history import PlaceHistory
from peoplecount.stream.snapshot import Snapshot


def history_desk(
    settings: Settings,
    folder: DataFolder,
    runtime: Runtime,
    *,
    database: IDBConnection,
    rosters: RosterKeeper,
    snapshots: Callable[[], Snapshot],
    clock: Clock,
) -> HistoryDesk:
    """The desk on this database."""
    history = PlaceHistory(database)
    book = StampBook(history, clock, _name_of(settings))

    def zones() -> Mapping[ZoneInfo, Collection[str]]:
        return _zones(rosters)

    sums = KeptSums(DirectSums(history), folder.sums, book, zones, runtime.offload)
    last_known = LastKnownSums(folder.sums, book, zones, runtime.offload)
    calendars = HolidayCalendars(settings.holidays)
    former = FormerDoors(rosters.current, audit_log_in(folder, runtime.offload))
    places = HistoryPlaces(
        lambda: snapshots().fields, lambda: rosters.current().sites, clock, calendars.of_site, former.names
    )
    return HistoryDesk(sums, places, clock, calendars.calendar, last_known)


def sums_keeper(
    settings: Settings,
    folder: DataFolder,
    runtime: Runtime,
    *,
    database: IDBConnection,
    rosters: RosterKeeper,
    clock: Clock,
) -> SumsKeeper:
    """Sums up past days of this database; for the one process that leads."""
    history = PlaceHistory(database)
    book = StampBook(history, clock, _name_of(settings))
    demand = partial(demand_whole, database)
    return SumsKeeper(history, folder.sums, book, lambda: _zones(rosters), clock, runtime.offload, demand)


def _zones(rosters: RosterKeeper) -> Mapping[ZoneInfo, Collection[str]]:
    found: dict[ZoneInfo, list[str]] = {}
    for site in rosters.current().sites.values():
        found.setdefault(ZoneInfo(site.time_zone), []).append(site.site_id)
    return found


def _name_of(settings: Settings) -> str:
    """Which database it is, without a secret in it."""
    return f"{settings.database} {settings.database.schema}"
