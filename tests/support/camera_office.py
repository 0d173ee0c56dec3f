"""The cameras' office on an empty database, and cameras that answer as a test lets them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.camera_networks import CameraNetworks
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import Totals
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Visitor
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.camera_desk import CameraDesk, Login
from peoplecount.services.camera_drafts import CameraDrafts
from peoplecount.services.camera_import import CameraImport
from peoplecount.services.camera_office import CameraOffice
from peoplecount.services.camera_trial import CameraTrials
from peoplecount.services.commissioning import Commissioning
from peoplecount.services.import_jobs import ImportJobs
from peoplecount.services.known_serials import KnownSerials
from peoplecount.services.line_desk import LineDesk
from peoplecount.services.walk_tests import WalkTests
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.site_table import SiteTable
from peoplecount.sunapi.certificate import Certificate, ShownCertificate
from peoplecount.sunapi.device import Device, DeviceChannel, DeviceInfo, DeviceLine
from peoplecount.sunapi.errors import CameraUnreachable, CertificateUnknown, CredentialsRejected
from peoplecount.web.context import CameraPages
from tests.support.fake_clock import FakeClock
from tests.support.fresh_database import FreshDatabase
from tests.support.toy_sealer import ToySealer

ANNA = Visitor("anna", Role.ADMINISTRATOR)
BEN = Visitor("ben", Role.ADMINISTRATOR, sites=frozenset({"shop"}))
"""Who may see the shop alone."""

PASSWORD = "s3cret-of-cameras"
MAIN = Site(DEFAULT_SITE_ID, "Main site", "Europe/Zurich")
ZURICH_IN_MAY = timedelta(hours=2)


class StandingCamera:
    """A camera somewhere on the network."""

    def __init__(self, serial: str, names: tuple[str, ...], offset: timedelta, fingerprint: str) -> None:
        self.serial = serial
        self.names = names
        self.offset = offset
        self.fingerprint = fingerprint
        self.password = PASSWORD
        self.asked: list[str] = []
        """The passwords it was asked with."""


class FakeCameras:
    """A network in which cameras stand."""

    def __init__(self) -> None:
        self.standing: dict[str, StandingCamera] = {}

    def stands(
        self,
        address: str,
        serial: str = "",
        *names: str,
        offset: timedelta = ZURICH_IN_MAY,
        fingerprint: str = "",
    ) -> StandingCamera:
        """From now on one answers there, that lets in who knows the password."""
        camera = StandingCamera(serial or f"Z-{address}", names or ("Door",), offset, fingerprint)
        self.standing[address] = camera
        return camera

    def client(self, camera: Camera, clock: FakeClock) -> _Client:
        return _Client(self, camera, clock)

    connection = client


class _Client:
    def __init__(self, network: FakeCameras, camera: Camera, clock: FakeClock) -> None:
        self._network = network
        self._camera = camera
        self._clock = clock

    def close(self) -> None:
        pass

    def _standing(self) -> StandingCamera:
        found = self._network.standing.get(self._camera.address)
        if found is None:
            raise CameraUnreachable(self._camera.camera_id, "connection refused: nothing listens there")
        return found

    def look(self) -> ShownCertificate | None:
        found = self._standing().fingerprint
        return ShownCertificate(Certificate(found, "CN=camera", "CN=camera"), vouched_for=False) if found else None

    def examine(self) -> Device:
        standing, camera = self._standing(), self._camera
        if standing.fingerprint and camera.certificate != standing.fingerprint:
            raise CertificateUnknown(camera.camera_id, "the camera's certificate is not trusted")
        standing.asked.append(camera.password)
        if camera.password != standing.password:
            raise CredentialsRejected(camera.camera_id, "the camera refuses the user name or password")
        lines = tuple(
            DeviceLine(LineKey(camera.camera_id, 0, 1, index), name, True, "", Totals(10 * index, 3))
            for index, name in enumerate(standing.names, start=1)
        )
        return Device(
            camera.camera_id,
            camera.address,
            DeviceInfo("XNF-1", standing.serial, firmware="1.2"),
            CameraProtocol.CLASSIC,
            (DeviceChannel(0, True, lines),),
            standing.offset,
            0.0,
            self._local(standing.offset),
            1,
            (),
        )

    def _local(self, offset: timedelta) -> datetime:
        return self._clock.now().replace(tzinfo=None) + offset


class Office:
    """Everything behind the pages and commands about cameras."""

    def __init__(
        self,
        folder: Path,
        *,
        database: FreshDatabase | None = None,
        store: LocalStore | None = None,
        network=None,
        clock=None,
        networks: CameraNetworks | None = None,
    ) -> None:
        self.networks = networks
        self.clock = clock or FakeClock()
        self.store = store or LocalStore(folder / "store.sqlite")
        self.database = database or FreshDatabase(folder / "counts.db")
        self.network = network or FakeCameras()
        self.audit = AuditLog(self.store, self.clock)
        self.table = CameraTable(self.database, ToySealer())
        self.places = SiteTable(self.database)
        self.read_serials: dict[str, str] = {}
        self.read_names: dict[str, str] = {}
        self.states: list[dict] = []
        self.rights: dict[str, Visitor | None] = {}
        """Of people who may do something else by now; ``None``: they are signed out."""
        self.serials = KnownSerials(self.store, lambda: self.read_serials)
        self.desk = self.desk_by(Login("default-user", PASSWORD))
        self.lines = LineDesk(self.desk, self.table, self.places, self.audit, self.clock, lambda: self.read_names)
        self.imports = CameraImport(
            self.desk, self.lines, self.places, self.audit, default_interval=10.0, time_zone="Europe/Zurich"
        )
        self.drafts = CameraDrafts(self.store, ToySealer(), self.clock)
        self.jobs = ImportJobs(
            self.imports, self.store, self.audit, self.clock, rights=lambda by: self.rights.get(by.name, by)
        )
        office = CameraOffice(self.desk, self.lines, self.imports, 10.0)
        self.walks = WalkTests(
            self.desk, self.lines, lambda camera: self.network.client(camera, self.clock), self.store, self.clock
        )
        commissioning = Commissioning(self.desk, self.lines, self.walks, self.serials, self.clock)
        self.pages = CameraPages(office, self.drafts, self.jobs, lambda: self.states, self.walks, commissioning)

    def desk_by(self, login: Login) -> CameraDesk:
        return CameraDesk(
            self.table,
            self.places,
            CameraTrials(self.network, self.clock),
            self.serials,
            self.audit,
            default_site=MAIN,
            login=login,
            networks=self.networks,
        )

    def has(self, camera_id: str, address: str = "", site_id: str = DEFAULT_SITE_ID, **more) -> Camera:
        """A camera that was entered some time ago."""
        fields = {"username": "admin", "password": PASSWORD} | more
        camera = Camera(
            camera_id, camera_id.title(), address or f"http://{camera_id}.example", site_id=site_id, **fields
        )
        self.table.add(camera)
        return camera

    def has_sites(self, *names: str) -> None:
        for name in names:
            self.places.put_site(Site(name.lower(), name, "Europe/Zurich"))

    def noted(self) -> list[tuple[str, str, str]]:
        """Who did what to which, the newest last."""
        changes = self.audit.page().changes
        return [(change.who, change.verb, change.subject_id) for change in reversed(changes)]

    def close(self) -> None:
        self.store.close()
        self.database.disconnect()
