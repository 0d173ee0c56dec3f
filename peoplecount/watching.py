"""Watching the fleet: what the page of the fleet is made from, connected."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from peoplecount.domain.camera import Camera
from peoplecount.domain.event_id import EventId
from peoplecount.following import Following
from peoplecount.installation import Installation
from peoplecount.services.fleet_desk import FleetDesk
from peoplecount.services.fleet_record import FleetRecords
from peoplecount.services.played_clock import PlayedClock
from peoplecount.storage.camera_table import CameraTable


def fleet_desk(installation: Installation, following: Following) -> FleetDesk:
    """The desk of a service."""
    real_time, offload, log = PlayedClock(), installation.runtime.offload, installation.folder.log

    def heads() -> tuple[EventId, EventId]:
        taken_up = following.board.head  # before: what is appended meanwhile is no lag
        return offload(log.head), taken_up

    return FleetDesk(
        FleetRecords(installation.folder.store, installation.clock, real_time, offload),
        roster=installation.rosters.current,
        board=lambda: following.snapshots().fields,
        paused=_paused(installation),
        heads=heads,
        clock=installation.clock,
        real_time=real_time,
    )


def _paused(installation: Installation) -> Callable[[], Mapping[str, Camera]]:
    """Those of our own table by what that says; those of an installation's view by what was last read of it."""
    table = CameraTable(installation.database.hurried(), installation.folder.sealer)

    def ask() -> Mapping[str, Camera]:
        if installation.settings.cameras_are_theirs:
            return installation.rosters.current().paused
        ids = table.paused()
        return {one.camera_id: one for one in table.cameras(opened=False) if one.camera_id in ids} if ids else {}

    return ask
