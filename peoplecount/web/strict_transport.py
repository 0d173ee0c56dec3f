"""HTTPS from now on: browsers that have come over it are told to come no other way (RFC 6797)."""

from __future__ import annotations

from flask import Flask, Response, request

from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.transport import LOOPBACK_NAMES, Transport, transport_of

HEADER = "Strict-Transport-Security"


def register(app: Flask, addresses: ClientAddresses, seconds: int) -> None:
    """Send the header over HTTPS, to here or to a known proxy; 0 ``seconds`` have browsers forget it.

    Other names below ours may be others' services, and lists that browsers come with are left by nobody within months:
    so neither ``includeSubDomains`` nor ``preload`` is said. Nor is anything under this machine's own names, which all
    programs on it share.
    """
    value = f"max-age={seconds}"

    @app.after_request
    def tell_browsers(response: Response) -> Response:
        if transport_of(request, addresses) is Transport.SECURE and not _is_this_machine():
            response.headers[HEADER] = value
        return response


def _is_this_machine() -> bool:
    host = str(request.environ.get("HTTP_HOST", "")).lower()
    return host.partition(":")[0] in LOOPBACK_NAMES or host.startswith("[::1]")
