"""Passwords: what they must be, and their argon2 hashes."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.sentence import say
from peoplecount.services.common_passwords import is_common

SHORTEST: Final = 12
LONGEST: Final = 256
"""Characters. Longer ones would only cost time."""

EXPECTED_WORDS: Final = (
    *("peoplecount", "hanwha", "wisenet", "camera", "password", "administrator", "admin", "operator", "viewer"),
    *("cámara", "camara", "contraseña", "administrador", "operador"),
)
"""What anybody would try here, beside a user's own name."""

MOST_WAITING: Final = 16
"""Looks at passwords that wait in one process. Each takes some 50 ms and 64 MB, one at a time."""


class UnfitPassword(ValueError):
    """A text that must be nobody's password; the message says why."""


class TooManyAtOnce(Exception):
    """So many passwords are being looked at that this one would wait for long."""


class Passwords:
    """Hashes and verifies, one at a time, in a thread of its own: it takes a while, and much memory."""

    def __init__(self, offload: Offload = call_here, hasher: PasswordHasher | None = None) -> None:
        """``hasher``: argon2id with the parameters of RFC 9106 for little memory, unless given."""
        self._offload = offload
        self._hasher = hasher or PasswordHasher()
        self._waiting = 0
        self._lock = threading.Lock()
        self._nobodys = ""

    def hash(self, password: str, name: str = "") -> str:
        """The hash of a new password of ``name``. Raises ``UnfitPassword`` and ``TooManyAtOnce``."""
        demand_fit(password, name)
        return self._in_turn(password)

    def is_right(self, password_hash: str, password: str) -> bool:
        """Whether a password belongs to a hash; it takes as long where there is none. Raises ``TooManyAtOnce``."""
        if not self._nobodys:
            self._nobodys = self._in_turn(secrets.token_urlsafe())
        with self._turn():
            told = self._offload(self._verify, password_hash or self._nobodys, password[: LONGEST + 1])
        return told and bool(password_hash)

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than are used now."""
        return self._hasher.check_needs_rehash(password_hash)

    def hash_again(self, password: str) -> str:
        """The hash of a password that was right before it was to be like this. Raises ``TooManyAtOnce``."""
        return self._in_turn(password)

    def _in_turn(self, password: str) -> str:
        with self._turn():
            return self._offload(self._hasher.hash, password)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._lock:
            if self._waiting >= MOST_WAITING:
                raise TooManyAtOnce(say("Many people are signing in just now. Try again in a moment."))
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1


def demand_same(password: str, again: str) -> None:
    """Raise ``UnfitPassword`` where somebody has mistyped."""
    if password != again:
        raise UnfitPassword(say("The two passwords are not the same."))


def demand_fit(password: str, name: str = "") -> None:
    """Raise ``UnfitPassword`` unless it is long, more than a name or one thing over and over, and not everybody's."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UnfitPassword(
            say(
                "A password has %(shortest)s to %(longest)s characters; this one has %(number)s. A "
                "few words that do not belong together are easier to remember than signs.",
                shortest=SHORTEST,
                longest=LONGEST,
                number=len(password),
            )
        )
    small = password.casefold()
    period = (small + small).find(small, 1)  # "abcabc" is found again after three
    if period < SHORTEST // 2 and period < len(small):
        raise UnfitPassword(say("This password is one thing over and over."))
    if name and _is_little_beside(small, name):
        raise UnfitPassword(say("This password is little more than the user's name."))
    if _is_little_beside(small, name, *EXPECTED_WORDS):
        raise UnfitPassword(
            say("This password is little more than words that anybody would try here, such as the product's name.")
        )
    if is_common(small):
        raise UnfitPassword(say("Many people have this password, or nearly this one: it would be tried first."))


def _is_little_beside(small: str, *words: str) -> bool:
    """Whether hardly anything is left of it without these words."""
    for word in filter(None, words):
        small = small.replace(word, "")
    return len(small) < SHORTEST // 2
