"""API tokens: what programs show in a header. Each may do few things, is shown once and can be revoked."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from peoplecount.domain.clock import Clock
from peoplecount.domain.sentence import say
from peoplecount.domain.visible_text import as_seen
from peoplecount.domain.visitor import Scope
from peoplecount.services.kept_texts import KeptTexts

NOTED_EVERY = timedelta(minutes=1)
"""When a token was used last is written down so often at most."""

_KEY = "api-tokens"
_FORM = re.compile(r"pc_([0-9a-f]{8})_[A-Za-z0-9_-]{43}", re.ASCII)
"""The prefix lets programs find tokens that were published by mistake."""


class TokenRefused(Exception):
    """A change of the tokens that makes no sense; the message says why."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is kept; the token itself is with whoever uses it."""

    token_id: str
    digest: str
    label: str
    """What it is for, in somebody's words."""

    scopes: frozenset[Scope]
    sites: frozenset[str] | None
    """``None``: all."""

    made: datetime
    ends: datetime | None
    """``None``: when it is revoked."""

    used: datetime | None = None


class ApiTokens:
    """All tokens, in the local store. Calls block for as long as that takes; all raise ``LogError``."""

    def __init__(self, store: KeptTexts, clock: Clock) -> None:
        """``clock`` must be one of real time."""
        self._store = store
        self._clock = clock

    def add(
        self,
        label: str,
        scopes: Iterable[Scope],
        *,
        sites: Iterable[str] | None = None,
        days: int | None = None,
    ) -> str:
        """A new token, which is told here and never again. Raises ``TokenRefused``."""
        token_id = secrets.token_hex(4)
        token = f"pc_{token_id}_{secrets.token_urlsafe(32)}"
        now = self._clock.now()
        made = ApiToken(
            token_id,
            _digest(token),
            as_seen(label)[:80],
            frozenset(scopes),
            None if sites is None else frozenset(sites),
            now,
            None if days is None else now + timedelta(days=days),
        )
        if not made.label or not made.scopes:
            raise TokenRefused(say("A token needs words for what it is for, and at least one scope"))

        def work(tokens: dict[str, ApiToken]) -> None:
            if any(one.label == made.label for one in tokens.values()):
                raise TokenRefused(
                    say(
                        "There is a token %(label)s already: choose other words, or revoke that one",
                        label=repr(made.label),
                    )
                )
            tokens[token_id] = made

        self._change(work)
        self._store.settle()
        return token

    def tokens(self) -> list[ApiToken]:
        """All of them, in the order in which they were made."""
        kept = self._store.get(_KEY)
        return list(_read(kept.body if kept else None).values())

    def of_token(self, token: str) -> ApiToken | None:
        """What is kept of a token that somebody shows; ``None`` where it is none that is good."""
        match = _FORM.fullmatch(token)
        found = self.of_id(match[1]) if match else None
        return found if found and secrets.compare_digest(found.digest, _digest(token)) else None

    def of_id(self, token_id: str) -> ApiToken | None:
        """The token of that name, where it is good."""
        found = next((one for one in self.tokens() if one.token_id == token_id), None)
        return found if found and self.is_good(found) else None

    def is_good(self, token: ApiToken) -> bool:
        """Whether its time is not over yet."""
        return token.ends is None or token.ends > self._clock.now()

    def note_used(self, token: ApiToken) -> None:
        """It was shown just now."""
        now = self._clock.now()
        if token.used is not None and abs(now - token.used) < NOTED_EVERY:
            return

        def work(tokens: dict[str, ApiToken]) -> None:
            if token.token_id in tokens:
                tokens[token.token_id] = replace(tokens[token.token_id], used=now)

        self._change(work)

    def revoke(self, named: str) -> ApiToken:
        """The token of that id or those words is good no longer. Raises ``TokenRefused``."""
        revoked: list[ApiToken] = []

        def work(tokens: dict[str, ApiToken]) -> None:
            found = [one for one in tokens.values() if named in (one.token_id, one.label)]
            if not found:
                raise TokenRefused(
                    say(
                        "There is no token %(named)s: python -m peoplecount token list shows them",
                        named=repr(named[:80]),
                    )
                )
            revoked.append(tokens.pop(found[0].token_id))

        self._change(work)
        self._store.settle()
        return revoked[0]

    def _change(self, work: Callable[[dict[str, ApiToken]], None]) -> None:
        def changed(body: str | None) -> str:
            tokens = _read(body)
            work(tokens)
            return json.dumps([_fields(one) for one in tokens.values()], separators=(",", ":"))

        self._store.change(_KEY, changed)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _fields(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.token_id,
        "digest": token.digest,
        "label": token.label,
        "scopes": sorted(token.scopes),
        "sites": None if token.sites is None else sorted(token.sites),
        "made": token.made.timestamp(),
        "ends": token.ends and token.ends.timestamp(),
        "used": token.used and token.used.timestamp(),
    }


def _read(body: str | None) -> dict[str, ApiToken]:
    return {row["id"]: _token(row) for row in json.loads(body or "[]")}


def _token(row: dict[str, Any]) -> ApiToken:
    made, ends, used = (_moment(row[name]) for name in ("made", "ends", "used"))
    return ApiToken(
        row["id"],
        row["digest"],
        row["label"],
        frozenset(map(Scope, row["scopes"])),
        None if row["sites"] is None else frozenset(row["sites"]),
        made or datetime.fromtimestamp(0, UTC),
        ends,
        used,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
