"""What the pages of the history are made from."""

from __future__ import annotations

from collections.abc import Callable

from peoplecount.domain.clock import Clock
from peoplecount.services.history_places import HistoryPlaces
from peoplecount.services.history_report import HistoryDesk
from peoplecount.services.place_sums import DirectSums
from peoplecount.services.roster_keeper import RosterKeeper
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.place_history import PlaceHistory
from peoplecount.stream.snapshot import Snapshot


def history_desk(
    database: IDBConnection, rosters: RosterKeeper, snapshots: Callable[[], Snapshot], clock: Clock
) -> HistoryDesk:
    """The desk on this database."""
    places = HistoryPlaces(lambda: snapshots().fields, lambda: rosters.current().sites, clock)
    return HistoryDesk(DirectSums(PlaceHistory(database)), places, clock)
