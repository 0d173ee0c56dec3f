"""The alert courier: reads ``Alert`` events from the log, writes them into the book, and mails them to people."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

from peoplecount.domain.alert_body import read_kept
from peoplecount.domain.alert_rule import AlertRule
from peoplecount.domain.clock import Clock
from peoplecount.domain.event import EventKind, LogEntry, parse_utc
from peoplecount.domain.event_id import EventId, MalformedEventId
from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.log import Choice, EventLog, LogError
from peoplecount.mail.letter import Letter, Writing
from peoplecount.services.alert_book import AlertBook
from peoplecount.services.alert_rules import AlertRules, RuleRefused
from peoplecount.services.alert_watch import ALERTS_STATE, LOOK_SECONDS, AlertWatch
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.services.outbox import About, Outbox, letter_id

logger = logging.getLogger(__name__)

_CURSOR = "alert-courier"
READ_AT_ONCE = 100

NEWS_FOR = timedelta(days=1)
"""What is older is not mailed any more."""

_ALERTS = Choice(kinds=(EventKind.ALERT,))


class AlertWriter(Protocol):
    """Puts alerts into words for people who are elsewhere."""

    def alert(self, fields: Mapping[str, Any], language: str) -> Writing:
        """What a letter says about an ``Alert`` event."""
        ...


class AlertCourier:
    """Follows the log with a cursor of its own. What it does twice after a crash is done once: see ``Outbox``."""

    def __init__(
        self,
        log: EventLog,
        store: KeptTexts,
        *,
        rules: AlertRules,
        book: AlertBook,
        outbox: Outbox | None,
        writer: AlertWriter,
        clock: Clock,
        offload: Offload = call_here,
    ) -> None:
        """``outbox``: ``None`` where no mail server is set; ``clock`` is one of real time."""
        self._log = log
        self._store = store
        self._rules = rules
        self._book = book
        self._outbox = outbox
        self._writer = writer
        self._clock = clock
        self._offload = offload
        self._reached: EventId | None = None
        """In this process; what is written down may lag behind."""

    @property
    def reached(self) -> EventId | None:
        """Up to where the log was read; ``None`` until it has begun."""
        return self._reached

    def step(self) -> int:
        """Take up what is new; how many alerts that was. Raises ``LogError``."""
        return self._offload(self._step)

    def _step(self) -> int:
        head, oldest = self._log.head(), self._log.oldest()
        before = self._cursor()
        known = self._reached or before
        # After a log that was put back, everything there is is read again, and known again by its ids.
        after = max(known.number, oldest.number) if known and known.epoch == head.epoch else oldest.number
        done = 0
        while after < head.number:
            chosen = self._log.choose(after, READ_AT_ONCE, _ALERTS)
            for entry in chosen.entries:
                self._take(entry)
            if chosen.examined <= after:
                break
            after, done = chosen.examined, done + len(chosen.entries)
        reached = EventId(head.epoch, after)
        if before is None or done or before.epoch != head.epoch or after - before.number > 10 * READ_AT_ONCE:
            self._store.put(_CURSOR, str(reached))
        if self._reached is None or self._reached.epoch != head.epoch:
            self._book.close_all_but(self._open_by_log())
        self._reached = reached
        return done

    def _open_by_log(self) -> set[str]:
        """Alerts that somebody looks after. Of others the end was lost with the log it was in, or will never come."""
        state = self._log.load_states().states.get(ALERTS_STATE)
        try:
            kept = read_kept(state.body) if state else {}
        except (ValueError, KeyError, TypeError, AttributeError):
            return set()  # the watch begins anew, and says so
        return {one.state.alert_id for one in kept.values() if one.state.alert_id}

    def _cursor(self) -> EventId | None:
        kept = self._store.get(_CURSOR)
        try:
            return EventId.parse(kept.body) if kept else None
        except MalformedEventId:
            return None

    def _take(self, entry: LogEntry) -> None:
        try:
            fields = json.loads(entry.event.body)
            self._book.note(fields)
            self._mail(fields)
        except LogError:
            raise
        except Exception:  # one that nobody foresaw must not hold up all that follow
            logger.exception("alert %s cannot be read, and is passed over", entry.event_id)

    def _mail(self, fields: Mapping[str, Any]) -> None:
        if not fields["notice"] or self._outbox is None:
            return
        if self._clock.now() - parse_utc(fields["time"]) > NEWS_FOR:
            return
        rule = self._rule(fields["ruleId"])
        if rule is None or not rule.recipients:
            return
        writing = self._writer.alert(fields, rule.language)
        moment = (fields["alertId"], fields["notice"], fields["time"])
        letters = [Letter(letter_id(*moment, recipient), recipient, writing) for recipient in rule.recipients]
        self._outbox.put(About.ALERT, fields["alertId"], letters)

    def _rule(self, rule_id: str) -> AlertRule | None:
        try:
            return self._rules.find(rule_id)
        except RuleRefused:
            return None


class AlertWorker:
    """Looks, and then tells of it, again and again."""

    def __init__(self, watch: AlertWatch, courier: AlertCourier) -> None:
        self._watch = watch
        self._courier = courier

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set."""
        said = ""
        while not stop.wait(LOOK_SECONDS):
            for work in (self._watch.look_again, self._courier.step):
                try:
                    work()
                except LogError as error:
                    logger.debug("alerts wait for the log or the store: %s", error)
                except Exception as error:
                    if str(error) != said:
                        logger.exception("the alerts stumbled, and begin again from what is written down")
                    said = str(error)
