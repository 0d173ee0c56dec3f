"""Pages of other sites: they may link here, and nothing else."""

from __future__ import annotations

from flask import Flask, abort, request


def register(app: Flask) -> None:
    """Refuse what a page of another site makes a browser fetch: streams, figures, and our pages in its frames.

    Browsers say so by themselves (https://www.w3.org/TR/fetch-metadata/) and pages cannot change it. Programs and old
    browsers say nothing and pass; so does a link that somebody follows.
    """

    @app.before_request
    def demand_own_page() -> None:
        if request.headers.get("Sec-Fetch-Site") == "cross-site" and not _follows_a_link():
            abort(403, "Pages of other sites may link to this service, but not load anything from it.")


def _follows_a_link() -> bool:
    """Whether the browser shows the answer as a page of its own, out of the other's reach."""
    return (
        request.method in {"GET", "HEAD"}
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest") == "document"
    )
