"""The live board in the order in which a page shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from peoplecount.domain.camera import CameraState
from peoplecount.domain.event import parse_utc
from peoplecount.domain.sentence import say
from peoplecount.domain.threshold import Levels
from peoplecount.services.unhurried import Breath, unhurried
from peoplecount.web.live.beside_usual import beside_usual
from peoplecount.web.trust import doubt

DONE_AT_ONCE = 100
"""Cameras or lines after which others have their turn; some milliseconds."""

_STATE_WORDS = {
    CameraState.UP: say("answering"),
    CameraState.DOWN: say("not answering"),
    CameraState.CREDENTIALS_REJECTED: say("password refused"),
    CameraState.CERTIFICATE_UNKNOWN: say("certificate not trusted"),
    CameraState.CERTIFICATE_CHANGED: say("certificate changed"),
    CameraState.UNKNOWN: say("not asked yet"),
}


def board_page(snapshot: Mapping[str, Any], usual: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the templates need, from a snapshot of the board and what is usual at its sites, where that is at hand."""
    now = parse_utc(snapshot["time"])
    breathe = Breath(DONE_AT_ONCE)
    cameras = {camera["cameraId"]: _camera(camera, now) for camera in unhurried(snapshot["cameras"], breathe)}
    lines = [_line(line, cameras[line["cameraId"]], now) for line in unhurried(snapshot["lines"], breathe)]
    sites = [_site(site, snapshot, lines, cameras) for site in unhurried(snapshot["sites"], Breath(1))]
    known = {row["siteId"]: row for row in usual["sites"]} if usual else {}
    return {
        "snapshot": snapshot,
        "now": now,
        "empty": not cameras,
        "sites": [site | {"usual": beside_usual(site, known.get(site["siteId"]), now)} for site in sites],
    }


def _site(
    site: Mapping[str, Any],
    snapshot: Mapping[str, Any],
    lines: Sequence[dict[str, Any]],
    cameras: Mapping[str, dict[str, Any]],
) -> dict[str, Any]:
    site_id = site["siteId"]
    of_site = [line for line in lines if line["siteId"] == site_id]
    of_door: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in of_site:
        of_door[line["doorId"]].append(line)
    used = {line["cameraId"] for line in of_site}
    watching = [camera for key, camera in cameras.items() if camera["siteId"] == site_id or key in used]
    answering = sum(camera["state"] == CameraState.UP for camera in watching)
    return {
        **site,
        "occupancyReason": _occupancy_reason(site["occupancy"], everybody=answering == len(watching)),
        "share": _share(site["occupancy"], site["capacity"]),
        "band": Levels(site["busyFrom"], site["fullFrom"]).fullness(site["occupancy"]),
        "doors": [_door(door, of_door[door["doorId"]]) for door in snapshot["doors"] if door["siteId"] == site_id],
        "cameras": watching,
        "answering": answering,
        **_readings(of_site),
    }


def _readings(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The oldest reading of some lines: when it was, its age, and whether any is too old; none without lines."""
    if not lines:
        return {"age": None, "readAt": None, "stale": False}
    oldest = max(lines, key=lambda line: line["age"] if line["age"] is not None else float("inf"))
    return {"age": oldest["age"], "readAt": oldest["readAt"], "stale": any(line["stale"] for line in lines)}


def _door(door: Mapping[str, Any], lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    reason = next((line["reason"] for line in lines if line["reason"]), "")
    return {
        **door,
        **_readings(lines),
        "lines": lines,
        "single": len(lines) == 1,
        "reason": reason or doubt(door),
    }


def _line(line: Mapping[str, Any], camera: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    age, stale = camera["age"], camera["stale"]
    if line["missing"]:  # the camera answers, and yet does not tell of it
        age, stale = (now - parse_utc(line["lastReadingAt"])).total_seconds(), True
    read_at = None if age is None else now - timedelta(seconds=age)
    return {**line, "age": age, "readAt": read_at, "stale": stale, "reason": _reason(line, camera)}


def _reason(line: Mapping[str, Any], camera: Mapping[str, Any]) -> str:
    """Why a figure is old or missing; empty where it is neither."""
    if camera["state"] == CameraState.DOWN:
        return say("%(camera)s is %(state)s", camera=camera["cameraName"], state=camera["words"])
    if camera["state"] not in {CameraState.UP, CameraState.UNKNOWN}:
        return say("%(camera)s: %(state)s", camera=camera["cameraName"], state=camera["words"])
    if line["missing"]:
        return say("no longer in the answers of %(camera)s", camera=camera["cameraName"])
    if line["inToday"] is None:
        return say("not read yet today")
    return say("no new reading") if camera["stale"] else ""


def _camera(camera: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    read_at = camera["lastReadingAt"]
    seconds = (now - parse_utc(read_at)).total_seconds() if read_at else None
    old = seconds is None or seconds > camera["staleAfter"]
    return {
        **camera,
        "age": seconds,
        "stale": old or camera["state"] != CameraState.UP,
        "words": _STATE_WORDS.get(camera["state"], camera["state"]),
    }


def _occupancy_reason(occupancy: int | None, *, everybody: bool) -> str:
    if occupancy is None:
        return say("not known: no camera has been read yet today")
    return "" if everybody else say("without the doors whose camera is not answering")


def _share(occupancy: int | None, capacity: int | None) -> float | None:
    """Per cent of the capacity, 100 at most; ``None`` where either is unknown."""
    if occupancy is None or not capacity:
        return None
    return min(100.0, round(100 * occupancy / capacity, 1))
