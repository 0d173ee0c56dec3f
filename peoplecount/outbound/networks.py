"""Which IP addresses may be connected to on somebody else's behalf."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network

from peoplecount.domain.ip_networks import SERVICES_OF_CLOUDS, Address, behind, inside, within

_NEVER = (
    *map(ip_network, ("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/128", "fe80::/10", "ff00::/8")),
    *SERVICES_OF_CLOUDS,
)
"""Nobody's setting opens these."""

_PUBLIC_IPV6 = IPv6Network("2000::/3")
"""The only addresses of IPv6 that are given out to the public (RFC 4291, 2.4; IANA's registry). The rest is of networks
of one's own, such as ``fec0::/10``, or stands for something else, such as ``::ffff:0:0:0/96`` (SIIT, RFC 7915)."""

_OF_NOBODY = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24")))
"""Of IPv4 (RFC 6890, RFC 7526): of protocols, and of relays that are no more."""


class Networks:
    """Public addresses, and those of private networks that somebody has opened."""

    def __init__(self, opened: Iterable[str] = ()) -> None:
        """``opened`` are networks such as ``10.1.0.0/16``."""
        self._opened = tuple(ip_network(text, strict=False) for text in opened)

    @property
    def has_opened(self) -> bool:
        """Whether somebody has opened any."""
        return bool(self._opened)

    def may(self, text: str) -> bool:
        """Whether the IP address may be connected to."""
        return all(self._may(one) for one in behind(ip_address(text.partition("%")[0])))

    def is_opened(self, text: str) -> bool:
        """Whether it is in a private network that somebody has opened: then it need not be HTTPS."""
        found = behind(ip_address(text.partition("%")[0]))
        return self.may(text) and all(within(one, self._opened) for one in found[-1:])

    def _may(self, address: Address) -> bool:
        if within(address, _NEVER):
            return False
        return _is_public(address) or within(address, self._opened)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        return address.is_global and (address in _PUBLIC_IPV6 or bool(inside(address)))
    return address.is_global and not within(address, _OF_NOBODY)
