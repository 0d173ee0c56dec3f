"""The desk for webhooks: adding the same twice, ending, secrets, tests, and wishes from JSON."""

import json

import pytest

from peoplecount.domain.change import Subject
from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.threshold import Threshold
from peoplecount.domain.webhook import Outcome, Receiver, Stand, Topic, Wish
from peoplecount.outbound.errors import AddressRefused
from peoplecount.services.subscriptions import MOST_WEBHOOKS, NoSuchSubscription, SubscriptionRefused, wish_of
from peoplecount.services.webhook_samples import sample
from tests.support.events import NOON
from tests.support.toy_sealer import ToySealer
from tests.support.webhook_desk import COUNTS, FLOW, WebhookDesk

HOOK = "https://hooks.example/in"


@pytest.fixture
def desk(tmp_path):
    desk = WebhookDesk(tmp_path)
    yield desk
    desk.close()


def test_the_same_owner_address_and_wish_are_the_same_webhook(desk):
    first = desk.desk.add("anna", FLOW, COUNTS, owner="ab12cd34")
    again = desk.desk.add("anna", f" {FLOW}\n", COUNTS, owner="ab12cd34")
    assert (first.is_new, again.is_new) == (True, False)
    assert first.kept.webhook.hook_id == again.kept.webhook.hook_id
    for others in ({"owner": "ef56ab78"}, {"owner": "ab12cd34", "sites": ["shop"]}, {}):
        assert desk.desk.add("anna", FLOW, COUNTS, **others).is_new
    assert len(desk.desk.webhooks(owner="ab12cd34")) == 2


def test_one_that_was_disabled_is_active_again_when_it_is_wished_again(desk):
    webhook = desk.has()
    desk.outbox.says[FLOW] = lambda *_: 410
    desk.counts(1)
    desk.sends()
    assert desk.condition(webhook).stand is Stand.DISABLED
    assert desk.desk.add("anna", FLOW, COUNTS).kept.condition.stand is Stand.ACTIVE


def test_ids_are_too_long_to_be_guessed_and_stand_in_no_log(desk):
    webhook = desk.has()
    assert len(webhook.hook_id) >= 22, "128 bits and more"
    (change,) = desk.audit.page(subject=Subject.WEBHOOK).changes
    assert change.subject_id == webhook.key
    assert webhook.hook_id not in str(change)


def test_it_is_ended_by_its_id_once_and_by_its_address(desk):
    webhook = desk.has()
    assert desk.desk.remove("anna", webhook.hook_id).webhook == webhook
    assert desk.desk.remove("anna", webhook.hook_id) is None
    desk.has()
    desk.has(wish=Wish(frozenset({Topic.CAMERA_BACK})))
    kept = desk.has(HOOK)
    assert desk.desk.remove_address("anna", FLOW) == 2
    assert [one.webhook.hook_id for one in desk.desk.webhooks()] == [kept.hook_id]
    with pytest.raises(NoSuchSubscription):
        desk.desk.find(webhook.hook_id)
    with pytest.raises(NoSuchSubscription):
        desk.desk.test("")


def test_addresses_that_may_not_be_called_are_not_kept(desk):
    with pytest.raises(AddressRefused):
        desk.desk.add("anna", "https://169.254.169.254/latest", COUNTS)
    assert desk.desk.webhooks() == []


def test_what_is_kept_is_sealed(desk):
    made = desk.desk.add("anna", HOOK, COUNTS, receiver=Receiver.OWN)
    webhook = made.kept.webhook
    assert ToySealer().unseal(webhook.address) == HOOK
    assert ToySealer().unseal(webhook.secret) == made.secret
    assert made.secret not in repr(made)
    assert HOOK not in repr(webhook)


def test_a_new_secret_signs_beside_the_old_one_for_a_day(desk):
    made = desk.desk.add("anna", HOOK, COUNTS, receiver=Receiver.OWN)
    _, secret = desk.desk.rotate("anna", made.kept.webhook.hook_id)
    assert secret != made.secret
    signatures = []
    for _ in range(2):
        desk.desk.test(made.kept.webhook.hook_id)
        signatures.append(desk.outbox.got[-1][2]["webhook-signature"].split(" "))
        desk.clock.passes(90_000)
    assert [len(one) for one in signatures] == [2, 1]


def test_a_flow_has_no_secret_to_be_exchanged(desk):
    with pytest.raises(SubscriptionRefused):
        desk.desk.rotate("anna", desk.has().hook_id)


@pytest.mark.parametrize("topic", Topic)
def test_a_test_says_that_it_is_one_and_looks_like_the_event(desk, topic):
    webhook = desk.has(wish=Wish(frozenset({topic})))
    attempt = desk.desk.test(webhook.hook_id)
    assert (attempt.outcome, attempt.status, attempt.is_test) == (Outcome.TAKEN, 202, True)
    ((_, event, _),) = desk.outbox.got
    assert event["test"] is True
    assert event.keys() - {"id", "test"} == sample(topic, NOON).keys()
    assert desk.desk.deliveries(webhook.hook_id) == [attempt]
    assert desk.condition(webhook).delivered == 0


def test_of_more_than_may_be_the_last_is_refused(desk, monkeypatch):
    monkeypatch.setattr("peoplecount.services.subscriptions.MOST_WEBHOOKS", 2)
    desk.has()
    desk.has(HOOK)
    with pytest.raises(SubscriptionRefused, match="as many webhooks"):
        desk.has("https://hooks.example/third")
    assert desk.desk.add("anna", FLOW, COUNTS).is_new is False
    assert MOST_WEBHOOKS >= 100


def test_what_an_owner_may_not_see_is_refused(desk):
    wish = Wish(frozenset({Topic.COUNT}), site_ids=frozenset({"shop", "other"}))
    with pytest.raises(SubscriptionRefused) as refused:
        desk.desk.add("anna", FLOW, wish, sites=["shop"])
    assert refused.value.name == "siteId"


def test_a_wish_from_json():
    assert wish_of({"callbackUrl": FLOW}) == Wish(frozenset({Topic.INTERVAL_CLOSED}))
    fields = {
        "kinds": ["OccupancyAbove", "IntervalClosed"], "siteId": "shop", "doorId": ["front", "back"], "cameraId": 7,
        "scopes": "door", "steps": ["60", "day"], "threshold": "85 %", "minGapSeconds": 60,
    }  # fmt: skip
    assert wish_of(json.loads(json.dumps(fields))) == Wish(
        frozenset({Topic.OCCUPANCY_ABOVE, Topic.INTERVAL_CLOSED}),
        frozenset({"7"}),
        frozenset({"front", "back"}),
        frozenset({"shop"}),
        frozenset({Scope.DOOR}),
        frozenset({Step.HOUR, Step.DAY}),
        Threshold(85, is_share=True),
        60,
    )


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"kinds": ["Everything"]}, "kinds"),
        ({"kinds": {"a": 1}}, "kinds"),
        ({"kinds": [None]}, "kinds"),
        ({"cameraId": [["a"]]}, "cameraId"),
        ({"siteId": ["a"] * 1001}, "siteId"),
        ({"scopes": "country"}, "scopes"),
        ({"steps": [7]}, "steps"),
        ({"threshold": "many"}, "threshold"),
        ({"threshold": -1}, "threshold"),
        ({"minGapSeconds": "60"}, "minGapSeconds"),
        ({"minGapSeconds": -1}, "minGapSeconds"),
        ({"minGapSeconds": True}, "minGapSeconds"),
        ({"minGapSeconds": 1e9}, "minGapSeconds"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(fields, name):
    with pytest.raises(SubscriptionRefused) as refused:
        wish_of(fields)
    assert refused.value.name == name


def test_the_book_takes_another_key_and_every_text_is_sealed_with_it(desk):
    desk.desk.add("anna", HOOK, COUNTS, receiver=Receiver.OWN)
    desk.has()
    assert desk.book.renew(lambda text: f"anew-{text}" if text else text) == 3
    assert all(one.webhook.address.startswith("anew-sealed:") for one in desk.desk.webhooks())
    assert desk.book.renew(lambda text: text) == 0
