"""Whether a cloud may reach this service, as far as the address tells under which browsers do."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

_OWN_ENDINGS = ("localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private")
"""Last parts of names that are known inside a network alone."""


class CloudReach(StrEnum):
    """What the address tells."""

    UNSAID = "unsaid"
    """Nobody has said under which address the service is reached."""

    INSIDE = "inside"
    """Its name or address is known inside a network alone."""

    PLAIN = "plain"
    """It could be called, but not over HTTPS, and no cloud sends a key over plain HTTP."""

    PERHAPS = "perhaps"
    """A public name and HTTPS: whether a firewall lets the cloud through is not seen from here."""


def cloud_reach(public_url: str) -> CloudReach:
    """Of ``PUBLIC_URL``; empty where it is not set."""
    if not public_url:
        return CloudReach.UNSAID
    parts = urlsplit(public_url)
    host = (parts.hostname or "").rstrip(".")
    if not _is_public(host):
        return CloudReach.INSIDE
    return CloudReach.PERHAPS if parts.scheme == "https" else CloudReach.PLAIN


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        name, dot, last = host.rpartition(".")
        return bool(dot and name) and last not in _OWN_ENDINGS
