"""Watching the fleet: what the page of the fleet is made from, connected."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from peoplecount.domain.camera import Camera
from peoplecount.domain.clock import Clock
from peoplecount.domain.event_id import EventId
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.runtime import Runtime
from peoplecount.services.fleet_desk import FleetDesk
from peoplecount.services.fleet_record import FleetRecords
from peoplecount.services.live_board import LiveBoard
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.roster_keeper import RosterKeeper
from peoplecount.services.snapshots import Snapshots
from peoplecount.settings import Settings
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.connection import IDBConnection


def fleet_desk(
    settings: Settings,
    folder: DataFolder,
    runtime: Runtime,
    *,
    database: IDBConnection,
    rosters: RosterKeeper,
    board: LiveBoard,
    snapshots: Snapshots,
    clock: Clock,
) -> FleetDesk:
    """The desk of a service; ``database`` is asked by pages."""
    real_time = PlayedClock()

    def heads() -> tuple[EventId, EventId]:
        taken_up = board.head  # before: what is appended meanwhile is no lag
        return runtime.offload(folder.log.head), taken_up

    return FleetDesk(
        FleetRecords(folder.store, clock, real_time, runtime.offload),
        roster=rosters.current,
        board=lambda: snapshots().fields,
        paused=_paused(settings, CameraTable(database, folder.sealer), rosters),
        heads=heads,
        clock=clock,
        real_time=real_time,
    )


def _paused(settings: Settings, table: CameraTable, rosters: RosterKeeper) -> Callable[[], Mapping[str, Camera]]:
    """Those of our own table by what that says; those of an installation's view by what was last read of it."""

    def ask() -> Mapping[str, Camera]:
        if settings.cameras_are_theirs:
            return rosters.current().paused
        ids = table.paused()
        return {one.camera_id: one for one in table.cameras(opened=False) if one.camera_id in ids} if ids else {}

    return ask
