"""The roster's keeper: read from the database, and from its local copy while the database is away."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from datetime import time
from typing import Any, Protocol

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.door import Door
from peoplecount.domain.event import parse_utc, utc_text
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.domain.threshold import Threshold
from peoplecount.services.unhurried import Breath, unhurried

logger = logging.getLogger(__name__)

_THRESHOLDS = ("busy_from", "full_from")

AT_ONCE = 50
"""Cameras whose passwords are sealed in one go: some 5 ms."""


class RosterCopy(Protocol):
    """Where the last good roster is kept."""

    def save_roster(self, body: str) -> None:
        """Keep it."""
        ...

    def load_roster(self) -> str | None:
        """The one kept last."""
        ...


class Sealer(Protocol):
    """Keeps passwords from being read where they are stored."""

    def seal(self, text: str) -> str:
        """Make it unreadable."""
        ...

    def unseal(self, text: str) -> str:
        """Make it readable again."""
        ...


class RosterKeeper:
    """The newest roster known; never raises for a database that is away."""

    def __init__(
        self,
        read: Callable[[], Roster],
        copy: RosterCopy,
        sealer: Sealer,
        default_site: Site,
        offload: Offload = call_here,
        *,
        holds_on: bool = False,
    ) -> None:
        """``holds_on``: a list that is empty all at once is not believed, because somebody else's hands keep it."""
        self._read = read
        self._holds_on = holds_on
        self._offload = offload
        self._copy = copy
        self._sealer = sealer
        self._default_site = default_site
        self._body = ""
        self._roster = Roster(sites={default_site.site_id: default_site})
        self.emptied = False
        """Whether the list is empty and those known are polled on."""

        self.lacks_cameras = False
        """Whether cameras of the copy are left out, because their passwords were sealed with another key."""

    def current(self) -> Roster:
        """The roster as last loaded or refreshed."""
        return self._roster

    def load_copy(self) -> Roster:
        """Take up the local copy, if there is one that differs."""
        body = self._copy.load_roster()
        if body is not None and body != self._body:
            self._body = body
            self.lacks_cameras = False
            try:
                self._roster = self._completed(self._read_body(body))
            except (ValueError, KeyError, TypeError) as error:
                logger.warning("the local copy of the camera list cannot be used: %s", error)
        return self._roster

    def refresh(self) -> Roster:
        """Read the database and keep a copy of what is new. Raises what the database raises."""
        roster = self._completed(self._unless_emptied(self._read()))
        if roster != self._roster or not self._body:
            self._body = ""  # until the copy is kept, so that a copy that failed is tried again
            self._roster = roster
            body = self._write_body(roster)
            self._offload(self._copy.save_roster, body)
            self._body = body
            self.lacks_cameras = False
        return roster

    def _unless_emptied(self, roster: Roster) -> Roster:
        known = self._roster.cameras
        emptied = self._holds_on and bool(known) and not roster.cameras and not roster.paused
        if emptied and not self.emptied:
            logger.error(
                "The list of cameras is empty all at once; the %d known ones are polled on until there is one again",
                len(known),
            )
        if self.emptied and not emptied:
            logger.warning("The list of cameras is no longer empty; what it says holds again")
        self.emptied = emptied
        return replace(roster, cameras=known) if emptied else roster

    def _completed(self, roster: Roster) -> Roster:
        """With the default site, and without last counts: those change all the time and are no news."""
        cameras, paused = (
            {key: replace(camera, last_counts={}) if camera.last_counts else camera for key, camera in some.items()}
            for some in (roster.cameras, roster.paused)
        )
        sites = {DEFAULT_SITE_ID: self._default_site, **roster.sites}
        return replace(roster, cameras=cameras, paused=paused, sites=sites)

    def _write_body(self, roster: Roster) -> str:
        breath = Breath(AT_ONCE)
        return json.dumps(
            {
                "sites": [_site_fields(site) for site in roster.sites.values()],
                "doors": [asdict(door) for door in roster.doors.values()],
                "cameras": [self._camera_fields(one) for one in unhurried(roster.cameras.values(), breath)],
                "paused": [self._camera_fields(one) for one in unhurried(roster.paused.values(), breath)],
            },
            ensure_ascii=False,
        )

    def _camera_fields(self, camera: Camera) -> dict[str, Any]:
        return {
            "camera_id": camera.camera_id,
            "name": camera.name,
            "address": camera.address,
            "username": camera.username,
            "password": self._sealer.seal(camera.password),
            "site_id": camera.site_id,
            "poll_interval": camera.poll_interval,
            "protocol": camera.protocol.value if camera.protocol else None,
            "lines": [_line_fields(line) for line in camera.lines],
            "certificate": camera.certificate,
            "nvr_channel": camera.nvr_channel,
            "inner_address": camera.inner_address,
        }

    def _read_body(self, body: str) -> Roster:
        fields = json.loads(body)
        return Roster(
            cameras={camera.camera_id: camera for camera in self._cameras(fields["cameras"])},
            sites={site["site_id"]: _site(site) for site in fields["sites"]},
            doors={door["door_id"]: Door(**door) for door in fields["doors"]},
            paused={camera.camera_id: camera for camera in self._cameras(fields.get("paused", ()))},
        )

    def _cameras(self, listed: Iterable[dict[str, Any]]) -> Iterator[Camera]:
        """Those whose passwords can be opened: where a key was lost, others may go by one that is set for all."""
        for fields in listed:
            try:
                password = self._sealer.unseal(fields["password"])
            except ValueError as error:
                self.lacks_cameras = True
                logger.warning(
                    "In the local copy of the camera list: camera %s is left out: %s", fields["camera_id"], error
                )
            else:
                yield self._camera(fields, password)

    def _camera(self, fields: dict[str, Any], password: str) -> Camera:
        return Camera(
            **fields
            | {
                "password": password,
                "protocol": CameraProtocol(fields["protocol"]) if fields["protocol"] else None,
                "lines": tuple(_line(line) for line in fields["lines"]),
            }
        )


def _site_fields(site: Site) -> dict[str, Any]:
    thresholds = {name: str(getattr(site, name) or "") for name in _THRESHOLDS}
    return asdict(site) | {"reset_time": site.reset_time.isoformat(), **thresholds}


def _site(fields: dict[str, Any]) -> Site:
    thresholds = {  # copies of before 0.2 have none
        name: Threshold.parse(fields[name]) if fields.get(name) else None for name in _THRESHOLDS
    }
    return Site(**fields | {"reset_time": time.fromisoformat(fields["reset_time"])} | thresholds)


def _line_fields(line: Line) -> dict[str, Any]:
    return {
        "key": str(line.key),
        "name": line.name,
        "door_id": line.door_id,
        "swaps": [utc_text(moment) for moment in line.swaps],
    }


def _line(fields: dict[str, Any]) -> Line:
    swaps = tuple(parse_utc(moment) for moment in fields.get("swaps", ()))  # copies of before 0.2 have none
    return Line(LineKey.parse(fields["key"]), fields["name"], fields["door_id"], swaps)
