"""How often somebody may try a password: counted in the local store, so by all workers together and across restarts."""

from __future__ import annotations

import hashlib
import json
import math

from peoplecount.domain.attempts import (
    MOST_OF_ACCOUNT,
    MOST_OF_ADDRESS,
    Failures,
    Subject,
    begun,
    still_counting,
    succeeded,
    wait,
)
from peoplecount.domain.clock import Clock
from peoplecount.domain.sentence import say_number
from peoplecount.services.kept_texts import KeptTexts

_KEY = "sign-in-attempts"


class TriedTooOften(Exception):
    """No password is looked at for a while, be it right or wrong."""

    def __init__(self, seconds: float) -> None:
        self.seconds = math.ceil(seconds)
        minutes = math.ceil(seconds / 60)
        super().__init__(
            say_number(
                "Too many sign-ins have failed lately. Try again in %(num)s minute.",
                "Too many sign-ins have failed lately. Try again in %(num)s minutes.",
                minutes,
            )
        )


class SignInThrottle:
    """Takes room for attempts, and gives it back to those that succeed. All raise ``LogError``."""

    def __init__(self, store: KeptTexts, clock: Clock, key: str = _KEY) -> None:
        """``clock`` must be one of real time; ``key`` is where attempts of this kind are kept."""
        self._key = key
        self._store = store
        self._clock = clock

    def take(self, name: str, address: str) -> float:
        """Room for one attempt, which counts as failed until ``succeeded``; when it began. Raises ``TriedTooOften``."""
        now = self._clock.now().timestamp()
        subjects = (_account(name), _address(address))

        def work(body: str | None) -> str:
            failures = still_counting(_read(body), now)
            seconds = wait(failures, subjects, now)
            if seconds > 0:
                raise TriedTooOften(seconds)
            return json.dumps(begun(failures, subjects, now))

        self._store.change(self._key, work)
        return now

    def succeeded(self, name: str, address: str, began: float) -> None:
        """The attempt begun then went well."""
        self._store.change(
            self._key, lambda body: json.dumps(succeeded(_read(body), _account(name), [_address(address)], began))
        )

    def forget(self, name: str) -> None:
        """What failed for an account does not count any more: it has a new password."""
        self._store.change(self._key, lambda body: json.dumps(succeeded(_read(body), _account(name), (), 0.0)))


def _account(name: str) -> Subject:
    """By a digest: people type their password into the wrong field, and it must be written down nowhere."""
    return Subject("account:" + hashlib.sha256(name.encode(errors="replace")).hexdigest()[:32], MOST_OF_ACCOUNT)


def _address(address: str) -> Subject:
    return Subject(f"address:{address}", MOST_OF_ADDRESS)


def _read(body: str | None) -> Failures:
    """What cannot be read is no failure of anybody's."""
    try:
        return {str(key): tuple(map(float, times)) for key, times in json.loads(body or "{}").items()}
    except (ValueError, TypeError, AttributeError):
        return {}
