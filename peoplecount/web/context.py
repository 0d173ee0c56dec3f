"""What the pages are made from."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from peoplecount.domain.clock import Clock
from peoplecount.program_files import program_files
from peoplecount.services.accounts import Accounts
from peoplecount.services.administration import Administration
from peoplecount.services.alert_desk import AlertDesk
from peoplecount.services.camera_drafts import CameraDrafts
from peoplecount.services.camera_office import CameraOffice
from peoplecount.services.commissioning import Commissioning
from peoplecount.services.counts import Counts
from peoplecount.services.door_audit import AuditReport
from peoplecount.services.fleet_desk import FleetDesk
from peoplecount.services.history_report import HistoryDesk
from peoplecount.services.import_jobs import ImportJobs
from peoplecount.services.live_board import LiveBoard
from peoplecount.services.missed_counts import MissedCounts
from peoplecount.services.mqtt_desk import MqttDesk
from peoplecount.services.replay_desk import ReplayDesk
from peoplecount.services.report_desk import ReportDesk
from peoplecount.services.request_rates import RequestRates
from peoplecount.services.stream_tickets import StreamTickets
from peoplecount.services.subscriptions import Subscriptions
from peoplecount.services.walk_tests import WalkTests
from peoplecount.services.worker_figures import WorkerNotes
from peoplecount.stream.backlog import Backlog
from peoplecount.stream.event_pages import EventPages
from peoplecount.stream.hub import Hub
from peoplecount.stream.open_streams import OpenStreams
from peoplecount.stream.snapshot import Snapshot
from peoplecount.web.access import Access, Nobody
from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.outside import OutsideSignIn
from peoplecount.web.request_figures import RequestFigures


class Chart(Protocol):
    """Where today's curves come from."""

    def read(self) -> Mapping[str, Any]:
        """JSON-ready. Raises ``ChartUnavailable``."""
        ...


class Usual(Protocol):
    """Where it comes from what sites usually count."""

    def read(self) -> Mapping[str, Any]:
        """JSON-ready. Raises ``UsualUnavailable``."""
        ...


class Audits(Protocol):
    """Where the door audits come from."""

    def read(self, site_id: str) -> AuditReport:
        """The audit of a site. Raises ``NoSuchSite`` and ``AuditUnavailable``."""
        ...


@dataclass(frozen=True)
class CameraPages:
    """What the pages about cameras are made from."""

    office: CameraOffice
    drafts: CameraDrafts
    jobs: ImportJobs
    cameras_now: Callable[[], Iterable[Mapping[str, Any]]]
    """The cameras' rows of a snapshot: how they are just now."""

    walks: WalkTests
    commissioning: Commissioning


def _nobody(_: str) -> None:
    pass


def _no_status() -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class WebContext:
    """Everything a view may call."""

    hub: Hub
    board: LiveBoard
    backlog: Backlog
    snapshots: Callable[[], Snapshot]
    clock: Clock
    chart: Chart | None = None
    """``None`` where nothing keeps a history."""

    usual: Usual | None = None
    """``None`` where nothing keeps a history."""

    audit: Audits | None = None
    """``None`` where nothing keeps a history."""

    counts: Counts | None = None
    """Where counts of earlier times come from; ``None`` where nothing keeps a history."""

    alerts: AlertDesk | None = None
    """``None``: nobody watches here."""

    reports: ReportDesk | None = None
    """``None``: none are sent from here."""

    history: HistoryDesk | None = None
    """What the pages of the history are made from; ``None`` where nothing keeps one."""

    fleet: FleetDesk | None = None
    """``None`` where nobody polls."""

    requests: RequestFigures = field(default_factory=RequestFigures)
    access_log: bool = False
    """Whether every request is a message."""

    workers: WorkerNotes | None = None
    """Figures of all processes; ``None``: none are kept."""

    status: Callable[[], Mapping[str, Any]] = _no_status
    """What ``/health/ready`` shows beside the stream's own state; must not block. ``"ready": False`` makes it 503;
    ``degraded`` are sentences about what does not work while everything else goes on."""

    database: Callable[[], Mapping[str, Any]] = _no_status
    """What ``/health/database`` shows; must not block."""

    demo: bool = False
    replay: ReplayDesk | None = None
    """``None``: what is shown happens now."""

    trusted_hosts: Sequence[str] | None = None
    """Host names under which the service answers; ``None`` for any. A service on loopback names them, or any web page
    could read it by pointing a name of its own at 127.0.0.1 (DNS rebinding)."""

    hsts_max_age: int = 31_536_000
    """Seconds for which browsers that came over HTTPS are to come no other way."""

    allowed_origins: Sequence[str] = ()
    """Web origins (``https://intranet.example``) whose pages may read streams and figures."""

    records: MissedCounts | None = None
    """Where the counts of events come from that the log has no more; ``None`` where nothing keeps a history."""

    streams: OpenStreams = field(default_factory=OpenStreams)
    """Who may open a stream. Each holds one of the worker's connections (gunicorn.conf.py), of which there are twice as
    many: the rest is for pages and health."""

    stream_life: float = float("inf")
    """Seconds that a stream may last."""

    addresses: ClientAddresses = field(default_factory=ClientAddresses)
    rates: RequestRates = field(default_factory=lambda: RequestRates(1000, time.monotonic))
    """How often each key may ask the API."""

    connector_hosts: Sequence[str] = (".azure-apihub.net", ".azure-apim.net")
    """How the names end under which Power Automate reaches us by a connector."""

    poll_camera: Callable[[str], None] | None = None
    """Has a camera polled at once, by whichever process polls; ``None``: none does. Raises ``LogError``."""

    event_pages: EventPages | None = None
    """``None``: made from ``hub`` and ``backlog``."""

    access: Access = field(default_factory=Nobody)
    accounts: Accounts | None = None
    """``None``: nobody signs in here."""

    administration: Administration | None = None
    """``None``: nothing is changed by pages here."""

    outside: OutsideSignIn | None = None
    """``None``: nobody else signs people in."""

    cameras: CameraPages | None = None
    """``None``: no cameras are changed by pages here."""

    webhooks: Subscriptions | None = None
    """``None``: nothing is sent out here."""

    mqtt: MqttDesk | None = None
    """``None``: nothing is published by MQTT."""

    public_url: str = ""
    """Under which browsers reach the service; empty: nobody has said."""

    tickets: StreamTickets | None = None
    """``None``: none are given."""

    close_streams: Callable[[str], object] = _nobody
    """Ends the streams of an address in every worker, or all of them. Raises ``LogError``."""

    template_folder: Path = field(default_factory=lambda: program_files() / "templates")
    static_folder: Path = field(default_factory=lambda: program_files() / "static")
    translation_folder: Path = field(default_factory=lambda: program_files() / "translations")
