"""The door audit of a site."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template

from peoplecount.domain.sentence import say
from peoplecount.services.door_audit import AuditReport, AuditUnavailable, NoSuchSite
from peoplecount.web.context import WebContext
from peoplecount.web.gate import visitor


def routes(context: WebContext) -> Blueprint:
    """``/sites/ID/audit``: which lines look wrong, and why. It needs no script."""
    blueprint = Blueprint("audit", __name__)

    @blueprint.get("/sites/<site_id>/audit")
    def report(site_id: str) -> Response:
        if context.audit is None:
            abort(404, say("No history is kept here."))
        if not visitor().may_see(site_id):
            abort(404, say("There is no such site."))
        try:
            found = context.audit.read(site_id)
        except NoSuchSite:
            abort(404, say("There is no such site."))
        except AuditUnavailable:
            abort(503, say("The history cannot be read just now. Try again in a moment."))
        response = make_response(render_template("audit.html", report=found, most=_most(found)))
        response.headers["Cache-Control"] = "no-cache"
        return response

    return blueprint


def _most(report: AuditReport) -> int:
    """The longest bar; never nothing."""
    return max((max(row.audit.counted.entered, row.audit.counted.left) for row in report.rows), default=0) or 1
