"""Health: whether the process lives, and whether it is worth sending somebody to it."""

from __future__ import annotations

from typing import Any

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
        said, status = condition_of(context)
        return _answer(
            said if may_see_health(context.access, context.addresses) else {"status": said["status"]}, status
        )

    @blueprint.get("/database")
    def database() -> Response:
        return _answer(dict(context.database()), 200)

    return blueprint


def condition_of(context: WebContext) -> tuple[dict[str, Any], int]:
    """How the service is doing, in a word and in detail, and the status that says the same."""
    status = dict(context.status())
    well = context.hub.ready and not context.hub.closed and status.pop("ready", True)
    said = ("degraded" if status.get("degraded") else "ok") if well else "not ready"
    stream = {
        "ready": context.hub.ready,
        "head": str(context.hub.head) if context.hub.ready else None,
        "open": context.hub.open_streams,
        "closed": context.hub.closed or None,
    }
    return {"status": said, "stream": stream, **status}, 200 if well else 503


def _answer(body: dict[str, object], code: int) -> Response:
    response = jsonify(body)
    response.status_code = code
    response.headers["Cache-Control"] = "no-store"
    return response
