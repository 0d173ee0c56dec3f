"""Today's curves."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify

from peoplecount.services.today_chart import ChartUnavailable
from peoplecount.web.context import WebContext


def routes(context: WebContext) -> Blueprint:
    """``/chart/today``."""
    blueprint = Blueprint("chart", __name__)

    @blueprint.get("/chart/today")
    def today() -> Response:
        if context.chart is None:
            abort(404, "No history is kept here.")
        try:
            response = jsonify(context.chart.read())
        except ChartUnavailable:
            response = jsonify({"error": "The history cannot be read just now."})
            response.status_code = 503
            response.headers["Retry-After"] = "10"
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint
