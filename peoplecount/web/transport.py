"""By what way a request came: whether a password may be typed in on the page it asks for."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address

from flask import Request

from peoplecount.web.client_address import LOCAL as NO_ADDRESS
from peoplecount.web.client_address import ClientAddresses

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")

_OF_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Via")
"""Headers by which a proxy shows that there is one."""


class Transport(StrEnum):
    """What lies between the browser and here."""

    SECURE = "secure"
    """HTTPS, to here or to a proxy that is known."""

    LOCAL = "local"
    """Plain HTTP from this machine itself, under one of its own names."""

    PLAIN = "plain"
    """Plain HTTP from another machine: everybody in between can read along."""

    UNKNOWN = "unknown"
    """A proxy that is not in ``TRUSTED_PROXIES``, or a name of this machine that is none of its own."""


def transport_of(asked: Request, addresses: ClientAddresses) -> Transport:
    """Believes headers only where a known proxy sent them."""
    if asked.environ.get("wsgi.url_scheme") == "https":
        return Transport.SECURE
    if addresses.are_told_by_proxy(asked):
        told = asked.headers.get("X-Forwarded-Proto", "").rpartition(",")[2].strip().lower()
        if told == "https":
            return Transport.SECURE
        return Transport.LOCAL if is_loopback(addresses.of(asked)) and _has_own_name(asked) else Transport.PLAIN
    if any(name in asked.headers for name in _OF_PROXIES):
        return Transport.UNKNOWN
    if is_loopback(addresses.of(asked)):
        return Transport.LOCAL if _has_own_name(asked) else Transport.UNKNOWN
    return Transport.PLAIN


def is_loopback(client: str) -> bool:
    """Whether a client, as ``ClientAddresses`` calls it, is this machine."""
    return client == NO_ADDRESS or ip_address(client.partition("/")[0] + ("1" if "/" in client else "")).is_loopback


def _has_own_name(asked: Request) -> bool:
    """Under any other one, a page of somebody's may have pointed its name at this machine (DNS rebinding)."""
    host = str(asked.environ.get("HTTP_HOST") or asked.environ.get("SERVER_NAME", ""))
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower() in LOOPBACK_NAMES
