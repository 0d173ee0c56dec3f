"""Taking up: going through the event log once for all webhooks, and letting what each is told of wait for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from peoplecount.domain.event import LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.domain.offload import Offload
from peoplecount.domain.webhook import Stand, Telling
from peoplecount.domain.webhook_watch import WebhookWatch
from peoplecount.eventlog.log import EventLog
from peoplecount.eventlog.webhook_book import KeptWebhook, Position, TakenUp, WebhookBook
from peoplecount.services.unhurried import Breath, unhurried

logger = logging.getLogger(__name__)

READ_AT_ONCE = 500
"""Entries."""

DONE_AT_ONCE = 50
"""Entries, each looked at for every webhook, after which others have their turn."""


class WebhookTakeUp:
    """The half of sending that reads the log. Use it from one thread."""

    def __init__(self, log: EventLog, book: WebhookBook, offload: Offload, rest: Callable[[], None]) -> None:
        """``rest`` lets others have their turn."""
        self._log = log
        self._book = book
        self._offload = offload
        self._rest = rest
        self._fault = ""
        """Of the newest entry that made no sense; others of its kind are not said again."""

    def run(self, busy: Mapping[str, int], picking: threading.Lock, stop: threading.Event) -> bool:
        """Let wait what the log has for somebody; whether there is anybody. Raises ``LogError``.

        ``busy`` is what is being sent, by webhook; nobody chooses what is sent next while ``picking`` is held.
        """
        while not stop.is_set():
            kept = self._offload(lambda: self._book.webhooks(counted=False))
            webhooks = [one for one in kept if one.condition.stand is not Stand.DISABLED]
            if not webhooks or not self._take_up_some(webhooks, busy, picking):
                return bool(webhooks)
        return True

    def _take_up_some(self, webhooks: Sequence[KeptWebhook], busy: Mapping[str, int], picking: threading.Lock) -> bool:
        """Whether there may be more."""
        after, gap = self._offload(self._begin_from, webhooks)
        entries = self._offload(self._log.read, after.number, READ_AT_ONCE)
        if not entries:
            return False
        found = self._looked_at(webhooks, entries, after if gap else None)
        position = Position(entries[-1].event_id, entries[-1].appended_at)
        with picking:
            self._offload(self._book.take_up, position, found, dict(busy))
        return len(entries) == READ_AT_ONCE

    def _begin_from(self, webhooks: Sequence[KeptWebhook]) -> tuple[EventId, bool]:
        """After which event to go on, and whether some before it are missing."""
        head, position = self._log.head(), self._book.position()
        first = min(
            (one.webhook.since.number for one in webhooks if one.webhook.since.epoch == head.epoch), default=head.number
        )
        if position is None:
            return EventId(head.epoch, min(first, head.number)), False
        before = position.event_id
        if before.epoch != head.epoch or before.number > head.number:
            return self._after_rewind(position, head), False
        number = max(before.number, min(first, head.number)) if _all_of(webhooks, head.epoch) else before.number
        oldest = self._log.beginning().number
        return EventId(head.epoch, max(number, oldest)), oldest > number

    def _after_rewind(self, position: Position, head: EventId) -> EventId:
        """In a log that was put back, numbers are given anew: what was appended since is what is new."""
        if position.at is None:
            return EventId(head.epoch, self._log.beginning().number)
        return self._log.before(position.at + timedelta(microseconds=1))

    def _looked_at(
        self, webhooks: Sequence[KeptWebhook], entries: Sequence[LogEntry], gap: EventId | None
    ) -> dict[str, TakenUp]:
        """What there is for each; ``gap`` is up to where entries are missing."""
        watches = {
            one.webhook.hook_id: WebhookWatch(one.webhook.wish, one.webhook.sites, one.condition.sides)
            for one in webhooks
        }
        found: dict[str, list[Telling]] = {hook_id: [] for hook_id in watches}
        for entry in unhurried(entries, Breath(DONE_AT_ONCE, self._rest)):
            for one in webhooks:
                if _is_up_to(entry.event_id, one.webhook.since):
                    continue
                telling = self._told(watches[one.webhook.hook_id], entry)
                if telling is not None:
                    found[one.webhook.hook_id].append(telling)
        return {
            one.webhook.hook_id: TakenUp(
                tuple(found[one.webhook.hook_id]),
                watches[one.webhook.hook_id].sides,
                gap=gap is not None and not _is_up_to(gap, one.webhook.since),
            )
            for one in webhooks
        }

    def _told(self, watch: WebhookWatch, entry: LogEntry) -> Telling | None:
        """An entry that makes no sense is said and passed over: it would stop all others for ever."""
        try:
            return watch.take(entry)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            fault = f"{type(error).__name__}: {error}"
            if fault != self._fault:
                logger.error("event %s is told to no webhook: %.300s", entry.event_id, fault)  # noqa: TRY400
            self._fault = fault
            return None


def _is_up_to(event_id: EventId, since: EventId) -> bool:
    """Whether it came before a webhook was made."""
    return event_id.epoch == since.epoch and event_id.number <= since.number


def _all_of(webhooks: Sequence[KeptWebhook], epoch: str) -> bool:
    return all(one.webhook.since.epoch == epoch for one in webhooks)
