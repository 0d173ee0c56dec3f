"""Fleets: many cameras with their sites and doors, entered at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from peoplecount.domain.camera import Camera
from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.site import Site
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.site_table import SiteTable


class Fleet:
    """Enters cameras where there are none. Entered again, only where they answer is taken over.

    What somebody added, changed or removed in between stays as it is.
    """

    def __init__(self, cameras: CameraTable, sites: SiteTable, *, poll_interval: float) -> None:
        self._cameras = cameras
        self._sites = sites
        self._poll_interval = poll_interval

    def enter(self, fleet: Sequence[Mapping[str, Any]]) -> None:
        """Enter the cameras as a simulator lists them under ``/control/cameras``.

        Raises ``InvalidEntry`` and ``DatabaseError``.
        """
        known = {camera.camera_id: camera for camera in self._cameras.cameras()}
        if known:
            self._follow(fleet, known)
        else:
            self._enter(fleet)

    def _enter(self, fleet: Sequence[Mapping[str, Any]]) -> None:
        for site in _sites(fleet):
            self._sites.put_site(site)
        for door in _doors(fleet):
            self._sites.put_door(door)
        for fields in fleet:
            self._cameras.add(self._camera(fields))

    def _follow(self, fleet: Sequence[Mapping[str, Any]], known: Mapping[str, Camera]) -> None:
        """Cameras that start anew may answer at another port, and with another certificate."""
        for fields in fleet:
            before = known.get(str(fields["cameraId"]))
            if before is not None:
                now = replace(before, address=fields["address"], certificate=fields.get("certificate", ""))
                if now != before:
                    self._cameras.change(now, keeps_password=True)

    def _camera(self, fields: Mapping[str, Any]) -> Camera:
        camera_id = str(fields["cameraId"])
        lines = tuple(
            Line(
                LineKey(camera_id, line["channel"], line["rule"], line["index"]),
                line["name"],
                door_id_of(fields["site"], line["door"]),
            )
            for line in fields["lines"]
        )
        return Camera(
            camera_id=camera_id,
            name=fields["name"],
            address=fields["address"],
            username=fields["username"],
            password=fields["password"],
            site_id=id_of(fields["site"]),
            poll_interval=self._poll_interval,
            lines=lines,
            certificate=fields.get("certificate", ""),
        )


def id_of(name: str) -> str:
    """An id made from a name: plain letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64] or "site"


def door_id_of(site_name: str, door_name: str) -> str:
    """The id of a door, by its site's name and its own."""
    return f"{id_of(site_name)[:31]}.{id_of(door_name)[:32]}"


def _sites(fleet: Iterable[Mapping[str, Any]]) -> Iterable[Site]:
    by_name = {fields["site"]: fields for fields in fleet}
    for name, fields in by_name.items():
        hours = fields.get("openingHours", "")
        yield Site(id_of(name), name, fields["timeZone"], fields.get("capacity"), opening_hours=hours)


def _doors(fleet: Iterable[Mapping[str, Any]]) -> Iterable[Door]:
    names = {(fields["site"], line["door"]) for fields in fleet for line in fields["lines"]}
    return (Door(door_id_of(site, door), id_of(site), door) for site, door in sorted(names))
