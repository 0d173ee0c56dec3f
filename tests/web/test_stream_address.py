"""``/events`` over real HTTP."""

import pytest
from werkzeug.test import EnvironBuilder

from peoplecount.stream.client import SSEClient
from peoplecount.stream.open_streams import OpenStreams
from peoplecount.web.app import create_app
from tests.support.shop import BACK, FRONT
from tests.support.stream_connection import StreamConnection
from tests.support.waiting import wait_until


@pytest.mark.parametrize("path", ["/events", "/stream-data"])
def test_a_stream_begins_with_a_snapshot_and_goes_on_live(server, service, path):
    stream = StreamConnection(server.port, path)
    snapshot, head = stream.next("snapshot")
    assert head == snapshot["id"] == str(service.log.head())
    assert snapshot["sites"][0]["inToday"] == 1229
    counted = service.count(FRONT, 2, 1)
    update, last_id = stream.next("PeopleCountingUpdate")
    assert (update["in"], update["inToday"], last_id) == (2, 1202, str(counted))
    stream.close()


def test_its_headers_keep_caches_and_proxies_from_holding_it_back(server):
    stream = StreamConnection(server.port)
    assert stream.answer.status == 200
    assert stream.answer.getheader("Content-Type") == "text/event-stream; charset=utf-8"
    assert stream.answer.getheader("Cache-Control") == "no-cache, no-transform"
    assert stream.answer.getheader("X-Accel-Buffering") == "no"
    assert stream.answer.getheader("Content-Length") is None
    stream.close()


@pytest.mark.parametrize("way", ["header", "lastEventId", "lastEventID"])
def test_a_program_comes_back_where_it_was(server, service, way):
    head = service.log.head()
    service.count(FRONT, 5)
    if way == "header":
        stream = StreamConnection(server.port, Last_Event_ID=str(head))
    else:
        stream = StreamConnection(server.port, f"/events?{way}={head}")
    assert stream.next("PeopleCountingUpdate")[0]["in"] == 5
    stream.close()


def test_the_header_wins_because_a_browser_that_reconnects_keeps_the_address(server, service):
    first = service.log.head()
    second = service.count(FRONT, 5)
    service.count(FRONT, 6)
    wait_until(lambda: service.hub.head == service.log.head())
    stream = StreamConnection(server.port, f"/events?lastEventId={first}", Last_Event_ID=str(second))
    assert stream.next("PeopleCountingUpdate")[0]["in"] == 6
    stream.close()


def test_a_camera_can_be_asked_for(server, service):
    stream = StreamConnection(server.port, "/events?camera=back")
    snapshot, _ = stream.next("snapshot")
    assert [camera["cameraId"] for camera in snapshot["cameras"]] == ["back"]
    service.count(FRONT, 1)
    service.count(BACK, 1)
    assert stream.next("PeopleCountingUpdate")[0]["cameraId"] == "back"
    stream.close()


def test_an_id_of_another_log_is_told_as_a_gap(server):
    stream = StreamConnection(server.port, Last_Event_ID="0000-7")
    gap, _ = stream.next("gap")
    assert gap["from"] == "0000-7"
    stream.next("snapshot")
    stream.close()


def test_a_program_that_leaves_is_noticed_with_the_next_write(server, service):
    stream = StreamConnection(server.port)
    stream.next("snapshot")
    assert service.hub.open_streams == 1
    stream.close()

    def noticed() -> bool:
        service.count(FRONT, 1)
        return service.hub.open_streams == 0

    wait_until(noticed)


def test_closing_the_hub_ends_all_streams_with_goodbye(server, service):
    streams = [StreamConnection(server.port) for _ in range(3)]
    for stream in streams:
        stream.next("snapshot")
    service.hub.close("restart")
    for stream in streams:
        assert stream.next("goodbye")[0]["reason"] == "restart"
        assert stream.answer.read() == b""
        stream.close()
    wait_until(lambda: service.hub.open_streams == 0)


@pytest.mark.parametrize("text", ["12", "x y-1", "-1", "abc-", "3f9a-1\N{SUPERSCRIPT TWO}"])
def test_a_malformed_id_is_refused_in_words(client, text):
    answer = client.get("/events", query_string={"lastEventId": text})
    assert answer.status_code == 400
    assert "ids look like" in answer.json["description"]


def test_an_empty_id_is_none(client):
    answer = client.get("/events?lastEventId=", buffered=False)
    frames = answer.iter_encoded()
    next(frames)
    assert b"event: snapshot" in next(frames)
    answer.close()


def test_an_unknown_camera_is_404_and_the_known_ones_are_named(client):
    answer = client.get("/events?camera=attic")
    assert answer.status_code == 404
    assert "'attic'" in answer.json["description"]
    assert "back, front, wide" in answer.json["description"]


def test_a_service_that_stops_sends_newcomers_away(client, service):
    service.hub.close("restart")
    answer = client.get("/events")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_when_all_streams_are_taken_newcomers_wait_and_everything_else_is_served(service):
    client = create_app(service.context(streams=OpenStreams(most=2))).test_client()
    streams = [client.get("/events", buffered=False) for _ in range(2)]
    for stream in streams:
        assert next(stream.iter_encoded())
    refused = client.get("/events")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    assert client.get("/").status_code == client.get("/health/ready").status_code == 200
    streams.pop().close()
    again = client.get("/events", buffered=False)
    assert again.status_code == 200
    for stream in (*streams, again):
        stream.close()
    assert service.hub.open_streams == 0


def test_asking_for_headers_only_opens_no_stream(client, service, monkeypatch):
    monkeypatch.setattr(SSEClient, "open_stream", lambda self: iter(()))
    assert client.head("/events").status_code == 200
    assert service.hub.open_streams == 0


def test_a_stream_under_way_keeps_nothing_that_only_a_request_needs(service):
    app = create_app(service.context())
    environ = EnvironBuilder("/events").get_environ() | {"wsgi.early_hints": print}
    frames = app.wsgi_app(environ, lambda *_: None)
    try:
        assert not any(environ.get(name) for name in ("werkzeug.request", "wsgi.early_hints", "wsgi.errors"))
        assert environ["REQUEST_METHOD"] == "GET", "servers write it into their logs at the end"
    finally:
        frames.close()
