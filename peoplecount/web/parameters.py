"""Parameters of a request: percent-encoded text, as every browser and library sends it."""

from __future__ import annotations

from flask import Flask, Request, abort, request


def register(app: Flask) -> None:
    """Refuse requests whose parameters cannot be read at all; Werkzeug would end them with an internal error."""

    @app.before_request
    def demand_own_text() -> None:
        demand_text(request)


def demand_text(asked: Request) -> None:
    """400 where bytes stand in the query that are neither percent-encoded nor UTF-8."""
    try:
        asked.query_string.decode()
    except UnicodeDecodeError:
        abort(400, "The parameters hold bytes that are no text; percent-encode them.")
