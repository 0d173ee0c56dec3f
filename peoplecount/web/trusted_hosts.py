"""Under which names the service answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv6Address

from flask import Flask, request
from werkzeug.exceptions import SecurityError
from werkzeug.sansio.utils import host_is_trusted

_IN_BRACKETS = re.compile(r"\[([^]]*)\](:\d*)?", re.ASCII)


class TrustedHosts:
    """Host names and addresses; a name with a dot in front stands for all below it. Ports do not matter.

    Names are left to werkzeug. IPv6 addresses are not: it cuts what it is to trust at the first colon, so that none
    of them ever matches (3.1).
    """

    def __init__(self, names: Sequence[str]) -> None:
        addresses = {name: _ipv6(name) for name in names}
        self._addresses = {address for address in addresses.values() if address}
        self._names = [name for name, address in addresses.items() if not address]

    def trusts(self, host: str) -> bool:
        """Whether a ``Host`` header, with or without a port, is one of these."""
        if host.startswith("["):
            return _ipv6(host) in self._addresses
        return bool(self._names) and host_is_trusted(host.lower(), self._names)  # without a list it trusts everybody


def register(app: Flask, names: Sequence[str]) -> None:
    """Refuse requests under any other name, before anything else is done with them."""
    trusted = TrustedHosts(names)

    @app.before_request
    def demand_trusted_host() -> None:
        if not trusted.trusts(request.host):
            raise SecurityError


def _ipv6(text: str) -> IPv6Address | None:
    inside = _IN_BRACKETS.fullmatch(text)
    try:
        return IPv6Address(inside[1] if inside else text)
    except AddressValueError:
        return None
