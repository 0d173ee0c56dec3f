"""The API for programs: ``/api/v1``, its document, and what all its answers have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, cast

from flask import Blueprint, Flask, Response, request

from peoplecount.domain.log_marks import CLIENT
from peoplecount.web.api import counts, document, events, places, service, subscriptions
from peoplecount.web.api.operation import Operation, blueprint_of
from peoplecount.web.context import WebContext

REQUEST_ID = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)


def operations(context: WebContext) -> list[Operation]:
    """All of them, in the order of the document."""
    return [one for part in (service, places, counts, events, subscriptions) for one in part.operations(context)]


def described() -> Mapping[str, Any]:
    """The API's document, of no service in particular."""
    nowhere = SimpleNamespace(event_pages=object(), connector_hosts=())
    return document.made_from(operations(cast("WebContext", nowhere)), "")


def routes(context: WebContext) -> Iterator[Blueprint]:
    """``/api/v1``, ``/api/openapi.json`` and ``/docs``."""
    made = operations(context)
    yield blueprint_of(made)
    yield document.routes(context, made)


def register(app: Flask) -> None:
    """What all answers below ``/api/`` carry, also those that refuse."""

    @app.before_request
    def note_clients_id() -> None:
        CLIENT.set(_clients_id())

    @app.after_request
    def tell_clients_id(response: Response) -> Response:
        known = _clients_id()
        if known:
            response.headers["X-Request-Id"] = known
        return response

    @app.teardown_request
    def forget_clients_id(_: BaseException | None) -> None:
        CLIENT.set("")


def _clients_id() -> str:
    """What the caller calls this request; empty where that is nothing fit to be said again."""
    if not request.path.startswith("/api/"):
        return ""
    asked = request.headers.get("x-ms-client-request-id") or request.headers.get("X-Request-Id", "")
    return asked if REQUEST_ID.fullmatch(asked) else ""
