"""Pages of other sites: they may link here, and nothing else, unless they are named."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

FOR_OTHERS = ("/events", "/stream-data", "/api/")
"""What pages of named sites may read: figures, never our own pages and forms."""

_ASK_AGAIN_SECONDS = "600"


def register(app: Flask, allowed_origins: Sequence[str] = ()) -> None:
    """Refuse what a page of another site makes a browser fetch: streams, figures, and our pages in its frames.

    Browsers say so by themselves (https://www.w3.org/TR/fetch-metadata/) and pages cannot change it. Programs say
    nothing and pass; so does a link that somebody follows.

    Pages of ``allowed_origins`` may read streams and figures (https://fetch.spec.whatwg.org/#http-cors-protocol), but
    not with our cookies: they show a ticket or a token.
    """
    allowed = frozenset(allowed_origins)

    @app.before_request
    def demand_own_page() -> Response | None:
        if _is_allowed(allowed):
            return Response(status=204) if request.method == "OPTIONS" else None
        if _is_cross_site() and not _follows_a_link():
            abort(403, "Pages of other sites may link to this service, but not load anything from it.")
        return None

    @app.after_request
    def tell_browsers(response: Response) -> Response:
        if allowed and request.path.startswith(FOR_OTHERS):
            response.vary.add("Origin")
        if _is_allowed(allowed):
            headers = response.headers
            headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            headers["Access-Control-Expose-Headers"] = "ETag, Location, Retry-After, X-Request-Id"
            if request.method == "OPTIONS":
                headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, DELETE"
                headers["Access-Control-Allow-Headers"] = (
                    "Authorization, Content-Type, If-None-Match, Last-Event-ID, X-API-Key, X-Request-Id"
                )
                headers["Access-Control-Max-Age"] = _ASK_AGAIN_SECONDS
        return response


def _is_allowed(allowed: frozenset[str]) -> bool:
    return request.headers.get("Origin") in allowed and request.path.startswith(FOR_OTHERS)


def _is_cross_site() -> bool:
    """What the browser says of it; where it says nothing, whether it names an origin that is not ours.

    It says so to HTTPS and to this machine only; over plain HTTP in a local network there is the origin alone, which
    comes with everything that a page of another one fetches but pictures and the like.
    """
    told = request.headers.get("Sec-Fetch-Site")
    if told is not None:
        return told == "cross-site"
    origin = request.headers.get("Origin")
    return origin is not None and _name_in(origin) not in _own_names()


def _own_names() -> set[str]:
    """The names under which we are asked, without ports: proxies often leave them out.

    One that replaces ``Host`` may say elsewhere what it was. No page can: a browser asks beforehand, with its origin,
    whether it may.
    """
    hosts = [request.host, *request.headers.get("X-Forwarded-Host", "").split(",")]
    return {name for host in hosts if (name := _name_in(f"//{host.strip()}"))}


def _name_in(address: str) -> str:
    """The host's name in an address; empty where there is none, as in the origin ``null``."""
    try:
        return (urlsplit(address).hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _follows_a_link() -> bool:
    """Whether the browser shows the answer as a page of its own, out of the other's reach."""
    return (
        request.method in {"GET", "HEAD"}
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest") == "document"
    )
