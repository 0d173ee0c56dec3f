"""How fast a replay goes."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from peoplecount.domain.sentence import say
from peoplecount.services.replay_desk import ReplayDesk
from peoplecount.web.own_path import own_path


def routes(desk: ReplayDesk) -> Blueprint:
    """``/replay``: the bar that pages show of it, and what was pressed there."""
    blueprint = Blueprint("replay", __name__, url_prefix="/replay")

    @blueprint.post("")
    def go() -> AnyResponse:
        try:
            desk.go(_speed(request.form.get("speed", "")))
        except ValueError:
            abort(400, say("There is no such speed."))
        return redirect(own_path(request.form.get("next", "")), 303)

    @blueprint.get("")
    def bar() -> AnyResponse:
        answer = make_response(render_template("replay_bar.html"))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return blueprint


def _speed(text: str) -> float | None:
    return float(text) if text else None
