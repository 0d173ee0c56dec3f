"""How far webhooks have come: the log keeps what they have not taken up, here and at other machines."""

from datetime import timedelta

import pytest

from peoplecount.domain.event_id import EventId
from peoplecount.services.log_trimming import HELD_FOR, LogTrimming
from peoplecount.services.webhook_cursors import FORGOTTEN_AFTER, WebhookCursors, read_cursor
from tests.support.webhook_desk import FLOW, WebhookDesk

KEEP = timedelta(days=7)


@pytest.fixture
def desk(tmp_path):
    desk = WebhookDesk(tmp_path)
    yield desk
    desk.close()


@pytest.fixture
def other(tmp_path):
    (tmp_path / "other").mkdir()
    desk = WebhookDesk(tmp_path / "other")
    yield desk
    desk.close()


def cursors(desk, machine="", store=None):
    return WebhookCursors(desk.book, store or desk.store, desk.clock, machine=machine)


def trimming(desk, consumers, budget=10**9):
    return LogTrimming(
        desk.log, written_up_to=desk.log.head, consumers=consumers, keep=KEEP, budget=budget, clock=desk.clock
    )


def test_nobody_is_behind_where_nobody_is_told_anything(desk):
    desk.counts(3)
    assert cursors(desk).own() == {}
    webhook = desk.has()
    desk.sends()
    assert cursors(desk).own() == {"webhooks": desk.log.head()}
    desk.desk.remove("anna", webhook.hook_id)
    assert cursors(desk).own() == {}


def test_what_is_not_taken_up_is_kept_though_it_is_old_and_sent_once_the_sender_is_back(desk):
    desk.has()
    desk.sends()
    ids = desk.counts(5)
    desk.clock.passes((KEEP + timedelta(days=1)).total_seconds())
    keeping = trimming(desk, cursors(desk).all)
    keeping.trim_old()
    assert cursors(desk).own() == {"webhooks": EventId(desk.log.head().epoch, 0)}
    desk.sends()
    assert desk.outbox.ids() == ids
    desk.clock.passes(3600)
    keeping.trim_old()
    assert desk.log.read(0, 10) == []


def test_what_waits_for_a_receiver_that_is_away_is_not_in_the_log_and_survives_it(desk):
    webhook = desk.has()
    away = [True]
    desk.outbox.says[FLOW] = lambda *_: 503 if away else 202
    ids = desk.counts(5)
    desk.sends()
    desk.clock.passes((KEEP + timedelta(hours=1)).total_seconds())
    trimming(desk, cursors(desk).all).trim_old()
    assert desk.log.read(0, 10) == []
    assert desk.waiting(webhook) == 5
    away.clear()
    desk.passes(1)
    assert desk.outbox.ids()[-5:] == ids


def test_a_stuck_one_is_named_and_told_of_a_gap_where_there_is_no_room(desk, caplog):
    desk.has()
    desk.sends()
    desk.counts(5)
    desk.clock.passes(2 * 3600)
    trimming(desk, cursors(desk).all, budget=1).trim_to_fit()
    assert "webhooks lost its place in the event log: 5 events" in caplog.text
    (late,) = desk.counts(1)
    desk.sends()
    ((_, event, _),) = desk.outbox.got
    assert (event["id"], event["gap"]) == (late, True)


def test_machines_tell_each_other_how_far_they_are(desk, other):
    here, there = cursors(desk, "shop1/a"), cursors(other, "shop2/b", store=desk.store)
    desk.has()
    desk.sends()
    other.counts(3)
    other.has()
    other.counts(2)
    other.sends()
    assert here.all() == {}
    here.note()
    there.note()
    assert here.all() == there.all() == {"webhooks@shop1/a": desk.log.head(), "webhooks@shop2/b": other.log.head()}


def test_a_machine_that_has_none_any_more_says_so_and_one_that_is_gone_is_forgotten(desk, other):
    here, there = cursors(desk, "shop1/a"), cursors(other, "shop2/b", store=desk.store)
    webhook = other.has()
    there.note()
    assert list(here.all()) == ["webhooks@shop2/b"]
    desk.clock.passes(FORGOTTEN_AFTER.total_seconds())
    here.note()
    here.all()
    assert here.all() == {}
    assert list(desk.store.under("webhook-cursor:")) == ["webhook-cursor:shop1/a"]
    there.note()
    other.desk.remove("anna", webhook.hook_id)
    there.note()
    assert here.all() == {}


def test_a_machine_holds_the_log_until_it_is_forgotten_at_most(desk):
    assert timedelta() < HELD_FOR < FORGOTTEN_AFTER


@pytest.mark.parametrize("text", ["", "[]", "7", "null", '{"at": 7}', '{"at": "soon"}', '{"id": "3f9a-1"}'])
def test_what_makes_no_sense_is_no_cursor(text):
    assert read_cursor(text) is None
