"""The audit log: who changed what, when, and what it was before. Kept in the local store, which all workers share."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from peoplecount.domain.change import Change, Subject, Value
from peoplecount.domain.clock import Clock
from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.log import LogError

logger = logging.getLogger("peoplecount.changes")

KEPT_FOR = timedelta(days=2 * 365)
MOST_KEPT = 100_000
"""Changes. An import of a thousand cameras every week for two years."""

TIDIED_EVERY = 200
"""Changes between two looks at what is too old."""

ON_A_PAGE = 50
_LONGEST_VALUE = 300
_HIDDEN = "(not shown)"
_SECRETS = ("password", "secret", "token", "hash", "key")


class KeptChanges(Protocol):
    """Where changes are kept. All raise ``LogError``."""

    def note_change(self, change: Change) -> int:
        """See ``LocalStore``."""
        ...

    def changes(
        self,
        most: int,
        *,
        below: int | None = None,
        subject: Subject | None = None,
        who: str = "",
        sites: Collection[str] | None = None,
    ) -> list[Change]:
        """See ``LocalStore``."""
        ...

    def authors(self) -> list[str]:
        """See ``LocalStore``."""
        ...

    def forget_changes(self, *, older_than: datetime, below: int) -> None:
        """See ``LocalStore``."""
        ...


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """Some changes, the newest first."""

    changes: tuple[Change, ...]
    older: int | None
    """From where the next page goes on; ``None`` where there is none."""


class AuditLog:
    """Notes every change, whoever made it and by whatever way. May be called from greenlets."""

    def __init__(self, store: KeptChanges, clock: Clock, offload: Offload = call_here) -> None:
        """``clock`` must be one of real time."""
        self._store = store
        self._clock = clock
        self._offload = offload

    def note(
        self,
        who: str,
        verb: str,
        subject: Subject,
        subject_id: str,
        name: str = "",
        *,
        sites: Collection[str] = (),
        before: Mapping[str, Value] | None = None,
        after: Mapping[str, Value] | None = None,
    ) -> None:
        """Note that ``who`` has ``verb`` (``added``, ``changed``, …) something; never raises, for it is done already.

        Of ``before`` and ``after`` what differs is kept, and of what may be a secret only that it does. ``sites`` are
        the ids of those it belongs to, or did; none: only who sees all sites is told.
        """
        was, becomes = _difference(before or {}, after or {})
        change = Change(self._clock.now(), who, verb, subject, subject_id, name, frozenset(sites), was, becomes)
        logger.info("%s %s %s %s", who, verb, subject, subject_id)
        try:
            self._offload(lambda: self._keep(change))
        except LogError as error:
            logger.error("That %s %s %s %s cannot be noted: %s", who, verb, subject, subject_id, error)  # noqa: TRY400  the reason says all

    def page(
        self,
        *,
        subject: Subject | None = None,
        who: str = "",
        below: int | None = None,
        sites: Collection[str] | None = None,
    ) -> ChangesPage:
        """The newest changes of a number below ``below``. ``sites``: only those that concern these alone.

        Raises ``LogError``.
        """

        def look() -> list[Change]:
            return self._store.changes(ON_A_PAGE + 1, below=below, subject=subject, who=who, sites=sites)

        found = self._offload(look)
        shown = tuple(found[:ON_A_PAGE])
        return ChangesPage(shown, shown[-1].number if len(found) > ON_A_PAGE else None)

    def names(self, subject: Subject, ids: Collection[str]) -> dict[str, str]:
        """What such things were called when they were changed last, as far as that is kept. Raises ``LogError``."""
        wanted, found = set(ids), dict[str, str]()
        below: int | None = None
        while wanted - found.keys():
            page = self.page(subject=subject, below=below)
            for change in page.changes:
                if change.subject_id in wanted and change.name:
                    found.setdefault(change.subject_id, change.name)
            below = page.older
            if below is None:
                break
        return found

    def authors(self) -> list[str]:
        """Everybody who stands in it, by name. Raises ``LogError``."""
        return self._offload(self._store.authors)

    def _keep(self, change: Change) -> None:
        number = self._store.note_change(change)
        if number % TIDIED_EVERY == 0:
            self._store.forget_changes(older_than=change.moment - KEPT_FOR, below=number - MOST_KEPT)


def _difference(before: Mapping[str, Value], after: Mapping[str, Value]) -> tuple[dict[str, Value], dict[str, Value]]:
    """Both as far as they differ, fit to be shown."""
    missing = object()
    names = [name for name in {**before, **after} if before.get(name, missing) != after.get(name, missing)]
    was = {name: _shown(name, before[name]) for name in names if name in before}
    becomes = {name: _shown(name, after[name]) for name in names if name in after}
    return was, becomes


def _shown(name: str, value: Value) -> Value:
    if any(secret in name.lower() for secret in _SECRETS):
        return _HIDDEN if value else ""
    if isinstance(value, str) and len(value) > _LONGEST_VALUE:
        return f"{value[:_LONGEST_VALUE]}…"
    return value
