"""The dashboard."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, stream_template

from peoplecount.services.unhurried import Breath, unhurried
from peoplecount.web.board_page import board_page
from peoplecount.web.context import WebContext
from peoplecount.web.gate import visitor
from peoplecount.web.own_sites import own_part

PIECES_AT_ONCE = 500
"""Pieces of a page after which others have their turn; five hundred lines come to some fifty thousand."""

SOMETHING_IS_WRONG = "Something does not work as it should. Those who look after this service see what."


def routes(context: WebContext) -> Blueprint:
    """``/``, and ``/board``: the part of it that changes when cameras, doors or sites come and go."""
    blueprint = Blueprint("dashboard", __name__)

    def render(template: str) -> Response:
        snapshot = context.snapshots()
        # Where the stream goes on for who has this page.
        fields = own_part(visitor(), snapshot.fields)
        page = board_page({"id": str(snapshot.event_id) if context.hub.ready else "", **fields})
        troubles = context.status().get("degraded", ())
        if troubles and visitor().is_limited:  # they may name what is of other sites
            troubles = (SOMETHING_IS_WRONG,)
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
