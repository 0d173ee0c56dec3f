"""Who may look, and who may do more."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Protocol

from flask import Request

ADMIN_HEADER = "X-Admin-Token"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who may look."""

    name: str = ""
    """Empty: nobody in particular."""

    may_administer: bool = False


class Access(Protocol):
    """Tells from a request who sent it: by the session, by a token in a header."""

    def visitor(self, asked: Request) -> Visitor | None:
        """Who asks; ``None`` where they must sign in first."""
        ...


class Everybody:
    """Whoever reaches the service may look: it listens on this machine only. Who knows the token may administer."""

    def __init__(self, admin_token: str = "") -> None:
        """Without a token nobody may."""
        self._admin_token = admin_token

    def visitor(self, asked: Request) -> Visitor | None:
        """See ``Access``."""
        told = asked.headers.get(ADMIN_HEADER, "")
        right = bool(self._admin_token) and hmac.compare_digest(told.encode(), self._admin_token.encode())
        return Visitor(may_administer=right)
