"""What may be asked of the stream: where to begin, what of it, how much of it, and in which form."""

import http.client
import json

import pytest

from peoplecount.web.app import create_app
from tests.support.shop import BACK, FRONT, LEFT, until
from tests.support.shop import at as moment
from tests.support.stream_connection import StreamConnection
from tests.support.stream_events import heard
from tests.support.waiting import wait_until


def ask(client, service, query: str, *, readings: bool = False, **headers: str) -> list:
    """Events of a stream that ends at once; `readings` only if they are wanted."""
    service.catch_up()
    answer = client.get(f"/events?timeout=0&{query}", headers={k.replace("_", "-"): v for k, v in headers.items()})
    assert answer.status_code == 200, answer.text
    return [one for one in heard(answer.iter_encoded()) if one.name and (readings or one.name != "readings")]


def as_json(client, query: str) -> dict:
    answer = client.get(f"/events?{query}", headers={"Accept": "application/json"}).json
    return answer | {"events": [event for event in answer["events"] if event["kind"] != "readings"]}


def names(events) -> list[str]:
    return [one.name for one in events]


@pytest.fixture
def head(service) -> str:
    return str(service.log.head())


def test_a_stream_from_the_earliest_event_on_is_all_that_is_held_without_a_snapshot(client, service):
    events = ask(client, service, "since=earliest")
    numbers = [one.number for one in events if one.data.get("id")]
    assert numbers == list(range(1, service.log.head().number + 1))
    assert "snapshot" not in names(events)


def test_a_stream_from_the_latest_event_on_is_what_comes_next_without_a_snapshot(client, service, head):
    events = ask(client, service, "since=latest")
    assert names(events) == ["goodbye"]
    assert events[-1].last_id == head


@pytest.mark.parametrize("since", ["2026-05-04T15:00:00%2B02:00", "2026-05-04T13:00:00.0000000Z"])
def test_a_stream_can_begin_at_a_time(client, service, since):
    until(service, moment(15))
    first = service.count(FRONT, 2)
    until(service, moment(16))
    service.count(BACK, 1)
    events = ask(client, service, f"since={since}")
    assert next(one.last_id for one in events if one.name == "PeopleCountingUpdate") == str(first)
    assert [one.data["cameraId"] for one in events if one.name == "PeopleCountingUpdate"] == ["front", "back"]


def test_a_time_to_come_is_as_good_as_the_latest(client, service):
    assert names(ask(client, service, "since=2036-01-01T00:00:00Z")) == ["goodbye"]


def test_since_takes_an_id_and_everything_that_says_more_wins_over_it(client, service, head):
    second = service.count(FRONT, 5)
    service.count(FRONT, 6)
    assert [one.data["in"] for one in ask(client, service, f"since={head}")[:-1]] == [5, 6]
    assert [one.data["in"] for one in ask(client, service, f"since=earliest&lastEventId={second}")[:-1]] == [6]
    events = ask(client, service, f"since=earliest&lastEventId={head}", Last_Event_ID=str(second))
    assert [one.data["in"] for one in events[:-1]] == [6]


def test_a_time_that_the_log_does_not_reach_back_to_is_a_gap_with_the_address_of_the_counts(service):
    client = create_app(service.context(records=object())).test_client()
    service.log.trim(3, moment(20))
    gap, snapshot, _ = ask(client, service, "since=2026-05-04T06:00:00Z&site=shop&camera=front")
    assert gap.data["from"] == "2026-05-04T06:00:00.000Z"
    assert gap.data["address"] == "/api/v1/counts?from=2026-05-04T06%3A00%3A00.000Z&step=15&site=shop"
    assert snapshot.name == "snapshot"


def test_an_id_that_is_no_longer_kept_is_a_gap_with_the_address_of_its_records(service, head):
    client = create_app(service.context(records=object())).test_client()
    service.hub.reset(service.log.head())
    service.log.trim(3, moment(20))
    epoch = head.partition("-")[0]
    gap = ask(client, service, f"lastEventId={epoch}-1&camera=front&camera=back")[0]
    assert gap.data["address"] == f"/api/v1/records?after={epoch}-1&until={head}&camera=back&camera=front"


def test_where_no_history_is_kept_a_gap_has_no_address(client, service):
    assert ask(client, service, "lastEventId=0000-7")[0].data["address"] is None


@pytest.mark.parametrize(
    ("query", "heard_of"),
    [
        ("camera=back", ["back"]),
        ("camera=back&camera=front", ["front", "back"]),
        ("door=shop-wide", ["wide"]),
        ("site=shop", ["front", "wide", "back"]),
        ("door=shop-wide&camera=back", []),
        ("site=shop&kind=PeopleCountingUpdate&door=shop-back", ["back"]),
        ("kind=CameraStatus", []),
    ],
)
def test_only_what_is_asked_for_comes(client, service, head, query, heard_of):
    for gate in (FRONT, LEFT, BACK):
        service.count(gate, 1)
    events = ask(client, service, f"lastEventId={head}&{query}")
    assert [one.data["cameraId"] for one in events[:-1]] == heard_of
    assert events[-1].last_id == str(service.log.head())


def test_the_snapshot_holds_what_was_asked_for(client, service):
    snapshot = ask(client, service, "door=shop-wide")[0].data
    assert [line["lineName"] for line in snapshot["lines"]] == ["Left", "Right"]
    assert [door["doorId"] for door in snapshot["doors"]] == ["shop-wide"]
    assert [camera["cameraId"] for camera in snapshot["cameras"]] == ["wide"]
    assert [site["siteId"] for site in snapshot["sites"]] == ["shop"]
    whole = ask(client, service, "kind=CameraStatus")[0].data
    assert len(whole["lines"]) == 4


def test_readings_are_those_of_cameras_that_look_at_what_was_asked_for(client, service, head):
    service.clock.passes(20)
    service.seen(FRONT, LEFT, BACK)
    service.catch_up()
    service.follower.step()
    (readings,) = ask(client, service, f"lastEventId={head}&door=shop-wide", readings=True)[:-1]
    assert list(readings.data["cameras"]) == ["wide"]
    nothing = ask(client, service, f"lastEventId={head}&kind=CameraStatus", readings=True)
    assert names(nothing) == ["goodbye"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("camera=attic", "No camera 'attic' here. Cameras: back, front, wide."),
        ("door=attic", "No door 'attic' here. Doors: shop-back, shop-front, shop-wide."),
        ("site=attic", "No site 'attic' here. Sites: shop."),
        ("kind=attic", "No kind 'attic' here. Kinds: Alert, CameraClock, CameraStatus, "),
        ("camera=front&camera=attic", "No camera 'attic' here."),
    ],
)
def test_what_is_not_there_is_404_and_what_is_there_is_named(client, query, words):
    answer = client.get(f"/events?{query}")
    assert answer.status_code == 404
    assert words in answer.json["description"]


def test_before_the_log_is_read_nobody_knows_what_is_there(service):
    service.hub._epoch = ""
    answer = service.app.test_client().get("/events?camera=front")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("since=yesterday", "2026-05-04T12:00:00Z"),
        ("since=2026-05-04", "2026-05-04T12:00:00Z"),
        ("since=2026-05-04T12:00:00", "2026-05-04T12:00:00Z"),
        ("since=2026-02-30T12:00:00Z", "no time"),
        ("limit=0", "from 1 to 10000"),
        ("limit=10001", "from 1 to 10000"),
        ("limit=1.5", "from 1 to 10000"),
        ("timeout=100.1", "from 0 to 100"),
        ("timeout=-1", "from 0 to 100"),
        ("timeout=soon", "from 0 to 100"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_is_allowed(client, query, words):
    answer = client.get(f"/events?{query}")
    assert answer.status_code == 400
    assert words in answer.json["description"]


def test_a_bounded_stream_ends_over_http_and_the_connection_can_be_used_again(server, service):
    stream = StreamConnection(server.port, "/events?limit=2")
    stream.next("snapshot")
    service.count(FRONT, 1)
    stream.next("PeopleCountingUpdate")
    assert "goodbye" in str(stream.next("goodbye"))
    assert stream.answer.read() == b""
    stream.close()


LOGIC_APPS = "azure-logic-apps/1.0 (workflow 1234; version 5678)"


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "application/json"},
        {"Accept": "Application/JSON; charset=utf-8"},
        {"User-Agent": LOGIC_APPS},
        {"User-Agent": LOGIC_APPS, "Accept": "text/event-stream"},
    ],
)
def test_who_cannot_read_a_stream_gets_one_answer(client, service, head, headers):
    service.catch_up()
    answer = client.get("/events", headers=headers)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert [event["kind"] for event in answer.json["events"]] == ["snapshot"]
    assert (answer.json["next"], answer.json["more"]) == (head, False)


@pytest.mark.parametrize("accept", ["*/*", "text/event-stream", "application/json, text/plain, */*", ""])
def test_whoever_asks_for_anything_else_gets_the_stream(client, accept):
    answer = client.get("/events", headers={"Accept": accept}, buffered=False)
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    answer.close()


def test_answers_follow_each_other_without_gap_or_repetition_and_are_the_streams_own_events(client, service, head):
    for number in range(1, 8):
        service.count(FRONT, number)
    streamed = [one.data for one in ask(client, service, f"lastEventId={head}")[:-1]]
    got, after, more = [], head, True
    while more:
        answer = as_json(client, f"since={after}&limit=3")
        got += answer["events"]
        after, more = answer["next"], answer["more"]
    assert got == streamed
    assert [event["in"] for event in got] == list(range(1, 8))


def test_an_answer_waits_for_the_next_event_and_no_longer(server, service):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/events?since=latest&timeout=100", headers={"Accept": "application/json"})
    wait_until(lambda: service.hub.open_streams == 1)
    service.count(FRONT, 9)
    body = json.loads(connection.getresponse().read())
    assert [event["in"] for event in body["events"] if event["kind"] != "readings"] == [9]
    connection.close()


def test_an_answer_of_a_quiet_time_is_empty_and_says_where_it_ended(client, service, head):
    service.catch_up()
    assert as_json(client, "since=latest&timeout=0") == {"events": [], "next": head, "more": False}


@pytest.mark.parametrize("query", ["timeout=0", "timeout=0.01", "timeout=0&since=abcd-7"])
def test_before_the_log_is_read_nobody_is_sent_back_to_the_beginning(service, query):
    service.hub._epoch = ""
    answer = service.app.test_client().get(f"/events?{query}", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert service.hub.open_streams == 0


def test_an_answer_says_that_there_is_more_than_it_holds(client, service, head, monkeypatch):
    monkeypatch.setattr("peoplecount.stream.answer.MAX_BYTES", 5_000)
    monkeypatch.setattr("peoplecount.stream.hub.MAX_SLICE", 3_000)
    for number in range(30):
        service.count(FRONT, number)
    service.catch_up()
    got, after, more = [], head, True
    while more:
        told = as_json(client, f"since={after}&limit=10000")
        assert len(json.dumps(told)) < 10_000
        got += [event["in"] for event in told["events"]]
        after, more = told["next"], told["more"]
    assert got == list(range(30))


@pytest.mark.parametrize("query", ["since=earliest", "since=2026-05-04T06:00:00Z", "lastEventId=0000-1"])
def test_a_log_that_cannot_be_read_is_503(client, service, query):
    service.catch_up()
    service.log.close()
    answer = client.get(f"/events?timeout=0&{query}", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    service.log.open()


def test_nothing_is_ever_compressed(client, service, head):
    for path in ("/events?timeout=0", "/events?timeout=0&since=earliest"):
        answer = client.get(path, headers={"Accept-Encoding": "gzip, br"})
        assert "Content-Encoding" not in answer.headers
        assert "no-transform" in answer.headers["Cache-Control"]


def test_a_stream_ends_with_its_life(service):
    service.catch_up()
    client = create_app(service.context(stream_life=0.05)).test_client()
    *_, goodbye = [one for one in heard(client.get("/events").iter_encoded()) if one.name]
    assert goodbye.data["reason"].startswith("a stream ends now and then")
