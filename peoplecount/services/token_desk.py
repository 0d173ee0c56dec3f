"""The desk for API tokens: where pages and commands make, list and revoke them."""

from __future__ import annotations

from collections.abc import Collection

from peoplecount.domain.change import Subject, Value
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.sentence import say
from peoplecount.domain.visitor import Scope
from peoplecount.services.accounts import Accounts
from peoplecount.services.api_tokens import ApiToken, TokenRefused
from peoplecount.services.audit_log import AuditLog

LONGEST_DAYS = 3650


class TokenDesk:
    """Changes which tokens are good, and notes who did. All calls raise ``LogError``; may be called from greenlets."""

    def __init__(self, accounts: Accounts, log: AuditLog, offload: Offload = call_here) -> None:
        self._tokens = accounts.tokens
        self._log = log
        self._offload = offload

    def tokens(self) -> list[ApiToken]:
        """All of them, in the order in which they were made."""
        return self._offload(self._tokens.tokens)

    def in_hand(self) -> list[tuple[ApiToken, bool]]:
        """All of them, the one made last first, and whether each is good."""
        return self._offload(lambda: [(one, self._tokens.is_good(one)) for one in reversed(self._tokens.tokens())])

    def add(
        self,
        who: str,
        label: str,
        scopes: Collection[Scope],
        *,
        sites: Collection[str] | None = None,
        days: int | None = None,
    ) -> str:
        """A new token, which is told here and never again. Raises ``TokenRefused``."""
        if days is not None and not 1 <= days <= LONGEST_DAYS:
            raise TokenRefused(
                say("%(days)s is not a number of days from 1 to %(longest_days)s", days=days, longest_days=LONGEST_DAYS)
            )
        token = self._offload(lambda: self._tokens.add(label, scopes, sites=sites, days=days))
        made = next(one for one in self.tokens() if token.startswith(f"pc_{one.token_id}_"))
        self._log.note(who, "added", Subject.TOKEN, made.token_id, made.label, after=_facts(made))
        return token

    def revoke(self, who: str, named: str) -> ApiToken:
        """The token of that id or those words is good no longer; what it was. Raises ``TokenRefused``."""
        revoked = self._offload(self._tokens.revoke, named)
        self._log.note(who, "revoked", Subject.TOKEN, revoked.token_id, revoked.label, before=_facts(revoked))
        return revoked


def _facts(token: ApiToken) -> dict[str, Value]:
    return {
        "may": ", ".join(sorted(token.scopes)),
        "sites": "all" if token.sites is None else ", ".join(sorted(token.sites)),
        "ends": f"{token.ends:%Y-%m-%d}" if token.ends else say("when revoked"),
    }
