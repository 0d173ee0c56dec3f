"""Health: whether the process lives, and whether it is worth sending somebody to it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from peoplecount.web.context import WebContext
from peoplecount.web.gate import may_see_health


def routes(context: WebContext) -> Blueprint:
    """``/health/live``, ``/health/ready`` and ``/health/database``."""
    blueprint = Blueprint("health", __name__, url_prefix="/health")

    @blueprint.get("/live")
    def live() -> Response:
        return _answer({"status": "ok"}, 200)

    @blueprint.get("/ready")
    def ready() -> Response:
        status = dict(context.status())
        well = context.hub.ready and not context.hub.closed and status.pop("ready", True)
        said = ("degraded" if status.get("degraded") else "ok") if well else "not ready"
        stream = {
            "ready": context.hub.ready,
            "head": str(context.hub.head) if context.hub.ready else None,
            "open": context.hub.open_streams,
            "closed": context.hub.closed or None,
        }
        details = {"stream": stream, **status} if may_see_health(context.access, context.addresses) else {}
        return _answer({"status": said, **details}, 200 if well else 503)

    @blueprint.get("/database")
    def database() -> Response:
        return _answer(dict(context.database()), 200)

    return blueprint


def _answer(body: dict[str, object], code: int) -> Response:
    response = jsonify(body)
    response.status_code = code
    response.headers["Cache-Control"] = "no-store"
    return response
