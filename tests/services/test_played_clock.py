import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from peoplecount.domain.clock import PlayedTime
from peoplecount.services import played_clock
from peoplecount.services.played_clock import ClockUnavailable, PlayedClock, fetch_played_time
from tests.support.processes import free_port
from tests.support.waiting import wait_until


class TimeTeller(BaseHTTPRequestHandler):
    """What a simulator says under ``/control/clock``; the first answers are not ready yet."""

    def do_GET(self):
        self.server.asked += 1
        ready = self.server.asked > 2
        self.send_response(200 if ready else 503)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.fields).encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def teller():
    with HTTPServer(("127.0.0.1", 0), TimeTeller) as server:
        server.asked = 0
        server.fields = {
            "playedFrom": "2020-03-05T00:00:00.000Z",
            "realFrom": "2026-05-04T12:00:00.000Z",
            "speed": 60.0,
            "playedUntil": None,
        }
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def address(port):
    return f"http://127.0.0.1:{port}/control/clock"


def test_a_simulators_clock_is_taken_over_as_soon_as_it_tells_the_time(teller, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    played = fetch_played_time(address(teller.server_port))
    assert played == PlayedTime(
        datetime(2020, 3, 5, tzinfo=UTC), datetime(2026, 5, 4, 12, tzinfo=UTC), speed=60.0, played_until=None
    )


def test_a_clock_that_ends_stands_still_there(teller):
    teller.fields["playedUntil"] = "2020-03-06T00:00:00.000Z"
    clock = PlayedClock(fetch_played_time(address(teller.server_port)))
    assert clock.now() == datetime(2020, 3, 6, tzinfo=UTC)
    assert clock.speed == 60.0


def test_a_clock_that_is_set_while_it_is_followed_shows_the_new_time(teller, monkeypatch):
    monkeypatch.setattr(played_clock, "FOLLOW_SECONDS", 0.01)
    teller.fields["playedUntil"] = "2020-03-06T00:00:00.000Z"
    clock = PlayedClock(fetch_played_time(address(teller.server_port)))
    stop = threading.Event()
    following = threading.Thread(target=clock.follow, args=(address(teller.server_port), stop))
    following.start()
    try:
        teller.fields = teller.fields | {"serviceAhead": -600}
        wait_until(lambda: clock.now() == datetime(2020, 3, 5, 23, 50, tzinfo=UTC))
        asked, teller.fields = teller.asked, {"nonsense": True}
        wait_until(lambda: teller.asked > asked + 2)
        assert clock.now() == datetime(2020, 3, 5, 23, 50, tzinfo=UTC)
    finally:
        stop.set()
        following.join()


def test_where_nobody_tells_the_time_the_error_names_the_setting():
    with pytest.raises(ClockUnavailable, match=r"CLOCK_URL is http://127\.0\.0\.1"):
        fetch_played_time(address(free_port()), patience=0.2)


def test_without_a_simulator_the_clock_is_the_machines():
    clock = PlayedClock()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    assert clock.speed == 1.0


@pytest.mark.parametrize("fields", [{}, [], {"speed": "fast"}, {"playedUntil": None, "playedFrom": 1}])
def test_what_is_no_clock_is_said_to_be_none(teller, fields):
    teller.fields = fields
    with pytest.raises(ClockUnavailable):
        fetch_played_time(address(teller.server_port), patience=0.3)
