"""Subscriptions: addresses that are told of events, for platforms that call back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

from flask import Response, abort

from peoplecount.domain.event import utc_text
from peoplecount.domain.sentence import say
from peoplecount.domain.visitor import Way
from peoplecount.domain.webhook import LEAST_AFFORDABLE_GAP, Outcome, Receiver
from peoplecount.eventlog.log import LogError
from peoplecount.eventlog.webhook_book import KeptWebhook
from peoplecount.outbound.errors import AddressRefused
from peoplecount.services.subscriptions import (
    MadeSubscription,
    NoSuchSubscription,
    SubscriptionRefused,
    Subscriptions,
    wish_of,
)
from peoplecount.web.api import queries, subscription_schemas
from peoplecount.web.api.addresses import own_address
from peoplecount.web.api.answers import json_answer
from peoplecount.web.api.operation import Answer, Operation
from peoplecount.web.context import WebContext
from peoplecount.web.errors import unavailable
from peoplecount.web.gate import visitor

TAG = "Subscriptions"

T = TypeVar("T")


def operations(context: WebContext) -> list[Operation]:
    """To be told of events, to be told no more, and to try it."""
    views = _Subscriptions(context)
    return [
        Operation(
            "CreateSubscription",
            "/subscriptions",
            views.create,
            "Subscribe",
            "Have an address told of events from now on. The same address with the same wish is the same subscription. "
            "Takes a token with the scope `subscribe`. docs/webhooks.md says what is sent.",
            {
                201: Answer(
                    "It will be told.",
                    subscription_schemas.MadeSubscription,
                    headers={"Location": "Deleting it ends that."},
                )
            },
            TAG,
            body=queries.NewSubscription,
            method="POST",
            refusals=(404, 422),
        ),
        Operation(
            "ListSubscriptions",
            "/subscriptions",
            views.listed,
            "List subscriptions",
            "Those made with this token, and how they are doing; of their addresses only the host is told.",
            {200: Answer("The subscriptions.", subscription_schemas.SubscriptionList)},
            TAG,
            queries.NoParameters,
            refusals=(404,),
        ),
        Operation(
            "DeleteSubscription",
            "/subscriptions/<subscription_id>",
            views.delete,
            "Delete a subscription",
            "End it. Knowing its id is enough: platforms have been seen to come without their token. Whether there was "
            "one is not told.",
            {204: Answer("There is none of that id.")},
            TAG,
            method="DELETE",
        ),
        Operation(
            "Unsubscribe",
            "/subscriptions/unsubscribe",
            views.unsubscribe,
            "Unsubscribe an address",
            "End all subscriptions of an address that were made with this token, for those who cannot keep an id.",
            {204: Answer("It is told nothing any more.")},
            TAG,
            body=queries.Unsubscription,
            method="POST",
            refusals=(404, 422),
        ),
        Operation(
            "TestSubscription",
            "/subscriptions/<subscription_id>/test",
            views.test,
            "Test a subscription",
            'Send it one event that is marked `"test": true`, and say what came back.',
            {200: Answer("What came of it.", subscription_schemas.Tested)},
            TAG,
            method="POST",
            refusals=(404,),
        ),
    ]


class _Subscriptions:
    def __init__(self, context: WebContext) -> None:
        self._context = context

    def create(self, sent: Mapping[str, Any]) -> Response:
        desk, who = self._desk(), visitor()
        fields = {name: value for name, value in sent.items() if value not in (None, "", [])}
        receiver = Receiver.OWN if sent.get("signed") else Receiver.FLOW

        def add() -> MadeSubscription:
            wish = wish_of(fields)
            if receiver is Receiver.FLOW and not wish.is_affordable:
                raise SubscriptionRefused(
                    say(
                        "Single counts and changes of occupancy would start a flow all the time: choose a cameraId, "
                        "doorId or siteId with them, and a minGapSeconds of %(least)s or more",
                        least=LEAST_AFFORDABLE_GAP,
                    ),
                    "kinds",
                )
            return desk.add(
                who.name,
                sent["callbackUrl"],
                wish,
                owner=_owner() or "",
                name=sent.get("name", ""),
                receiver=receiver,
                sites=who.sites,
            )

        made = _answered(add)
        hook_id = made.kept.webhook.hook_id
        answer = json_answer({"id": hook_id, "secret": made.secret or None}, 201)
        answer.headers["Location"] = own_address(self._context, f"/subscriptions/{hook_id}")
        answer.autocorrect_location_header = False
        return answer

    def listed(self, asked: Mapping[str, Any]) -> Response:  # noqa: ARG002
        desk = self._desk()
        return json_answer({"value": [_told(one) for one in _answered(lambda: _own(desk))]})

    def delete(self, subscription_id: str) -> Response:
        if self._context.webhooks is not None:
            desk = self._context.webhooks
            _answered(lambda: desk.remove(visitor().name or "API", subscription_id))
        return Response(status=204)

    def unsubscribe(self, sent: Mapping[str, Any]) -> Response:
        desk = self._desk()
        _answered(lambda: desk.remove_address(visitor().name, sent["callbackUrl"], _own(desk)))
        return Response(status=204)

    def test(self, subscription_id: str) -> Response:
        desk = self._desk()
        if subscription_id not in {one.webhook.hook_id for one in _answered(lambda: _own(desk))}:
            abort(404, say("There is no such webhook any more."))
        attempt = _answered(lambda: desk.test(subscription_id))
        delivered = attempt.outcome is Outcome.TAKEN
        return json_answer({"delivered": delivered, "status": attempt.status, "words": attempt.words})

    def _desk(self) -> Subscriptions:
        if self._context.webhooks is None:
            abort(404, "Nobody is told of events here.")
        return self._context.webhooks


def _owner() -> str | None:
    """The id of the token that asks; ``None`` of people, who look after all of them."""
    who = visitor()
    return who.holder.removeprefix("token:") if who.way is Way.TOKEN else None


def _own(desk: Subscriptions) -> list[KeptWebhook]:
    who = visitor()
    found = desk.webhooks(owner=_owner())
    if who.sites is None or who.way is Way.TOKEN:
        return found
    return [one for one in found if one.webhook.sites is not None and one.webhook.sites <= who.sites]


def _told(one: KeptWebhook) -> dict[str, Any]:
    webhook, condition = one.webhook, one.condition
    return {
        "id": webhook.hook_id,
        "name": webhook.name,
        "host": webhook.host,
        "kinds": sorted(webhook.wish.topics),
        "made": utc_text(webhook.made),
        "state": condition.stand.value,
        "reason": str(condition.reason),
        "failures": condition.failures,
        "delivered": condition.delivered,
        "deliveredAt": utc_text(condition.delivered_at) if condition.delivered_at else None,
        "dropped": condition.dropped,
        "waiting": one.waiting,
    }


def _answered(work: Callable[[], T]) -> T:
    """What the desk gives; what it refuses, with the status that says so."""
    try:
        return work()
    except AddressRefused as error:
        abort(422, str(error))
    except SubscriptionRefused as error:
        abort(400, f"{error.name}: {error}" if error.name else str(error))
    except NoSuchSubscription as error:
        abort(404, str(error))
    except LogError as error:
        _away(error)


def _away(error: LogError) -> NoReturn:
    unavailable(str(error), 10)
