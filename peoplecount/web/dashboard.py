"""The dashboard: all sites at a glance, and each of them at an address of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, make_response, request, stream_template

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
from peoplecount.web.live.drawn_day import DrawnDay, drawn_day
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
        page = board_page({"id": str(snapshot.event_id) if context.hub.ready else "", **fields}, usual())
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
            day=_day_of(alone, curves(), page["now"]) if alone else None,
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


def _day_of(site: Mapping[str, Any], curves: Mapping[str, Any] | None, now: datetime) -> DrawnDay | None:
    for curve in curves["sites"] if curves else ():
        if (curve["siteId"], curve["date"]) == (site["siteId"], site["date"]):
            return drawn_day(curve, now)
    return None


def _of_site(fields: Mapping[str, Any], site_id: str, *, is_ready: bool) -> Mapping[str, Any]:
    """The part of a snapshot that is of one site. 404 where there is none such; before anything is known, nothing."""
    if is_ready and site_id not in {site["siteId"] for site in fields["sites"]}:
        abort(404, say("There is no such site."))
    return only(fields, Selection(sites=frozenset({site_id})))
