"""Which IP addresses may be connected to on somebody else's behalf."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NEVER = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/128", "fe80::/10", "ff00::/8"),
        # Where clouds tell their machines about themselves, passwords included (169.254.169.254 is among the above):
        # Azure's wire server, Alibaba's, Oracle's and Amazon's over IPv6.
        *("168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32", "fd00:ec2::/32"),
    )
)
"""Nobody's setting opens these."""

_PUBLIC_IPV6 = IPv6Network("2000::/3")
"""The only addresses of IPv6 that are given out to the public (RFC 4291, 2.4; IANA's registry). The rest is of networks
of one's own, such as ``fec0::/10``, or stands for something else, such as ``::ffff:0:0:0/96`` (SIIT, RFC 7915)."""

_OF_NOBODY = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24")))
"""Of IPv4 (RFC 6890, RFC 7526): of protocols, and of relays that are no more."""

_WITH_IPV4_INSIDE = ((IPv6Network("64:ff9b::/96"), 0), (IPv6Network("64:ff9b:1::/48"), 0), (IPv6Network("::/96"), 0))
"""Networks whose addresses end with one of IPv4 to which packets go on (NAT64, RFC 6052 and 8215; and the old form),
and how many bits follow it."""


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
        return all(self._may(one) for one in _behind(ip_address(text.partition("%")[0])))

    def is_opened(self, text: str) -> bool:
        """Whether it is in a private network that somebody has opened: then it need not be HTTPS."""
        found = _behind(ip_address(text.partition("%")[0]))
        return self.may(text) and all(_within(one, self._opened) for one in found[-1:])

    def _may(self, address: Address) -> bool:
        if _within(address, _NEVER):
            return False
        return _is_public(address) or _within(address, self._opened)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        return address.is_global and (address in _PUBLIC_IPV6 or bool(_inside(address)))
    return address.is_global and not _within(address, _OF_NOBODY)


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _behind(address: Address) -> list[Address]:
    """The addresses that decide: of one that stands for another one in IPv4 (mapped, 6to4, Teredo, NAT64), those."""
    if isinstance(address, IPv4Address):
        return [address]
    found = _inside(address)
    return [*found] if address.ipv4_mapped is not None else [address, *found]


def _inside(address: IPv6Address) -> list[IPv4Address]:
    told = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    for network, bits in _WITH_IPV4_INSIDE:
        if address in network and int(address) > 1:  # ::1 is no such address
            told.append(IPv4Address((int(address) >> bits) & 0xFFFFFFFF))
    return [one for one in told if one is not None]
