"""Pages about webhooks: adding one, its test, its history, and what is not shown."""

import re
from datetime import UTC, datetime

import pytest

from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Scope
from peoplecount.domain.webhook import Receiver, Stand, Topic, Wish
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.services.mqtt_desk import MqttDesk
from peoplecount.services.worker_figures import WorkerFigures
from tests.support.board_service import BoardService
from tests.support.people import People, form_token, signed_in
from tests.support.shop import FRONT, SHOP
from tests.support.webhook_desk import FLOW

SECRET = "SECRET-OF-THE-FLOW"
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    people.enters("anna", Role.ADMINISTRATOR)
    people.enters("otto", Role.OPERATOR)
    yield people
    people.close()


@pytest.fixture
def app(people):
    service = BoardService([SHOP])
    service.count(FRONT, 12, 7)
    service.catch_up()
    people.roster = type(people.roster)(cameras={}, sites={SHOP.site_id: SHOP})
    return people.app(service, public_url="https://counts.example")


@pytest.fixture
def anna(app):
    return signed_in(app, "anna")


def send(client, path, **fields):
    return client.post(path, data={"csrf_token": form_token(client, "/account"), **fields}, follow_redirects=True)


def filled(**changes):
    usual = {"receiver": "flow", "address": FLOW, "name": "", "topics": ["IntervalClosed"], "scope": "site",
             "step": "60", "threshold": "", "reach": "all", "door": "", "camera": "", "gap": "0"}  # fmt: skip
    return usual | changes


def test_a_test_that_nobody_took_is_no_success(anna, people):
    send(anna, "/admin/new-webhook", **filled())
    (kept,) = people.webhooks.webhooks()
    people.outbox.says[FLOW] = lambda *_: 500
    assert (
        '<p class="notice" role="status">The test was sent.'
        in send(anna, f"/admin/webhooks/{kept.webhook.key}/test").text
    )


def test_a_flow_is_added_tried_and_its_address_shown_nowhere(anna, people):
    page = send(anna, "/admin/new-webhook", **filled(name="Evening report"))
    assert "Evening report is told from now on" in page.text
    (kept,) = people.webhooks.webhooks()
    assert (kept.webhook.receiver, kept.webhook.wish.topics) == (Receiver.FLOW, {Topic.INTERVAL_CLOSED})
    page = send(anna, f"/admin/webhooks/{kept.webhook.key}/test")
    assert '<p class="done" role="status">The test was sent. It was taken (202).' in page.text
    ((_, event, _),) = people.outbox.got
    assert event["test"] is True
    assert (event["kind"], event["id"][:5]) == ("IntervalClosed", "test-")
    for path in ("/admin/webhooks", f"/admin/webhooks/{kept.webhook.key}", "/integrations", "/admin/log"):
        text = anna.get(path).text
        assert SECRET not in text
        assert kept.webhook.hook_id not in text
    assert "prod-01.westeurope.logic.azure.com" in anna.get("/admin/webhooks").text


def test_a_test_that_fails_says_in_words_why(anna, people):
    webhook = people.webhooks.add("anna", FLOW, Wish(frozenset({Topic.CAMERA_SILENT}))).kept.webhook
    people.outbox.says[FLOW] = lambda *_: 401
    page = send(anna, f"/admin/webhooks/{webhook.key}/test")
    assert "trigger is not set to Anyone" in page.text
    assert people.webhooks.find(webhook.hook_id).condition.failures == 0, "a test says nothing of what waits"


def test_a_receiver_of_ones_own_is_shown_its_secret_once(anna, people):
    page = send(anna, "/admin/new-webhook", **filled(receiver="own", address="https://hooks.example/in"))
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]{40,}", page.text)
    (kept,) = people.webhooks.webhooks()
    path = f"/admin/webhooks/{kept.webhook.key}"
    assert "whsec_" not in anna.get(path).text
    page = send(anna, f"{path}/rotate")
    (other,) = re.findall(r"whsec_[A-Za-z0-9+/=]{40,}", page.text)
    assert other != secret
    assert "whsec_" not in anna.get(path).text


def test_it_is_paused_resumed_and_removed_and_the_log_says_who_did(anna, people):
    webhook = people.webhooks.add("anna", FLOW, Wish(frozenset({Topic.CAMERA_SILENT}))).kept.webhook
    path = f"/admin/webhooks/{webhook.key}"
    assert "Resume" in send(anna, f"{path}/pause").text
    assert people.webhooks.find(webhook.hook_id).condition.stand is Stand.PAUSED
    assert "is sent to again" in send(anna, f"{path}/resume").text
    assert people.webhooks.find(webhook.hook_id).condition.stand is Stand.ACTIVE
    assert "is told nothing any more" in send(anna, f"{path}/remove").text
    assert people.webhooks.webhooks() == []
    assert anna.get(path).status_code == 404
    assert [change.verb for change in people.audit_log.page().changes] == ["removed", "resumed", "paused", "added"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"address": ""}, "Paste the address"),
        ({"address": "https://10.1.2.3/hook"}, "private network"),
        ({"address": "https://elsewhere.example/hook"}, "WEBHOOK_HOSTS"),
        ({"address": "http://hooks.example/hook"}, "must begin with https://"),
        ({"topics": []}, "Tick one kind of event"),
        ({"threshold": "many"}, "is no number of people"),
        ({"door": "none"}, "not there any more"),
        ({"topics": ["PeopleCountingUpdate"]}, "choose a minute or more"),
        ({"topics": ["PeopleCountingUpdate"], "gap": "60"}, "some sites, a door or a camera"),
        ({"topics": ["PeopleCountingUpdate"], "door": "shop-front"}, "choose a minute or more"),
        ({"reach": "some"}, "Tick one site"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(anna, people, changes, words):
    answer = send(anna, "/admin/new-webhook", **filled(**changes))
    assert answer.status_code == 400
    assert words in answer.text
    assert people.webhooks.webhooks() == []


def test_what_was_chosen_is_what_is_wished(anna, people):
    send(anna, "/admin/new-webhook", **filled(
        topics=["OccupancyAbove", "PeopleCountingUpdate"], threshold="85 %", reach="some", sites=["shop"],
        door="shop-front", camera="front", gap="300",
    ))  # fmt: skip
    (kept,) = people.webhooks.webhooks()
    wish = kept.webhook.wish
    assert (wish.topics, str(wish.threshold), wish.min_gap) == ({Topic.OCCUPANCY_ABOVE, Topic.COUNT}, "85%", 300)
    assert (wish.site_ids, wish.door_ids, wish.camera_ids) == ({"shop"}, {"shop-front"}, {"front"})


def test_the_page_of_integrations_says_which_way_is_open_and_has_samples_to_copy(anna, app):
    text = anna.get("/integrations").text
    assert "https://counts.example" in text
    assert "Perhaps" in text
    assert "&#34;kind&#34;: &#34;IntervalClosed&#34;" in text
    assert 'href="/admin/new-webhook"' in text
    otto = signed_in(app, "otto").get("/integrations").text
    assert 'href="/admin/new-webhook"' not in otto
    assert "Have an administrator" in otto


def test_the_page_of_integrations_says_when_each_key_called_last(anna, people, app):
    headers = people.token(Scope.READ, label="Power BI")
    people.token(Scope.READ, label="Idle")
    assert app.test_client().get("/api/v1/ping", headers=headers).status_code == 200
    text = " ".join(anna.get("/integrations").text.split())
    assert re.search(r"Power BI</a>.*?last call .*?Idle</a>.*?no call yet", text)
    assert headers["Authorization"].removeprefix("Bearer ") not in text
    assert "last call" not in signed_in(app, "otto").get("/integrations").text


def mqtt(**told):
    numbers = [("mqtt_connected", (), 1.0), ("consumer_lag", ("mqtt",), 1234)]
    worker = WorkerFigures("1", NOW, NOW, 812, True, told.get("numbers", numbers))

    def workers():
        if "error" in told:
            raise told["error"]
        return [worker]

    return MqttDesk("broker.example:8883", "peoplecount", "", lambda: "peoplecount-0123", workers)


@pytest.mark.parametrize(
    ("desk", "said"),
    [
        (None, ["None is set: nothing is published."]),
        (mqtt(), ["<code>broker.example:8883</code> takes what is", "1,234", "peoplecount-0123", "nowhere"]),
        (mqtt(numbers=[("mqtt_connected", (), 0.0)]), ["Nothing is published at <code>broker.example", "unknown"]),
        (mqtt(numbers=[]), ["Whether <code>broker.example:8883</code> takes what is published is not known"]),
        (mqtt(error=LocalStoreUnavailable("away")), ["How that goes cannot be looked up just now."]),
    ],
)
def test_the_page_of_integrations_says_how_mqtt_stands(people, desk, said):
    app = people.app(BoardService([SHOP]), mqtt=desk)
    text = signed_in(app, "otto").get("/integrations").text
    assert [one for one in said if one not in text] == []


def test_the_pages_say_so_where_the_book_is_away(anna, people, tmp_path):
    people.webhook_book.close()
    (tmp_path / "webhooks.sqlite").unlink(missing_ok=True)
    (tmp_path / "webhooks.sqlite").mkdir()
    people.webhook_book._file._open = True
    assert anna.get("/admin/webhooks").status_code == 503
    assert anna.get("/integrations").status_code == 200
    assert send(anna, "/admin/new-webhook", **filled()).status_code == 503
