"""Visitors: who sends a request, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from peoplecount.domain.user import Role


class Scope(StrEnum):
    """What an API token may be used for."""

    READ = "read"
    """Figures: the stream, the API, the export, the chart."""

    HEALTH = "health"
    """How the service is doing, in detail."""

    END_STREAMS = "end-streams"
    """``POST /close-stream``."""

    SUBSCRIBE = "subscribe"
    """Have an address told of events."""

    OPERATE = "operate"
    """What somebody does who looks after cameras: have one polled at once."""


class Way(StrEnum):
    """How a visitor is known."""

    NOBODY = "nobody"
    """Not at all: whoever reaches this machine may look."""

    SESSION = "session"
    """By the cookie of a browser, which it also sends where a page of somebody else makes it."""

    TOKEN = "token"  # noqa: S105  a way, not a token
    """By a header, which only whoever knows the token can send."""

    SCREEN = "screen"
    """By the cookie of a screen on a wall, which opens one view and nothing else."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who may do something here."""

    name: str = ""
    """Empty: nobody in particular."""

    role: Role | None = None
    """Of people; ``None`` of tokens, which have scopes instead."""

    scopes: frozenset[Scope] = frozenset()
    sites: frozenset[str] | None = None
    """Ids of the sites they may see; ``None``: all."""

    way: Way = Way.NOBODY
    holder: str = ""
    """What stands for them in tickets and open streams, and is no secret: which session, which token."""

    stamp: str = field(default="", repr=False)
    """Of the user: another one once the password changed, or where somebody else has the name now."""

    @property
    def is_limited(self) -> bool:
        """Whether only some sites may be seen."""
        return self.sites is not None

    def may_see(self, site_id: str) -> bool:
        """Whether a site is theirs to see."""
        return self.sites is None or site_id in self.sites
