"""How often somebody may ask: so many requests a minute, at once or spread, of all workers of this machine together.

A bucket for each: full at first, a request takes one out, and time fills it. The buckets are in the local store, and
requests do not wait for it one by one: each worker spends by what it knows, and settles with the store when it has
spent a twentieth of a worker's share of the rate, or some seconds have gone by. So a caller costs the store a write
for a dozen requests or more (1,000 a minute, four workers), and none while it is refused. All workers together may be
ahead of the rate by a twentieth; that is owed, for a bucket may be less than empty, and over longer times the rate is
kept.

(The package ``limits`` would keep counts by the machine's clock, which may be set, and write with every request.)
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.log import LogError, State

logger = logging.getLogger(__name__)

MINUTE = 60.0
MOST_CALLERS = 10_000
"""That are remembered; whoever asked longest ago is forgotten here, and looked up in the store again."""

UNSETTLED_SHARE = 20
"""A worker settles when it has spent this part of its share of the rate."""

SETTLED_EVERY = 10.0
"""Seconds after which it settles what it has spent, little as that may be."""

KEY = "request-rates"

Buckets = dict[str, tuple[float, float]]
"""By caller: how many requests were left, less than none where some are owed, and when."""


class KeptRates(Protocol):
    """The part of the local store that buckets are kept in. All raise ``LogError``."""

    def get(self, key: str) -> State | None:
        """See ``LocalStore``."""
        ...

    def change(self, key: str, work: Callable[[str | None], str | None]) -> None:
        """See ``LocalStore``."""
        ...


@dataclass(slots=True)
class _Account:
    """What this process knows of a caller's bucket."""

    left: float
    at: float
    spent: int = 0
    """Requests that the store has not been told of."""

    settled_at: float | None = None


class RequestRates:
    """Greenlets may call. Where the store cannot be used, each process counts for itself."""

    def __init__(
        self,
        a_minute: int,
        monotonic: Callable[[], float],
        store: KeptRates | None = None,
        *,
        workers: int = 1,
        offload: Offload = call_here,
    ) -> None:
        """``monotonic`` is the same clock in all of the ``workers``; ``None``: nothing is shared."""
        self.a_minute = a_minute
        self._monotonic = monotonic
        self._store = store
        self._offload = offload
        self._most_unsettled = max(1, a_minute // (UNSETTLED_SHARE * workers))
        self._accounts: dict[str, _Account] = {}
        self._has_warned = False

    def take(self, caller: str) -> float:
        """Seconds until this caller may ask again; 0: they may now, and it counts."""
        now = self._monotonic()
        account = self._account(caller, now)
        if self._store is not None and self._is_due(account, now):
            self._settle(self._store, caller, account, now)
        account.left = self._refilled(account.left, account.at, now)
        account.at = now
        if account.left < 1:
            return (1 - account.left) * MINUTE / self.a_minute
        account.left -= 1
        account.spent += 1
        return 0.0

    def _account(self, caller: str, now: float) -> _Account:
        account = self._accounts.pop(caller, None) or _Account(float(self.a_minute), now)
        self._accounts[caller] = account  # behind all others: whoever is first asked longest ago
        if len(self._accounts) > MOST_CALLERS:
            del self._accounts[next(iter(self._accounts))]
        return account

    def _is_due(self, account: _Account, now: float) -> bool:
        if account.settled_at is None or account.spent >= self._most_unsettled:
            return True
        return account.spent > 0 and now - account.settled_at >= SETTLED_EVERY

    def _settle(self, store: KeptRates, caller: str, account: _Account, now: float) -> None:
        """Tell the store what was spent, and learn what the others have left."""
        spent, account.spent = account.spent, 0  # at once: others ask while the store answers
        account.settled_at = now
        try:
            left = self._offload(self._settled, store, caller, spent, now)
        except LogError as error:
            account.spent += spent
            if not self._has_warned:
                logger.warning("requests are counted by each process for itself: %s", error)
            self._has_warned = True
            return
        self._has_warned = False
        account.left, account.at = left - account.spent, now

    def _settled(self, store: KeptRates, caller: str, spent: int, now: float) -> float:
        """What is left in the store's bucket. Raises ``LogError``."""
        if not spent:
            kept = store.get(KEY)
            return self._left(_read(kept.body if kept else None), caller, now)
        left = 0.0

        def work(body: str | None) -> str:
            nonlocal left
            buckets = _read(body)
            left = self._left(buckets, caller, now) - spent
            others = {one: bucket for one, bucket in buckets.items() if self._left(buckets, one, now) < self.a_minute}
            return json.dumps({**others, caller: (round(left, 3), now)})

        store.change(KEY, work)
        return left

    def _left(self, buckets: Buckets, caller: str, now: float) -> float:
        """A bucket of later than now is of before the machine was started, when its clock began anew."""
        left, at = buckets.get(caller, (float(self.a_minute), now))
        return self._refilled(left, at, now) if at <= now else float(self.a_minute)

    def _refilled(self, left: float, at: float, now: float) -> float:
        return min(float(self.a_minute), left + max(0.0, now - at) * self.a_minute / MINUTE)


def _read(body: str | None) -> Buckets:
    """What cannot be read is nobody's."""
    try:
        return {str(caller): (float(left), float(at)) for caller, (left, at) in json.loads(body or "{}").items()}
    except (ValueError, TypeError, AttributeError):
        return {}
