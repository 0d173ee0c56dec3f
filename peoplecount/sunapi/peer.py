"""Who is at the other end of a connection: addresses at which no camera stands, whatever their name says."""

from __future__ import annotations

import socket
from ipaddress import IPv6Address, ip_address, ip_network

SERVICES_OF_CLOUDS = tuple(
    map(ip_network, ("169.254.169.254/32", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32", "fd00:ec2::/32"))
)
"""Where clouds tell their machines about themselves, passwords included: Amazon's, Google's and others', Azure's,
Alibaba's, Oracle's, Amazon's over IPv6. Other addresses that are this network's own may be cameras'."""


class NoCameraThere(OSError):
    """A connection leads to what is no camera; nothing was sent."""


def demand_camera(sock: socket.socket) -> socket.socket:
    """The connection where it may be one to a camera; else it is closed. Raises ``NoCameraThere``.

    The connection itself is asked, so that a name that stands for another address a moment later changes nothing.
    """
    if sock.family in {socket.AF_INET, socket.AF_INET6}:
        address = ip_address(str(sock.getpeername()[0]).partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if any(address in network for network in SERVICES_OF_CLOUDS if network.version == address.version):
            sock.close()
            raise NoCameraThere
    return sock
