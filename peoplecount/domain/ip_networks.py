"""Addresses and networks of the Internet Protocol, and those that stand for others."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SERVICES_OF_CLOUDS: tuple[Network, ...] = tuple(
    map(ip_network, ("169.254.169.254/32", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32", "fd00:ec2::/32"))
)
"""Where clouds tell their machines about themselves, passwords included: Amazon's, Google's and others', Azure's,
Alibaba's, Oracle's, Amazon's over IPv6. Other addresses that are this network's own may be anybody's."""

NOBODYS: tuple[Network, ...] = tuple(map(ip_network, ("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8")))
"""No single machine has these addresses: "this network" (RFC 1122, 3.2.1.3), which systems take for themselves; groups;
what is reserved, with the address of everybody; and the same of IPv6 (RFC 4291, 2.4)."""

_WITH_IPV4_INSIDE = ((IPv6Network("64:ff9b::/96"), 0), (IPv6Network("64:ff9b:1::/48"), 0), (IPv6Network("::/96"), 0))
"""Networks whose addresses end with one of IPv4 to which packets go on (NAT64, RFC 6052 and 8215; and the old form),
and how many bits follow it."""


def literal_address(host: str) -> Address | None:
    """The IP address that a host is, without its zone (``%eth0``); ``None``: it is a name."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def within(address: Address, networks: Iterable[Network]) -> bool:
    """Whether an address is in one of the networks."""
    return any(address.version == network.version and address in network for network in networks)


def behind(address: Address) -> list[Address]:
    """The addresses that decide: of one that stands for another one in IPv4 (mapped, 6to4, Teredo, NAT64), those."""
    if isinstance(address, IPv4Address):
        return [address]
    found = inside(address)
    return [*found] if address.ipv4_mapped is not None else [address, *found]


def inside(address: IPv6Address) -> list[IPv4Address]:
    """The addresses of IPv4 that one of IPv6 stands for."""
    told = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    for network, bits in _WITH_IPV4_INSIDE:
        if address in network and int(address) > 1:  # ::1 is no such address
            told.append(IPv4Address((int(address) >> bits) & 0xFFFFFFFF))
    return [one for one in told if one is not None]
