"""Accounts: who is who, and what may they do. Everything a request or a command asks of users, sessions and tokens."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Collection
from typing import TypeVar

from peoplecount.domain.clock import Clock
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.user import Role, UnfitName, User, new_user_name, user_name
from peoplecount.domain.visitor import Visitor
from peoplecount.eventlog.log import LogError
from peoplecount.services.api_tokens import ApiTokens
from peoplecount.services.ended_access import EndedAccess, end_all_access
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.services.one_time_links import OneTimeLinks, Purpose
from peoplecount.services.passwords import Passwords, demand_fit
from peoplecount.services.screens import Screens
from peoplecount.services.sign_in_throttle import SignInThrottle
from peoplecount.services.signed_in import (
    AccountsUnavailable,
    LinkVoid,
    SignedIn,
    SignInRefused,
    visitor_at_screen,
    visitor_of_token,
)
from peoplecount.services.user_book import UserBook
from peoplecount.services.user_sessions import UserSession, UserSessions

logger = logging.getLogger("peoplecount.sign_in")

_SIGNING_KEY = "cookie-key"

T = TypeVar("T")


class Accounts:
    """On the local store, which all workers share and which needs no database.

    ``book``, ``sessions``, ``tokens``, ``links`` and ``throttle`` block for as long as the store takes, and raise
    ``LogError``. The methods here may be called from greenlets, and raise ``AccountsUnavailable`` in its place.
    """

    def __init__(
        self, store: KeptTexts, clock: Clock, offload: Offload = call_here, passwords: Passwords | None = None
    ) -> None:
        """``clock`` must be one of real time."""
        self._store = store
        self._offload = offload
        self.passwords = passwords or Passwords()
        self.book = UserBook(store)
        self.sessions = UserSessions(store, clock)
        self.tokens = ApiTokens(store, clock)
        self.links = OneTimeLinks(store, clock)
        self.screens = Screens(store, clock)
        self.throttle = SignInThrottle(store, clock)

    def end_all_access(self) -> EndedAccess:
        """Nobody and no screen is signed in any more; blocks, and raises ``LogError``."""
        return end_all_access(self._store)

    def sign_in(self, typed: str, password: str, address: str, browser: str) -> tuple[str, User]:
        """The secret of a new session, and whose it is.

        Raises ``SignInRefused``, ``TriedTooOften``, ``TooManyAtOnce`` and ``AccountsUnavailable``.
        """
        user = self._verified(typed, password, address)
        secret = self._in_store(lambda: self.sessions.begin(user, address, browser))
        logger.info("%s signed in from %s", user.name, address)
        return secret, user

    def begin_session(self, user: User, address: str, browser: str) -> str:
        """A session for somebody who has shown by other means who they are; its secret."""
        logger.info("%s signed in from %s", user.name, address)
        return self._in_store(lambda: self.sessions.begin(user, address, browser))

    def of_outside(self, outside: str) -> User | None:
        """Whoever is known so elsewhere, as the user they were here when they last came."""

        def look() -> User | None:
            return next((user for user in self.book.users().values() if user.outside == outside), None)

        return self._in_store(look)

    def admit(self, name: str, outside: str, role: Role, sites: frozenset[str] | None) -> User:
        """Somebody whom others have signed in, as the user they are here. Raises ``UserRefused``."""
        return self._in_store(lambda: self._admitted(name, outside, role, sites))

    def turn_out(self, outside: str) -> None:
        """Whoever is known so elsewhere may not come in any more, and is signed out."""
        self._in_store(lambda: self.book.turn_out(outside))

    def _admitted(self, name: str, outside: str, role: Role, sites: frozenset[str] | None) -> User:
        """Written only where something is new: most come back as they were."""
        known = self.book.find(name)
        is_as_before = known and (known.outside, known.role, known.sites) == (outside, role, sites)
        return known if known and is_as_before else self.book.admit(name, outside, role, sites)

    def of_session(self, secret: str, address: str) -> SignedIn | None:
        """Who is signed in by that secret; ``None`` where nobody is."""

        def look() -> SignedIn | None:
            session = self.sessions.of_secret(secret)
            user = self.book.find(session.user) if session else None
            if session is None or user is None or not self.sessions.is_good(session, user):
                return None
            self.sessions.note_used(session, address)
            return SignedIn(user, session)

        return self._in_store(look)

    def of_token(self, token: str) -> Visitor | None:
        """Who shows that token; ``None`` where it is none that is good."""

        def look() -> Visitor | None:
            found = self.tokens.of_token(token)
            if found is None:
                return None
            self.tokens.note_used(found)
            return visitor_of_token(found)

        return self._in_store(look)

    def of_screen(self, secret: str, address: str) -> Visitor | None:
        """The screen on a wall that has this secret; ``None`` where none has."""

        def look() -> Visitor | None:
            screen = self.screens.of_secret(secret)
            if screen is None:
                return None
            self.screens.note_used(screen, address)
            return visitor_at_screen(screen)

        return self._in_store(look)

    def of_holders(self, holders: Collection[str]) -> dict[str, Visitor]:
        """Whose sessions and tokens these are, as far as they are still good, and what they may do now."""

        def look() -> dict[str, Visitor]:
            users = self.book.users()
            found = {holder: self._of_holder(holder, users) for holder in holders}
            return {holder: visitor for holder, visitor in found.items() if visitor}

        return self._in_store(look)

    def sign_out(self, session: UserSession) -> None:
        """End a session."""
        self._in_store(lambda: self.sessions.end(session.key))
        logger.info("%s signed out", session.user)

    def sessions_of(self, user: User) -> list[UserSession]:
        """Where somebody is signed in, the session used last first."""
        return self._in_store(lambda: self.sessions.of_user(user))

    def end_session(self, user: User, key: str) -> bool:
        """End one of a user's sessions; whether it was theirs."""

        def end() -> bool:
            session = self.sessions.of_key(key)
            is_theirs = session is not None and session.user == user.name
            if is_theirs:
                self.sessions.end(key)
            return is_theirs

        return self._in_store(end)

    def end_other_sessions(self, signed_in: SignedIn) -> None:
        """End all of a user's sessions but this one."""

        def end() -> None:
            for session in self.sessions.of_user(signed_in.user):
                if session.key != signed_in.session.key:
                    self.sessions.end(session.key)

        self._in_store(end)

    def change_password(self, user: User, current: str, new: str, address: str) -> User:
        """Choose another password, knowing the one so far; all sessions end. The user as they are then.

        Raises ``SignInRefused``, ``TriedTooOften``, ``TooManyAtOnce``, ``UnfitPassword`` and ``AccountsUnavailable``.
        """
        demand_fit(new, user.name)
        self._verified(user.name, current, address)
        hashed = self.passwords.hash(new, user.name)
        logger.info("%s changed the password", user.name)
        return self._in_store(lambda: self.book.change_password(user.name, hashed))

    def choose_language(self, user: User, language: str) -> None:
        """In which somebody reads pages from now on."""
        if user.language != language:
            self._in_store(lambda: self.book.choose_language(user.name, language))

    def link_purpose(self, code: str) -> Purpose | None:
        """What a one-time link is for; ``None`` where it is void."""

        def look() -> Purpose | None:
            purpose = self.links.purpose(code)
            return purpose if purpose and self._still_serves(purpose) else None

        return self._in_store(look)

    def welcome(self, code: str, typed: str, password: str) -> User:
        """Follow a one-time link: whose password it is now. ``typed`` is the name where that is to be chosen.

        Raises ``LinkVoid``, ``UnfitName``, ``UnfitPassword``, ``TooManyAtOnce`` and ``AccountsUnavailable``.
        """
        purpose = self.link_purpose(code)
        if purpose is None:
            raise LinkVoid
        name = purpose.user or new_user_name(typed)
        hashed = self.passwords.hash(password, name)

        def enter() -> User:
            if self.links.redeem(code) is None or not self._still_serves(purpose):  # somebody was quicker
                raise LinkVoid
            self.throttle.forget(name)
            if not purpose.user:
                return self.book.put(User(name, Role.ADMINISTRATOR, None, hashed))
            return self.book.change_password(name, hashed)

        user = self._in_store(enter)
        logger.info("%s (%s) chose a password by a one-time link", user.name, user.role)
        return user

    def link_for(self, name: str) -> str:
        """The code of a link by which a user chooses a password. Raises ``UserRefused``."""
        return self._in_store(lambda: self.links.make(name, self.book.demand(name).stamp))

    def first_link(self, start: str) -> str | None:
        """The code by which the first administrator comes in; ``None`` where there is one, or a code of this start."""

        def make() -> str | None:
            return None if self._has_administrator() else self.links.make_at_start(start)

        return self._in_store(make)

    def signing_key(self) -> str:
        """What all workers sign their cookies with; opens nothing by itself, for sessions are kept here."""
        made = secrets.token_hex(32)

        def look() -> str:
            self._store.change(_SIGNING_KEY, lambda body: body or made)
            kept = self._store.get(_SIGNING_KEY)
            return kept.body if kept else made

        return self._in_store(look)

    def _verified(self, typed: str, password: str, address: str) -> User:
        try:
            name = user_name(typed)
        except UnfitName:
            name = typed
        began, user = self._in_store(lambda: (self.throttle.take(name, address), self.book.find(name)))
        if not self.passwords.is_right(user.password_hash if user else "", password) or user is None:
            logger.warning("A sign-in as %s from %s was refused", user.name if user else "somebody unknown", address)
            raise SignInRefused
        verified = user
        again = self.passwords.hash_again(password) if self.passwords.is_outdated(user.password_hash) else ""

        def note() -> None:
            self.throttle.succeeded(name, address, began)
            if again:
                self.book.change_password(name, again, stamp=verified.stamp)

        self._in_store(note)
        return user

    def _of_holder(self, holder: str, users: dict[str, User]) -> Visitor | None:
        kind, _, key = holder.partition(":")
        if kind == "token":
            token = self.tokens.of_id(key)
            return visitor_of_token(token) if token else None
        if kind == "screen":
            screen = self.screens.of_key(key)
            return visitor_at_screen(screen) if screen else None
        session = self.sessions.of_key(key) if kind == "session" else None
        user = users.get(session.user) if session else None
        is_good = session is not None and self.sessions.is_good(session, user)
        return SignedIn(user, session).visitor if session and user and is_good else None

    def _still_serves(self, purpose: Purpose) -> bool:
        """A link that was printed at a start is for the first administrator only."""
        if purpose.user:
            user = self.book.find(purpose.user)
            return user is not None and not user.outside and user.stamp == purpose.stamp
        return not purpose.start or not self._has_administrator()

    def _has_administrator(self) -> bool:
        return any(user.is_ruling for user in self.book.users().values())

    def _in_store(self, work: Callable[[], T]) -> T:
        try:
            return self._offload(work)
        except LogError as error:
            raise AccountsUnavailable(str(error)) from error
