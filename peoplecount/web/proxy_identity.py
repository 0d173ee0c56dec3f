"""Whom a proxy in front has signed in, as far as it is one that may say so."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Request

from peoplecount.services.outside_people import OutsideIdentity
from peoplecount.web.client_address import ClientAddresses

SOURCE = "proxy"


@dataclass(frozen=True, slots=True)
class ProxyIdentities:
    """Reads the headers of proxies that are known; anybody else may send such a header, and says nothing by it."""

    addresses: ClientAddresses
    header: str = ""
    """That has the name; empty: no proxy says one."""

    groups_header: str = ""

    def of(self, asked: Request) -> OutsideIdentity | None:
        """Whom the proxy has signed in; ``None`` where it says nobody, or two, or is none that is known."""
        if not self.header or not self.addresses.are_told_by_proxy(asked):
            return None
        names = [name.strip() for name in asked.headers.getlist(self.header)]
        if len(names) != 1 or not names[0]:  # two: one of them came from elsewhere
            return None
        # Windows says DOMAIN\name
        return OutsideIdentity(SOURCE, names[0], names[0].rpartition("\\")[2], self._groups(asked))

    def _groups(self, asked: Request) -> frozenset[str]:
        told = ",".join(asked.headers.getlist(self.groups_header)) if self.groups_header else ""
        return frozenset(group.strip() for group in told.split(",") if group.strip())
