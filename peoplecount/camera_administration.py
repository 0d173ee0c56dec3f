"""The cameras' office of one process, connected: to the database, to the local store, and to the cameras themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from peoplecount.camera_access import CameraAccess, camera_access
from peoplecount.configuration import (
    Configuration,
    camera_table,
    default_site,
    line_names_read,
    serials_in,
    serials_read,
)
from peoplecount.data_home import data_home
from peoplecount.domain.clock import Clock
from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.store import Store
from peoplecount.installation import Installation
from peoplecount.own_services import camera_networks
from peoplecount.services.accounts import Accounts
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
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.walk_tests import WalkTests
from peoplecount.settings import Settings
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.site_table import SiteTable
from peoplecount.stream.snapshot import Snapshot
from peoplecount.web.context import CameraPages


def camera_office(
    settings: Settings,
    cameras: CameraTable,
    sites: SiteTable,
    *,
    access: CameraAccess,
    store: Store,
    audit: AuditLog,
    clock: Clock,
    serials: Callable[[], Mapping[str, str]],
    line_names: Callable[[], Mapping[str, str]],
    offload: Offload = call_here,
) -> CameraOffice:
    """The office on these tables. ``serials`` and ``line_names`` are what was read of cameras and their lines."""
    desk = CameraDesk(
        cameras,
        sites,
        CameraTrials(access, clock),
        KnownSerials(store, serials, offload),
        audit,
        default_site=default_site(settings),
        login=Login(settings.camera_user, settings.camera_password),
        networks=camera_networks(settings),
        are_theirs=settings.cameras_are_theirs,
    )
    lines = LineDesk(desk, cameras, sites, audit, clock, line_names)
    imports = CameraImport(
        desk, lines, sites, audit, default_interval=settings.poll_interval, time_zone=settings.time_zone
    )
    return CameraOffice(desk, lines, imports, settings.poll_interval)


def camera_pages(
    installation: Installation, access: CameraAccess, snapshots: Callable[[], Snapshot], accounts: Accounts
) -> CameraPages:
    """What the pages about cameras are made from."""
    settings, folder, clock = installation.settings, installation.folder, installation.clock
    offload, audit, real_time = installation.runtime.offload, installation.audit_log(), PlayedClock()
    own = installation.database.hurried()
    office = camera_office(
        settings,
        camera_table(settings, folder, own, installation.theirs.hurried()),
        SiteTable(own),
        access=access,
        store=folder.store,
        audit=audit,
        clock=clock,
        serials=lambda: serials_in(folder),
        line_names=lambda: {line["lineId"]: line["lineName"] for line in snapshots().fields["lines"]},
        offload=offload,
    )
    drafts = CameraDrafts(folder.store, folder.sealer, real_time, offload)
    jobs = ImportJobs(
        office.imports,
        folder.store,
        audit,
        real_time,
        offload,
        rights=lambda by: accounts.of_holders([by.holder]).get(by.holder),
    )
    walks = WalkTests(
        office.desk, office.lines, lambda camera: access.client(camera, clock), folder.store, clock, offload
    )
    serials = KnownSerials(folder.store, lambda: serials_in(folder), offload)
    commissioning = Commissioning(office.desk, office.lines, walks, serials, clock)
    return CameraPages(office, drafts, jobs, lambda: snapshots().fields["cameras"], walks, commissioning)


@contextmanager
def command_office(settings: Settings, tables: Configuration, *, needs_clock: bool = True) -> Iterator[CameraOffice]:
    """The office for a one-off command; ``needs_clock`` to ask cameras or swap lines. Raises ``ClockUnavailable``."""
    clock = PlayedClock.at(settings.clock_url) if needs_clock else PlayedClock()
    store = data_home(settings).store
    try:
        with camera_access(settings) as access:
            yield camera_office(
                settings,
                tables.cameras,
                tables.sites,
                access=access,
                store=store,
                audit=AuditLog(store, PlayedClock()),
                clock=clock,
                serials=lambda: serials_read(settings),
                line_names=lambda: line_names_read(settings),
            )
    finally:
        store.close()
