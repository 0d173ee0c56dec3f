"""One request to a webhook: what is sent, and what came of it in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from peoplecount import __version__
from peoplecount.domain.clock import Clock
from peoplecount.domain.redelivery import outcome_of, seconds_asked
from peoplecount.domain.sentence import figure, joined, say, whole, words_of
from peoplecount.domain.webhook import Outcome, Receiver, Webhook
from peoplecount.domain.webhook_signature import signed_headers
from peoplecount.outbound.errors import AddressRefused, Unanswered
from peoplecount.outbound.post import Answer
from peoplecount.outbound.rules import Target

USER_AGENT = f"peoplecount/{__version__}"


class Sealer(Protocol):
    """Makes what may be kept of secrets, and back."""

    def seal(self, text: str) -> str:
        """``text`` as it may be kept. Raises ``ValueError`` where there is no key."""
        ...

    def unseal(self, text: str) -> str:
        """What ``seal`` was given. Raises ``ValueError`` where no key opens it."""
        ...


class Outbox(Protocol):
    """Sends requests to addresses that somebody has given us."""

    def demand(self, address: str) -> Target:
        """See ``peoplecount.outbound.post.Outbox``."""
        ...

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """See ``peoplecount.outbound.post.Outbox``."""
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a request."""

    outcome: Outcome
    status: int | None
    seconds: float
    words: str
    asked: float | None = None
    """Seconds that the receiver asked us to wait."""


class Postman:
    """Sends what is told to where it goes; blocks until it is answered, but for ever never."""

    def __init__(self, outbox: Outbox, sealer: Sealer, clock: Clock) -> None:
        """``clock`` must be one of real time: signatures bear it."""
        self._outbox = outbox
        self._sealer = sealer
        self._clock = clock

    def send(self, webhook: Webhook, event_id: str, body: str) -> Sent:
        """Send one event. Whatever goes wrong is in the answer."""
        begun = self._clock.monotonic()
        try:
            address = self._sealer.unseal(webhook.address)
            data = body.encode()
            answer = self._outbox.post(address, data, self._headers(webhook, event_id, data))
        except AddressRefused as error:
            return Sent(Outcome.REFUSED, None, self._clock.monotonic() - begun, whole(words_of(error)))
        except Unanswered as error:
            return Sent(Outcome.LATER, None, self._clock.monotonic() - begun, whole(words_of(error)))
        except ValueError:  # the key is gone; nothing of the secret may be told
            words = say("The address cannot be unsealed: the key file is not the one it was sealed with.")
            return Sent(Outcome.LATER, None, 0.0, words)
        asked = seconds_asked(answer.retry_after, self._clock.now())
        outcome = outcome_of(answer.status)
        return Sent(outcome, answer.status, answer.seconds, answer_words(answer.status, webhook.receiver, asked), asked)

    def _headers(self, webhook: Webhook, event_id: str, body: bytes) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "X-Event-Id": event_id,
            "X-Subscription-Id": webhook.hook_id,
        }
        if webhook.receiver is not Receiver.OWN:
            return headers
        now = self._clock.now()
        secrets = [webhook.secret]
        if webhook.old_secret and webhook.old_until is not None and now < webhook.old_until:
            secrets.append(webhook.old_secret)
        return headers | signed_headers(event_id, now, body, [self._sealer.unseal(one) for one in secrets if one])


def answer_words(status: int, receiver: Receiver, asked: float | None = None) -> str:
    """What an HTTP status means here, as a sentence or two."""
    words = _told(status, receiver)
    if asked is None or outcome_of(status) is not Outcome.LATER:
        return words
    return joined([words, say("It asks us to wait for %(seconds)s s.", seconds=figure(round(asked)))])


def _told(status: int, receiver: Receiver) -> str:
    """The first line that fits; the more telling first."""
    outcome, code, is_flow = outcome_of(status), str(status), receiver is Receiver.FLOW
    lines = (
        (outcome is Outcome.TAKEN, say("It was taken (%(status)s).", status=code)),
        (outcome is Outcome.GONE, say("It is gone for good (%(status)s).", status=code)),
        (outcome is Outcome.UNFIT, say("It does not understand what it was sent (%(status)s).", status=code)),
        (outcome is Outcome.LATER, say("It cannot take anything just now (%(status)s).", status=code)),
        (
            300 <= status < 400,
            say("It answers with a redirect (%(status)s), and those are not followed.", status=code),
        ),
        (
            status in {401, 403} and is_flow,
            say(
                "It does not let us in (%(status)s): the flow's trigger is not set to Anyone, or the address is an "
                "old one.",
                status=code,
            ),
        ),
        (status in {401, 403}, say("It does not let us in (%(status)s).", status=code)),
        (
            status == 404,
            say("Nothing is there (%(status)s): it was deleted, or the address is not whole.", status=code),
        ),
        (True, say("It refuses (%(status)s).", status=code)),
    )
    return next(words for fits, words in lines if fits)
