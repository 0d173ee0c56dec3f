"""Who is signed in, in which of the ways there are, and what is said to who cannot be."""

from __future__ import annotations

from dataclasses import dataclass

from peoplecount.domain.sentence import say
from peoplecount.domain.user import User
from peoplecount.domain.visitor import Visitor, Way
from peoplecount.services.api_tokens import ApiToken
from peoplecount.services.screen import Screen
from peoplecount.services.user_sessions import UserSession


class AccountsUnavailable(Exception):
    """The local store cannot be read just now, so nobody is known; the message says why."""


class SignInRefused(Exception):
    """Name and password do not belong together. Which of them is wrong is not told."""

    def __init__(self) -> None:
        super().__init__(say("This name and this password do not belong together."))


class LinkVoid(Exception):
    """A one-time link was used already, or is too old, or never was."""

    def __init__(self) -> None:
        super().__init__(
            say(
                "This link was used already, or is too old. Another one: python -m peoplecount user link on the "
                "machine the service runs on, or ask an administrator."
            )
        )


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user in one session."""

    user: User
    session: UserSession

    @property
    def visitor(self) -> Visitor:
        """What they may do."""
        return Visitor(
            self.user.name,
            self.user.role,
            sites=self.user.sites,
            way=Way.SESSION,
            holder=f"session:{self.session.key}",
            stamp=self.user.stamp,
        )


def visitor_of_token(token: ApiToken) -> Visitor:
    """A program."""
    return Visitor(
        token.label,
        scopes=token.scopes,
        sites=token.sites,
        way=Way.TOKEN,
        holder=f"token:{token.token_id}",
    )


def visitor_at_screen(screen: Screen) -> Visitor:
    """A screen on a wall."""
    return Visitor(screen.name, sites=screen.sites, way=Way.SCREEN, holder=f"screen:{screen.key}")
