"""Signing in elsewhere: what the pages must know of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from peoplecount.services.outside_people import OutsidePeople
from peoplecount.web.proxy_identity import ProxyIdentities


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """Who signs people in, and how this service is known there."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    """What people call it."""

    come_back_to: str
    """The address of this service that it sends people back to."""


@dataclass(frozen=True, slots=True)
class OutsideSignIn:
    """Everybody who may say who somebody is, beside ourselves."""

    people: OutsidePeople
    proxy: ProxyIdentities
    oidc: OidcSettings | None = None
    """``None``: no provider does."""
