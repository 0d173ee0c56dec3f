"""Virtual cameras on real HTTP, asked by the client library the service uses."""

import json
import socket
import time

import pytest
import requests
from requests.auth import HTTPDigestAuth

from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.crossings import NoTraffic
from peoplecount.simulator.firmware import AI
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.http_message import Request
from peoplecount.simulator.plan import Fleet
from peoplecount.simulator.server import SimulatorServer
from tests.support.virtual_cameras import CHECK, TWO_LINES, HandMovedTime, plan

NOBODY_WAITS_LONGER = 10


@pytest.fixture
def real():
    return HandMovedTime("2026-03-03T10:00:00")


@pytest.fixture
def server(real):
    fleet = Fleet((plan("1", lines=TWO_LINES), plan("2", firmware=AI, serial="ZSIM0000000002X")), NoTraffic())
    with SimulatorServer(fleet, PlayedClock(real_now=real)) as running:
        yield running


@pytest.fixture
def session():
    with requests.Session() as one:
        one.trust_env = False
        one.auth = HTTPDigestAuth("admin", "visitor-1")
        yield one


def check(session, server, camera_id="1", **more):
    return session.get(server.address(camera_id) + CHECK, timeout=NOBODY_WAITS_LONGER, **more)


def inject(server, fault, camera="1", **details):
    order = {"camera": camera, "fault": fault, **details}
    answer = requests.post(f"{server.control_url}/faults", json=order, timeout=NOBODY_WAITS_LONGER)
    assert answer.status_code == 200, answer.text
    return answer.json()


def control(server, page):
    answer = requests.get(f"{server.control_url}/{page}", timeout=NOBODY_WAITS_LONGER)
    assert answer.status_code == 200
    return answer.json()


def test_a_client_logs_in_by_digest_and_reads_counts(server, session):
    server.simulation.walk("1", entered=3)
    answer = check(session, server, headers={"Accept": "application/json"})
    assert answer.json()["PeopleCount"][0]["Lines"][0]["InCount"] == 3


def test_a_session_needs_one_request_a_poll_on_one_connection(server, session):
    for _ in range(5):
        assert check(session, server).status_code == 200
    counted = {"requests": 6, "unauthorized": 1, "failures": 0, "forbidden": [], "streams": 0}
    assert control(server, "requests")["1"] == counted
    pools = session.get_adapter("http://").poolmanager.pools
    assert [pools[key].num_connections for key in pools.keys()] == [1]  # noqa: SIM118 (no mapping)


def test_cameras_can_have_a_port_each(real, session):
    fleet = Fleet((plan("1"), plan("2", serial="ZSIM0000000002X")), NoTraffic())
    with SimulatorServer(fleet, PlayedClock(real_now=real), own_ports=True) as server:
        addresses = {server.address(camera_id) for camera_id in ("1", "2")}
        assert len(addresses) == 2
        assert all(address.count("/") == 2 for address in addresses)
        assert check(session, server, "2").status_code == 200
        assert session.get(f"http://127.0.0.1:{server.port}/cam/2{CHECK}", timeout=5).status_code == 404
        assert [camera["address"] for camera in control(server, "cameras")] == [
            server.address("1"),
            server.address("2"),
        ]


def test_a_taken_port_is_known_at_once(server):
    with pytest.raises(OSError, match=r"in use|10048"):
        SimulatorServer(default_fleet(1), port=server.port)


def test_stopping_twice_and_without_a_start_is_fine():
    server = SimulatorServer(default_fleet(1))
    server.stop()
    server.stop()


class TestFaults:
    def test_a_time_out_keeps_the_caller_waiting(self, server, session):
        inject(server, "timeout", count=1)
        with pytest.raises(requests.ReadTimeout):
            session.get(server.address("1") + CHECK, timeout=0.1)
        assert check(session, server).status_code == 200

    def test_a_refused_connection_is_torn_down(self, server, session):
        check(session, server)
        inject(server, "refused", count=1)
        with pytest.raises(requests.ConnectionError):
            check(session, server)
        assert check(session, server).status_code == 200

    @pytest.mark.parametrize("status", [401, 490, 500])
    def test_a_status_is_answered_so_often(self, server, session, status):
        check(session, server)
        inject(server, str(status), count=2)
        no_login = requests.Session()
        with no_login:
            assert [check(no_login, server).status_code for _ in range(2)] == [status, status]
        assert check(session, server).status_code == 200
        assert control(server, "requests")["1"]["failures"] == 2

    def test_a_slow_answer_comes_late_and_whole(self, server, session):
        check(session, server)
        inject(server, "slow", count=1, delay=0.2)
        begin = time.monotonic()
        assert "EastDoor" in check(session, server).text
        assert time.monotonic() - begin >= 0.2

    def test_garbage_is_no_answer_in_any_format(self, server, session):
        inject(server, "garbage")
        body = check(session, server).content
        assert b"LineIndex" not in body
        with pytest.raises(UnicodeDecodeError):
            body.decode()

    def test_a_wrong_content_type_has_the_right_body(self, server, session):
        inject(server, "wrong-content-type")
        answer = check(session, server)
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.text.startswith("Channel.0.LineIndex=1")

    def test_a_truncated_body_ends_early(self, server, session):
        inject(server, "truncated", count=1)
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            check(session, server)
        assert check(session, server).status_code == 200

    def test_a_fault_lasts_as_long_as_ordered_in_played_time(self, server, session, real):
        inject(server, "500", seconds=60)
        assert check(session, server).status_code == 500
        real.passes(59)
        assert check(session, server).status_code == 500
        real.passes(2)
        assert check(session, server).status_code == 200

    def test_a_fault_hits_the_camera_it_is_meant_for_or_all(self, server, session):
        assert inject(server, "500", camera="2")["cameras"] == ["2"]
        assert check(session, server, "1").status_code == 200
        assert inject(server, "500", camera="all") == {"injected": "500", "cameras": ["1", "2"]}
        assert check(session, server, "1").status_code == 500
        assert control(server, "faults") == {"1": ["500"], "2": ["500", "500"]}
        requests.delete(f"{server.control_url}/faults?camera=1", timeout=5)
        assert control(server, "faults") == {"1": [], "2": ["500", "500"]}
        requests.delete(f"{server.control_url}/faults", timeout=5)
        assert check(session, server, "2").status_code == 200

    def test_an_unknown_fault_is_told_what_is_allowed(self, server):
        answer = requests.post(f"{server.control_url}/faults", json={"fault": "flood"}, timeout=5)
        assert answer.status_code == 400
        assert "allowed are timeout, refused, 401, 490, 500, 609, slow" in answer.json()["error"]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ("no json", 400),
            ("[]", 400),
            ("[" * 60_000, 400),
            (json.dumps({"camera": "9", "fault": "500"}), 404),
        ],
        ids=["no json", "no object", "nested without end", "no such camera"],
    )
    def test_an_order_that_cannot_be_carried_out_is_refused(self, server, body, status):
        answer = requests.post(
            f"{server.control_url}/faults", data=body, headers={"Content-Type": "application/json"}, timeout=5
        )
        assert answer.status_code == status
        assert "error" in answer.json()


class TestControl:
    def test_the_clock_is_told(self, server):
        clock = control(server, "clock")
        assert clock["playedFrom"] == clock["now"] == "2026-03-03T09:00:00.000Z"
        assert clock["speed"] == 1.0
        assert clock["playedUntil"] is None
        assert clock["timeZone"] == "Europe/Zurich"
        assert clock["finished"] is clock["allRead"] is False

    def test_cameras_are_told_with_all_that_is_needed_to_poll_them(self, server):
        first = control(server, "cameras")[0]
        assert first["address"] == f"http://127.0.0.1:{server.port}/cam/1"
        assert (first["username"], first["password"]) == ("admin", "visitor-1")
        assert (first["site"], first["timeZone"], first["capacity"]) == ("Test site", "Europe/Zurich", 100)
        assert first["lines"][1] == {"channel": 0, "rule": 1, "index": 2, "name": "WestDoor", "door": "West door"}

    def test_people_can_be_walked_through_a_door_by_hand(self, server):
        answer = requests.post(f"{server.control_url}/people", json={"camera": "1", "in": 2, "line": 2}, timeout=5)
        assert answer.json() == {"walked": 2}
        assert [line["totals"]["in"] for line in control(server, "truth")] == [0, 2, 0]

    @pytest.mark.parametrize("people", [{"in": -1}, {"in": "two"}, {"line": 7, "in": 1}, {"in": True}])
    def test_people_who_cannot_walk_are_refused(self, server, people):
        answer = requests.post(f"{server.control_url}/people", json={"camera": "1"} | people, timeout=5)
        assert answer.status_code == 400

    def test_forbidden_requests_are_told(self, server, session):
        target = "/stw-cgi/system.cgi?msubmenu=power&action=control&Type=Restart"
        assert "609" in session.get(server.address("1") + target, timeout=5).text
        assert set(control(server, "requests")["1"]["forbidden"]) == {f"GET /cam/1{target}"}

    def test_an_unknown_page_is_told_what_there_is(self, server):
        answer = requests.get(f"{server.control_url}/nothing", timeout=5)
        assert answer.status_code == 404
        assert "GET /control/clock" in answer.json()["error"]

    def test_callers_from_elsewhere_are_turned_away(self, server):
        stranger = Request("GET", "/control/cameras", peer="192.0.2.7")
        assert server._control.respond(stranger).status == 403

    @pytest.mark.parametrize(
        "host",
        [
            "rebound.example:9100",
            "localhost.rebound.example",
            "127.0.0.1.rebound.example",
            "192.0.2.7",
            "0.0.0.0:9100",
            "2130706433",
            "[::1",
            "",
            "@localhost:x",
        ],
    )
    def test_it_answers_by_no_other_name(self, server, host):
        answer = requests.get(f"{server.control_url}/cameras", headers={"Host": host}, timeout=5)
        assert answer.status_code == 403
        assert "localhost" in answer.json()["error"]

    @pytest.mark.parametrize(
        "host", ["localhost", "LocalHost:9100", "localhost.:9100", "127.0.0.1", "127.0.0.2:9100", "[::1]", "[::1]:9100"]
    )
    def test_it_answers_by_the_names_of_this_machine(self, server, host):
        answer = requests.get(f"{server.control_url}/cameras", headers={"Host": host}, timeout=5)
        assert answer.status_code == 200

    @pytest.mark.parametrize(
        "sent",
        [
            {"Origin": "https://page.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost:9100"},
            {"Sec-Fetch-Site": "cross-site"},
        ],
    )
    def test_pages_in_a_browser_are_turned_away(self, server, sent):
        for method, page in (("GET", "cameras"), ("DELETE", "faults"), ("POST", "faults"), ("OPTIONS", "faults")):
            answer = requests.request(
                method,
                f"{server.control_url}/{page}",
                json={"camera": "all", "fault": "500"},
                headers=sent,
                timeout=5,
            )
            assert answer.status_code == 403
            assert "browser" in answer.json()["error"]
        assert control(server, "faults") == {"1": [], "2": []}

    def test_an_address_typed_into_a_browser_is_answered(self, server):
        typed = {"Sec-Fetch-Site": "none"}
        assert requests.get(f"{server.control_url}/clock", headers=typed, timeout=5).status_code == 200

    @pytest.mark.parametrize(
        "sent", [None, "text/plain", "application/x-www-form-urlencoded", "text/plain;application/json"]
    )
    def test_what_a_form_could_send_is_no_order(self, server, sent):
        body = json.dumps({"camera": "1", "fault": "500"}).encode()
        headers = {"Content-Type": sent} if sent else {}
        answer = requests.post(f"{server.control_url}/faults", data=body, headers=headers, timeout=5)
        assert answer.status_code == 415
        assert "application/json" in answer.json()["error"]
        assert control(server, "faults")["1"] == []

    def test_json_may_say_its_characters(self, server):
        body = json.dumps({"camera": "1", "fault": "500"}).encode()
        headers = {"Content-Type": "Application/JSON; charset=utf-8"}
        answer = requests.post(f"{server.control_url}/faults", data=body, headers=headers, timeout=5)
        assert answer.status_code == 200

    def test_everything_is_read_once_each_line_was_fetched_after_the_end(self, real, session):
        fleet = Fleet((plan("1", lines=TWO_LINES), plan("2", serial="ZSIM0000000002X")), NoTraffic())
        end = real.moment.replace(minute=1)
        with SimulatorServer(fleet, PlayedClock(real_now=real, played_until=end)) as server:
            check(session, server, "1")
            real.passes(61)
            assert (control(server, "clock")["finished"], control(server, "clock")["allRead"]) == (True, False)
            check(session, server, "1", params={"LineIndex": 1})
            check(session, server, "2")
            assert control(server, "clock")["allRead"] is False
            inject(server, "500", camera="1", count=1)
            assert check(session, server, "1").status_code == 500
            assert control(server, "clock")["allRead"] is False
            check(session, server, "1")
            assert control(server, "clock")["allRead"] is True


class TestRawConnections:
    @pytest.fixture
    def connection(self, server):
        with socket.create_connection(("127.0.0.1", server.port), timeout=NOBODY_WAITS_LONGER) as one:
            yield one

    @pytest.mark.parametrize(
        "data",
        [
            b"nonsense\r\n\r\n",
            b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
            b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101 + b"\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        ],
    )
    def test_what_is_no_request_is_answered_with_400_and_the_connection_ends(self, connection, data):
        connection.sendall(data)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 400 ")

    def test_http_1_0_ends_after_one_answer(self, connection):
        connection.sendall(b"GET /control/clock HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
        assert b"Connection: close" in answer
        assert b'"speed"' in answer

    def test_a_head_request_has_no_body_and_keeps_the_connection(self, connection):
        connection.sendall(b"HEAD /control/clock HTTP/1.1\r\n\r\nGET /control/clock HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
        assert answer.count(b"HTTP/1.1 ") == 2
        head = answer.partition(b"\r\n\r\n")[2]
        assert head.startswith(b"HTTP/1.1 200 OK")

    def test_open_connections_do_not_hold_up_the_end(self, server, connection):
        connection.sendall(b"GET /control/clock HTTP/1.1\r\n\r\n")
        assert connection.recv(4096)
        begin = time.monotonic()
        server.stop()
        assert time.monotonic() - begin < 2
        assert connection.recv(4096) == b""


class TestTime:
    def jump(self, server, now):
        return requests.post(f"{server.control_url}/clock", json={"now": now}, timeout=5)

    def test_time_can_be_let_pass(self, server, real):
        answer = self.jump(server, "2026-03-04T00:00:01+01:00")
        assert (answer.status_code, answer.json()["now"]) == (200, "2026-03-03T23:00:01.000Z")
        real.passes(1)
        assert control(server, "clock")["now"] == "2026-03-03T23:00:02.000Z"

    def test_its_end_can_be_set(self, server, real):
        url, end = f"{server.control_url}/clock", "2026-03-03T09:00:02+00:00"
        answer = requests.post(url, json={"until": end}, timeout=5)
        assert (answer.status_code, answer.json()["playedUntil"]) == (200, "2026-03-03T09:00:02.000Z")
        real.passes(3600)
        clock = control(server, "clock")
        assert (clock["now"], clock["finished"]) == ("2026-03-03T09:00:02.000Z", True)
        assert requests.post(url, json={"until": "2026-03-03T08:00:00Z"}, timeout=5).status_code == 400

    @pytest.mark.parametrize("now", ["2026-03-03T08:00:00Z", "2026-03-04T00:00:00", "noon", None, 7])
    def test_but_not_back_or_to_no_moment_at_all(self, server, now):
        answer = self.jump(server, now)
        assert answer.status_code == 400
        assert "a moment to come such as" in answer.json()["error"]

    def step(self, server, step):
        return requests.post(f"{server.control_url}/clock", json={"step": step}, timeout=5)

    def test_the_clock_of_the_service_alone_can_be_set(self, server, session):
        before = control(server, "clock")
        assert before["serviceAhead"] == 0
        assert self.step(server, 600).json()["serviceAhead"] == 600
        assert self.step(server, -601.5).json()["serviceAhead"] == -1.5
        assert control(server, "clock")["now"] == before["now"]

    @pytest.mark.parametrize("step", ["10", None, True, 1e12])
    def test_but_by_seconds_only(self, server, step):
        assert self.step(server, step).status_code == 400


class TestTruthByHour:
    def test_whom_cameras_have_seen_is_told_by_day_and_hour(self, server):
        server.simulation.walk("1", entered=2)
        rows = control(server, "truth/hours?days=1")
        assert [(row["cameraId"], row["index"], row["serial"][:4]) for row in rows] == [
            ("1", 1, "ZSIM"),
            ("1", 2, "ZSIM"),
            ("2", 1, "ZSIM"),
        ]
        assert list(rows[0]["seen"]) == ["2026-03-02", "2026-03-03"]
        assert rows[0]["seen"]["2026-03-03"]["in"][10] == rows[0]["history"]["2026-03-03"]["in"][10] == 2

    @pytest.mark.parametrize("days", ["-1", "x", "401"])
    def test_for_a_sensible_number_of_days(self, server, days):
        answer = requests.get(f"{server.control_url}/truth/hours?days={days}", timeout=5)
        assert (answer.status_code, "from 0 to 400" in answer.json()["error"]) == (400, True)
