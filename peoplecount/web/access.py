"""Who sends a request: by the session, by a token in a header, or nobody in particular."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from typing import Protocol

from flask import Request

from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Scope, Visitor, Way
from peoplecount.services.accounts import Accounts
from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.screen_cookie import screen_cookie
from peoplecount.web.signing import signed_in
from peoplecount.web.transport import Transport, transport_of

ADMIN_HEADER = "X-Admin-Token"
TOKEN_HEADER = "X-API-Key"  # noqa: S105  a header's name

WITH_BASIC = ("/api/", "/export/", "/history.csv", "/history.xlsx")
"""Where the token may come as the password of HTTP Basic: Power BI and the gateway of Power Automate know nothing else.
Not on pages, where a browser that has been told one would go on sending it."""

ANYBODY = Visitor(role=Role.VIEWER)
"""Whoever reaches this machine, where that may look."""


class BadToken(Exception):
    """What was shown as a token is none that is good."""


class Access(Protocol):
    """Tells who somebody is, and what they may do. Raises ``AccountsUnavailable``."""

    def visitor(self, asked: Request) -> Visitor | None:
        """Who asks; ``None`` where they must sign in first. Raises ``BadToken``."""
        ...

    def of_holders(self, holders: Collection[str]) -> Mapping[str, Visitor]:
        """Who stands behind tickets and open streams, as far as they still may do anything."""
        ...


class Nobody:
    """No one is known."""

    def visitor(self, asked: Request) -> Visitor | None:  # noqa: ARG002  the shape of ``Access``
        """See ``Access``."""
        return None

    def of_holders(self, holders: Collection[str]) -> Mapping[str, Visitor]:  # noqa: ARG002
        """See ``Access``."""
        return {}


class KnownPeople:
    """Those who have an account or a token; and, where the settings say so, whoever sits at this machine may look."""

    def __init__(
        self, accounts: Accounts, addresses: ClientAddresses, *, admin_token: str = "", anybody_may_look: bool = False
    ) -> None:
        self._accounts = accounts
        self._addresses = addresses
        self._admin_token = admin_token
        self._anybody_may_look = anybody_may_look

    def visitor(self, asked: Request) -> Visitor | None:
        """See ``Access``. A token that is shown counts alone: not the session, and not where somebody sits."""
        token = token_shown(asked)
        if token is not None:
            visitor = self._accounts.of_token(token)
            if visitor is None:
                raise BadToken
            return visitor
        if self._is_admin_token(asked.headers.get(ADMIN_HEADER, "")):
            return Visitor("ADMIN_TOKEN", scopes=frozenset({Scope.END_STREAMS}), way=Way.TOKEN)
        known = signed_in()
        if known is not None:
            return known.visitor
        screen = asked.cookies.get(screen_cookie(transport_of(asked, self._addresses)))
        at_wall = self._accounts.of_screen(screen, self._addresses.of(asked)) if screen else None
        if at_wall is not None:
            return at_wall
        is_here = self._anybody_may_look and transport_of(asked, self._addresses) is Transport.LOCAL
        return ANYBODY if is_here else None

    def of_holders(self, holders: Collection[str]) -> Mapping[str, Visitor]:
        """See ``Access``."""
        known = self._accounts.of_holders([holder for holder in holders if holder])
        return {**known, ANYBODY.holder: ANYBODY} if self._anybody_may_look else known

    def _is_admin_token(self, told: str) -> bool:
        return bool(self._admin_token) and hmac.compare_digest(told.encode(), self._admin_token.encode())


def token_shown(asked: Request) -> str | None:
    """The API token in a header; in an address it would stand in logs and histories."""
    kind, _, token = asked.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token.strip()
    if TOKEN_HEADER in asked.headers:
        return asked.headers[TOKEN_HEADER]
    if kind.lower() == "basic" and asked.path.startswith(WITH_BASIC) and asked.authorization is not None:
        return asked.authorization.password or ""
    return None
