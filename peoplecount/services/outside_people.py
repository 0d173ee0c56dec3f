"""People whom somebody else signs in: let in by the groups they are in there, and kept in the book of users."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from peoplecount.domain.change import Subject, Value
from peoplecount.domain.group_rights import GroupRight, rights_of
from peoplecount.domain.sentence import say
from peoplecount.domain.user import UnfitName, User, new_user_name, user_name
from peoplecount.services.accounts import Accounts
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.people_desk import facts_of
from peoplecount.services.user_book import UserRefused

logger = logging.getLogger("peoplecount.sign_in")


@dataclass(frozen=True, slots=True)
class OutsideIdentity:
    """Somebody as they are known elsewhere."""

    source: str
    """Who knows them: an issuer's address, or ``proxy``."""

    subject: str
    """What they are called there for good, whatever their name becomes."""

    name: str
    """As they are to be called here."""

    groups: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """What names them in the book of users."""
        return f"{self.source} {self.subject}"


class NotAdmitted(Exception):
    """Somebody who is signed in elsewhere and may not come in here; the message says why and what to do."""


class OutsidePeople:
    """Lets them in."""

    def __init__(self, accounts: Accounts, rights: Sequence[GroupRight], log: AuditLog) -> None:
        self._accounts = accounts
        self._log = log
        self._rights = rights

    def may_what_they_did(self, who: OutsideIdentity, user: User) -> bool:
        """Whether ``user`` is who they are here, with the rights their groups give now."""
        return user.outside == who.key and rights_of(who.groups, self._rights) == (user.role, user.sites)

    def _name_of(self, who: OutsideIdentity) -> str:
        """Rules for new names are not for whoever has theirs already. Raises ``UnfitName``."""
        known = self._accounts.of_outside(who.key)
        if known and known.name == user_name(who.name):
            return known.name
        return new_user_name(who.name)

    def admit(self, who: OutsideIdentity) -> User:
        """The user they are here, with the rights their groups give now; what is new in these is noted.

        Raises ``NotAdmitted`` and ``AccountsUnavailable``.
        """
        try:
            name = self._name_of(who)
        except UnfitName as error:
            raise NotAdmitted(
                say("You are signed in there under a name that cannot be one here: %(error)s.", error=error)
            ) from error
        found = rights_of(who.groups, self._rights)
        if found is None:
            logger.warning("%s is signed in elsewhere, and in no group that may come in (%d)", name, len(who.groups))
            before = self._accounts.of_outside(who.key)
            self._accounts.turn_out(who.key)  # who could before, in another browser
            if before:
                self._note(who, "removed", before, before=facts_of(before))
            raise NotAdmitted(
                say(
                    "You are signed in as %(name)s, and in no group that may come in here. Whoever looks "
                    "after this service says which may (SIGN_IN_GROUPS).",
                    name=name,
                )
            )
        try:
            before = self._accounts.of_outside(who.key)
            user = self._accounts.admit(name, who.key, *found)
        except UserRefused as error:
            logger.warning("%s is signed in elsewhere, and not let in: %s", name, error)
            raise NotAdmitted(str(error)) from error
        if before is None:
            self._note(who, "added", user, after=facts_of(user))
        elif (before.name, before.role, before.sites) != (user.name, user.role, user.sites):
            self._note(who, "changed", user, before=_named(before), after=_named(user))
        return user

    def _note(
        self,
        who: OutsideIdentity,
        verb: str,
        user: User,
        *,
        before: dict[str, Value] | None = None,
        after: dict[str, Value] | None = None,
    ) -> None:
        """By groups elsewhere, and nobody here."""
        self._log.note(f"groups at {who.source}", verb, Subject.PERSON, user.name, before=before, after=after)


def _named(user: User) -> dict[str, Value]:
    return {"name": user.name, **facts_of(user)}
