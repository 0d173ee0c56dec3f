"""A fleet to be looked at: the cameras of a board, with what the polling process would have noted of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from peoplecount.domain.camera import Camera
from peoplecount.domain.device_facts import DeviceFacts
from peoplecount.domain.poll_tally import PollTally, quarter_of
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.services.fleet_body import (
    CONDITION,
    DAYS_LEFT,
    DEVICES,
    QUARTERS,
    TOTALS,
    write_days_left,
    write_devices,
    write_tallies,
)
from peoplecount.services.fleet_desk import FleetDesk
from peoplecount.services.fleet_record import FleetRecords
from tests.support.board_service import BoardService, Gate


@dataclass
class WatchedFleet:
    """The desk of a service on a board, and what is in its store."""

    service: BoardService
    store: LocalStore
    cameras: dict[str, Camera] = field(default_factory=dict)
    paused: dict[str, Camera] = field(default_factory=dict)
    paused_error: Exception | None = None

    @property
    def desk(self) -> FleetDesk:
        return FleetDesk(
            FleetRecords(self.store, self.service.clock, self.service.clock),
            roster=self._roster,
            board=lambda: self.service.snapshots().fields,
            paused=self._paused,
            heads=lambda: (self.service.log.head(), self.service.board.head),
            clock=self.service.clock,
            real_time=self.service.clock,
        )

    def has(self, gate: Gate, **more) -> Camera:
        """A camera that is polled."""
        camera = Camera(
            gate.camera,
            gate.place.camera_name,
            f"http://{gate.camera}.example",
            "admin",
            "secret-password",
            gate.site.site_id,
        )
        made = self.cameras[gate.camera] = Camera(**{name: getattr(camera, name) for name in _FIELDS} | more)
        return made

    def pause(self, camera_id: str) -> None:
        self.paused[camera_id] = self.cameras.pop(camera_id)

    def noted(self, quarters_ago: int, **tallies: tuple[int, int, int]) -> None:
        """How polls went in a quarter of an hour: how many, how many failed, and milliseconds, by camera."""
        key = f"{QUARTERS}{quarter_of(self.service.clock.now()) - quarters_ago}"
        self.store.put(key, write_tallies({name: PollTally(*numbers) for name, numbers in tallies.items()}))

    def counted(self, **tallies: tuple[int, int, int]) -> None:
        """All polls so far, by camera."""
        self.store.put(TOTALS, write_tallies({name: PollTally(*numbers) for name, numbers in tallies.items()}))

    def devices(self, **devices: DeviceFacts) -> None:
        self.store.put(DEVICES, write_devices(devices))

    def days_left(self, **days: int) -> None:
        """Of their own history, by camera."""
        self.store.put(DAYS_LEFT, write_days_left(days))

    def condition(self, body: str) -> None:
        self.store.put(CONDITION, body)

    def _roster(self) -> Roster:
        sites = {site.site_id: site for site in self.service.sites}
        default = Site(DEFAULT_SITE_ID, "Main site", "Europe/Zurich")
        return Roster(self.cameras, {DEFAULT_SITE_ID: default, **sites})

    def _paused(self) -> dict[str, Camera]:
        if self.paused_error:
            raise self.paused_error
        return self.paused


_FIELDS = ("camera_id", "name", "address", "username", "password", "site_id")
