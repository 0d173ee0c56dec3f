"""From a setting's text to hosts, networks and addresses. All raise ``ValueError`` saying what is allowed."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_network
from urllib.parse import urlsplit

_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,252}[A-Za-z0-9_.])?")


def host(value: str) -> str:
    """A host name or address to listen on, without scheme and port; brackets around IPv6 are dropped."""
    bare = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    if _HOST_NAME.fullmatch(bare) or _is_ipv6(bare):
        return bare
    raise ValueError(f"{value!r} is not a host name or address such as 127.0.0.1 (no http://, no port)")


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


def hosts(value: str) -> tuple[str, ...]:
    """Host names, separated by commas."""
    return tuple(host(part.strip()) for part in value.split(",") if part.strip())


def host_endings(value: str) -> tuple[str, ...]:
    """Host names, endings of them with a dot in front, and ``*`` for all; separated by commas."""
    parts = tuple(part.strip().lower() for part in value.split(",") if part.strip())
    for part in parts:
        if part != "*" and not re.fullmatch(
            r"\.?[a-z0-9_]([a-z0-9._-]{0,252}[a-z0-9_])?|[0-9a-f:.]{2,45}", part, re.ASCII
        ):
            raise ValueError(f"{part!r} is neither a host such as hooks.example, nor an ending such as .example, nor *")
    return parts


def proxy(value: str) -> str:
    """The address of an HTTP proxy; a user and a password may stand in it. Nothing of it is told in an error."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("it is not the address of a proxy such as http://proxy.example:8080")
    return value.rstrip("/")


def broker(value: str) -> str:
    """The address of an MQTT broker; a user and a password may stand in it. Nothing of it is told in an error."""
    malformed = "it is not the address of a broker such as mqtts://user:password@broker.example:8883"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError(malformed) from None
    more = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname or more or port == 0:
        raise ValueError(malformed)
    if parts.password is not None and not parts.username:
        raise ValueError("it has a password and no user")
    return value.rstrip("/")


def networks(value: str) -> tuple[str, ...]:
    """Addresses and networks, separated by commas."""
    parts = tuple(part.strip() for part in value.split(",") if part.strip())
    for part in parts:
        try:
            ip_network(part, strict=False)
        except ValueError as error:
            raise ValueError(f"{part!r} is neither an address nor a network such as 10.0.0.0/8") from error
    return parts


def origins(value: str) -> tuple[str, ...]:
    """Web origins, separated by commas: scheme, host and port, as browsers send them."""
    parts = tuple(part.strip().lower() for part in value.split(",") if part.strip())
    for part in parts:
        if not re.fullmatch(r"https?://[a-z0-9._-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?", part, re.ASCII):
            raise ValueError(
                f"{part!r} is not the origin of a web site such as https://intranet.example (no path, no *)"
            )
    return parts


def http_address(value: str) -> str:
    """An ``http`` address without credentials."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError("it is not an address such as http://127.0.0.1:9100/control/clock")
    return value


def public_address(value: str) -> str:
    """The address of a whole host, as people type it in; without a slash at its end."""
    parts = urlsplit(http_address(value))
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("it is not the address of a host of its own such as https://counts.example (no path)")
    return f"{parts.scheme}://{parts.netloc}"


def issuer(value: str) -> str:
    """The address of an OpenID Connect provider; a slash at its end belongs to it."""
    parts = urlsplit(http_address(value))
    if parts.query or parts.fragment or (parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}):
        raise ValueError("it is not an address such as https://login.microsoftonline.com/TENANT/v2.0")
    return value
