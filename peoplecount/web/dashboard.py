"""The dashboard."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template

from peoplecount.web.board_page import board_page
from peoplecount.web.context import WebContext


def routes(context: WebContext) -> Blueprint:
    """``/``, and ``/board``: the part of it that changes when cameras, doors or sites come and go."""
    blueprint = Blueprint("dashboard", __name__)

    def render(template: str) -> Response:
        page = board_page(context.snapshots().fields)
        response = make_response(render_template(template, page=page, ready=context.hub.ready))
        response.headers["Cache-Control"] = "no-cache"
        return response

    @blueprint.get("/")
    def dashboard() -> Response:
        return render("dashboard.html")

    @blueprint.get("/board")
    def board() -> Response:
        return render("board.html")

    return blueprint
