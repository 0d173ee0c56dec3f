"""Users: people who sign in, and what they may do."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

from peoplecount.domain.sentence import Sentence, say
from peoplecount.domain.visible_text import invisible_in, is_of_one_script


class Role(StrEnum):
    """What somebody may do; each role may what those before it may."""

    VIEWER = "viewer"
    """Look at figures."""

    OPERATOR = "operator"
    """See how the installation is doing, and act on what happens in a day."""

    ADMINISTRATOR = "administrator"
    """Change what the installation is, and who may do what."""

    def covers(self, needed: Role) -> bool:
        """Whether this role may what ``needed`` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


def role_words(role: Role) -> Sentence:
    """A role as people read it."""
    match role:
        case Role.VIEWER:
            return say("viewer")
        case Role.OPERATOR:
            return say("operator")
        case Role.ADMINISTRATOR:
            return say("administrator")


class UnfitName(ValueError):
    """A text that can be nobody's name; the message says what is allowed."""


_NAME = re.compile(r"[\w][\w.@+-]{0,62}[\w]", re.UNICODE)


def user_name(text: str) -> str:
    """A name as it is kept: in one writing and in small letters, so that nobody can take one that looks the same.

    Raises ``UnfitName``.
    """
    name = unicodedata.normalize("NFKC", text.strip()).casefold()
    if not _NAME.fullmatch(name):
        raise UnfitName(
            say(
                "%(text)s can be nobody's name: 2 to 64 letters, digits and . _ @ + - are allowed, as "
                "in an e-mail address, with a letter or digit at both ends",
                text=repr(text[:64]),
            )
        )
    return name


def new_user_name(text: str) -> str:
    """The name of somebody new, as it is kept: one that passes for no other name. Raises ``UnfitName``."""
    name = user_name(text)
    if unseen := invisible_in(text.strip()) or invisible_in(name):
        raise UnfitName(
            say("the name has a character that nobody can see, %(unseen)s: type it anew, do not copy it", unseen=unseen)
        )
    if not is_of_one_script(name):
        raise UnfitName(
            say(
                "%(name)s mixes letters of several scripts, which makes one name look like another: "
                "write it in one script",
                name=repr(name),
            )
        )
    return name


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in."""

    name: str
    """As ``user_name`` gives it."""

    role: Role
    sites: frozenset[str] | None = None
    """Ids of the sites that are theirs to see; ``None``: all. An empty set is no site at all."""

    password_hash: str = field(default="", repr=False)
    """Argon2, in its own notation; empty: nobody can sign in with a password (yet)."""

    stamp: str = ""
    """Changes with the password: sessions of another one are over."""

    outside: str = ""
    """What they are called by whoever signs them in elsewhere; empty: they have a password here."""

    language: str = ""
    """In which they have chosen to read pages, such as ``es``; empty: as their browser wishes."""

    @property
    def is_ruling(self) -> bool:
        """Whether they can sign in and change everything; of these there must always be one."""
        may_come_in = bool(self.password_hash or self.outside)
        return self.role is Role.ADMINISTRATOR and self.sites is None and may_come_in
