"""Access for tests of pages and streams that are not about who may see them."""

from __future__ import annotations

import hmac

from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Scope, Visitor, Way
from peoplecount.web.access import ADMIN_HEADER, ANYBODY


class Everybody:
    """Whoever comes may look, as in the demo; who knows the token may end streams."""

    def __init__(self, admin_token: str = "") -> None:
        self._admin_token = admin_token

    def visitor(self, asked) -> Visitor:
        told = asked.headers.get(ADMIN_HEADER, "")
        if self._admin_token and hmac.compare_digest(told.encode(), self._admin_token.encode()):
            return Visitor("administrator", scopes=frozenset({Scope.END_STREAMS}), way=Way.TOKEN)
        return ANYBODY

    def of_holders(self, holders) -> dict[str, Visitor]:
        return {holder: ANYBODY for holder in holders if not holder}


class WhoKnowsTheWord:
    """Only who shows the right word may look."""

    anna = Visitor("anna", Role.VIEWER, way=Way.TOKEN, scopes=frozenset({Scope.READ}), holder="anna")

    def visitor(self, asked) -> Visitor | None:
        return self.anna if asked.headers.get("X-API-Key") == "secret" else None

    def of_holders(self, holders) -> dict[str, Visitor]:
        return {holder: self.anna for holder in holders if holder == "anna"}
