"""One-time links: who follows one chooses a password, once."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from peoplecount.domain.clock import Clock
from peoplecount.services.kept_texts import KeptTexts

GOOD_FOR = timedelta(hours=24)
MOST = 100
"""That are out at a time; the oldest goes for another."""

_KEY = "one-time-links"


class Purpose(NamedTuple):
    """What a link is for."""

    user: str
    """Whose password is chosen. Empty: an administrator's, who chooses a name, too."""

    start: str = ""
    """The start of the service that printed it by itself; empty: somebody asked for it."""

    stamp: str = ""
    """Of the user when the link was made: one who has another password since, or is somebody else, needs a new one."""


class OneTimeLinks:
    """Codes of links, each good once and for a day. Kept are digests. All raise ``LogError``."""

    def __init__(self, store: KeptTexts, clock: Clock) -> None:
        """``clock`` must be one of real time."""
        self._store = store
        self._clock = clock

    def make(self, user: str = "", stamp: str = "") -> str:
        """The code of a new link for a user with that stamp, or for an administrator.

        Earlier ones for the same are void.
        """
        return self._add(Purpose(user, stamp=stamp), lambda old: old.user != user) or ""

    def make_at_start(self, start: str) -> str | None:
        """The code for the first administrator; ``None`` where another worker of this start has made one already.

        Those of earlier starts are void: whoever reads one later in some terminal must not get in.
        """
        return self._add(Purpose("", start), lambda old: not old.start, unless=lambda old: old.start == start)

    def purpose(self, code: str) -> Purpose | None:
        """What a code is for, which stays good; ``None`` where it is void."""
        kept = self._store.get(_KEY)
        found = self._good(kept.body if kept else None).get(_digest(code))
        return found[1] if found else None

    def redeem(self, code: str) -> Purpose | None:
        """What a code is for, and it is void from now on; ``None`` where it is already."""
        taken: list[Purpose] = []

        def work(body: str | None) -> str:
            good = self._good(body)
            found = good.pop(_digest(code), None)
            if found:
                taken.append(found[1])
            return _text(good)

        self._store.change(_KEY, work)
        self._store.settle()
        return taken[0] if taken else None

    def _add(
        self, purpose: Purpose, keeps: Callable[[Purpose], bool], unless: Callable[[Purpose], bool] = lambda _: False
    ) -> str | None:
        code = secrets.token_urlsafe(24)
        added: list[bool] = []

        def work(body: str | None) -> str:
            good = self._good(body)
            if any(unless(old) for _, old in good.values()):
                return _text(good)
            kept = {key: one for key, one in good.items() if keeps(one[1])}
            newest = dict(sorted(kept.items(), key=lambda item: item[1][0])[-(MOST - 1) :])
            added.append(True)
            return _text(newest | {_digest(code): (self._now() + GOOD_FOR.total_seconds(), purpose)})

        self._store.change(_KEY, work)
        return code if added else None

    def _good(self, body: str | None) -> dict[str, tuple[float, Purpose]]:
        now, longest = self._now(), GOOD_FOR.total_seconds()
        return {key: one for key, one in _read(body).items() if now < one[0] <= now + longest}

    def _now(self) -> float:
        return self._clock.now().timestamp()


def void_all_links(store: KeptTexts) -> int:
    """None is good any more; how many there were. Raises ``LogError``."""
    kept = store.get(_KEY)
    store.change(_KEY, lambda _: None)
    return len(_read(kept.body if kept else None))


def _digest(code: str) -> str:
    return hashlib.sha256(code.strip().encode()).hexdigest()


def _text(good: dict[str, tuple[float, Purpose]]) -> str:
    return json.dumps({key: [ends, *purpose] for key, (ends, purpose) in good.items()}, separators=(",", ":"))


def _read(body: str | None) -> dict[str, tuple[float, Purpose]]:
    """What cannot be read are links that nobody can use."""
    try:
        rows = json.loads(body or "{}").items()
        return {key: (float(ends), Purpose(*map(str, purpose))) for key, (ends, *purpose) in rows}
    except (ValueError, TypeError, AttributeError):
        return {}
