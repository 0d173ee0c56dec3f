"""The desk for screens on walls: where they are confirmed, listed and revoked."""

from __future__ import annotations

from collections.abc import Collection

from peoplecount.domain.change import Subject, Value
from peoplecount.domain.clock import Clock
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.sentence import say
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.services.screen import Screen, WaitingScreen
from peoplecount.services.screens import ScreenRefused, Screens, no_such_code
from peoplecount.services.sign_in_throttle import SignInThrottle, TriedTooOften

_ATTEMPTS = "screen-code-attempts"


class ScreenDesk:
    """Changes which screens there are, and notes who did. Calls raise ``LogError``; greenlets may call, too."""

    def __init__(self, store: KeptTexts, clock: Clock, log: AuditLog, offload: Offload = call_here) -> None:
        """``clock`` must be one of real time."""
        self._screens = Screens(store, clock)
        self._throttle = SignInThrottle(store, clock, _ATTEMPTS)
        self._log = log
        self._offload = offload

    def ask(self, address: str, browser: str) -> tuple[str, WaitingScreen]:
        """See ``Screens``."""
        return self._offload(lambda: self._screens.ask(address, browser))

    def waiting(self, secret: str) -> WaitingScreen | None:
        """See ``Screens``."""
        return self._offload(lambda: self._screens.waiting(secret))

    def age(self, waiting: WaitingScreen) -> float:
        """Seconds since a code was shown first."""
        return self._screens.age(waiting)

    def of_secret(self, secret: str) -> Screen | None:
        """See ``Screens``."""
        return self._offload(lambda: self._screens.of_secret(secret))

    def is_confirmed(self, secret: str) -> bool:
        """See ``Screens``."""
        return self._offload(lambda: self._screens.is_confirmed(secret))

    def claim(self, secret: str) -> str | None:
        """See ``Screens``."""
        return self._offload(lambda: self._screens.claim(secret))

    def screens(self) -> list[Screen]:
        """See ``Screens``."""
        return self._offload(self._screens.screens)

    def find(self, who: str, address: str, code: str) -> WaitingScreen:
        """The browser that shows this code. Raises ``ScreenRefused``, also where somebody has tried too often."""
        return self._offload(lambda: self._found(who, address, code))

    def confirm(self, who: str, address: str, code: str, name: str, sites: Collection[str] | None) -> Screen:
        """The browser that shows this code is a screen from now on. Raises ``ScreenRefused``."""

        def work() -> Screen:
            self._found(who, address, code)
            return self._screens.confirm(code, name, sites, who)

        screen = self._offload(work)
        self._log.note(who, "confirmed", Subject.SCREEN, screen.key[:8], screen.name, after=_facts(screen))
        return screen

    def revoke(self, who: str, key: str) -> Screen:
        """It shows nothing any more; what it was. Raises ``ScreenRefused``."""
        screen = self._offload(lambda: self._screens.revoke(key))
        self._log.note(who, "revoked", Subject.SCREEN, screen.key[:8], screen.name, before=_facts(screen))
        return screen

    def _found(self, who: str, address: str, code: str) -> WaitingScreen:
        try:
            began = self._throttle.take(who, address)
        except TriedTooOften as error:
            minutes = str(-(-error.seconds // 60))
            raise ScreenRefused(say("Too many wrong codes. Try again in %(minutes)s min.", minutes=minutes)) from error
        found = self._screens.of_code(code)
        if found is None:
            raise no_such_code()
        self._throttle.succeeded(who, address, began)
        return found


def _facts(screen: Screen) -> dict[str, Value]:
    return {
        "sites": "all" if screen.sites is None else ", ".join(sorted(screen.sites)),
        "address": screen.address,
        "browser": screen.browser,
    }
