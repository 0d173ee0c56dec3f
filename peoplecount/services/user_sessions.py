"""Sessions: browsers in which somebody is signed in. Each can be seen and ended."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from peoplecount.domain.clock import Clock
from peoplecount.domain.user import Role, User
from peoplecount.services.kept_texts import KeptTexts

LONGEST = timedelta(days=90)
"""However much it is used."""

LONGEST_OUTSIDE = timedelta(hours=12)
"""Of those whom others sign in: whether they still may is asked there, every working day."""

UNUSED = {
    Role.VIEWER: timedelta(days=30),
    Role.OPERATOR: timedelta(days=7),
    Role.ADMINISTRATOR: timedelta(days=1),
}
"""A screen on a wall must not ask for a password every week; who can change things signs in every day they do."""

NOTED_EVERY = timedelta(minutes=1)
"""That a session is used is written down so often at most."""

MOST_OF_USER = 50
"""Of one user; the one unused for longest goes for another."""

_PREFIX = "session:"


@dataclass(frozen=True, slots=True)
class UserSession:
    """One browser in which somebody is signed in."""

    key: str
    """Digest of the secret that the browser has: it names the session and opens nothing."""

    user: str
    stamp: str
    """The user's at the sign-in."""

    began: datetime
    used: datetime
    address: str
    browser: str
    """As it calls itself."""


class UserSessions:
    """All sessions, in the local store. Calls block for as long as that takes; all raise ``LogError``."""

    def __init__(self, store: KeptTexts, clock: Clock) -> None:
        """``clock`` must be one of real time."""
        self._store = store
        self._clock = clock

    def begin(self, user: User, address: str, browser: str) -> str:
        """A new session; the secret by which its browser is known from now on."""
        secret = secrets.token_urlsafe(32)
        now = self._clock.now()
        session = UserSession(_digest(secret), user.name, user.stamp, now, now, address, browser[:160])
        self._store.put(_PREFIX + session.key, _text(session))
        self._tidy(user)
        return secret

    def of_secret(self, secret: str) -> UserSession | None:
        """The session whose browser has this secret, over or not."""
        return self.of_key(_digest(secret))

    def of_key(self, key: str) -> UserSession | None:
        """The session of that name, over or not."""
        kept = self._store.get(_PREFIX + key)
        return _read(key, kept.body) if kept else None

    def is_good(self, session: UserSession, user: User | None) -> bool:
        """Whether it may still be used by ``user``, who is its user as the book has them now."""
        if user is None or user.name != session.user or not secrets.compare_digest(user.stamp, session.stamp):
            return False
        now = self._clock.now()
        # One that began in the future did so before the clock was set back.
        longest = LONGEST_OUTSIDE if user.outside else LONGEST
        return abs(now - session.began) < longest and abs(now - session.used) < UNUSED[user.role]

    def note_used(self, session: UserSession, address: str) -> None:
        """It is in use, from this address."""
        now = self._clock.now()
        if abs(now - session.used) < NOTED_EVERY and address == session.address:
            return

        def work(body: str | None) -> str | None:  # ended meanwhile: it must not come back
            return body and _text(replace(session, used=now, address=address))

        self._store.change(_PREFIX + session.key, work)

    def of_user(self, user: User) -> list[UserSession]:
        """Those that are good, the one used last first."""
        good = [one for one in self._all() if self.is_good(one, user)]
        return sorted(good, key=lambda one: one.used, reverse=True)

    def of_users(self, users: Mapping[str, User]) -> dict[str, list[UserSession]]:
        """Those that are good, by the names of ``users``; each one's the one used last first."""
        found: dict[str, list[UserSession]] = {name: [] for name in users}
        for one in sorted(self._all(), key=lambda one: one.used, reverse=True):
            if self.is_good(one, users.get(one.user)):
                found[one.user].append(one)
        return found

    def end(self, key: str) -> None:
        """End one, for good."""
        self._store.change(_PREFIX + key, lambda _: None)
        self._store.settle()

    def _all(self) -> list[UserSession]:
        kept = self._store.under(_PREFIX)
        return [one for key, body in kept.items() if (one := _read(key.removeprefix(_PREFIX), body))]

    def _tidy(self, user: User) -> None:
        """Throw away what is over for everybody, and of this user what is too much."""
        now = self._clock.now()
        over = [one for one in self._all() if abs(now - one.began) >= LONGEST]
        of_user = sorted((one for one in self._all() if one.user == user.name), key=lambda one: one.used)
        for session in (*over, *of_user[:-MOST_OF_USER]):
            self._store.change(_PREFIX + session.key, lambda _: None)


def end_all_sessions(store: KeptTexts) -> int:
    """Everybody must sign in again; how many have ended. Raises ``LogError``."""
    kept = store.under(_PREFIX)
    for key in kept:
        store.change(key, lambda _: None)
    return len(kept)


def _digest(secret: str) -> str:
    """Of 256 random bits nothing slower is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _text(session: UserSession) -> str:
    fields: dict[str, Any] = {
        "user": session.user,
        "stamp": session.stamp,
        "began": session.began.timestamp(),
        "used": session.used.timestamp(),
        "address": session.address,
        "browser": session.browser,
    }
    return json.dumps(fields, separators=(",", ":"))


def _read(key: str, body: str) -> UserSession | None:
    """``None`` for what cannot be read: nobody is signed in by that."""
    try:
        row = json.loads(body)
        began, used = (datetime.fromtimestamp(float(row[name]), UTC) for name in ("began", "used"))
        texts = [str(row[name]) for name in ("user", "stamp", "address", "browser")]
    except (ValueError, TypeError, KeyError, OverflowError):
        return None
    return UserSession(key, texts[0], texts[1], began, used, texts[2], texts[3])
