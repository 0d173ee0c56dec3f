"""Who asks: the address of the client, also behind proxies that are known."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Request  # gunicorn's master reads this module, too, and must import little

LOCAL = "this machine"
"""Who asks through a socket without addresses."""


class ClientAddresses:
    """Finds the client's address; believes only the proxies it was told of.

    Each proxy adds whom it was asked by to ``X-Forwarded-For``, on the right. So the header is read from there, only
    where a known proxy sent it, and up to the first address that is none of these: whatever stands further left was
    written by the client itself.
    """

    def __init__(self, proxies: Sequence[str] = ()) -> None:
        """``proxies`` are addresses or networks. Raises ``ValueError`` for what is neither."""
        self._proxies = [ip_network(text, strict=False) for text in proxies]

    def of(self, asked: Request) -> str:
        """The client's address; of IPv6 its network of 64 bits, all of which one client may use in turn."""
        peer = _address(asked.environ.get("REMOTE_ADDR", ""))
        if peer is None:
            return LOCAL
        forwarded = ",".join(asked.headers.getlist("X-Forwarded-For")).split(",")
        while self._trusts(peer) and forwarded:
            before = _address(forwarded.pop().strip())
            if before is None:  # not one that tells addresses: whom it was asked by is not known
                break
            peer = before
        return _name(peer)

    def are_told_by_proxy(self, asked: Request) -> bool:
        """Whether a proxy that is known sends this, so that what it says of the client may be believed."""
        peer = _address(asked.environ.get("REMOTE_ADDR", ""))
        return peer is not None and self._trusts(peer)

    def at_other_end(self, peer: str) -> str:
        """Who has opened a connection; empty where that is a proxy that is known, or has no address."""
        address = _address(peer)
        return "" if address is None or self._trusts(address) else _name(address)

    def _trusts(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address.version == known.version and address in known for known in self._proxies)


def client_named(text: str) -> str:
    """The client whom somebody names, as ``ClientAddresses`` calls it. Raises ``ValueError`` where it names none."""
    bare = text.strip()
    address: IPv4Address | IPv6Address | None
    if bare == LOCAL:
        return LOCAL
    if bare.endswith("/64"):  # as it is told
        network = ip_network(bare, strict=False)
        address = network.network_address if isinstance(network, IPv6Network) else None
    else:
        address = _address(bare)
    if address is None:
        raise ValueError(f"{text[:60]!r} is no address of a client such as 192.0.2.7, 2001:db8::7 or 2001:db8::/64")
    return _name(address)


def _name(address: IPv4Address | IPv6Address) -> str:
    """Of IPv6 its network of 64 bits."""
    return str(IPv6Network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it: alone, with a port, or in brackets."""
    bare = text.strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
