"""Where cameras may be: in the networks that a setting names, and never where clouds keep secrets."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from urllib.parse import urlsplit

from peoplecount.domain.ip_networks import SERVICES_OF_CLOUDS, behind, literal_address, within
from peoplecount.domain.sentence import say


class CameraNetworks:
    """The networks that addresses of cameras must be in."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        """``allowed`` are networks such as ``10.20.0.0/16``; none: cameras may be everywhere."""
        self._names = tuple(allowed)
        self._allowed = tuple(ip_network(name, strict=False) for name in self._names)

    def refusal(self, host: str) -> str:
        """Why no camera may be at a host, in words; empty where one may, and of a name, which says nothing yet."""
        address = literal_address(host)
        if address is None:
            return ""
        found = behind(address)
        if any(within(one, SERVICES_OF_CLOUDS) for one in found):
            return say("no camera stands at this address: it is one of a cloud's own services")
        if self._allowed and not within(found[0], self._allowed):
            return say(
                "no camera may be at %(address)s: CAMERA_NETWORKS allows %(networks)s",
                address=host,
                networks=", ".join(self._names),
            )
        return ""

    def refusal_at(self, address: str) -> str:
        """The same for a camera's whole address."""
        return self.refusal(urlsplit(address).hostname or "")
