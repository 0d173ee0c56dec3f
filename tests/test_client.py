"""The client for programs, against a real server that goes away in between."""

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import islice
from pathlib import Path

import pytest

import peoplecount.client
from peoplecount.client import Client, PeoplecountError
from tests.support.api_shop import ApiShop
from tests.support.board_service import served
from tests.support.shop import BACK, FRONT


@pytest.fixture
def shop(tmp_path):
    shop = ApiShop(tmp_path)
    yield shop
    shop.end()


@pytest.fixture
def server(shop):
    with served(shop) as server:
        yield server


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def client(server, pauses):
    return Client(server.url, "pc_any", sleep=pauses.append)


def test_the_newest_figures(client):
    assert {row["doorName"]: row["inToday"] for row in client.latest()} == {"Front": 3, "Wide": 15, "Back": 12}
    assert [row["siteName"] for row in client.latest("site", site="shop")] == ["Shop"]


def test_the_history_comes_page_by_page_and_whole(client, shop):
    rows = list(client.history("2026-05-04", limit="5"))
    assert rows == shop.get("/counts?from=2026-05-04").json["value"]
    assert len(rows) == 12


def test_events_go_on_where_the_service_was_away(client, shop, server):
    known = [str(entry.event_id) for entry in shop.log.read(0, 10_000)]
    events = client.events("earliest")
    taken = iter(events)
    assert [event["id"] for event in islice(taken, 5)] == known[:5]
    assert events.cursor == known[4]
    assert [event["id"] for event in islice(taken, len(known) - 5)] == known[5:]
    server.stop()
    missed = [str(shop.count(FRONT, 1)), str(shop.count(BACK, 1))]

    def comes_back(_seconds):
        server.start()

    client._sleep = comes_back
    assert [event["id"] for event in islice(taken, 2)] == missed


@contextmanager
def answered_by(handler):
    """The address of a server on which ``handler`` answers."""
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_an_answer_that_breaks_off_is_asked_for_again(pauses):
    whole = b'{"value": []}'

    class BreaksOff(Quiet):
        answers = 0

        def do_GET(self):
            BreaksOff.answers += 1
            self.send_response(200)
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole if BreaksOff.answers > 1 else whole[:5])

    with answered_by(BreaksOff) as address:
        client = Client(address, "pc_any", sleep=pauses.append)
        assert client._patiently("/events", {}) == {"value": []}
    assert (BreaksOff.answers, len(pauses)) == (2, 1)


def test_another_host_that_an_answer_leads_to_is_not_told_the_key():
    heard = []

    class LeadsAway(Quiet):
        def do_GET(self):
            heard.append((self.headers["Host"].partition(":")[0], self.headers["Authorization"]))
            self.send_response(302 if len(heard) == 1 else 200)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/elsewhere")
            self.end_headers()
            self.wfile.write(b'{"value": []}')

    with answered_by(LeadsAway) as address:
        assert Client(address, "pc_any").latest() == []
    assert heard == [("127.0.0.1", "Bearer pc_any"), ("localhost", None)]


def test_who_keeps_the_cursor_goes_on_there(client, shop):
    first = client.events("earliest", kind=["PeopleCountingUpdate"], camera="back")
    (one,) = islice(first, 1)
    (two,) = islice(client.events(first.cursor, kind=["PeopleCountingUpdate"], camera="back"), 1)
    assert one["id"] != two["id"]


def test_what_is_missing_is_told(client, shop):
    shop.log.trim(5, shop.clock.now())
    first = next(iter(client.events(f"{shop.log.head().epoch}-1")))
    assert first["kind"] == "gap"
    assert first["reason"].startswith("no longer kept")


def test_what_is_refused_is_raised_in_the_words_of_the_service(client, pauses):
    with pytest.raises(PeoplecountError, match=r"404: No site 'x' here. Sites: shop.") as raised:
        client.latest(site="x")
    assert raised.value.status == 404
    with pytest.raises(PeoplecountError, match="400: from"):
        list(client.history("yesterday"))
    assert pauses == []


def test_the_example_is_of_this_client():
    words = peoplecount.client.__doc__ or ""
    used = set(re.findall(r"counts\.(\w+)\(", words))
    assert used == {"latest", "history", "events"}
    assert "peoplecount.client" in (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
