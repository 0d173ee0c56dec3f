"""Request ids: one name for a request in its answer, on its error page and in the log."""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, g, request

from peoplecount.domain.log_marks import REQUEST
from peoplecount.web.client_address import ClientAddresses

HEADER = "X-Request-Id"

_FIT = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
"""Of a proxy: long enough to be told from others, and nothing that could be taken for something else in a log."""


def register(app: Flask, addresses: ClientAddresses) -> None:
    """Give every request an id: that of a proxy that is known, so that its log and ours agree, else a new one."""

    @app.before_request
    def give_id() -> None:
        told = request.headers.get(HEADER, "") if addresses.are_told_by_proxy(request) else ""
        g.request_id = told if _FIT.fullmatch(told) else secrets.token_hex(6)
        REQUEST.set(g.request_id)

    @app.after_request
    def tell_id(response: Response) -> Response:
        response.headers.setdefault(HEADER, request_id())
        return response

    @app.teardown_request
    def forget_id(_: BaseException | None) -> None:
        REQUEST.set("")


def request_id() -> str:
    """Of the request under way."""
    found: str = g.get("request_id", "")
    return found
