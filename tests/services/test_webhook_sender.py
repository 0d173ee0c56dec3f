"""Sending webhooks: in order, at least once, and nobody waits for anybody else."""

import json
from datetime import timedelta

import pytest

from peoplecount.domain.redelivery import FORGOTTEN_AFTER, LONGEST_WAIT
from peoplecount.domain.webhook import Outcome, Stand, Topic, Wish
from peoplecount.outbound.errors import AddressRefused, Unanswered
from peoplecount.outbound.post import Answer
from tests.support.webhook_desk import COUNTS, FLOW, WebhookDesk, a_count, a_status, an_interval

OTHER = "https://hooks.example/other"


@pytest.fixture
def desk(tmp_path):
    desk = WebhookDesk(tmp_path)
    yield desk
    desk.close()


def test_what_happens_is_sent_in_order_with_the_ids_of_the_log(desk):
    desk.has()
    ids = desk.counts(5)
    desk.sends()
    assert desk.outbox.ids() == ids


def test_what_happened_before_it_was_made_is_not_for_it(desk):
    desk.counts(5)
    desk.has()
    ids = desk.counts(2)
    desk.sends()
    assert desk.outbox.ids() == ids


def test_one_that_is_made_while_the_sender_is_behind_hears_of_nothing_earlier(desk):
    desk.has(OTHER)
    desk.sends()
    early = desk.counts(3)
    desk.has()
    late = desk.counts(2)
    desk.sends()
    assert desk.outbox.ids(OTHER) == early + late
    assert desk.outbox.ids() == late


def test_a_request_carries_the_event_as_the_stream_has_it(desk):
    webhook = desk.has()
    (event_id,) = desk.happens(a_count(inToday=7, siteName="Größe"))
    desk.sends()
    ((_, event, headers),) = desk.outbox.got
    assert event == {"id": event_id, "kind": "PeopleCountingUpdate", "siteId": "shop", "cameraId": "front",
                     "inToday": 7, "siteName": "Größe"}  # fmt: skip
    assert headers["Content-Type"] == "application/json"
    assert (headers["X-Event-Id"], headers["X-Subscription-Id"]) == (event_id, webhook.hook_id)
    assert headers["User-Agent"].startswith("peoplecount/")
    assert not any(name.startswith("webhook-") for name in headers)


@pytest.mark.parametrize("said", [500, 503, 408, 429, 302, 401, 403, 404, Unanswered("away"), AddressRefused("inside")])
def test_what_is_not_taken_is_sent_again_with_the_same_id_and_body(desk, said):
    desk.has()
    ids = desk.counts(2)
    desk.outbox.says[FLOW] = lambda *_: said
    desk.sends()
    assert desk.outbox.ids() == ids[:1]
    desk.outbox.says.clear()
    desk.passes(LONGEST_WAIT)
    assert desk.outbox.ids() == [ids[0], *ids]
    first, again, _ = desk.outbox.got
    assert first == again


def test_each_wait_is_twice_the_last_one_up_to_an_hour(desk):
    webhook = desk.has()
    desk.counts(1)
    desk.outbox.says[FLOW] = lambda *_: 500
    desk.sends()
    waits = []
    for _ in range(14):
        wait = (desk.condition(webhook).next_try - desk.clock.now()).total_seconds()
        waits.append(wait)
        before = len(desk.outbox.got)
        desk.passes(wait - 1)
        assert len(desk.outbox.got) == before, "it was tried too early"
        desk.passes(1)
        assert len(desk.outbox.got) == before + 1
    assert waits[:4] == [5, 10, 20, 40]
    assert waits[-1] == 3600


def test_it_waits_as_long_as_the_receiver_asks(desk):
    desk.has()
    ids = desk.counts(1)
    desk.outbox.says[FLOW] = lambda *_: Answer(429, "120", 0.1)
    desk.sends()
    desk.outbox.says.clear()
    desk.passes(119)
    assert desk.outbox.ids() == ids
    desk.passes(20)
    assert desk.outbox.ids() == ids * 2


def test_one_that_fails_holds_up_no_other(desk):
    desk.has()
    desk.has(OTHER)
    desk.outbox.says[FLOW] = lambda *_: 500
    ids = desk.counts(3)
    desk.sends()
    assert desk.outbox.ids(OTHER) == ids
    assert desk.outbox.ids() == ids[:1]


def test_paused_it_is_sent_nothing_and_what_waited_comes_when_it_is_resumed(desk):
    webhook = desk.has()
    desk.desk.pause("anna", webhook.hook_id)
    ids = desk.counts(3)
    desk.sends()
    assert (desk.outbox.got, desk.waiting(webhook)) == ([], 3)
    desk.desk.resume("anna", webhook.hook_id)
    desk.sends()
    assert desk.outbox.ids() == ids


def test_resumed_without_what_waited_the_next_event_tells_how_much_that_was(desk):
    webhook = desk.has()
    desk.desk.pause("anna", webhook.hook_id)
    desk.counts(3)
    desk.sends()
    desk.desk.resume("anna", webhook.hook_id, skips=True)
    ids = desk.counts(2)
    desk.sends()
    assert desk.outbox.ids() == ids
    assert [event.get("dropped") for _, event, _ in desk.outbox.got] == [3, None]


def test_gone_ends_it_at_once_and_events_do_not_wait(desk):
    webhook = desk.has()
    desk.outbox.says[FLOW] = lambda *_: 410
    desk.counts(3)
    desk.sends()
    condition = desk.condition(webhook)
    assert (condition.stand, condition.reason) == (Stand.DISABLED, "It answered that it is gone for good (410).")
    desk.counts(3)
    desk.passes(10_000)
    assert (len(desk.outbox.got), desk.waiting(webhook)) == (1, 0)


def test_resumed_after_it_was_disabled_it_begins_anew_and_tells_of_the_gap(desk):
    webhook = desk.has()
    desk.has(OTHER)
    desk.outbox.says[FLOW] = lambda *_: 410
    desk.counts(3)
    desk.sends()
    desk.counts(3)
    desk.sends()
    desk.outbox.says.clear()
    desk.desk.resume("anna", webhook.hook_id)
    ids = desk.counts(2)
    desk.sends()
    assert desk.outbox.ids()[1:] == ids
    _, *after = [event for at, event, _ in desk.outbox.got if at == FLOW]
    assert [(event.get("gap"), event.get("dropped")) for event in after] == [(True, 3), (None, None)]


def test_after_three_days_of_refusals_it_is_disabled_and_after_a_month_removed(desk):
    webhook = desk.has()
    desk.outbox.says[FLOW] = lambda *_: 404
    desk.counts(1)
    desk.sends()
    desk.passes_days(2.9, 100)
    assert desk.condition(webhook).stand is Stand.ACTIVE
    desk.passes_days(0.2, 10)
    assert desk.condition(webhook).stand is Stand.DISABLED
    assert desk.condition(webhook).reason == "It took nothing for three days."
    desk.passes(FORGOTTEN_AFTER.total_seconds())
    assert desk.desk.webhooks() == []
    assert [one.webhook.hook_id for one in desk.removed] == [webhook.hook_id]


def test_one_success_begins_the_three_days_anew(desk):
    webhook = desk.has()
    desk.outbox.says[FLOW] = lambda *_: 500
    desk.counts(2)
    desk.passes_days(2.5, 80)
    desk.outbox.says.clear()
    desk.passes(LONGEST_WAIT)
    desk.outbox.says[FLOW] = lambda *_: 500
    desk.counts(1)
    desk.passes_days(2.5, 80)
    assert desk.condition(webhook).stand is Stand.ACTIVE


def test_an_event_that_it_cannot_read_is_left_out_after_five_times_and_said(desk):
    desk.has()
    ids = desk.counts(2)
    desk.outbox.says[FLOW] = lambda _, event: 400 if event["id"] == ids[0] else 202
    desk.sends()
    desk.passes_days(1, 48)
    assert desk.outbox.ids() == [ids[0]] * 5 + [ids[1]]
    assert desk.outbox.got[-1][1]["dropped"] == 1


def test_of_a_webhook_that_cannot_read_anything_the_days_are_counted_on(desk):
    webhook = desk.has()
    desk.outbox.says[FLOW] = lambda *_: 400
    desk.counts(500)
    desk.sends()
    desk.passes_days(3.2, 300)
    assert desk.condition(webhook).stand is Stand.DISABLED


def test_too_many_become_the_newest_of_each_line_and_the_rest_is_told_in_numbers(tmp_path):
    desk = WebhookDesk(tmp_path, most_waiting=10)
    desk.has()
    desk.outbox.says[FLOW] = lambda *_: 500
    first = desk.counts(1)
    desk.sends()
    for _ in range(30):
        left = desk.happens(a_count(line="left"))
        right = desk.happens(a_count(line="right"))
        desk.sends()
    desk.outbox.says.clear()
    desk.passes(10)
    events = [event for _, event, _ in desk.outbox.got]
    assert events[0]["id"] == events[1]["id"] == first[0], "what was tried once stays as it is"
    assert "dropped" not in events[1]
    assert [event["id"] for event in events[-2:]] == [*left, *right]
    assert len({event["id"] for event in events}) + sum(event.get("dropped", 0) for event in events) == 61
    desk.close()


def test_intervals_are_facts_and_the_oldest_go_where_there_are_too_many(tmp_path):
    desk = WebhookDesk(tmp_path, most_waiting=10)
    webhook = desk.has(wish=Wish(frozenset({Topic.INTERVAL_CLOSED})))
    desk.desk.pause("anna", webhook.hook_id)
    ids = desk.happens(*(an_interval("site") for _ in range(25)))
    desk.sends()
    desk.desk.resume("anna", webhook.hook_id)
    desk.sends()
    assert desk.outbox.ids() == ids[-10:]
    assert desk.outbox.got[0][1]["dropped"] == 15
    assert desk.condition(webhook).dropped == 15
    desk.close()


def test_within_a_gap_only_the_newest_state_of_each_line_waits(desk):
    desk.has(wish=Wish(frozenset({Topic.COUNT}), min_gap=60))
    first = desk.counts(1)
    desk.sends()
    assert desk.outbox.ids() == first
    for _ in range(5):
        left = desk.happens(a_count(line="left"))
        right = desk.happens(a_count(line="right"))
        desk.passes(5)
    assert desk.outbox.ids() == first
    desk.passes(60)
    assert desk.outbox.ids() == [*first, *left, *right]
    assert [event.get("dropped") for _, event, _ in desk.outbox.got] == [None, 8, None]


def test_a_gap_is_kept_to_over_a_restart(desk):
    desk.has(wish=Wish(frozenset({Topic.COUNT}), min_gap=60))
    desk.counts(1)
    desk.sends()
    desk.counts(1)
    desk.restarts()
    desk.passes(30)
    assert len(desk.outbox.got) == 1
    desk.passes(31)
    assert len(desk.outbox.got) == 2


def test_a_crash_between_the_answer_and_its_note_sends_it_again_with_the_same_id(desk):
    desk.has()
    ids = desk.counts(3)

    class PowerCut(BaseException):
        pass

    def cut(_, event):
        if event["id"] == ids[1] and len(desk.outbox.got) == 2:
            raise PowerCut
        return 202

    desk.outbox.says[FLOW] = cut
    with pytest.raises(PowerCut):
        desk.sends()
    desk.restarts()
    desk.sends()
    assert desk.outbox.ids() == [ids[0], ids[1], ids[1], ids[2]]


def test_events_wait_for_a_restart_also_where_the_log_forgets_them(desk):
    desk.has()
    desk.outbox.says[FLOW] = lambda *_: 500
    ids = desk.counts(4)
    desk.sends()
    desk.log.trim(4, desk.clock.now() + timedelta(days=1))
    desk.outbox.says.clear()
    desk.restarts()
    desk.passes(LONGEST_WAIT)
    assert desk.outbox.ids()[1:] == ids


def test_what_the_log_forgot_before_it_was_looked_at_is_told_as_a_gap(desk):
    desk.has()
    desk.counts(1)
    desk.sends()
    desk.counts(4)
    desk.log.trim(4, desk.clock.now() + timedelta(days=1))
    desk.restarts()
    desk.sends()
    assert [event.get("gap") for _, event, _ in desk.outbox.got] == [None, True]


def test_a_new_epoch_of_the_same_log_sends_nothing_twice(desk):
    desk.has()
    desk.counts(3)
    desk.sends()
    desk.clock.passes(1)
    desk.log.start_epoch()
    desk.sends()
    assert len(desk.outbox.got) == 3
    ids = desk.counts(2)
    desk.sends()
    assert desk.outbox.ids()[3:] == ids


def test_an_owner_whose_token_is_good_no_longer_is_told_nothing_any_more(desk):
    desk.good_owners = {"ab12cd34"}
    desk.has(owner="ab12cd34")
    kept = desk.has(OTHER)
    desk.sends()
    desk.good_owners = set()
    desk.passes(700)
    assert [one.webhook.hook_id for one in desk.desk.webhooks()] == [kept.hook_id]


def test_one_that_was_removed_while_it_was_sent_to_does_not_come_back(desk):
    webhook = desk.has()

    def removed(*_):
        desk.desk.remove("anna", webhook.hook_id)
        return 500

    desk.outbox.says[FLOW] = removed
    desk.counts(3)
    desk.sends()
    desk.passes(LONGEST_WAIT)
    assert desk.desk.webhooks() == []
    assert len(desk.outbox.got) == 1


def test_one_that_was_paused_while_it_was_sent_to_stays_paused(desk):
    webhook = desk.has()

    def paused(*_):
        desk.desk.pause("anna", webhook.hook_id)
        return 202

    desk.outbox.says[FLOW] = paused
    desk.counts(3)
    desk.sends()
    assert len(desk.outbox.got) == 1
    assert desk.condition(webhook).stand is Stand.PAUSED


def test_an_event_that_makes_no_sense_is_said_and_passed_over(desk, caplog):
    desk.has(wish=Wish(frozenset({Topic.INTERVAL_CLOSED, Topic.COUNT})))
    desk.happens(an_interval("nonsense"))
    ids = desk.counts(1)
    desk.sends()
    assert desk.outbox.ids() == ids
    assert "is told to no webhook" in caplog.text


def test_the_history_tells_what_came_of_each_attempt(desk):
    webhook = desk.has()
    ids = desk.counts(1)
    desk.outbox.says[FLOW] = lambda *_: 503
    desk.sends()
    desk.outbox.says.clear()
    desk.passes(10)
    newest, oldest = desk.desk.deliveries(webhook.hook_id)
    assert (newest.outcome, newest.status, newest.event_id) == (Outcome.TAKEN, 202, ids[0])
    assert (oldest.outcome, oldest.status) == (Outcome.LATER, 503)
    assert oldest.words == "It cannot take anything just now (503)."
    assert oldest.next_try == oldest.moment + timedelta(seconds=5)


def test_nothing_of_the_address_is_said_but_its_host(desk, caplog):
    caplog.set_level("DEBUG")
    webhook = desk.has()
    desk.outbox.says[FLOW] = lambda *_: 500
    desk.counts(1)
    desk.sends()
    desk.desk.test(webhook.hook_id)
    desk.desk.remove("anna", webhook.hook_id)
    said = caplog.text + repr(webhook) + repr(desk.desk.webhooks()) + json.dumps(str(desk.audit.page()))
    assert "prod-01.westeurope.logic.azure.com" in said
    assert "sig=" not in said
    assert "SECRET-OF-THE-FLOW" not in said


def test_of_cameras_it_is_told_when_they_fall_silent_and_when_they_are_back(desk):
    desk.has(wish=Wish(frozenset({Topic.CAMERA_SILENT, Topic.CAMERA_BACK})))
    states = ("up", "down", "credentials rejected", "up", "up", "down", "removed", "up")
    ids = [one for state in states for one in desk.happens(a_status("front", state))]
    desk.sends()
    assert desk.outbox.ids() == [ids[1], ids[3], ids[5]]


def test_two_wishes_of_one_address_are_two_webhooks(desk):
    desk.has()
    desk.has(wish=Wish(frozenset({Topic.COUNT}), min_gap=60))
    assert len({one.webhook.hook_id for one in desk.desk.webhooks()}) == 2
    assert Wish(frozenset({Topic.COUNT}), min_gap=60) != COUNTS


def test_where_nobody_is_told_anything_the_log_is_not_even_read(desk, monkeypatch):
    desk.sends()
    asked = []
    monkeypatch.setattr(desk.book, "webhooks", lambda **_: asked.append(1) or [])
    desk.counts(3)
    desk.sends()
    desk.sends()
    assert asked == []
    monkeypatch.undo()
    desk.has()
    ids = desk.counts(2)
    desk.sends()
    assert desk.outbox.ids() == ids
