"""Where cameras may be: in the networks that a setting names, and never where something else is known to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from urllib.parse import urlsplit

from peoplecount.domain.ip_networks import NOBODYS, SERVICES_OF_CLOUDS, Address, behind, literal_address, within
from peoplecount.domain.sentence import say


@dataclass(frozen=True, slots=True)
class OwnService:
    """What this installation speaks to besides cameras, or is itself."""

    setting: str
    """That leads there."""

    host: str
    """A name or an address; ``0.0.0.0`` and ``::`` are every address of this machine."""

    port: int

    @property
    def is_every_address(self) -> bool:
        """Whether it is at all addresses of this machine."""
        address = literal_address(self.host)
        return address is not None and address.is_unspecified

    def is_at(self, host: str) -> bool:
        """Whether this is its host, as far as texts tell: no name is looked up."""
        ours, theirs = _decisive(self.host), _decisive(host)
        if ours is None or theirs is None:
            return host.rstrip(".").lower() == self.host.rstrip(".").lower()
        return ours == theirs or (theirs.is_loopback and (ours.is_loopback or ours.is_unspecified))


class CameraNetworks:
    """The networks that addresses of cameras must be in."""

    def __init__(
        self, allowed: Iterable[str] = (), services: Iterable[OwnService] = (), *, may_be_here: bool = True
    ) -> None:
        """``allowed`` are networks such as ``10.20.0.0/16``; none: cameras may be everywhere.

        ``services`` are no cameras. Unless cameras ``may_be_here``, this machine has to be named to have some.
        """
        self._names = tuple(allowed)
        self._allowed = tuple(ip_network(name, strict=False) for name in self._names)
        self._services = tuple(services)
        self._may_be_here = may_be_here

    def refusal(self, host: str, port: int = 0) -> str:
        """Why no camera may be at a host, in words; empty where one may, and of a name, which says little yet."""
        for service in self.services_at(port):
            if service.is_at(host):
                return leads_to(service, host)
        address = literal_address(host)
        return "" if address is None else self._refusal_of(address, host)

    def _refusal_of(self, address: Address, host: str) -> str:
        found = behind(address)
        if any(within(one, SERVICES_OF_CLOUDS) for one in found):
            return say("no camera stands at this address: it is one of a cloud's own services")
        if any(within(one, NOBODYS) for one in found):
            return say("no camera stands at %(address)s: it is the address of no single machine", address=host)
        if self._allowed and not within(found[0], self._allowed):
            return say(
                "no camera may be at %(address)s: CAMERA_NETWORKS allows %(networks)s",
                address=host,
                networks=", ".join(self._names),
            )
        if not (self._allowed or self._may_be_here) and any(one.is_loopback for one in found):
            return say(
                "no camera may be at %(address)s, which is this machine itself, unless CAMERA_NETWORKS names it "
                "(and then every network of cameras)",
                address=host,
            )
        return ""

    def refusal_at(self, address: str) -> str:
        """The same for a camera's whole address."""
        parts = urlsplit(address)
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:  # no port: nobody will be called
            port = 0
        return self.refusal(parts.hostname or "", port)

    def services_at(self, port: int) -> list[OwnService]:
        """Those of this installation at a port."""
        return [service for service in self._services if service.port == port]


def leads_to(service: OwnService, host: str) -> str:
    """What is said of an address at which something else is."""
    return say(
        "no camera stands at %(address)s: %(setting)s leads there",
        address=f"{host}:{service.port}",
        setting=service.setting,
    )


def _decisive(host: str) -> Address | None:
    """The address that a host is, of one that stands for another that one; ``None``: it is a name."""
    if host.lower() == "localhost":
        host = "127.0.0.1"
    address = literal_address(host)
    return None if address is None else behind(address)[0]
