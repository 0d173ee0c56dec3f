"""Today's curves, and what is usual on such a day."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify

from peoplecount.services.today_chart import ChartUnavailable
from peoplecount.services.usual_days import UsualUnavailable
from peoplecount.web.context import WebContext
from peoplecount.web.gate import visitor


def routes(context: WebContext) -> Blueprint:
    """``/chart/today`` and ``/chart/usual``."""
    blueprint = Blueprint("chart", __name__)

    @blueprint.get("/chart/today")
    def today() -> Response:
        if context.chart is None:
            abort(404, "No history is kept here.")
        try:
            told = context.chart.read()
            response = jsonify({**told, "sites": [one for one in told["sites"] if visitor().may_see(one["siteId"])]})
        except ChartUnavailable:
            response = jsonify({"error": "The history cannot be read just now."})
            response.status_code = 503
            response.headers["Retry-After"] = "10"
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.get("/chart/usual")
    def usual() -> Response:
        if context.usual is None:
            abort(404, "No history is kept here.")
        try:
            told = context.usual.read()
            response = jsonify({**told, "sites": [one for one in told["sites"] if visitor().may_see(one["siteId"])]})
        except UsualUnavailable:
            response = jsonify({"error": "The history cannot be read just now."})
            response.status_code = 503
            response.headers["Retry-After"] = "10"
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint
