"""What the pages of the history are made from, and what sums up past days for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from peoplecount.installation import Installation
from peoplecount.services.fleet_record import FleetRecords
from peoplecount.services.former_doors import FormerDoors
from peoplecount.services.history_places import HistoryPlaces
from peoplecount.services.history_report import HistoryDesk
from peoplecount.services.holiday_calendar import HolidayCalendars
from peoplecount.services.kept_sums import KeptSums, SumsKeeper
from peoplecount.services.last_known_sums import LastKnownSums
from peoplecount.services.owed_history import OwedHistory, OwedSpans
from peoplecount.services.place_sums import DirectSums
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.stamp_book import StampBook
from peoplecount.services.worker_threads import Worker
from peoplecount.settings import Settings
from peoplecount.storage.copy_mark import demand_whole
from peoplecount.storage.place_history import PlaceHistory
from peoplecount.stream.snapshot import Snapshot


class HistoryPages(NamedTuple):
    """What a service needs for them."""

    desk: HistoryDesk
    keep_ready: Worker
    owed: OwedSpans


def history_pages(installation: Installation, snapshots: Callable[[], Snapshot]) -> HistoryPages:
    """The desk of a service, and what keeps it quick."""
    settings, clock, offload = installation.settings, installation.clock, installation.runtime.offload
    roster, sums = installation.rosters.current, installation.folder.sums
    history = PlaceHistory(installation.database.hurried())
    book = StampBook(history, clock, _name_of(settings))
    zones = partial(_zones, installation)
    calendars = HolidayCalendars(settings.holidays)
    former = FormerDoors(roster, installation.audit_log())
    places = HistoryPlaces(lambda: snapshots().fields, lambda: roster().sites, clock, calendars.of_site, former.names)
    kept = KeptSums(DirectSums(history), sums, book, zones, offload)
    last_known = LastKnownSums(sums, book, zones, offload)
    records = FleetRecords(installation.folder.store, clock, PlayedClock(), offload)
    owed = OwedHistory(records.owed_days, lambda: snapshots().fields).spans
    desk = HistoryDesk(kept, places, clock, calendars.calendar, last_known, owed)
    return HistoryPages(desk, kept.keep_ready, owed)


def sums_keeper(installation: Installation) -> SumsKeeper:
    """Sums up past days; for the one process that leads."""
    clock = installation.clock
    history = PlaceHistory(installation.database)
    return SumsKeeper(
        history,
        installation.folder.sums,
        StampBook(history, clock, _name_of(installation.settings)),
        partial(_zones, installation),
        clock,
        installation.runtime.offload,
        partial(demand_whole, installation.database),
    )


def _zones(installation: Installation) -> Mapping[ZoneInfo, Collection[str]]:
    found: dict[ZoneInfo, list[str]] = {}
    for site in installation.sites():
        found.setdefault(ZoneInfo(site.time_zone), []).append(site.site_id)
    return found


def _name_of(settings: Settings) -> str:
    """Which database it is, without a secret in it."""
    return f"{settings.database} {settings.database.schema}"
