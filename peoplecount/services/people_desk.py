"""The desk for people: where pages and commands let somebody in, say what they may do, and put them out."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from peoplecount.domain.change import Subject, Value
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.sentence import say
from peoplecount.domain.user import Role, User, new_user_name
from peoplecount.services.accounts import Accounts
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.ended_access import EndedAccess
from peoplecount.services.user_book import UserRefused
from peoplecount.services.user_sessions import UserSession
from peoplecount.services.version import version_of
from peoplecount.storage.errors import ChangedMeanwhile

EVERYBODY = "*"
"""In the audit log; nobody is called so."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in, and where they are."""

    user: User
    sessions: tuple[UserSession, ...]
    """The one used last first."""

    @property
    def version(self) -> str:
        """Of what they may do."""
        return version_of(*_rights(self.user))


@dataclass(frozen=True, slots=True)
class LetIn:
    """Somebody who has a new way in."""

    user: User
    link: str = ""
    """By which they choose a password, once. It is told here and never again; empty: they have a password."""


class PeopleDesk:
    """Changes who may sign in, and notes who did. All calls raise ``LogError``; may be called from greenlets.

    What makes no sense raises ``UserRefused``, ``UnfitName`` and ``UnfitPassword``; ``TooManyAtOnce`` where a password
    is to be hashed, and ``ChangedMeanwhile`` where ``version`` is not the one that is there.
    """

    def __init__(
        self, accounts: Accounts, log: AuditLog, link_of: Callable[[str], str], offload: Offload = call_here
    ) -> None:
        """``link_of`` makes a link of the code of a one-time link."""
        self._accounts = accounts
        self._log = log
        self._link_of = link_of
        self._offload = offload

    def people(self) -> list[Person]:
        """Everybody who may sign in, by name."""

        def look() -> list[Person]:
            users = self._accounts.book.users()
            sessions = self._accounts.sessions.of_users(users)
            return [Person(users[name], tuple(sessions[name])) for name in sorted(users)]

        return self._offload(look)

    def person(self, name: str) -> Person:
        """One of them."""
        return self._offload(lambda: self._person(self._accounts.book.demand(name)))

    def demand_new(self, typed: str) -> str:
        """The name as it is kept, where it is nobody's yet."""
        name = new_user_name(typed)
        if self._offload(self._accounts.book.find, name):
            raise UserRefused(
                say("There is a user %(name)s already: choose another name, or give that one a new password", name=name)
            )
        return name

    def add(
        self, who: str, typed: str, role: Role, sites: Collection[str] | None, password: str | None = None
    ) -> LetIn:
        """Let somebody new in; without a password they choose one by a link."""
        name = self.demand_new(typed)
        hashed = "" if password is None else self._accounts.passwords.hash(password, name)
        user = User(name, role, None if sites is None else frozenset(sites), hashed)
        self._offload(self._accounts.book.add, user)
        self._note(who, "added", user, {}, facts_of(user))
        return self._let_in(user)

    def change(self, who: str, name: str, role: Role, sites: Collection[str] | None, version: str = "") -> User:
        """Change what somebody may do, at once and also where they are signed in."""

        def work() -> tuple[User, User]:
            book = self._accounts.book
            before = book.demand(name)
            if version and version != version_of(*_rights(before)):
                raise ChangedMeanwhile(say("%(name)s was changed by somebody else meanwhile", name=name))
            book.change_rights(name, role, sites, unless_other_than=before)
            return before, book.demand(name)

        before, after = self._offload(work)
        if facts_of(before) != facts_of(after):
            self._note(who, "changed", after, facts_of(before), facts_of(after))
        return after

    def reset(self, who: str, name: str, password: str | None = None, *, in_any_case: bool = False) -> LetIn:
        """Give somebody another password, or a link to choose one; wherever they are signed in, they are not any more.

        A link takes the password away. From the last administrator who can sign in it does so only ``in_any_case``.
        """
        self._offload(self._accounts.book.demand, name)
        hashed = "" if password is None else self._accounts.passwords.hash(password, name)

        def work() -> User:
            changed = self._accounts.book.change_password(name, hashed, keep_an_administrator=not in_any_case)
            self._accounts.throttle.forget(name)
            return changed

        user = self._offload(work)
        self._note(
            who, say("gave a one-time link to") if password is None else say("gave a new password to"), user, {}, {}
        )
        return self._let_in(user)

    def administrator_link(self, who: str) -> str:
        """A link that makes an administrator, whoever follows it."""
        code = self._offload(self._accounts.links.make, "")
        self._log.note(who, "made a one-time link for", Subject.PERSON, "", "a new administrator")
        return self._link_of(code)

    def note_own(self, user: User, verb: str) -> None:
        """Note what somebody did to their own account elsewhere."""
        self._note(user.name, verb, user, {}, facts_of(user))

    def end_sessions(self, who: str, name: str) -> int:
        """Sign somebody out everywhere; from how many places."""

        def work() -> tuple[User, int]:
            person = self._person(self._accounts.book.demand(name))
            for session in person.sessions:
                self._accounts.sessions.end(session.key)
            return person.user, len(person.sessions)

        user, ended = self._offload(work)
        self._note(who, say("signed out"), user, {}, {"sessions": ended})
        return ended

    def end_all_access(self, who: str) -> EndedAccess:
        """Sign everybody out, screens too, and void what lets anybody in once."""
        ended = self._offload(self._accounts.end_all_access)
        self._log.note(who, say("signed out"), Subject.PERSON, EVERYBODY, after=ended.facts)
        return ended

    def remove(self, who: str, name: str) -> User:
        """Somebody may not sign in any more, and is signed out everywhere; who they were."""

        def work() -> User:
            user = self._accounts.book.demand(name)
            self._accounts.book.remove(name)
            return user

        user = self._offload(work)
        self._note(who, "removed", user, facts_of(user), {})
        return user

    def _person(self, user: User) -> Person:
        return Person(user, tuple(self._accounts.sessions.of_user(user)))

    def _let_in(self, user: User) -> LetIn:
        if user.password_hash:
            return LetIn(user)
        return LetIn(user, self._link_of(self._accounts.link_for(user.name)))

    def _note(self, who: str, verb: str, user: User, before: dict[str, Value], after: dict[str, Value]) -> None:
        self._log.note(who, verb, Subject.PERSON, user.name, before=before, after=after)


def _rights(user: User) -> tuple[str, list[str] | None]:
    return user.role.value, None if user.sites is None else sorted(user.sites)


def facts_of(user: User) -> dict[str, Value]:
    """What of somebody's rights stands in the audit log."""
    sites = "all" if user.sites is None else ", ".join(sorted(user.sites)) or "none"
    return {"role": user.role.value, "sites": sites}
