"""The fleet: how every camera is doing, for those who look after them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, request, stream_template

from peoplecount.domain.camera import CameraState
from peoplecount.domain.sentence import say
from peoplecount.domain.site import Site
from peoplecount.services.door_audit import AuditUnavailable, NoSuchSite
from peoplecount.services.fleet_camera import PAUSED, FleetCamera, Level
from peoplecount.services.fleet_desk import FleetDesk, FleetPicture
from peoplecount.services.site_day import zone_of
from peoplecount.services.unhurried import Breath, unhurried
from peoplecount.web.context import WebContext
from peoplecount.web.formats import UNKNOWN, clock_time, day_and_time, decimal
from peoplecount.web.gate import may, visitor
from peoplecount.web.languages import said
from peoplecount.web.needs import NEEDS

ON_A_PAGE = 100
PIECES_AT_ONCE = 500
"""Pieces of a page after which others have their turn."""

SAID = {
    CameraState.DOWN.value: say("does not answer"),
    CameraState.CREDENTIALS_REJECTED.value: say("refuses us"),
    CameraState.CERTIFICATE_CHANGED.value: say("certificate changed"),
    CameraState.CERTIFICATE_UNKNOWN.value: say("certificate not trusted"),
    CameraState.UNKNOWN.value: say("not asked yet"),
    PAUSED: say("paused"),
    CameraState.UP.value: say("answering"),
}
"""States in words, the most urgent first."""

ODD = "odd"
"""What is chosen where cameras answer and something is to be said of them all the same."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody looks for; nonsense chooses nothing, like no choice."""

    text: str = ""
    state: str = ""
    site: str = ""

    def takes(self, camera: FleetCamera) -> bool:
        """Whether a camera is among what is looked for."""
        if self.site and camera.site.site_id != self.site:
            return False
        if self.state == ODD and camera.level is not Level.ODD:
            return False
        if self.state in SAID and camera.state != self.state:
            return False
        told = (camera.camera_id, camera.name, camera.site.name, camera.address, camera.device.model)
        return self.text.casefold() in " ".join((*told, camera.device.serial, camera.device.firmware)).casefold()


def routes(context: WebContext, desk: FleetDesk) -> Blueprint:
    """``/fleet``, and ``/fleet/CAMERA``. They need no script."""
    blueprint = Blueprint("fleet", __name__, url_prefix="/fleet")

    @blueprint.get("")
    def fleet() -> Response:
        picture, choice = desk.picture(visitor()), _choice(request.args)
        chosen = [camera for camera in picture.cameras if choice.takes(camera)]
        begin = _begin(request.args.get("from", ""), len(chosen))
        return _page(
            "fleet.html",
            picture=picture,
            choice=choice,
            chosen=len(chosen),
            may_add=_may_add(context),
            shown=chosen[begin : begin + ON_A_PAGE],
            begin=begin,
            earlier=_link(choice, max(0, begin - ON_A_PAGE)) if begin else "",
            later=_link(choice, begin + ON_A_PAGE) if begin + ON_A_PAGE < len(chosen) else "",
            states=_states(picture, choice),
            sites=_sites(picture.cameras),
            said=SAID,
            now=context.clock.now(),
            troubles=[] if visitor().is_limited else context.status().get("degraded", ()),
        )

    @blueprint.get("/<path:camera_id>")
    def camera(camera_id: str) -> Response:
        picture = desk.picture(visitor())
        found = next((one for one in picture.cameras if one.camera_id == camera_id), None)
        if found is None:
            abort(404, say("There is no such camera."))
        findings, audit_missing = _audit(context, found)
        return _page(
            "fleet_camera.html",
            picture=picture,
            camera=found,
            said=SAID,
            now=context.clock.now(),
            findings=findings,
            audit_missing=audit_missing,
        )

    return blueprint


def _page(template: str, **values: object) -> Response:
    pieces = stream_template(template, **values)
    response = make_response("".join(unhurried(pieces, Breath(PIECES_AT_ONCE))))
    response.headers["Cache-Control"] = "no-store"
    return response


def _choice(asked: Mapping[str, str]) -> Choice:
    state = asked.get("state", "")
    return Choice(asked.get("q", "").strip()[:100], state if state in {*SAID, ODD} else "", asked.get("site", "")[:64])


def _begin(text: str, there: int) -> int:
    """Where the page begins; the first one where somebody asks for nonsense, or for more than there are."""
    begin = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    return begin if begin < there else 0


def _link(choice: Choice, begin: int = 0, state: str | None = None) -> str:
    wanted = choice.state if state is None else state
    told = {"q": choice.text, "state": wanted, "site": choice.site, "from": str(begin or "")}
    query = urlencode({name: text for name, text in told.items() if text})
    return f"/fleet?{query}" if query else "/fleet"


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many cameras are in a state, and where to see them."""

    state: str
    words: str
    count: int
    level: str
    link: str
    is_chosen: bool


def _states(picture: FleetPicture, choice: Choice) -> list[StateCount]:
    """Of all cameras, whatever is looked for; states that none is in are left out, but for those that answer."""
    counts = Counter(camera.state for camera in picture.cameras)
    odd = sum(camera.level is Level.ODD for camera in picture.cameras)
    rows = [(state, words, counts[state], _level(state)) for state, words in SAID.items()]
    rows.append((ODD, say("with a remark"), odd, Level.ODD.value))
    return [
        StateCount(state, words, count, level, _link(choice, 0, "" if choice.state == state else state), chosen)
        for state, words, count, level in rows
        for chosen in (choice.state == state,)
        if count or state == CameraState.UP or chosen
    ]


def _level(state: str) -> str:
    if state == CameraState.UP:
        return Level.FINE.value
    return (Level.WAITING if state in {CameraState.UNKNOWN, PAUSED} else Level.BAD).value


def _sites(cameras: Iterable[FleetCamera]) -> list[Site]:
    found = {camera.site.site_id: camera.site for camera in cameras}
    return sorted(found.values(), key=lambda site: site.name.casefold())


def _may_add(context: WebContext) -> bool:
    """Whether somebody may enter cameras, and they are entered here."""
    pages = context.cameras
    return pages is not None and not pages.office.desk.are_theirs and may(NEEDS["admin_cameras.add"], visitor())


def _audit(context: WebContext, camera: FleetCamera) -> tuple[list[tuple[str, Sequence[str]]], str]:
    """What the door audits of its lines' sites say of its lines; and why nothing, where they cannot be read."""
    if context.audit is None:
        return [], say("No history is kept here, so nothing is said of its doors.")
    ids = {line["lineId"] for line in camera.lines}
    found: list[tuple[str, Sequence[str]]] = []
    for site_id in sorted({line["siteId"] for line in camera.lines if visitor().may_see(line["siteId"])}):
        try:
            report = context.audit.read(site_id)
        except NoSuchSite:
            continue
        except AuditUnavailable:
            return found, say("The history cannot be read just now, so nothing is said of its doors.")
        found += [(row.name, row.findings) for row in report.rows if row.audit.line_id in ids and row.findings]
    return found, ""


def at_site(moment: datetime, site: Site, now: datetime) -> str:
    """A moment at a site: its time, with its day where that is not today."""
    zone: ZoneInfo = zone_of(site)
    local = moment.astimezone(zone)
    is_today = local.date() == now.astimezone(zone).date()
    return clock_time(local, zone.key) if is_today else day_and_time(local, zone)


def offset(seconds: float | None) -> str:
    """How far a clock is ahead."""
    if seconds is None:
        return UNKNOWN
    return f"{decimal(seconds, sign=True)} s" if seconds else said(say("right"))


FILTERS: Mapping[str, Callable[..., Any]] = {"at_site": at_site, "offset": offset}
