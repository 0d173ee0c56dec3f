"""Addresses of ours that answers name: absolute, and as whoever asks can reach them.

Requests that come by a custom connector of Power Automate carry the connection's own address in
``X-MS-APIM-Referrer-Prefix``. What follows an address that is not below it goes without the connection's credentials.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode, urlsplit

from flask import request

from peoplecount.domain.visitor import Way
from peoplecount.web.context import WebContext
from peoplecount.web.gate import visitor

PREFIX_HEADER = "X-MS-APIM-Referrer-Prefix"
BASE = "/api/v1"


def own_address(context: WebContext, path: str, parameters: Iterable[tuple[str, str]] = ()) -> str:
    """Of something below ``/api/v1``."""
    query = urlencode(list(parameters))
    return f"{_base(context)}{path}" + (f"?{query}" if query else "")


def _base(context: WebContext) -> str:
    prefix = request.headers.get(PREFIX_HEADER, "")
    if visitor().way is Way.TOKEN and is_connection(prefix, context.connector_hosts):
        return prefix.rstrip("/")
    return (context.public_url or request.url_root).rstrip("/") + BASE


def is_connection(prefix: str, hosts: Iterable[str]) -> bool:
    """Whether an address is one of the platform's: whoever asks says it, and anything may stand there."""
    try:
        parts = urlsplit(prefix)
        name = (parts.hostname or "").lower()
        has_port = parts.port is not None
    except ValueError:
        return False
    is_plain = parts.scheme == "https" and not (parts.query or parts.fragment or parts.username or has_port)
    return is_plain and prefix.isprintable() and any(name.endswith(host) for host in hosts)
