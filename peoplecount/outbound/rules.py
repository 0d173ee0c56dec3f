"""Where requests may go: which addresses are taken at all, before anybody is asked what their names stand for."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from peoplecount.domain.sentence import say
from peoplecount.outbound.errors import AddressRefused
from peoplecount.outbound.networks import Networks

LONGEST_ADDRESS = 16_384
"""Characters: what Power Automate allows itself."""

ANY = "*"

_PLAIN = re.compile(r"[!-~]+")
_AUTHORITY = re.compile(r"(?P<host>[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?")
"""Nothing in it that one library may read as one host, and another as another one."""

_OF_ITS_OWN_NETWORK = ("localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private")
"""Last parts of names that are known inside a network alone."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address that requests may go to, as far as its text tells."""

    address: str = field(repr=False)
    host: str
    """In small letters, without brackets."""

    port: int
    is_https: bool
    is_near: bool = False
    """Whether it is an address in a private network that somebody has opened: no proxy is asked."""


@dataclass(frozen=True)
class OutboundRules:
    """What the settings say."""

    hosts: Collection[str]
    """Host names; ``.ending`` for all names that end so, ``*`` for every one."""

    networks: Networks = field(default_factory=Networks)
    proxy: str = field(default="", repr=False)
    """Through which requests go; empty: none. With one it is the proxy that looks names up, and names are all that can
    be checked."""

    ca_file: Path | None = None
    """Certificate authorities that vouch for receivers; ``None``: those that come with ``requests``."""

    def target(self, address: str) -> Target:
        """What an address leads to. Raises ``AddressRefused``."""
        target = _parsed(address)
        literal = _literal(target.host)
        if literal and not self.networks.may(literal):
            raise AddressRefused(forbidden(target.host))
        is_near = bool(literal) and self.networks.is_opened(literal)
        if not (is_near or self._is_listed(target.host)):
            raise AddressRefused(
                say(
                    "%(host)s is not among the hosts that may be called: WEBHOOK_HOSTS names them (%(hosts)s)",
                    host=target.host,
                    hosts=", ".join(sorted(self.hosts)),
                )
            )
        if self.proxy and not literal:
            _demand_public_name(target.host)
        may_be_near = is_near or (not literal and not self.proxy and self.networks.has_opened)
        if not (target.is_https or may_be_near):  # of a name it is seen when the connection is opened
            raise AddressRefused(only_https())
        return replace(target, is_near=is_near)

    def _is_listed(self, host: str) -> bool:
        return any(
            listed in {ANY, host} or (listed.startswith(".") and host.endswith(listed))
            for listed in map(str.lower, self.hosts)
        )


def forbidden(host: str) -> str:
    """What is said of an address inside a network of our own."""
    return say(
        "%(host)s is an address of this machine, of a private network or of a cloud's own services, and nothing is "
        "sent there; WEBHOOK_NETWORKS opens private networks",
        host=host,
    )


def only_https() -> str:
    """What is said of plain HTTP."""
    return say("the address must begin with https://; plain http:// is for networks that WEBHOOK_NETWORKS opens")


def _parsed(address: str) -> Target:
    """Nothing of the address stands in an error: it is a secret."""
    malformed = AddressRefused(say("this is not an address such as https://host.example/path"))
    if len(address) > LONGEST_ADDRESS:
        raise AddressRefused(say("the address is longer than %(most)s characters", most=LONGEST_ADDRESS))
    if not _PLAIN.fullmatch(address) or "\\" in address:
        raise malformed
    try:
        parts = urlsplit(address)
    except ValueError:
        raise malformed from None
    authority = _AUTHORITY.fullmatch(parts.netloc)
    if "@" in parts.netloc:
        raise AddressRefused(say("the address must not hold a user or a password before the host"))
    if parts.scheme not in {"http", "https"} or authority is None or parts.fragment:
        raise malformed
    port = int(authority["port"] or (443 if parts.scheme == "https" else 80))
    if not 1 <= port <= 65535:
        raise malformed
    host = authority["host"].strip("[]").rstrip(".").lower()
    if not host or not _is_name_or_address(host):
        raise malformed
    return Target(address, host, port, parts.scheme == "https")


def _is_name_or_address(host: str) -> bool:
    """A host whose last part is a number is an IPv4 address (WHATWG URL, 3.5), and only the usual form is one here."""
    last = host.rpartition(".")[2]
    return _literal(host) != "" or not (last.isdigit() or last.startswith("0x"))


def _literal(host: str) -> str:
    """The host where it is an IP address; empty: it is a name."""
    try:
        return str(ip_address(host))
    except ValueError:
        return ""


def _demand_public_name(host: str) -> None:
    """By name alone: it is the proxy that looks it up."""
    name, dot, last = host.rpartition(".")
    if not dot or not name or last in _OF_ITS_OWN_NETWORK:
        raise AddressRefused(forbidden(host))
