"""Looking at an installation from beside its service: what is made of its data folder and its own answer."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import requests
import urllib3

from peoplecount import __version__
from peoplecount.configuration import default_site
from peoplecount.data_home import data_home
from peoplecount.domain.event import EventKind
from peoplecount.domain.offload import call_here
from peoplecount.domain.roster import Roster
from peoplecount.domain.visitor import Visitor
from peoplecount.eventlog.log import LogError
from peoplecount.launch import own_address
from peoplecount.own_certificate import OwnCertificate
from peoplecount.services.fleet_camera import FleetCamera
from peoplecount.services.fleet_desk import FleetDesk
from peoplecount.services.fleet_record import FleetRecords
from peoplecount.services.live_board import LiveBoard
from peoplecount.services.played_clock import ClockUnavailable, PlayedClock
from peoplecount.services.roster_keeper import RosterKeeper
from peoplecount.services.sight import Answer, SharedLogSight, Sight
from peoplecount.services.worker_figures import read_workers
from peoplecount.settings import Settings

PATIENCE = 5.0
"""Seconds that the service has to answer. It is on this machine."""

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  what is listened on, not what is chosen


class InstallationSight:
    """Looks, as often as it is asked. ``close`` lets go of the files."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = data_home(settings)

    def close(self) -> None:
        """May be called twice."""
        self._folder.close()

    def look(self) -> Sight:
        """The installation now. Whatever cannot be read is said in it."""
        settings, folder, unread = self._settings, self._folder, list[str]()
        address = own_address(settings, _EVERYWHERE.get(settings.host, settings.host), settings.port)
        seen: dict[str, Any] = {}
        for name, read in (("store.sqlite", self._in_store), ("events.sqlite", self._in_log)):
            if not (folder.has_log if name == "events.sqlite" else (folder.path / name).is_file()):
                unread.append(f"There is no {name} in {folder.path}: the service has not run in this folder yet.")
                continue
            try:
                seen |= read()
            except ClockUnavailable as error:
                unread.append(f"{error}.")
            except LogError as error:
                if not folder.shares_log:  # else said below
                    unread.append(f"{error}.")
        if settings.redis_url is not None:
            seen["shared_log"] = self._shared_log(str(settings.redis_url))
        if folder.path.is_dir():
            seen["disk_free"] = shutil.disk_usage(folder.path).free
        if settings.tls_cert:
            try:
                seen["certificate_end"] = OwnCertificate(settings.tls_cert).end()
            except (OSError, ValueError) as error:
                unread.append(f"The certificate in {settings.tls_cert} cannot be read: {error}.")
        return Sight(
            at=datetime.now(UTC),
            version=__version__,
            address=address,
            answer=asked(address),
            log_budget=settings.log_disk_budget,
            database=str(settings.database),
            unread=unread,
            **seen,
        )

    def _in_store(self) -> dict[str, Any]:
        return {"workers": read_workers(self._folder.store)}

    def _shared_log(self, place: str) -> SharedLogSight:
        assert self._folder.shared is not None  # noqa: S101
        try:
            members = self._folder.shared.membership.others()
        except LogError as error:
            return SharedLogSight(place, trouble=str(error))
        return SharedLogSight(place, machines=len(members))

    def _in_log(self) -> dict[str, Any]:
        log = self._folder.log
        latest, head = log.latest(), log.head()
        counts = [one.appended_at for one in latest.entries if one.event.kind is EventKind.COUNT]
        clock = PlayedClock.at(self._settings.clock_url)
        roster = self._roster()
        board = LiveBoard(
            lambda: list(roster.sites.values()),
            lambda: {key: camera.poll_interval for key, camera in roster.cameras.items()},
            clock.speed,
            rest=lambda: None,
        )
        board.load(latest)
        board.note_seen(log.seen())
        fields = board.snapshot(clock.now())
        return {
            "cameras": self._cameras(roster, fields, clock),
            "sites": fields["sites"],
            "counted_at": max(counts, default=None),
            "log_events": head.number,
            "log_bytes": log.size(),
        }

    def _roster(self) -> Roster:
        """As the service read it last. Its passwords stay sealed."""
        keeper = RosterKeeper(Roster, self._folder.store, _LeftSealed(), default_site(self._settings))
        return keeper.load_copy()

    def _cameras(self, roster: Roster, fields: Mapping[str, Any], clock: PlayedClock) -> tuple[FleetCamera, ...]:
        real_time = PlayedClock()

        desk = FleetDesk(
            FleetRecords(self._folder.store, clock, real_time, call_here),
            roster=lambda: roster,
            board=lambda: fields,
            paused=lambda: roster.paused,
            heads=lambda: (self._folder.log.head(), self._folder.log.head()),
            clock=clock,
            real_time=real_time,
        )
        return desk.picture(Visitor()).cameras


class _LeftSealed:
    """Whoever looks at an installation needs no password of its cameras."""

    def seal(self, text: str) -> str:
        return text

    def unseal(self, _: str) -> str:
        return ""


def asked(address: str) -> Answer:
    """What the service at this machine's own address says of itself."""
    session = requests.Session()
    session.trust_env = False  # a proxy has no business here
    try:
        with session, warnings.catch_warnings():
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            # Its certificate is for another name, and nothing secret is sent.
            answer = session.get(f"{address}/health/ready", timeout=PATIENCE, verify=False, allow_redirects=False)
        said = answer.json()
        return Answer(str(said["status"]), str(said.get("reason", "")), tuple(map(str, said.get("degraded", ()))))
    except requests.JSONDecodeError:
        return Answer("", "something else answers there")
    except requests.RequestException as error:
        return Answer("", "it takes too long" if isinstance(error, requests.Timeout) else "nobody listens there")
    except (KeyError, TypeError, AttributeError):
        return Answer("", "something else answers there")
