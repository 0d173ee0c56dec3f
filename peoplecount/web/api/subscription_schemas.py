"""What is answered about subscriptions."""

from __future__ import annotations

from marshmallow import fields

from peoplecount.web.api.queries import told
from peoplecount.web.api.schema_fields import Told, listing, moment, string, truth, whole


class MadeSubscription(Told):
    """A subscription that was made, or was there already."""

    id = string("The subscription: whoever knows it may end it.")
    secret = string("With which requests are signed; told this once. Null: they are not, or it was there.", none=True)


class Subscription(Told):
    """An address that is told of events."""

    id = string("The subscription.")
    name = string("What it is for.")
    host = string("All of its address that is shown.")
    kinds = fields.List(fields.String(), required=True, metadata=told("What it is told of."))
    made = moment("When it was made.")
    state = string("active, paused or disabled.")
    reason = string("Why, in words.")
    failures = whole("Attempts in a row that failed.")
    delivered = whole("Events it has taken.")
    deliveredAt = moment("When it took the last one.", none=True)
    dropped = whole("Events that were never sent.")
    waiting = whole("Events that wait for it.")


SubscriptionList = listing("SubscriptionList", Subscription, "The subscriptions.")


class Tested(Told):
    """What came of a test."""

    delivered = truth("Whether it was taken.")
    status = whole("What was answered; null where nothing was.", none=True)
    words = string("What came back, in words.")
