"""Screens on walls: browsers that nobody signs in at, each confirmed by an administrator for one view."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta

from peoplecount.domain.clock import Clock
from peoplecount.domain.sentence import say
from peoplecount.domain.visible_text import as_seen
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.services.screen import Screen, WaitingScreen, read_screen, read_waiting, write_screen, write_waiting

CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that look like others across a room."""

CODE_LENGTH = 6
"""A thousand million codes. Whoever guesses one gains nothing: the view goes to the browser that shows the code."""

CODE_LIFE = timedelta(minutes=10)
MOST_WAITING = 100
MOST_WAITING_OF_ADDRESS = 10
NOTED_EVERY = timedelta(minutes=1)

UNUSED_FOR = timedelta(days=30)
"""After which a screen is none any more: nobody knows where the device is."""

LONGEST_NAME = 60
MOST_SCREENS = 500

_WAITING = "screens-waiting"
_PREFIX = "screen:"


class ScreenRefused(Exception):
    """What was asked of screens makes no sense, or is too much; the message says why."""


class Screens:
    """All screens, in the local store. Calls block for as long as that takes; all raise ``LogError``."""

    def __init__(self, store: KeptTexts, clock: Clock) -> None:
        """``clock`` must be one of real time."""
        self._store = store
        self._clock = clock

    def ask(self, address: str, browser: str) -> tuple[str, WaitingScreen]:
        """A new code to be shown, and the secret of the browser that shows it. Raises ``ScreenRefused``."""
        secret = secrets.token_urlsafe(32)
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        asked = WaitingScreen(_digest(secret), code, self._clock.now(), address, browser[:160])

        def work(waiting: dict[str, WaitingScreen]) -> None:
            of_address = [one for one in waiting.values() if one.address == address]
            if len(of_address) >= MOST_WAITING_OF_ADDRESS:
                raise ScreenRefused(say("Too many screens wait for their code just now. Try again in ten minutes."))
            if len(waiting) >= MOST_WAITING:  # who takes all places keeps nobody else out
                del waiting[_first_to_go(waiting.values()).key]
            waiting[asked.key] = asked

        self._change_waiting(work)
        return secret, asked

    def waiting(self, secret: str) -> WaitingScreen | None:
        """What the browser with this secret waits for; ``None`` where its code is too old, or was confirmed."""
        return self._waiting().get(_digest(secret))

    def age(self, waiting: WaitingScreen) -> float:
        """Seconds since its code was shown first."""
        return (self._clock.now() - waiting.asked).total_seconds()

    def of_code(self, code: str) -> WaitingScreen | None:
        """The browser that shows this code; ``None`` where none does."""
        wanted = tidy_code(code)
        return next((one for one in self._waiting().values() if secrets.compare_digest(one.code, wanted)), None)

    def confirm(self, code: str, name: str, sites: Collection[str] | None, who: str) -> Screen:
        """The browser that shows this code is a screen from now on. Raises ``ScreenRefused``."""
        found = self.of_code(code)
        if found is None:
            raise no_such_code()
        named = as_seen(name)[:LONGEST_NAME]
        self._tidy()
        known = self.screens()
        if not named:
            raise ScreenRefused(say("The screen needs a name, such as Entrance hall."))
        if any(one.name.casefold() == named.casefold() for one in known):
            raise ScreenRefused(say("There is a screen %(name)s already.", name=named))
        if len(known) >= MOST_SCREENS:
            raise ScreenRefused(say("There are as many screens as there may be. Remove one first."))
        now = self._clock.now()
        limited = None if sites is None else frozenset(sites)
        screen = Screen(found.key, named, limited, now, who, now, found.address, found.browser)
        self._store.put(_PREFIX + screen.key, write_screen(screen))
        self._change_waiting(lambda waiting: waiting.pop(found.key, None))
        self._store.settle()  # it must be there still after a power cut
        return screen

    def is_confirmed(self, secret: str) -> bool:
        """Whether the browser with this secret is a screen, or will be with the secret that ``claim`` gives."""
        return self.of_secret(secret) is not None or self._unclaimed(secret) is not None

    def claim(self, secret: str) -> str | None:
        """The secret by which a browser that waited is the screen from now on, once; ``None`` where it is none.

        What it had while it waited opens nothing: somebody may have seen it, or have put it there.
        """
        found = self._unclaimed(secret)
        if found is None:
            return None
        own = f"{found.key}.{secrets.token_urlsafe(32)}"
        is_ours = False

        def work(body: str | None) -> str | None:
            nonlocal is_ours
            now = read_screen(found.key, body) if body else None
            is_ours = now is not None and not now.proof
            return write_screen(replace(now, proof=_digest(own))) if now and is_ours else body

        self._store.change(_PREFIX + found.key, work)
        self._store.settle()
        return own if is_ours else None

    def _unclaimed(self, secret: str) -> Screen | None:
        found = self.of_key(_digest(secret))
        return found if found and not found.proof else None

    def _tidy(self) -> None:
        for key, body in self._store.under(_PREFIX).items():
            screen = read_screen(key.removeprefix(_PREFIX), body)
            if screen and not self._is_in_use(screen):
                self._store.change(key, lambda _: None)

    def _is_in_use(self, screen: Screen) -> bool:
        return self._clock.now() - screen.used < UNUSED_FOR

    def screens(self) -> list[Screen]:
        """All of them, by name."""
        kept = self._store.under(_PREFIX)
        found = [one for key, body in kept.items() if (one := read_screen(key.removeprefix(_PREFIX), body))]
        return sorted(filter(self._is_in_use, found), key=lambda one: one.name.casefold())

    def of_secret(self, secret: str) -> Screen | None:
        """The screen whose browser has this secret."""
        key, _, _ = secret.rpartition(".")
        found = self.of_key(key or _digest(secret))
        return found if found and secrets.compare_digest(found.proof, _digest(secret)) else None

    def of_key(self, key: str) -> Screen | None:
        """The screen of that key."""
        kept = self._store.get(_PREFIX + key)
        found = read_screen(key, kept.body) if kept else None
        return found if found and self._is_in_use(found) else None

    def note_used(self, screen: Screen, address: str) -> None:
        """It shows its view just now, from this address."""
        now = self._clock.now()
        if abs(now - screen.used) < NOTED_EVERY and address == screen.address:
            return

        def work(body: str | None) -> str | None:  # revoked meanwhile: it must not come back
            return body and write_screen(replace(screen, used=now, address=address))

        self._store.change(_PREFIX + screen.key, work)

    def revoke(self, key: str) -> Screen:
        """It is a screen no longer; what it was. Raises ``ScreenRefused``."""
        found = self.of_key(key)
        if found is None:
            raise ScreenRefused(say("There is no such screen any more."))
        self._store.change(_PREFIX + key, lambda _: None)
        self._store.settle()
        return found

    def _waiting(self) -> dict[str, WaitingScreen]:
        kept = self._store.get(_WAITING)
        return self._still_waiting(kept.body if kept else None)

    def _still_waiting(self, body: str | None) -> dict[str, WaitingScreen]:
        """Those whose code is good; one asked for in the future was so before the clock was set back."""
        now = self._clock.now()
        return {one.key: one for one in read_waiting(body) if abs(now - one.asked) < CODE_LIFE}

    def _change_waiting(self, work: Callable[[dict[str, WaitingScreen]], object]) -> None:
        def changed(body: str | None) -> str:
            waiting = self._still_waiting(body)
            work(waiting)
            return write_waiting(waiting.values())

        self._store.change(_WAITING, changed)


def revoke_all_screens(store: KeptTexts) -> int:
    """No browser is a screen any more or waits to be one; how many were. Raises ``LogError``."""
    kept = store.under(_PREFIX)
    for key in (*kept, _WAITING):
        store.change(key, lambda _: None)
    return len(kept)


def _first_to_go(waiting: Collection[WaitingScreen]) -> WaitingScreen:
    """The oldest one of the address that has most of the places."""
    places = Counter(one.address for one in waiting)
    return min(waiting, key=lambda one: (-places[one.address], one.asked))


def tidy_code(text: str) -> str:
    """A code as it is kept, however it was typed in."""
    letters = "".join(letter for letter in text.upper() if letter.isalnum())
    return letters if letters.isascii() else ""


def no_such_code() -> ScreenRefused:
    """What is said to whoever types in a code that no screen shows."""
    return ScreenRefused(say("No screen shows this code, or no longer: it is good for ten minutes."))


def _digest(secret: str) -> str:
    """Of 256 random bits nothing slower is needed."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
