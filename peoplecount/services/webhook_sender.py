"""Sending webhooks: follows the event log, and sends what each webhook is told of, in order and at least once.

Two halves. *Taking up* goes through the log once for all webhooks and lets what each is told of wait in the book, in
the transaction that also moves the position in the log: a crash loses nothing and takes nothing up twice. *Sending*
takes what waits for a webhook, one after the other; what was answered is in the book before the next one goes. A
webhook has a thread of its own while something is sent to it, so that one that is slow, or away, holds up no other.

A crash between an answer and its note sends an event again, with the same id and the same body.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from peoplecount.domain.clock import Clock
from peoplecount.domain.log_marks import EVENT, marked
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.redelivery import DEAD_AFTER, FORGOTTEN_AFTER, MOST_UNFIT_TRIES, wait_after
from peoplecount.domain.sentence import say
from peoplecount.domain.webhook import Attempt, Condition, Outcome, Stand, Telling
from peoplecount.eventlog.log import EventLog, LogError
from peoplecount.eventlog.webhook_book import KeptWebhook, WebhookBook
from peoplecount.services.unhurried import rest
from peoplecount.services.webhook_post import Postman, Sent
from peoplecount.services.webhook_take_up import WebhookTakeUp

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
"""How often it is looked whether there is anything to do; a look costs some microseconds."""

RETRY_SECONDS = 5.0
"""After a log or a book that could not be read."""

_NEVER = (-1, -1)
"""Change counters of the log and the book that neither has."""

TIDIED_EVERY = 600.0
"""Seconds between two looks at what is over."""


class WebhookSender:
    """Sends, in the one process that leads. ``run`` is its life; ``step`` does what is due now."""

    def __init__(
        self,
        log: EventLog,
        book: WebhookBook,
        postman: Postman,
        clock: Clock,
        *,
        offload: Offload = call_here,
        owner_is_good: Callable[[str], bool] = lambda _: True,
        note_removed: Callable[[KeptWebhook], None] = lambda _: None,
        chance: Callable[[], float] = random.random,
        start: Callable[[Callable[[], None], str], None] | None = None,
        rest: Callable[[], None] = rest,
    ) -> None:
        """``clock`` must be one of real time.

        ``owner_is_good`` tells of the id of an API token whether it may still be told anything; ``note_removed`` is
        called for what is removed because it was over. ``start`` runs something in a thread of the given name.
        """
        self._log = log
        self._book = book
        self._taking_up = WebhookTakeUp(log, book, offload, rest)
        self._postman = postman
        self._clock = clock
        self._offload = offload
        self._owner_is_good = owner_is_good
        self._note_removed = note_removed
        self._chance = chance
        self._start = start or _in_a_thread
        self._stop = threading.Event()
        self._picking = threading.Lock()
        """Held while what is to be sent next is chosen, or what waits is changed."""
        self._busy: dict[str, int] = {}
        """By webhook: the number of what is sent just now, or again and again."""
        self._bursts: dict[str, int] = {}
        """By webhook with a gap: up to which number it is sent without a rest."""
        self._sending: set[str] = set()
        self._again = threading.Event()
        """Set by whoever ends to send: something may have come while it did."""
        self._counters = _NEVER
        self._looks_at = 0
        """From which counter on: where there is nobody to be told anything, what happens in the log is of no matter."""
        self._next_due: datetime | None = None
        self._tidied_at: float | None = None

    def run(self, stop: threading.Event) -> None:
        """Send until ``stop`` is set; then what is under way ends by itself, and is noted if it can be."""
        self._stop = stop
        said = ""
        while not stop.is_set():
            pause = LOOK_SECONDS
            try:
                self.step()
                said = ""
            except LogError as error:
                pause, self._counters = RETRY_SECONDS, _NEVER
                if str(error) != said:
                    logger.warning("webhooks wait: %s", error)
                said = str(error)
            except Exception as error:
                pause, self._counters = RETRY_SECONDS, _NEVER
                if str(error) != said:
                    logger.exception("webhooks stumbled, and are looked at again")
                said = str(error)
            stop.wait(pause)

    def step(self) -> None:
        """Take up what is new, and begin to send where something is due. Raises ``LogError``."""
        counters = self._log.change_counter(), self._book.change_counter()
        now = self._clock.now()
        is_due = self._next_due is not None and now >= self._next_due
        if counters[self._looks_at :] != self._counters[self._looks_at :] or is_due or self._again.is_set():
            self._again.clear()
            is_for_somebody = self._taking_up.run(self._busy, self._picking, self._stop)
            self._begin_to_send()
            self._counters = counters
            self._looks_at = 0 if is_for_somebody else 1
        if self._tidied_at is None or self._clock.monotonic() >= self._tidied_at + TIDIED_EVERY:
            self._tidied_at = self._clock.monotonic()
            self.tidy()

    def _webhooks(self) -> list[KeptWebhook]:
        return self._offload(lambda: self._book.webhooks(counted=False))

    def _begin_to_send(self) -> None:
        waiting = self._offload(self._book.with_waiting)
        now = self._clock.now()
        later: list[datetime] = []
        for one in self._webhooks() if waiting else ():
            hook_id, condition = one.webhook.hook_id, one.condition
            if hook_id not in waiting or hook_id in self._sending or condition.stand is not Stand.ACTIVE:
                continue
            due = self._due(hook_id, condition)
            if due is None or due <= now:
                self._sending.add(hook_id)
                self._start(lambda one=one: self._send_all(one.webhook.hook_id), "webhook")  # type: ignore[misc]
            else:
                later.append(due)
        self._next_due = min(later, default=None)

    def _due(self, hook_id: str, condition: Condition) -> datetime | None:
        rests = condition.rest_until if hook_id not in self._bursts else None
        return max(filter(None, (condition.next_try, rests)), default=None)

    def _send_all(self, hook_id: str) -> None:
        """Send what waits for one webhook until nothing is due any more."""
        try:
            while not self._stop.is_set() and self._send_next(hook_id):
                pass
        except LogError as error:
            logger.warning("a webhook waits: %s", error)
        except Exception:
            logger.exception("a webhook stumbled, and is tried again")
            self._stop.wait(RETRY_SECONDS)  # nothing of it is noted: without a rest it would be sent without end
        finally:
            self._sending.discard(hook_id)
            self._again.set()

    def _send_next(self, hook_id: str) -> bool:
        """Send the next event where it is due; whether to go on."""
        with self._picking:
            kept = self._offload(lambda: self._book.find(hook_id, counted=False))
            telling, last = self._offload(self._book.first, hook_id)
            if kept is None or telling is None or not self._is_due(kept, telling, last):
                self._busy.pop(hook_id, None)
                return False
            self._busy[hook_id] = telling.number
        now = self._clock.now()
        with marked(EVENT, telling.event_id):
            sent = self._postman.send(kept.webhook, telling.event_id, telling.json())
            return self._note(kept, telling, now, sent)

    def _is_due(self, kept: KeptWebhook, telling: Telling, last: int) -> bool:
        hook_id, condition = kept.webhook.hook_id, kept.condition
        if kept.webhook.wish.min_gap and telling.number > self._bursts.get(hook_id, 0):
            self._bursts.pop(hook_id, None)
        due = self._due(hook_id, condition)
        if condition.stand is not Stand.ACTIVE or (due is not None and due > self._clock.now()):
            return False
        if kept.webhook.wish.min_gap:
            self._bursts.setdefault(hook_id, last)
        return True

    def _note(self, kept: KeptWebhook, telling: Telling, now: datetime, sent: Sent) -> bool:
        """Write down what came of it; whether to go on."""
        failures = kept.condition.failures + 1
        is_over = sent.outcome is Outcome.TAKEN or (sent.outcome is Outcome.UNFIT and failures >= MOST_UNFIT_TRIES)
        wait = timedelta(seconds=wait_after(sent.outcome, failures, sent.asked, self._chance()))
        next_try = None if sent.outcome in {Outcome.TAKEN, Outcome.GONE} else self._clock.now() + wait
        ends = self._end_of(kept.condition, now, sent.outcome)
        attempt = Attempt(
            now,
            telling.event_id,
            telling.kind,
            sent.outcome,
            sent.status,
            round(sent.seconds, 3),
            sent.words,
            next_try=None if is_over or ends else next_try,
        )

        def noted(condition: Condition) -> Condition:
            if sent.outcome is Outcome.TAKEN:
                return _after_success(condition, now, kept.webhook.wish.min_gap)
            failed = _after_failure(condition, now, next_try, is_left_out=is_over)
            return replace(failed, stand=Stand.DISABLED, reason=ends, since=now, next_try=None) if ends else failed

        with self._picking:
            over = telling.number if is_over else None
            left_out = 1 + telling.dropped if is_over and sent.outcome is not Outcome.TAKEN else 0
            is_there = self._offload(
                lambda: self._book.note(
                    kept.webhook.hook_id, attempt, noted, over=over, left_out=left_out, empties=bool(ends)
                )
            )
            if is_over or ends or not is_there:
                self._busy.pop(kept.webhook.hook_id, None)
        if sent.outcome is not Outcome.TAKEN and not kept.condition.failures:
            logger.warning("webhook %s (%s): %s", kept.webhook.key, kept.webhook.host, sent.words)
        elif sent.outcome is Outcome.TAKEN and kept.condition.failures:
            logger.info("webhook %s (%s) takes events again", kept.webhook.key, kept.webhook.host)
        return is_there and sent.outcome is Outcome.TAKEN

    def _end_of(self, condition: Condition, now: datetime, outcome: Outcome) -> str:
        """Why it is disabled now, in words; empty: it is not."""
        if outcome is Outcome.GONE:
            return say("It answered that it is gone for good (410).")
        if outcome is Outcome.TAKEN or condition.failing_since is None:
            return ""
        if now - condition.failing_since < DEAD_AFTER:
            return ""
        return say("It took nothing for three days.")

    def tidy(self) -> None:
        """Remove what is over: disabled for long, or of a token that is good no longer. Raises ``LogError``."""
        now = self._clock.now()
        for one in self._webhooks():
            condition, owner = one.condition, one.webhook.owner
            is_old = condition.stand is Stand.DISABLED and now - (condition.since or now) >= FORGOTTEN_AFTER
            if is_old or (owner and not self._offload(self._owner_is_good, owner)):
                removed = self._offload(self._book.remove, one.webhook.hook_id)
                if removed is not None:
                    self._note_removed(removed)


def _after_success(condition: Condition, now: datetime, gap: int) -> Condition:
    rested = condition.rest_until
    if gap and (rested is None or rested <= now):
        rested = now + timedelta(seconds=gap)
    return replace(
        condition,
        failures=0,
        failing_since=None,
        next_try=None,
        rest_until=rested if gap else None,
        delivered=condition.delivered + 1,
        delivered_at=now,
    )


def _after_failure(condition: Condition, now: datetime, next_try: datetime | None, *, is_left_out: bool) -> Condition:
    since = condition.failing_since or now
    if not is_left_out:
        return replace(condition, failures=condition.failures + 1, failing_since=since, next_try=next_try)
    # The next one is another one; that nothing was taken for long counts on.
    return replace(condition, failures=0, failing_since=since, next_try=next_try)


def _in_a_thread(work: Callable[[], None], name: str) -> None:
    threading.Thread(target=work, name=name, daemon=True).start()
