"""Sending with real threads to real servers: who is slow holds up nobody."""

import threading

import pytest

from peoplecount.outbound.networks import Networks
from peoplecount.outbound.post import Outbox
from peoplecount.outbound.rules import OutboundRules
from peoplecount.services.webhook_post import Postman
from peoplecount.services.webhook_sender import WebhookSender
from tests.support.receivers import Reply, a_receiver
from tests.support.toy_sealer import ToySealer
from tests.support.waiting import wait_until
from tests.support.webhook_desk import WebhookDesk


@pytest.fixture
def desk(tmp_path):
    desk = WebhookDesk(tmp_path)
    desk.outbox.rules = OutboundRules([], Networks(["127.0.0.0/8"]))
    yield desk
    desk.close()


def test_a_receiver_that_says_nothing_holds_up_no_other_and_the_end_waits_for_nobody(desk):
    with a_receiver() as slow, a_receiver() as quick:
        slow.says = lambda _: Reply(silent=True)
        desk.has(slow.address())
        desk.has(quick.address())
        started: list[threading.Thread] = []

        def start(work, name):
            started.append(threading.Thread(target=work, name=name, daemon=True))
            started[-1].start()

        outbox = Outbox(desk.outbox.rules, answer_seconds=60)
        postman = Postman(outbox, ToySealer(), desk.clock)
        sender = WebhookSender(desk.log, desk.book, postman, desk.clock, start=start)
        stop = threading.Event()
        life = threading.Thread(target=lambda: sender.run(stop), daemon=True)
        life.start()
        ids = desk.counts(50)
        wait_until(lambda: quick.ids() == ids, seconds=60)
        wait_until(lambda: len(slow.got) == 1, seconds=60)
        stop.set()
        life.join(30)
        assert not life.is_alive()
        assert slow.ids() == ids[:1]
    for thread in started:  # the slow one has hung up by now
        thread.join(30)
    outbox.close()
