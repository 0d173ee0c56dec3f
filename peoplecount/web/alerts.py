"""Alerts: what is wrong now, what was, and who takes care of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from peoplecount.domain.sentence import Sentence, figure, say, words_of
from peoplecount.eventlog.log import LogError
from peoplecount.services.alert_book import BookedAlert, NoSuchAlert
from peoplecount.services.alert_desk import AlertDesk
from peoplecount.services.alert_words import text_of, title_of
from peoplecount.web.context import WebContext
from peoplecount.web.errors import unavailable
from peoplecount.web.gate import visitor
from peoplecount.web.languages import said

SHOWN = 200
"""Alerts that are over, on the page."""


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """An alert as a page shows it."""

    alert: BookedAlert
    title: str
    text: Sentence
    zone: str
    lasted: Sentence | None
    """How long it was open; ``None``: it still is."""

    @property
    def whys(self) -> Sequence[Mapping[str, str]]:
        """What is bad, where there is a reason to be told."""
        return [item for item in self.alert.fields["items"] if item["why"] and item["why"] != str(self.text)]


def routes(context: WebContext, desk: AlertDesk) -> Blueprint:
    """``/alerts``, ``/alerts/open`` (the part of the dashboard that tells of them), and what is sent from there."""
    blueprint = Blueprint("alerts", __name__)

    @blueprint.get("/alerts")
    def alerts() -> Response:
        sites = visitor().sites
        try:
            found, over = desk.open(sites), desk.over(sites)
        except LogError:
            unavailable(say("The alerts cannot be read just now."), 5)
        zones = _zones(context)
        return _page(
            "alerts.html",
            alerts=[shown(one, zones) for one in found],
            over=[shown(one, zones) for one in over[:SHOWN]],
        )

    @blueprint.get("/alerts/open")
    def open_now() -> Response:
        return _page("alerts_open.html", alerts=open_alerts(context))

    @blueprint.post("/alerts/<alert_id>/seen")
    def see(alert_id: str) -> AnyResponse:
        try:
            desk.see(visitor().name, alert_id, visitor().sites)
        except NoSuchAlert as error:
            abort(404, words_of(error))
        except LogError:
            unavailable(say("The local store cannot be written just now."), 5)
        flash(said(say("It is noted that you take care of it.")))
        return redirect(url_for("alerts.alerts"), 303)

    return blueprint


def open_alerts(context: WebContext) -> list[ShownAlert]:
    """Those that the visitor may see; none where they cannot be read just now: figures are what the page is for."""
    if context.alerts is None:
        return []
    try:
        found = context.alerts.open(visitor().sites)
    except LogError:
        return []
    zones = _zones(context) if found else {}
    return [shown(one, zones) for one in found]


def shown(one: BookedAlert, zones: Mapping[str, str]) -> ShownAlert:
    """An alert with its words."""
    lasted = _length((one.closed - one.opened).total_seconds()) if one.closed else None
    return ShownAlert(
        one, title_of(one.fields), text_of(one.fields), zones.get(one.site_id, zones.get("", "UTC")), lasted
    )


def _length(seconds: float) -> Sentence:
    minutes = max(1, round(seconds / 60))
    if minutes < 120:
        return say("%(count)s min", count=figure(minutes))
    if minutes < 48 * 60:
        return say("%(count)s h", count=figure(round(minutes / 60)))
    return say("%(count)s d", count=figure(round(minutes / 1440)))


def _zones(context: WebContext) -> Mapping[str, str]:
    """Time zones of sites by id; the installation's for what is of no site."""
    zones = {site["siteId"]: str(site["timeZone"]) for site in context.snapshots().fields["sites"]}
    own = context.administration.zone.key if context.administration else next(iter(zones.values()), "UTC")
    return {"": own, **zones}


def _page(template: str, **values: Any) -> Response:  # noqa: ANN401 - what the template takes
    answer = make_response(render_template(template, **values))
    answer.headers["Cache-Control"] = "no-store"
    return answer
