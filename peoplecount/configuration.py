"""The configuration in the database and the data folder: connected for the service and for one-off commands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from peoplecount.data_home import data_home, open_data_home
from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.event import EventKind
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.runtime import Runtime
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.board_lines import line_names
from peoplecount.services.count_memory import CAMERA_STATE
from peoplecount.services.count_state_body import read_count_state
from peoplecount.services.database_sign_ins import DatabaseSignIns
from peoplecount.services.fleet import Fleet
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.unhurried import Breath
from peoplecount.settings import Settings
from peoplecount.settings.database import DatabaseKind, DatabaseSettings
from peoplecount.storage.api_camaras import CameraDefaults, CameraView
from peoplecount.storage.camera_passwords import CameraPasswords
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.cameras_of_view import CamerasOfView
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.engine import CONNECTIONS
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.storage.hand_count_table import HandCountTable
from peoplecount.storage.history import History
from peoplecount.storage.lanes import WORK, Lanes
from peoplecount.storage.open import connection_for
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.schema_version import current, expected
from peoplecount.storage.sign_in_gate import OPEN_GATE, SignInGate
from peoplecount.storage.site_table import SiteTable

ROWS_AT_ONCE = 25
"""Rows of the camera list after which others have their turn; some 5 ms where all passwords are to be opened."""


def database(settings: Settings, folder: DataFolder, runtime: Runtime | None = None) -> ProxyDB:
    """The owner's database behind its proxy: for a service where there is a ``runtime``, else for a one-off command."""
    return proxy_for(settings, settings.database, folder, runtime)


def proxy_for(
    settings: Settings,
    place: DatabaseSettings,
    folder: DataFolder,
    runtime: Runtime | None = None,
    *,
    own: IDBConnection | None = None,
) -> ProxyDB:
    """A proxy for the database at ``place``, which has the cameras' view; ``own`` has our tables if that has not."""
    view = camera_view(settings, folder, settings.cameras_view, own)
    gate = sign_in_gate(place, folder, runtime.offload if runtime else call_here)
    if runtime is None:
        return ProxyDB(connection_for(place), camera_view=view, gate=gate)
    connections = [connection_for(place) for _ in range(CONNECTIONS)]
    work = replace(WORK, log_in=place.login_seconds)
    return ProxyDB(Lanes(connections, runtime.database_thread, work=work), camera_view=view, gate=gate)


def audit_log_in(folder: DataFolder, offload: Offload = call_here) -> AuditLog:
    """The audit log in a data folder. Its moments are those of real time, also where a day is played in a minute."""
    return AuditLog(folder.store, PlayedClock(REAL_TIME), offload)


def sign_in_gate(place: DatabaseSettings, folder: DataFolder, offload: Offload = call_here) -> SignInGate:
    """What keeps the login at ``place`` from being locked."""
    if place.kind is DatabaseKind.SQLITE:
        return OPEN_GATE
    return DatabaseSignIns(f"{place.user} in {place}", folder.store, offload=offload)


def note_signed_in(settings: Settings, place: DatabaseSettings) -> None:
    """Somebody got into a database by other ways: the service need not wait any longer."""
    folder = data_home(settings)
    try:
        sign_in_gate(place, folder).accepted("")
    finally:
        folder.close()


def camera_view(settings: Settings, folder: DataFolder, name: str, own: IDBConnection | None = None) -> CameraView:
    """The view of cameras called ``name``; ``own`` as above."""
    defaults = CameraDefaults(
        settings.camera_user, settings.camera_password, settings.poll_interval, settings.time_zone
    )
    theirs = settings.cameras_are_theirs
    breath = Breath(ROWS_AT_ONCE)
    return CameraView(folder.sealer, name=name, defaults=defaults, own=own, is_theirs=theirs, breathe=breath)


def prepare_embedded(settings: Settings) -> None:
    """Make or update the embedded database; a server's schema is its administrator's business (``db upgrade``).

    Raises ``DatabaseError``.
    """
    connection = connection_for(settings.database)
    try:
        if settings.database.path is not None:
            settings.database.path.parent.mkdir(parents=True, exist_ok=True)
        if current(connection) != expected():
            from peoplecount.storage.migrate import upgrade  # noqa: PLC0415 - with Alembic, on few days

            upgrade(connection)
    except OSError as error:
        raise DatabaseUnavailable(f"the folder of {settings.database} cannot be made: {error.strerror}") from error
    finally:
        connection.disconnect()


@dataclass(frozen=True, slots=True)
class Configuration:
    """The tables that say what is polled."""

    cameras: CameraTable
    sites: SiteTable
    hand_counts: HandCountTable
    history: History
    passwords: CameraPasswords


def _cameras(settings: Settings, folder: DataFolder, own: ProxyDB) -> CameraTable:
    if not settings.cameras_are_theirs:
        return CameraTable(own, folder.sealer)

    def read() -> Roster:
        theirs = own if settings.attached is None else proxy_for(settings, settings.attached, folder, own=own)
        try:
            return camera_view(settings, folder, settings.cameras_view, own).read(theirs).roster
        finally:
            theirs.disconnect()

    return CamerasOfView(own, folder.sealer, settings.cameras_view, read)


def camera_table(settings: Settings, folder: DataFolder, own: IDBConnection, theirs: IDBConnection) -> CameraTable:
    """The cameras for a service's pages; ``theirs`` is where the cameras' view is, ``own`` has our tables."""
    if not settings.cameras_are_theirs:
        return CameraTable(own, folder.sealer, breathe=Breath(ROWS_AT_ONCE))
    view = camera_view(settings, folder, settings.cameras_view, own)
    return CamerasOfView(own, folder.sealer, settings.cameras_view, lambda: view.read(theirs).roster)


@contextmanager
def configuration(settings: Settings) -> Iterator[Configuration]:
    """The configuration in the database, for one-off commands. Raises ``DatabaseError`` and ``UnsuitableFolder``."""
    folder = data_home(settings)
    folder.make()
    if settings.database.kind is DatabaseKind.SQLITE:
        prepare_embedded(settings)
    proxy = database(settings, folder)
    try:
        yield Configuration(
            _cameras(settings, folder, proxy),
            SiteTable(proxy),
            HandCountTable(proxy),
            History(proxy),
            CameraPasswords(proxy),
        )
    finally:
        proxy.disconnect()


def serials_read(settings: Settings) -> dict[str, str]:
    """The serial number of each camera as last read, by the camera's id. Raises ``LogError``."""
    folder = open_data_home(settings)
    try:
        return serials_in(folder)
    finally:
        folder.close()


def serials_in(folder: DataFolder) -> dict[str, str]:
    """The same from a folder that is open."""
    return {
        key.removeprefix(CAMERA_STATE): read_count_state(state.body).serial
        for key, state in folder.log.load_states().states.items()
        if key.startswith(CAMERA_STATE)
    }


def line_names_read(settings: Settings) -> dict[str, str]:
    """What lines were called when they were last read, by id. Raises ``LogError``."""
    folder = open_data_home(settings)
    try:
        entries = folder.log.latest().entries
    finally:
        folder.close()
    return line_names(json.loads(entry.event.body) for entry in entries if entry.event.kind is EventKind.COUNT)


def register_fleet(settings: Settings, fleet: Sequence[Mapping[str, Any]]) -> None:
    """Enter these cameras, as a simulator lists them, where there are none: see ``Fleet``.

    Raises what ``configuration`` raises.
    """
    with configuration(settings) as tables:
        Fleet(tables.cameras, tables.sites, poll_interval=settings.poll_interval).enter(fleet)


def default_site(settings: Settings) -> Site:
    """The site of cameras that have none."""
    return Site(DEFAULT_SITE_ID, "Main site", settings.time_zone)
