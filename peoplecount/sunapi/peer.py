"""Who is at the other end of a connection to a camera: nobody is asked where no camera may be."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress

from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, NameResolutionError

from peoplecount.domain.camera_networks import CameraNetworks, OwnService, leads_to
from peoplecount.domain.ip_networks import literal_address


class NoCameraThere(OSError):
    """A connection would lead to where no camera may be, as the message says. It was not opened."""


def opened(
    connection: HTTPConnection, networks: CameraNetworks, open_to_host: Callable[[], socket.socket]
) -> socket.socket:
    """What ``open_to_host`` opens to the host of ``connection``, where a camera may be there.

    A name is looked up once, and the connection is opened to what was found: one that stands for another address a
    moment later leads nowhere. Raises ``NoCameraThere``, and what ``urllib3`` raises.
    """
    host = connection.host
    *first, last = _allowed(_looked_up(connection), connection.port, networks)
    try:
        for address in first:
            connection.host = address
            with suppress(HTTPError):
                return open_to_host()
        connection.host = last
        return open_to_host()
    finally:
        connection.host = host


def refusal(address: str, port: int, networks: CameraNetworks) -> str:
    """Why no camera may be at an IP address and port, in words; empty where one may.

    Names of this installation's own services at that port are looked up for it.
    """
    for service in networks.services_at(port):
        if address in _addresses_of(service) or (service.is_every_address and _is_here(address)):
            return leads_to(service, address)
    return networks.refusal(address, port)


def _addresses_of(service: OwnService) -> list[str]:
    """None where it cannot be looked up."""
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(service.host, service.port, 0, socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return []


def _is_here(address: str) -> bool:
    """Whether an address is this machine's: packets to it would come from it. None is sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as unsent:
        unsent.connect((address, 9))
        return str(unsent.getsockname()[0]) == address
    return False


def _looked_up(connection: HTTPConnection) -> Sequence[str]:
    """IP addresses, in the order in which they are to be tried."""
    host = connection.host.strip("[]")
    if literal_address(host) is not None:
        return (host,)
    try:
        found = socket.getaddrinfo(host, connection.port, 0, socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise NameResolutionError(host, connection, socket.gaierror(str(error))) from error
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _allowed(addresses: Sequence[str], port: int, networks: CameraNetworks) -> list[str]:
    """Those at which a camera may be. Raises ``NoCameraThere`` where there is none."""
    refusals = {address: refusal(address, port, networks) for address in addresses}
    allowed = [address for address, refusal in refusals.items() if not refusal]
    if not allowed:
        raise NoCameraThere(next(iter(refusals.values())))
    return allowed
