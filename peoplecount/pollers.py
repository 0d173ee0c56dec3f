"""Pollers: what polls each camera of one process, connected."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakValueDictionary

from peoplecount.camera_access import CameraAccess
from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.device_facts import DeviceFacts
from peoplecount.domain.durations import Durations
from peoplecount.domain.roster import Roster
from peoplecount.installation import Installation
from peoplecount.services.camera_health import CameraHealth
from peoplecount.services.camera_watch import CameraWatch
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.event_watch import EventWatch
from peoplecount.services.polled_camera import PolledCamera
from peoplecount.services.poller import Poller
from peoplecount.sunapi.client import SunapiClient


class Pollers:
    """Makes them. What they share is that of the process, however often it takes the lead."""

    def __init__(self, installation: Installation) -> None:
        self._settings = installation.settings
        self._clock = installation.clock
        self.access = CameraAccess(installation.settings, installation.folder.store, installation.runtime)
        """Shared with whoever else asks cameras in this process: a device is asked one request at a time."""

        self.durations = Durations()
        """Of all polls of this process, also those that failed."""

        self._polled: WeakValueDictionary[str, PolledCamera] = WeakValueDictionary()

    def client(self, camera: Camera) -> SunapiClient:
        """What asks it, by the clock of the cameras."""
        return self.access.client(camera, self._clock)

    def device(self, camera_id: str) -> DeviceFacts | None:
        """What a camera has said of itself; ``None``: nothing here."""
        polled = self._polled.get(camera_id)
        return polled.device if polled else None

    def make(
        self,
        camera: Camera,
        client: PolledCamera,
        roster: Roster,
        period: float,
        *,
        keeper: CountKeeper,
        health: CameraHealth,
        watch: CameraWatch,
        poll_soon: Callable[[str], None],
    ) -> Poller:
        """The one of a camera, every ``period`` seconds; what it finds goes to the others."""
        self._polled[camera.camera_id] = client
        return Poller(
            camera,
            client,
            keeper=keeper,
            health=health,
            roster=roster,
            clock=self._clock,
            period=period,
            watch=watch.take,
            companion=self._event_watch(camera, client, poll_soon) if self._settings.event_streams else None,
            durations=self.durations,
        )

    def _event_watch(self, camera: Camera, client: PolledCamera, poll_soon: Callable[[str], None]) -> EventWatch:
        """Of a camera that is read itself: recorders pass on no streams (SUNAPI Bypass manual 2.6.3)."""
        return EventWatch(
            camera.camera_id,
            lambda: self.access.event_stream(camera),
            wanted=lambda: client.protocol is CameraProtocol.WISEAI and camera.nvr_channel is None,
            poll_soon=lambda: poll_soon(camera.camera_id),
            clock=self._clock,
        )
