"""Subscriptions: the desk at which webhooks are made, listed, tried, changed and ended.

For pages (``web/admin/webhooks.py``) and the API (``/api/v1/subscriptions``) alike; a web process has it as
``WebContext.webhooks``. In short::

    wish = Wish(frozenset({Topic.INTERVAL_CLOSED}))
    made = subscriptions.add(who, address, wish, owner=token_id, sites=visitor.sites)
    made.kept.webhook.hook_id, made.is_new, made.secret   # the same again for the same owner, address and wish
    subscriptions.webhooks(owner=token_id)                # or of all; each with its condition and how many events wait
    subscriptions.test(hook_id)                           # an Attempt: its outcome, status, and words
    subscriptions.remove(who, hook_id)                    # None where it is gone already: DELETE answers 204 anyhow
    subscriptions.remove_address(who, address)            # how many went; of some of them with a third argument
    wish_of({"kinds": ["IntervalClosed"], "siteId": "shop", "minGapSeconds": 60})   # from the body of a request

Raises ``AddressRefused`` (``peoplecount.outbound.errors``: the address may not be called; 422),
``SubscriptionRefused`` (it makes no sense as it is; 400), ``NoSuchSubscription`` (404) and ``LogError`` (the store is
away; 503). Who sends is ``services/webhook_sender.py``, in the one process that leads.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from peoplecount.domain.change import Subject, Value
from peoplecount.domain.clock import Clock
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.sentence import say
from peoplecount.domain.visible_text import as_seen
from peoplecount.domain.webhook import Attempt, Condition, Receiver, Stand, Topic, Webhook, Wish
from peoplecount.domain.webhook_signature import SECRET_BYTES, secret_of
from peoplecount.domain.webhook_watch import WebhookWatch
from peoplecount.eventlog.log import EventLog
from peoplecount.eventlog.webhook_book import KeptWebhook, WebhookBook
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.subscription_wish import SubscriptionRefused, demand_sense, wish_of
from peoplecount.services.webhook_facts import webhook_facts
from peoplecount.services.webhook_post import Outbox, Postman, Sealer
from peoplecount.services.webhook_samples import sample

__all__ = ["LONGEST_NAME", "NoSuchSubscription", "SubscriptionRefused", "Subscriptions", "wish_of"]

MOST_WEBHOOKS = 200
LONGEST_NAME = 80
OLD_SECRET_FOR = timedelta(hours=24)
"""A receiver has so long to take up a new secret: until then requests are signed with both."""


class NoSuchSubscription(LookupError):
    """It is not there, or not any more."""


@dataclass(frozen=True, slots=True)
class MadeSubscription:
    """What adding one has led to."""

    kept: KeptWebhook
    is_new: bool
    """False: the same was there already."""

    secret: str = field(default="", repr=False)
    """With which requests to it are signed, in clear: told here and never again. Empty: they are not, or it is not
    new."""


class Subscriptions:
    """Changes which webhooks there are, and notes who did. Greenlets may call."""

    def __init__(
        self,
        book: WebhookBook,
        log: EventLog,
        outbox: Outbox,
        sealer: Sealer,
        audit: AuditLog,
        clock: Clock,
        offload: Offload = call_here,
    ) -> None:
        """``clock`` must be one of real time."""
        self._book = book
        self._log = log
        self._outbox = outbox
        self._sealer = sealer
        self._audit = audit
        self._clock = clock
        self._offload = offload
        self._postman = Postman(outbox, sealer, clock)

    def add(
        self,
        who: str,
        address: str,
        wish: Wish,
        *,
        owner: str = "",
        name: str = "",
        receiver: Receiver = Receiver.FLOW,
        sites: Collection[str] | None = None,
    ) -> MadeSubscription:
        """Tell an address of events from now on; where the same was wished before, that goes on.

        ``owner`` is the id of the API token that asks; ``sites`` are those that it may see, ``None`` all. One that was
        disabled is active again. Raises ``AddressRefused`` and ``SubscriptionRefused``.
        """
        address = address.strip()
        target = self._outbox.demand(address)  # looks names up: not in the store's threads
        demand_sense(wish, sites)
        secret = secret_of(secrets.token_bytes(SECRET_BYTES)) if receiver is Receiver.OWN else ""

        def make() -> tuple[KeptWebhook | None, bool]:
            latest = self._log.latest()
            limit = None if sites is None else frozenset(sites)
            watch = WebhookWatch(wish, limit)
            watch.prime(latest.entries)
            webhook = Webhook(
                hook_id=secrets.token_urlsafe(18),
                name=as_seen(name)[:LONGEST_NAME] or target.host,
                owner=owner,
                receiver=receiver,
                address=self._sealer.seal(address),
                host=target.host,
                wish=wish,
                sites=limit,
                made=self._clock.now(),
                since=latest.head,
                secret=self._sealer.seal(secret) if secret else "",
            )
            newest = self._log.read(latest.head.number - 1, 1) if latest.head.number else []
            return self._book.add(
                webhook,
                Condition(sides=watch.sides),
                lambda one: self._is_same(one, webhook, address),
                MOST_WEBHOOKS,
                newest[0].appended_at if newest else None,
            )

        kept, is_new = self._offload(make)
        if kept is None:
            raise SubscriptionRefused(say("There are as many webhooks as there may be. Remove one first."))
        if is_new:
            self._note(who, "added", kept.webhook, after=webhook_facts(kept.webhook))
        elif kept.condition.stand is Stand.DISABLED:
            kept = self.resume(who, kept.webhook.hook_id)
        return MadeSubscription(kept, is_new, secret if is_new else "")

    def webhooks(self, *, owner: str | None = None) -> list[KeptWebhook]:
        """All of them in the order in which they were made, or those of an owner."""
        found = self._offload(self._book.webhooks)
        return [one for one in found if owner is None or one.webhook.owner == owner]

    def find(self, hook_id: str) -> KeptWebhook:
        """One of them. Raises ``NoSuchSubscription``."""
        found = self._offload(self._book.find, hook_id)
        if found is None:
            raise NoSuchSubscription(say("There is no such webhook any more."))
        return found

    def of_key(self, key: str) -> KeptWebhook:
        """The one that pages name so. Raises ``NoSuchSubscription``."""
        for one in self.webhooks():
            if one.webhook.key == key:
                return one
        raise NoSuchSubscription(say("There is no such webhook any more."))

    def deliveries(self, hook_id: str) -> list[Attempt]:
        """What was sent to it lately and what came of it, the newest first."""
        return self._offload(self._book.attempts, hook_id)

    def remove(self, who: str, hook_id: str) -> KeptWebhook | None:
        """It is told nothing any more, and forgotten; what it was, ``None`` where it was gone."""
        found = self._offload(self._book.remove, hook_id)
        if found is not None:
            self._note(who, "removed", found.webhook, before=webhook_facts(found.webhook))
        return found

    def remove_address(self, who: str, address: str, among: Collection[KeptWebhook] | None = None) -> int:
        """All that lead to an address, or those of some of them; how many went."""
        wanted = address.strip()
        found = self.webhooks() if among is None else among
        same = [one.webhook.hook_id for one in found if self._offload(self._clear, one.webhook.address) == wanted]
        return sum(self.remove(who, hook_id) is not None for hook_id in same)

    def pause(self, who: str, hook_id: str) -> KeptWebhook:
        """Nothing is sent to it, and events wait, until it is resumed. Raises ``NoSuchSubscription``."""
        now = self._clock.now()

        def paused(condition: Condition) -> Condition:
            return replace(condition, stand=Stand.PAUSED, reason="", since=now)

        return self._stands(who, hook_id, "paused", paused)

    def resume(self, who: str, hook_id: str, *, skips: bool = False) -> KeptWebhook:
        """It is sent to again, as if nothing had failed. Raises ``NoSuchSubscription``.

        ``skips``: what has waited is not sent; the next event tells how much that was.
        """
        now = self._clock.now()
        if self.find(hook_id).condition.stand is Stand.DISABLED:
            self._offload(self._begin_anew, hook_id)

        def resumed(condition: Condition) -> Condition:
            return replace(
                condition,
                stand=Stand.ACTIVE,
                reason="",
                since=now,
                failures=0,
                failing_since=None,
                next_try=None,
                rest_until=None,
            )

        return self._stands(who, hook_id, "resumed", resumed, empties=skips)

    def _begin_anew(self, hook_id: str) -> None:
        """With what comes from now on; the next event tells that some before it are missing."""
        latest = self._log.latest()
        webhook = self._book.define(hook_id, lambda webhook: replace(webhook, since=latest.head))
        if webhook is not None:
            watch = WebhookWatch(webhook.wish, webhook.sites)
            watch.prime(latest.entries)
            self._book.change(hook_id, lambda condition: replace(condition, sides=watch.sides, gap=True))

    def rotate(self, who: str, hook_id: str) -> tuple[KeptWebhook, str]:
        """Another secret, told here and never again; the old one is good for a day. Raises ``NoSuchSubscription``.

        And ``SubscriptionRefused`` where there is none.
        """
        secret = secret_of(secrets.token_bytes(SECRET_BYTES))

        def rotated(webhook: Webhook) -> Webhook:
            if webhook.receiver is not Receiver.OWN:
                raise SubscriptionRefused(say("What is sent to this webhook is not signed."))
            until = self._clock.now() + OLD_SECRET_FOR
            return replace(webhook, secret=self._sealer.seal(secret), old_secret=webhook.secret, old_until=until)

        changed = self._offload(self._book.define, hook_id, rotated)
        if changed is None:
            raise NoSuchSubscription(say("There is no such webhook any more."))
        self._note(who, "made a new secret for", changed)
        return self.find(hook_id), secret

    def test(self, hook_id: str) -> Attempt:
        """Send an invented event that says it is a test, and wait for what comes back. Raises ``NoSuchSubscription``.

        What waits is not touched, and a webhook that is paused is tried as well.
        """
        webhook = self.find(hook_id).webhook
        now = self._clock.now()
        topic = next(one for one in Topic if one in webhook.wish.topics)
        event_id = f"test-{secrets.token_hex(6)}"
        fields = {"id": event_id, "test": True, **sample(topic, now)}
        body = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        sent = self._postman.send(webhook, event_id, body)
        attempt = Attempt(
            now, event_id, str(fields["kind"]), sent.outcome, sent.status, sent.seconds, sent.words, is_test=True
        )
        self._offload(lambda: self._book.note(hook_id, attempt))
        return attempt

    def _stands(
        self, who: str, hook_id: str, verb: str, work: Callable[[Condition], Condition], *, empties: bool = False
    ) -> KeptWebhook:
        self._offload(lambda: self._book.change(hook_id, work, empties=empties))
        found = self.find(hook_id)
        self._note(who, verb, found.webhook)
        return found

    def _is_same(self, one: Webhook, other: Webhook, address: str) -> bool:
        alike = (one.owner, one.receiver, one.wish, one.sites) == (other.owner, other.receiver, other.wish, other.sites)
        return alike and self._clear(one.address) == address

    def _clear(self, sealed: str) -> str:
        """Empty where no key opens it: such a one is the same as none."""
        try:
            return self._sealer.unseal(sealed)
        except ValueError:
            return ""

    def _note(
        self,
        who: str,
        verb: str,
        webhook: Webhook,
        *,
        before: Mapping[str, Value] | None = None,
        after: Mapping[str, Value] | None = None,
    ) -> None:
        sites = webhook.wish.site_ids or webhook.sites or ()
        self._audit.note(who, verb, Subject.WEBHOOK, webhook.key, webhook.name, sites=sites, before=before, after=after)
