"""Everybody out: for a store that was put back, in which what was ended since is good again."""

from __future__ import annotations

from dataclasses import dataclass

from peoplecount.domain.change import Value
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.services.one_time_links import void_all_links
from peoplecount.services.screens import revoke_all_screens
from peoplecount.services.stream_tickets import void_all_tickets
from peoplecount.services.user_sessions import end_all_sessions


@dataclass(frozen=True, slots=True)
class EndedAccess:
    """How much of each was ended."""

    sessions: int
    screens: int
    """That were revoked."""

    links: int
    """One-time links that are void."""

    @property
    def facts(self) -> dict[str, Value]:
        """For the audit log."""
        return {
            "sessions ended": self.sessions,
            "screens revoked": self.screens,
            "one-time links voided": self.links,
        }

    def __str__(self) -> str:
        return f"{self.sessions} sessions, {self.screens} screens on walls and {self.links} one-time links"


def end_all_access(store: KeptTexts) -> EndedAccess:
    """Sessions, screens, one-time links and tickets; who may sign in stays, and so do keys. Raises ``LogError``."""
    void_all_tickets(store)
    return EndedAccess(end_all_sessions(store), revoke_all_screens(store), void_all_links(store))
