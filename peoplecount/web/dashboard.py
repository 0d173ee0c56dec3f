"""The dashboard: all sites at a glance, and each of them at an address of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, make_response, request, stream_template

from peoplecount.domain.event import parse_utc
from peoplecount.domain.sentence import say
from peoplecount.services.at_hand import AtHand
from peoplecount.services.today_chart import ChartUnavailable
from peoplecount.services.unhurried import Breath, unhurried
from peoplecount.services.usual_days import UsualUnavailable
from peoplecount.stream.selection import Selection
from peoplecount.stream.snapshot import only
from peoplecount.web.alerts import open_alerts
from peoplecount.web.board_page import board_page
from peoplecount.web.context import WebContext
from peoplecount.web.gate import visitor
from peoplecount.web.live.day_table import day_rows
from peoplecount.web.live.drawn_day import drawn_day
from peoplecount.web.own_sites import own_part

PIECES_AT_ONCE = 500
"""Pieces of a page after which others have their turn; five hundred lines come to some fifty thousand."""

SOMETHING_IS_WRONG = "Something does not work as it should. Those who look after this service see what."

FRESH_CURVE, KEPT_CURVE = 20.0, 600.0
"""Seconds, likewise, of today's curves."""

FRESH, KEPT = 60.0, 7200.0
"""Seconds: how often it is asked anew what is usual, and for how long an answer is shown."""


def routes(context: WebContext) -> Blueprint:
    """``/``, ``/sites/ID``, and ``/board``: the part of both that changes when cameras, doors or sites come and go."""
    blueprint = Blueprint("dashboard", __name__)
    usual = _usual_of(context)
    curves = _curves_of(context)

    def render(template: str, site_id: str) -> Response:
        snapshot = context.snapshots()
        # Where the stream goes on for who has this page.
        fields = own_part(visitor(), snapshot.fields)
        if site_id:
            fields = _of_site(fields, site_id, is_ready=context.hub.ready)
        expected = usual()
        page = board_page({"id": str(snapshot.event_id) if context.hub.ready else "", **fields}, expected)
        troubles = context.status().get("degraded", ())
        if troubles and visitor().is_limited:  # they may name what is of other sites
            troubles = (SOMETHING_IS_WRONG,)
        alone = page["sites"][0] if len(page["sites"]) == 1 else None
        pieces = stream_template(
            template,
            page=page,
            ready=context.hub.ready,
            troubles=troubles,
            scope=site_id,
            alone=alone,
            alerts=open_alerts(context),
            **_day_of(alone, curves(), expected, page["now"]),
        )
        response = make_response("".join(unhurried(pieces, Breath(PIECES_AT_ONCE))))
        response.headers["Cache-Control"] = "no-cache"
        return response

    @blueprint.get("/")
    def dashboard() -> Response:
        return render("dashboard.html", "")

    @blueprint.get("/sites/<site_id>")
    def site(site_id: str) -> Response:
        return render("dashboard.html", site_id)

    @blueprint.get("/board")
    def board() -> Response:
        return render("board.html", request.args.get("site", ""))

    return blueprint


def _usual_of(context: WebContext) -> Callable[[], Mapping[str, Any] | None]:
    if context.usual is None:
        return lambda: None
    return AtHand(context.usual.read, UsualUnavailable, context.clock, fresh=FRESH, kept=KEPT)


def _curves_of(context: WebContext) -> Callable[[], Mapping[str, Any] | None]:
    """Today's curves, for those who have no scripts: they are not waited for either."""
    if context.chart is None:
        return lambda: None
    return AtHand(context.chart.read, ChartUnavailable, context.clock, fresh=FRESH_CURVE, kept=KEPT_CURVE)


def _day_of(
    site: Mapping[str, Any] | None, curves: Mapping[str, Any] | None, usual: Mapping[str, Any] | None, now: datetime
) -> dict[str, Any]:
    """``day`` as a picture and ``day_rows`` as a table, of the one site that a page is about, where they are there."""
    curve = _of_day(site, curves) if site and curves else None
    if site is None or curves is None or curve is None:
        return {"day": None, "day_rows": ()}
    expected = _of_day(site, usual) if usual else None
    rows = day_rows(curve, now, parse_utc(curves["time"]), expected["hours"] if expected else None)
    return {"day": drawn_day(curve, now), "day_rows": rows}


def _of_day(site: Mapping[str, Any], told: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What is told of the day that the site has now."""
    of_site: Iterator[Mapping[str, Any]] = (one for one in told["sites"] if one["siteId"] == site["siteId"])
    return next((one for one in of_site if one["date"] == site["date"]), None)


def _of_site(fields: Mapping[str, Any], site_id: str, *, is_ready: bool) -> Mapping[str, Any]:
    """The part of a snapshot that is of one site. 404 where there is none such; before anything is known, nothing."""
    if is_ready and site_id not in {site["siteId"] for site in fields["sites"]}:
        abort(404, say("There is no such site."))
    return only(fields, Selection(sites=frozenset({site_id})))
