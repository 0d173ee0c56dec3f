"""Tickets, and the end of streams on an administrator's word."""

import pytest

from peoplecount.domain.offload import call_here
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.services.stream_closing import StreamClosing
from peoplecount.services.stream_tickets import StreamTickets
from peoplecount.stream.open_streams import OpenStreams
from peoplecount.web.app import create_app
from tests.support.everybody import Everybody, WhoKnowsTheWord
from tests.support.fake_clock import FakeClock

TOKEN = "an-administrators-token"


@pytest.fixture
def store(tmp_path):
    store = LocalStore(tmp_path / "store.sqlite")
    yield store
    store.close()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def tickets(store, clock):
    return StreamTickets(store, clock, call_here)


@pytest.fixture
def closed(service, tickets):
    """A client of a service at which one must sign in."""
    service.catch_up()
    return create_app(service.context(access=WhoKnowsTheWord(), tickets=tickets)).test_client()


def test_who_has_not_signed_in_gets_neither_stream_nor_ticket(closed):
    for answer in (closed.get("/events"), closed.post("/events/ticket")):
        assert answer.status_code == 401
        assert "ticket" in answer.json["description"]


def test_who_has_signed_in_opens_a_stream_without_a_ticket(closed):
    answer = closed.get("/events?timeout=0", headers={"X-API-Key": "secret"})
    assert answer.status_code == 200
    assert b"event: snapshot" in answer.data


def test_a_ticket_opens_one_stream_and_no_second_one(closed):
    given = closed.post("/events/ticket", headers={"X-API-Key": "secret"})
    assert (given.status_code, given.headers["Cache-Control"]) == (201, "no-store")
    path = f"/events?timeout=0&ticket={given.json['ticket']}"
    assert b"event: snapshot" in closed.get(path).data
    again = closed.get(path)
    assert again.status_code == 401
    assert "Ask for another" in again.json["description"]


def test_a_ticket_ends_after_half_a_minute(closed, clock):
    given = closed.post("/events/ticket", headers={"X-API-Key": "secret"}).json
    clock.passes(given["seconds"] + 0.1)
    assert closed.get(f"/events?ticket={given['ticket']}").status_code == 401


def test_where_everybody_may_look_a_wrong_ticket_is_refused_all_the_same(service, tickets):
    client = create_app(service.context(tickets=tickets)).test_client()
    assert client.get("/events?ticket=forged").status_code == 401
    assert client.get(f"/events?timeout=0&ticket={client.post('/events/ticket').json['ticket']}").status_code == 200


def test_a_store_that_is_away_is_503_and_not_an_open_door(service, clock):
    class Away:
        def get(self, key):
            raise LocalStoreUnavailable("the disk is gone")

        def change(self, key, work):
            raise LocalStoreUnavailable("the disk is gone")

    broken = StreamTickets(Away(), clock, call_here)
    client = create_app(service.context(access=WhoKnowsTheWord(), tickets=broken)).test_client()
    assert client.get("/events?ticket=any").status_code == 503
    assert client.post("/events/ticket", headers={"X-API-Key": "secret"}).status_code == 503


def test_what_opens_no_stream_leaves_the_ticket_good(service, tickets):
    streams = OpenStreams(most=1)
    context = service.context(access=WhoKnowsTheWord(), tickets=tickets, streams=streams)
    client = create_app(context).test_client()
    path = f"/events?ticket={client.post('/events/ticket', headers={'X-API-Key': 'secret'}).json['ticket']}"
    assert client.head(path).status_code == 200
    assert client.get(f"{path}&limit=0").status_code == 400
    assert client.get(f"{path}&camera=attic").status_code == 404
    taken = streams.admit("192.0.2.9")
    assert client.get(path).status_code == 503
    taken.close()
    assert b"event: snapshot" in client.get(f"{path}&timeout=0", buffered=True).data
    assert client.head(path).status_code == 401
    assert len(streams) == 0


def test_of_many_who_show_the_same_ticket_at_once_one_gets_a_stream(service, tickets, monkeypatch):
    streams = OpenStreams()
    client = create_app(service.context(tickets=tickets, streams=streams)).test_client()
    given = client.post("/events/ticket").json["ticket"]
    monkeypatch.setattr(tickets, "holder_of", lambda ticket: "")  # they all look before any of them takes it
    answers = [client.get(f"/events?timeout=0&ticket={given}", buffered=True).status_code for _ in range(3)]
    assert answers == [200, 401, 401]
    assert len(streams) == 0


@pytest.fixture
def administered(service, store):
    streams = OpenStreams()
    closing = StreamClosing(store, streams, call_here)
    closing.look()
    context = service.context(streams=streams, access=Everybody(TOKEN), close_streams=closing.order)
    service.catch_up()
    return create_app(context).test_client()


@pytest.mark.parametrize("headers", [{}, {"X-Admin-Token": "guessed-token-123"}, {"X-Admin-Token": ""}])
def test_nobody_else_ends_streams(administered, headers):
    answer = administered.post("/close-stream", headers=headers)
    assert answer.status_code == 403
    assert "ADMIN_TOKEN" in answer.json["description"]
    assert TOKEN not in answer.text


def test_where_no_token_is_set_nobody_ends_streams(client):
    assert client.post("/close-stream", headers={"X-Admin-Token": ""}).status_code == 403


def test_streams_are_not_ended_by_a_link(administered):
    assert administered.get("/close-stream", headers={"X-Admin-Token": TOKEN}).status_code == 405


def test_an_administrator_ends_all_streams_or_those_of_one_client(administered):
    headers = {"X-Admin-Token": TOKEN}
    stream = administered.get("/events", buffered=False)
    frames = stream.iter_encoded()
    for _ in range(2):
        next(frames)
    assert administered.post("/close-stream?client=192.0.2.7", headers=headers).status_code == 202
    assert administered.post("/close-stream?client=127.0.0.1", headers=headers).status_code == 202
    assert b"ended by an administrator" in b"".join(frames)
    stream.close()
    stream = administered.get("/events", buffered=False)
    assert administered.post("/close-stream", headers=headers).status_code == 202
    assert b"ended by an administrator" in stream.data
    stream.close()


@pytest.fixture
def ended(service):
    """Whose streams were ended, and a client that may end them."""
    ended = []
    client = create_app(service.context(access=Everybody(TOKEN), close_streams=ended.append)).test_client()
    client.environ_base["HTTP_X_ADMIN_TOKEN"] = TOKEN
    return ended, client


@pytest.mark.parametrize(
    ("named", "called"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::/64"),
        ("2001:DB8:0:0:1::7", "2001:db8::/64"),
        ("[2001:db8::7]:4711", "2001:db8::/64"),
        ("2001:db8::/64", "2001:db8::/64"),
        ("this machine", "this machine"),
    ],
)
def test_a_client_is_called_what_its_streams_are_kept_under(ended, named, called):
    whose, client = ended
    assert client.post("/close-stream", query_string={"client": named}).status_code == 202
    assert client.post("/close-stream", data={"client": named}).status_code == 202
    assert whose == [called, called]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("client=front-desk", "'front-desk' is no address"),
        ("client=", "'' is no address"),
        ("client=192.0.2.0/24", "no address"),
        ("client=192.0.2.0/64", "no"),
        ("client=2001:db8::/32", "no address"),
        ("client=192.0.2.7&client=192.0.2.8", "Name one client"),
        ("cleint=192.0.2.7", "'cleint' is no parameter here"),
        ("client=192.0.2.7&all=1", "'all' is no parameter here"),
    ],
)
def test_what_may_be_meant_for_one_client_ends_the_streams_of_nobody(ended, query, words):
    whose, client = ended
    answers = [
        client.post(f"/close-stream?{query}"),
        client.post("/close-stream", data=query, content_type="application/x-www-form-urlencoded"),
    ]
    for answer in answers:
        assert answer.status_code == 400
        assert words in answer.json["description"]
        assert "client=192.0.2.7" in answer.json["description"]
    assert client.post("/close-stream", json={"client": "192.0.2.7"}).status_code == 400
    assert whose == []
