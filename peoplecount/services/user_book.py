"""The book of users, kept in the local store: so people sign in with the database away."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from peoplecount.domain.sentence import say
from peoplecount.domain.user import Role, User
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.storage.errors import ChangedMeanwhile

_KEY = "users"


class UserRefused(Exception):
    """A change of the book that makes no sense; the message says why and what to do."""


class UserBook:
    """All users. Calls block for as long as the store takes; all raise ``LogError``."""

    def __init__(self, store: KeptTexts) -> None:
        self._store = store

    def users(self) -> dict[str, User]:
        """All of them, by name."""
        kept = self._store.get(_KEY)
        return _read(kept.body if kept else None)

    def find(self, name: str) -> User | None:
        """The user of that name."""
        return self.users().get(name)

    def demand(self, name: str) -> User:
        """The user of that name. Raises ``UserRefused`` where there is none."""
        return _known(self.users(), name)

    def add(self, user: User) -> None:
        """Enter somebody new. Raises ``UserRefused`` where there is one of that name."""

        def work(users: dict[str, User]) -> None:
            if user.name in users:
                raise UserRefused(
                    say("There is a user %(name)s already: python -m peoplecount user reset %(name)s", name=user.name)
                )
            users[user.name] = _stamped(user)

        self._change(work)

    def put(self, user: User) -> User:
        """Enter somebody, in place of whoever had that name, and end the sessions of that one; as entered."""
        entered = _stamped(user)
        self._change(lambda users: users.update({user.name: entered}))
        return entered

    def change_password(
        self, name: str, password_hash: str, *, stamp: str | None = None, keep_an_administrator: bool = False
    ) -> User:
        """Another password; all sessions of the user end. Raises ``UserRefused``.

        ``stamp``: only where the user still has that one, as where a hash is brought up to date, which ends none.
        """
        changed: list[User] = []

        def work(users: dict[str, User]) -> None:
            user = _known(users, name)
            if user.outside:
                raise UserRefused(
                    say(
                        "%(name)s has no password here, but is signed in by %(partition)s",
                        name=name,
                        partition=user.outside.partition(" ")[0],
                    )
                )
            if stamp is None:
                users[name] = _stamped(replace(user, password_hash=password_hash))
            elif user.stamp == stamp:
                users[name] = replace(user, password_hash=password_hash)
            changed.append(users[name])

        self._change(work, keep_an_administrator=keep_an_administrator)
        return changed[0]

    def admit(self, name: str, outside: str, role: Role, sites: frozenset[str] | None) -> User:
        """Enter somebody whom others sign in, or give them the rights they have now; as entered.

        Raises ``UserRefused`` where the name is somebody else's.
        """
        admitted: list[User] = []

        def work(users: dict[str, User]) -> None:
            there = users.get(name)
            if there is not None and there.outside != outside:
                raise UserRefused(
                    say(
                        "There is another user %(name)s here, who is known by other means. An administrator "
                        "can strike that one out (python -m peoplecount user remove).",
                        name=name,
                    )
                )
            for other in [user.name for user in users.values() if user.outside == outside and user.name != name]:
                del users[other]  # they are called otherwise now
            users[name] = replace(there or _stamped(User(name, role, outside=outside)), role=role, sites=sites)
            admitted.append(users[name])

        self._change(work)
        return admitted[0]

    def turn_out(self, outside: str) -> None:
        """Strike out whoever is known so elsewhere, if anybody is."""
        if any(user.outside == outside for user in self.users().values()):
            self._change(lambda users: [users.pop(name) for name, user in [*users.items()] if user.outside == outside])

    def change_rights(
        self, name: str, role: Role, sites: Iterable[str] | None, *, unless_other_than: User | None = None
    ) -> None:
        """Another role and other sites (``None``: all). Raises ``UserRefused``.

        ``unless_other_than``: what they may do as whoever changes it has seen it; ``ChangedMeanwhile`` is raised else.
        """
        seen = unless_other_than

        def work(users: dict[str, User]) -> None:
            user = _known(users, name)
            if seen is not None and (user.role, user.sites) != (seen.role, seen.sites):
                raise ChangedMeanwhile(say("%(name)s was changed by somebody else just now", name=name))
            users[name] = replace(user, role=role, sites=None if sites is None else frozenset(sites))

        self._change(work, keep_an_administrator=True)

    def choose_language(self, name: str, language: str) -> None:
        """In which somebody reads pages from now on. Raises ``UserRefused``."""

        def work(users: dict[str, User]) -> None:
            users[name] = replace(_known(users, name), language=language)

        self._change(work)

    def remove(self, name: str) -> None:
        """Strike somebody out; their sessions are over. Raises ``UserRefused``."""

        def work(users: dict[str, User]) -> None:
            _known(users, name)
            del users[name]

        self._change(work, keep_an_administrator=True)

    def _change(self, work: Callable[[dict[str, User]], object], *, keep_an_administrator: bool = False) -> None:
        def changed(body: str | None) -> str:
            users = _read(body)
            had_one = _has_administrator(users)
            work(users)
            if keep_an_administrator and had_one and not _has_administrator(users):
                raise UserRefused(
                    say("That is the last administrator of all sites who can sign in: make another one first")
                )
            return json.dumps([_fields(user) for user in users.values()], separators=(",", ":"))

        self._store.change(_KEY, changed)
        self._store.settle()


def _has_administrator(users: dict[str, User]) -> bool:
    """Whether one is left whom no provider and no proxy has to let in."""
    return any(user.is_ruling and not user.outside for user in users.values())


def _known(users: dict[str, User], name: str) -> User:
    if name not in users:
        raise UserRefused(
            say(
                "There is no user %(name)s; there are %(value)s",
                name=name,
                value=", ".join(sorted(users)) or say("none yet"),
            )
        )
    return users[name]


def _stamped(user: User) -> User:
    return replace(user, stamp=secrets.token_hex(8))


def _fields(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": user.role.value,
        "sites": None if user.sites is None else sorted(user.sites),
        "hash": user.password_hash,
        "stamp": user.stamp,
        **({"outside": user.outside} if user.outside else {}),
        **({"language": user.language} if user.language else {}),
    }


def _read(body: str | None) -> dict[str, User]:
    return {
        row["name"]: User(
            row["name"],
            Role(row["role"]),
            None if row["sites"] is None else frozenset(row["sites"]),
            row["hash"],
            row["stamp"],
            row.get("outside", ""),
            row.get("language", ""),
        )
        for row in json.loads(body or "[]")
    }
