"""Access to cameras: what all their clients in a process share, chosen in one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from peoplecount.data_home import data_home
from peoplecount.domain.camera import Camera
from peoplecount.domain.clock import Clock
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.eventlog.store import Store
from peoplecount.own_services import camera_networks
from peoplecount.runtime import Runtime, this_runtime
from peoplecount.services.played_clock import PlayedClock
from peoplecount.settings import Settings
from peoplecount.sunapi.client import SunapiClient
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.device_gate import DeviceGates
from peoplecount.sunapi.event_stream import EventStream
from peoplecount.sunapi.sign_ins import SignIns
from peoplecount.sunapi.trust import Authorities


@contextmanager
def camera_access(settings: Settings) -> Iterator[CameraAccess]:
    """Access to cameras for one-off commands, which share the budget of the service."""
    store = data_home(settings).store
    try:
        yield CameraAccess(settings, store)
    finally:
        store.close()


class CameraAccess:
    """Makes clients that wait for each other, share the sign-in budget of the data folder, and trust the same.

    The budget lies in the local store, so that the service, one-off commands and another start of either count the
    failures of all.
    """

    def __init__(self, settings: Settings, store: Store, runtime: Runtime | None = None) -> None:
        """``store`` may be opened later, or by its first use."""
        self._settings = settings
        self._gates = DeviceGates()
        self._authorities = Authorities(settings.camera_ca_file)
        self._networks = camera_networks(settings)
        self._sign_ins = SignIns(
            PlayedClock(),  # real time: what a device has locked does not open sooner because a day is played
            store,
            offload=(runtime or this_runtime()).offload,
            unavailable=LocalStoreUnavailable,
        )

    def client(self, camera: Camera, clock: Clock) -> SunapiClient:
        """A client that reads this camera."""
        return SunapiClient(
            camera,
            clock=clock,
            connect_timeout=self._settings.connect_timeout,
            read_timeout=self._settings.read_timeout,
            gates=self._gates,
            sign_ins=self._sign_ins,
            authorities=self._authorities,
            networks=self._networks,
        )

    def event_stream(self, camera: Camera) -> EventStream:
        """The stream of this camera's events."""
        return EventStream(
            camera,
            clock=PlayedClock(),
            connect_timeout=self._settings.connect_timeout,
            read_timeout=self._settings.read_timeout,
            sign_ins=self._sign_ins,
            authorities=self._authorities,
            networks=self._networks,
        )

    def connection(self, camera: Camera, clock: Clock) -> CameraConnection:
        """A connection to this camera, to look at its certificate."""
        return CameraConnection(
            camera,
            clock=clock,
            connect_timeout=self._settings.connect_timeout,
            read_timeout=self._settings.read_timeout,
            gate=self._gates.of(camera.address),
            sign_ins=self._sign_ins,
            authorities=self._authorities,
            networks=self._networks,
        )
