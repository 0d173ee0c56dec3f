"""The access log: a message for every request, without what could let somebody in."""

from __future__ import annotations

import logging

from flask import Flask, Response, request

from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.request_figures import seconds_so_far

logger = logging.getLogger(__name__)

_UNSAID = "..."
_SECRET_PARTS = {"subscription_id"}
"""Parts of addresses: who knows them may do something."""


def register(app: Flask, addresses: ClientAddresses) -> None:
    """Write a message when the answer to a request begins."""

    @app.after_request
    def note(response: Response) -> Response:
        milliseconds = round(1000 * seconds_so_far())
        client, path = addresses.of(request), path_shown()
        said = (client, request.method, path, response.status_code, milliseconds)
        names = ("client", "method", "path", "status", "milliseconds")
        logger.info("%s %s %s %d in %d ms", *said, extra={"fields": dict(zip(names, said, strict=True))})
        return response


def path_shown() -> str:
    """The path of the request under way, as it may stand in a log.

    Never what follows a ``?``, where tickets are. Of a path that leads nowhere only the beginning: it may be an address
    with a secret in it, mistyped.
    """
    if request.url_rule is None:
        first, _, more = request.path.removeprefix("/").partition("/")
        return f"/{first[:40]}{'/' + _UNSAID if more else ''}".encode("unicode_escape").decode()
    path = request.path.encode("unicode_escape").decode()
    for name, value in (request.view_args or {}).items():
        if name in _SECRET_PARTS:
            path = path.replace(str(value), _UNSAID)
    return path
