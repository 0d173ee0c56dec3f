"""The evacuation page of a site: who is inside as far as anybody knows, on a screen and on paper.

Made of the live board alone, which needs no database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, render_template

from peoplecount.domain.camera import CameraState
from peoplecount.domain.event import parse_utc
from peoplecount.domain.sentence import figure, say, say_number
from peoplecount.stream.selection import Selection
from peoplecount.stream.snapshot import only
from peoplecount.web.board_page import board_page
from peoplecount.web.context import WebContext
from peoplecount.web.formats import clock_time, day_and_time
from peoplecount.web.gate import visitor
from peoplecount.web.own_sites import own_part


def routes(context: WebContext) -> Blueprint:
    """``/sites/ID/evacuation``."""
    blueprint = Blueprint("evacuation", __name__)

    @blueprint.get("/sites/<site_id>/evacuation")
    def sheet(site_id: str) -> Response:
        snapshot = context.snapshots()
        fields = only(own_part(visitor(), snapshot.fields), Selection(sites=frozenset({site_id})))
        if not context.hub.ready:
            abort(503, say("The service is starting. Try again in a moment."))
        if not fields["sites"]:
            abort(404, say("There is no such site."))
        page = board_page({"id": str(snapshot.event_id), **fields})
        site = page["sites"][0]
        doubts = list(doubts_about(site, page["now"]))
        answer = make_response(render_template("live/evacuation.html", page=page, site=site, doubts=doubts))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return blueprint


def doubts_about(site: Mapping[str, Any], now: datetime) -> Iterator[str]:
    """What is not known of the people inside, a sentence each; never none, for no door sees everybody.

    ``now`` is UTC: of another day than this, moments are told with their day.
    """
    if site["occupancy"] is None:
        yield say("No camera of this site has been read today. How many people are inside is not known at all.")
    for camera in site["cameras"]:
        if camera["state"] != CameraState.UP:
            yield _silent(camera, site["timeZone"], now)
        elif camera["stale"]:
            yield say("%(camera)s has not told anything new for a while.", camera=camera["cameraName"])
    if site["clamped"]:
        more = site["clamped"]
        yield say_number(
            "%(num)s more person was seen to leave than to come: whoever came in unseen is not in these figures.",
            "%(num)s more people were seen to leave than to come: whoever came in unseen is not in these figures.",
            more,
        )
    if site["inToday"] is not None and not site["complete"]:
        yield say("Lines that were not read today are in none of these figures.")
    if site["qualityToday"] in {"estimated", "missing"}:
        yield say("Some of today's figures are estimated or missing, because cameras could not be read for a while.")
    yield from _anchors(site)
    yield say("Through which door somebody came in does not tell where they are now. No door sees everybody.")


def _silent(camera: Mapping[str, Any], zone: str, now: datetime) -> str:
    if not camera["lastReadingAt"]:
        return say("%(camera)s was not read yet: whoever crosses there is not counted.", camera=camera["cameraName"])
    return say(
        "%(camera)s: %(state)s. Whoever has crossed there since %(time)s is not counted yet.",
        camera=camera["cameraName"],
        state=camera["words"],
        time=_at(parse_utc(camera["lastReadingAt"]), zone, now),
    )


def _at(moment: datetime, zone: str, now: datetime) -> str:
    """A sheet that is printed is read as of today."""
    days = {one.astimezone(ZoneInfo(zone)).date() for one in (moment, now)}
    return (clock_time if len(days) == 1 else day_and_time)(moment, zone, seconds=True)


def _anchors(site: Mapping[str, Any]) -> Iterator[str]:
    """From when on the people inside were counted."""
    counted = site["countedByHandAt"]
    if counted:
        at = clock_time(parse_utc(counted), site["timeZone"])
        yield say("Somebody counted the people inside at %(time)s; the figure goes on from there.", time=at)
    else:
        reset = str(site["resetTime"])
        yield say("Counting began at %(time)s with nobody inside; nobody has counted by hand since.", time=reset)
    if site["occupancyEstimate"] is not None and site["occupancyLow"] < site["occupancyHigh"]:
        low, high = figure(site["occupancyLow"]), figure(site["occupancyHigh"])
        yield say("By what these doors usually miss, there may be from %(low)s to %(high)s people.", low=low, high=high)
