"""The book of alerts: those that are open, those that are over, and who has seen them. In the local store."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from peoplecount.domain.alert_body import is_over
from peoplecount.domain.alert_state import Notice
from peoplecount.domain.clock import Clock
from peoplecount.domain.event import parse_utc, utc_text
from peoplecount.domain.sentence import say
from peoplecount.services.kept_texts import KeptTexts

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=400)
MOST_KEPT = 1_000

_OPEN, _OVER = "alert-open:", "alert-over:"


class NoSuchAlert(LookupError):
    """There is no such alert, or it is of a site that is not theirs to see."""


@dataclass(frozen=True, slots=True)
class BookedAlert:
    """One alert, from when it opened until it was over."""

    alert_id: str
    opened: datetime
    """UTC."""

    fields: Mapping[str, Any]
    """Of its newest event that tells what was bad; see ``alert_event``."""

    closed: datetime | None = None
    noticed: datetime | None = None
    """When people were to be told."""

    seen: datetime | None = None
    seen_by: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it still is so."""
        return self.closed is None

    @property
    def site_id(self) -> str:
        """Empty: it is of the installation."""
        return str(self.fields["siteId"])

    def is_for(self, sites: Collection[str] | None) -> bool:
        """Whether it may be seen by somebody whose sites these are; ``None``: all."""
        return sites is None or self.site_id in sites


class AlertBook:
    """Reads and writes the book. Calls block for as long as the store takes; all raise ``LogError``."""

    def __init__(self, store: KeptTexts, clock: Clock) -> None:
        """``clock`` must be one of real time."""
        self._store = store
        self._clock = clock

    def note(self, fields: Mapping[str, Any]) -> None:
        """Take up an ``Alert`` event. The same one may come again."""
        alert_id = str(fields["alertId"])
        if self._store.get(_OVER + alert_id) is not None:
            self._store.change(_OPEN + alert_id, lambda _: None)  # a crash may have come between the two
            return
        kept = self._store.get(_OPEN + alert_id)
        booked = _after(_read(alert_id, kept.body if kept else None), fields)
        if booked.is_open:
            self._store.change(_OPEN + alert_id, lambda body: _text(_after(_read(alert_id, body), fields)))
            return
        self._put_over(booked)

    def see(self, alert_id: str, who: str, sites: Collection[str] | None) -> BookedAlert:
        """Somebody has seen it, and takes care. Raises ``NoSuchAlert``, also of one that is over."""
        found: list[BookedAlert] = []

        def work(body: str | None) -> str | None:
            known = _read(alert_id, body)
            if known is None or not known.is_for(sites):
                raise NoSuchAlert(say("There is no such alert, or it is over."))
            found.append(known if known.seen else replace(known, seen=self._clock.now(), seen_by=who))
            return _text(found[-1])

        self._store.change(_OPEN + alert_id, work)
        return found[-1]

    def close_all_but(self, alert_ids: Collection[str]) -> None:
        """Open ones that nobody looks after any more are over now."""
        for one in self.open():
            if one.alert_id not in alert_ids:
                logger.warning("alert %s is over: the log does not know it any more", one.alert_id)
                self._put_over(replace(one, closed=self._clock.now()))

    def open(self, sites: Collection[str] | None = None) -> list[BookedAlert]:
        """The open ones, the newest first."""
        return self._under(_OPEN, sites)

    def over(self, sites: Collection[str] | None = None) -> list[BookedAlert]:
        """Those that are over, the newest first."""
        return self._under(_OVER, sites)

    def _put_over(self, booked: BookedAlert) -> None:
        self._store.put(_OVER + booked.alert_id, _text(booked))
        self._store.change(_OPEN + booked.alert_id, lambda _: None)
        self._tidy()

    def _under(self, prefix: str, sites: Collection[str] | None) -> list[BookedAlert]:
        kept = self._store.under(prefix).items()
        found = [one for key, body in kept if (one := _read(key.removeprefix(prefix), body)) and one.is_for(sites)]
        return sorted(found, key=lambda one: one.opened, reverse=True)

    def _tidy(self) -> None:
        before = self._clock.now() - KEPT_FOR
        for place, one in enumerate(self.over()):
            if place >= MOST_KEPT or one.opened < before:
                self._store.change(_OVER + one.alert_id, lambda _: None)


def _after(known: BookedAlert | None, fields: Mapping[str, Any]) -> BookedAlert:
    moment = parse_utc(fields["time"])
    booked = known or BookedAlert(str(fields["alertId"]), moment, fields)
    if fields["notice"] == Notice.BAD:
        booked = replace(booked, noticed=moment)
    if is_over(fields):
        return booked if booked.closed else replace(booked, closed=moment)
    return replace(booked, fields=fields)


def _text(one: BookedAlert) -> str:
    fields = {
        "opened": utc_text(one.opened),
        "closed": utc_text(one.closed) if one.closed else None,
        "noticed": utc_text(one.noticed) if one.noticed else None,
        "seen": utc_text(one.seen) if one.seen else None,
        "seenBy": one.seen_by,
        "event": dict(one.fields),
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _read(alert_id: str, body: str | None) -> BookedAlert | None:
    """``None`` for what cannot be read."""
    try:
        row = json.loads(body or "null")
        if row is None:
            return None
        closed, noticed, seen = (parse_utc(row[name]) if row[name] else None for name in ("closed", "noticed", "seen"))
        opened, fields, seen_by = parse_utc(row["opened"]), row["event"], str(row["seenBy"])
        return BookedAlert(alert_id, opened, fields, closed, noticed, seen, seen_by)
    except (ValueError, TypeError, KeyError):
        logger.warning("an alert in the local store cannot be read: %s", alert_id)
        return None
