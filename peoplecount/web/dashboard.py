"""The dashboard."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, stream_template

from peoplecount.services.unhurried import Breath, unhurried
from peoplecount.web.board_page import board_page
from peoplecount.web.context import WebContext

PIECES_AT_ONCE = 500
"""Pieces of a page after which others have their turn; five hundred lines come to some fifty thousand."""


def routes(context: WebContext) -> Blueprint:
    """``/``, and ``/board``: the part of it that changes when cameras, doors or sites come and go."""
    blueprint = Blueprint("dashboard", __name__)

    def render(template: str) -> Response:
        snapshot = context.snapshots()
        # Where the stream goes on for who has this page.
        page = board_page({"id": str(snapshot.event_id) if context.hub.ready else "", **snapshot.fields})
        troubles = context.status().get("degraded", ())
        pieces = stream_template(template, page=page, ready=context.hub.ready, troubles=troubles)
        response = make_response("".join(unhurried(pieces, Breath(PIECES_AT_ONCE))))
        response.headers["Cache-Control"] = "no-cache"
        return response

    @blueprint.get("/")
    def dashboard() -> Response:
        return render("dashboard.html")

    @blueprint.get("/board")
    def board() -> Response:
        return render("board.html")

    return blueprint
