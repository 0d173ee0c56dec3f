from __future__ import annotations

import contextlib
import logging
import pickle
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from itertools import pairwise

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.sunapi import queries
from peoplecount.sunapi.answers import parse_answer
from peoplecount.sunapi.client import SunapiClient
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.errors import (
    AccountBlocked,
    CameraBusy,
    CameraError,
    CameraUnreachable,
    CountingUnavailable,
    CredentialsRejected,
    RequestRefused,
    RightsMissing,
    UnexpectedAnswer,
)
from peoplecount.sunapi.query import Query
from peoplecount.sunapi.read_only import QueryNotAllowed
from tests.support.camera_pages import CHECK, check_of
from tests.support.digest_camera import PASSWORD, USERNAME, DigestCamera
from tests.support.fake_clock import FakeClock

ASKED = queries.classic_counts()
BODY = check_of((1, 2, 3))

Connect = Callable[..., CameraConnection]


@pytest.fixture
def connect(clock: FakeClock) -> Iterator[Connect]:
    """Makes connections, and closes them."""
    made: list[CameraConnection] = []

    def make(
        address: str, *, username: str = USERNAME, password: str = PASSWORD, read_timeout: float = 10.0
    ) -> CameraConnection:
        camera = Camera("front", "Front", address, username, password)
        made.append(CameraConnection(camera, clock=clock, connect_timeout=10.0, read_timeout=read_timeout))
        return made[-1]

    yield make
    for connection in made:
        connection.close()


@pytest.fixture
def camera(device: DigestCamera) -> DigestCamera:
    device.says(CHECK, BODY)
    return device


@pytest.fixture
def connection(camera: DigestCamera, connect: Connect) -> CameraConnection:
    return connect(camera.address)


def ask(connection: CameraConnection, query: Query = ASKED) -> object:
    return connection.ask(query, parse_answer).value


def refusal_of(connection: CameraConnection) -> CameraError:
    with pytest.raises(CameraError) as caught:
        ask(connection)
    error = caught.value
    assert error.camera_id == "front"
    assert PASSWORD not in str(error)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.camera_id) == (type(error), str(error), "front")
    return error


class TestLoggingIn:
    @pytest.mark.parametrize("algorithms", [(None,), ("MD5",), ("SHA-256",), ("SHA-256", "MD5"), ("MD5", "SHA-256")])
    def test_every_challenge_seen_at_cameras_is_answered(
        self, camera: DigestCamera, connection: CameraConnection, algorithms: tuple[str | None, ...]
    ) -> None:
        camera.algorithms = algorithms
        ask(connection)
        ask(connection)

        assert camera.verdicts() == ["challenged", "let in", "let in"]
        strongest = "SHA-256" if "SHA-256" in algorithms else algorithms[0]
        assert camera.seen[-1].authorization.get("algorithm") == strongest
        assert (connection.requests_sent, connection.refusals) == (3, 1)

    def test_basic_beside_digest_is_passed_over(self, camera: DigestCamera, connection: CameraConnection) -> None:
        camera.challenge_headers = lambda nonce: [
            f'Basic realm="x", Digest qop="auth", realm="{camera.realm}", nonce="{nonce}"'
        ]

        ask(connection)

        assert camera.verdicts() == ["challenged", "let in"]

    def test_a_camera_that_asks_for_no_password_gets_none(
        self, camera: DigestCamera, connection: CameraConnection
    ) -> None:
        camera.asks_for_password = False

        ask(connection)

        assert camera.seen[0].authorization == {}

    def test_an_old_nonce_is_replaced_with_one_more_request(
        self, camera: DigestCamera, connection: CameraConnection
    ) -> None:
        ask(connection)
        camera.forgets_nonces()
        camera.seen.clear()

        ask(connection)

        assert camera.verdicts() == ["stale", "let in"]

    def test_a_nonce_that_is_good_for_one_connection_is_replaced_on_the_next(
        self, camera: DigestCamera, connection: CameraConnection
    ) -> None:
        camera.binds_nonces_to_connections = True
        ask(connection)
        ask(connection)
        camera.hangs_up()
        camera.seen.clear()

        ask(connection)

        assert camera.verdicts() == ["stale", "let in"]

    def test_a_wrong_password_is_sent_once_and_not_again(self, camera: DigestCamera, connect: Connect) -> None:
        connection = connect(camera.address, password="wrong-One")

        error = refusal_of(connection)

        assert isinstance(error, CredentialsRejected)
        assert error.retry_after == 1800
        assert camera.verdicts() == ["challenged", "wrong"]

    def test_later_attempts_with_a_wrong_password_cost_one_wrong_answer_each(
        self, camera: DigestCamera, connect: Connect
    ) -> None:
        connection = connect(camera.address, password="wrong-One")
        refusal_of(connection)
        refusal_of(connection)

        assert camera.verdicts() == ["challenged", "wrong"] * 2

    def test_a_password_changed_on_the_camera_is_noticed(
        self, camera: DigestCamera, connection: CameraConnection
    ) -> None:
        ask(connection)
        camera.password = "another-One"
        camera.seen.clear()

        error = refusal_of(connection)

        assert isinstance(error, CredentialsRejected)
        assert "its password was changed, or it is not of administrator level" in str(error)
        assert camera.verdicts().count("wrong") == 2

    def test_the_same_nonce_refused_is_not_answered_again(
        self, camera: DigestCamera, connection: CameraConnection
    ) -> None:
        camera.challenge_headers = lambda nonce: [f'Digest realm="{camera.realm}", nonce="always", qop="auth"']
        camera._nonces["always"] = (0, 0)
        ask(connection)
        camera.password = "another-One"
        camera.seen.clear()

        assert isinstance(refusal_of(connection), CredentialsRejected)
        assert camera.verdicts() == ["wrong"]

    def test_a_camera_that_calls_its_fresh_nonce_old_is_not_a_wrong_password(
        self, camera: DigestCamera, connection: CameraConnection
    ) -> None:
        camera.nonce_uses = 0
        camera.challenge_headers = lambda nonce: [
            f'Digest realm="{camera.realm}", nonce="{nonce}", qop="auth", stale=true'
        ]

        error = refusal_of(connection)

        assert type(error) is UnexpectedAnswer
        assert camera.verdicts() == ["challenged", "stale"]

    @pytest.mark.parametrize("algorithm", ["MD5-sess", "SHA-256-sess", "SHA-512-256", "token"])
    def test_an_algorithm_that_no_camera_uses_is_refused_by_name(
        self, camera: DigestCamera, connection: CameraConnection, algorithm: str
    ) -> None:
        camera.challenge_headers = lambda nonce: [
            f'Digest realm="{camera.realm}", nonce="{nonce}", qop="auth", algorithm={algorithm}'
        ]

        assert f"it offers Digest algorithm '{algorithm}'" in str(refusal_of(connection))
        assert camera.verdicts() == ["challenged"]

    @pytest.mark.parametrize("challenges", [[], ['Basic realm="x"']])
    def test_no_digest_no_log_in(
        self, camera: DigestCamera, connection: CameraConnection, challenges: list[str]
    ) -> None:
        camera.challenge_headers = lambda nonce: challenges

        assert "other than HTTP digest" in str(refusal_of(connection))
        assert camera.seen[0].authorization == {}
        assert camera.verdicts() == ["challenged"]

    @pytest.mark.parametrize(
        ("username", "words"), [("", "none are set"), ('a"b', "cannot be sent"), ("a\r\nb", "cannot be sent")]
    )
    def test_an_account_that_cannot_be_sent_is_not(
        self, camera: DigestCamera, connect: Connect, username: str, words: str
    ) -> None:
        error = refusal_of(connect(camera.address, username=username))

        assert isinstance(error, CredentialsRejected)
        assert words in str(error)
        assert len(camera.seen) == 1


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "kind", "words"),
        [
            (403, RightsMissing, "administrator level"),
            (404, CountingUnavailable, "does not know the call for people counts"),
            (490, AccountBlocked, "locked this account"),
            (491, CredentialsRejected, "additional password"),
            (500, CameraBusy, "busy or starting"),
            (502, CameraBusy, "busy or starting"),
            (503, CameraBusy, "busy or starting"),
            (504, CameraBusy, "busy or starting"),
            (400, UnexpectedAnswer, "HTTP 400"),
            (204, UnexpectedAnswer, "HTTP 204"),
            (418, UnexpectedAnswer, "HTTP 418"),
        ],
    )
    def test_statuses(
        self, camera: DigestCamera, connection: CameraConnection, status: int, kind: type[CameraError], words: str
    ) -> None:
        camera.says(CHECK, "" if status == 204 else BODY, status)

        error = refusal_of(connection)

        assert type(error) is kind
        assert words in str(error)

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            (600, CountingUnavailable),
            (601, CountingUnavailable),
            (608, CountingUnavailable),
            (612, CountingUnavailable),
            (602, RequestRefused),
            (603, RequestRefused),
            (604, RequestRefused),
            (607, CameraBusy),
            (610, CameraBusy),
            (614, CameraBusy),
            (609, RightsMissing),
            (611, UnexpectedAnswer),
            (9999, UnexpectedAnswer),
        ],
    )
    @pytest.mark.parametrize(
        ("form", "status"),
        [
            ("NG\r\nError Code: {}\r\nError Details: \r\nSome Reason\r\n", 200),
            ('{{"Response":"Fail","Error":{{"Code":{},"Details":"Some Reason "}}}}', 200),
            ('{{"response":"Fail","error":{{"code":"{}","details":"Some Reason"}}}}', 400),
        ],
    )
    def test_error_bodies(
        self,
        camera: DigestCamera,
        connection: CameraConnection,
        code: int,
        kind: type[CameraError],
        form: str,
        status: int,
    ) -> None:
        camera.says(CHECK, form.format(code), status)

        error = refusal_of(connection)

        assert type(error) is kind
        assert f"error {code} Some Reason" in str(error)

    def test_how_long_to_leave_a_camera_alone(self) -> None:
        waits = {
            kind: kind.retry_after
            for kind in (
                CameraUnreachable,
                CameraBusy,
                CredentialsRejected,
                AccountBlocked,
                CountingUnavailable,
                UnexpectedAnswer,
            )
        }

        assert list(waits.values()) == [0, 5, 1800, 900, 600, 0]

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\xff\xfe\x00garbage",
            b'{"PeopleCount":[{"Lines":[{"LineIn',
            b"<!DOCTYPE html><html>Welcome</html>",
            b"[]",
            f"<html>password is {PASSWORD}</html>".encode(),
        ],
    )
    def test_nonsense_is_told_of_and_not_quoted(
        self, camera: DigestCamera, connection: CameraConnection, body: bytes
    ) -> None:
        camera.says(CHECK, body)

        error = refusal_of(connection)

        assert type(error) is UnexpectedAnswer
        assert str(error).startswith("people counts: ")
        assert not any(word in str(error) for word in ("garbage", "Welcome", "LineIn", PASSWORD[:5]))

    @pytest.mark.parametrize("status", [200, 400])
    @pytest.mark.parametrize("details", [PASSWORD, f"bad request for watcher:{PASSWORD}@camera", "x" * 93 + PASSWORD])
    def test_a_camera_that_repeats_the_password_in_its_refusal_does_not_make_us_tell_it(
        self, camera: DigestCamera, connection: CameraConnection, details: str, status: int
    ) -> None:
        camera.says(CHECK, f'{{"Response":"Fail","Error":{{"Code":604,"Details":"{details}"}}}}', status)

        error = refusal_of(connection)

        assert type(error) is RequestRefused
        assert "***" in str(error)
        assert PASSWORD[:5] not in "".join(traceback.format_exception(error))

    def test_what_is_not_on_the_list_is_not_sent(self, camera: DigestCamera, connection: CameraConnection) -> None:
        reset = (("msubmenu", "databasereset"), ("action", "control"), ("IncludeDataType", "PeopleCount"))
        with pytest.raises(QueryNotAllowed):
            ask(connection, Query("a reset", "/stw-cgi/system.cgi", reset))

        assert camera.seen == []


class TestOnTheWire:
    def test_json_is_asked_for_and_text_is_taken(self, camera: DigestCamera, connection: CameraConnection) -> None:
        camera.says(CHECK, "Channel.0.LineIndex.1.InCount=4\r\n", Content_Type="application/json")

        assert ask(connection) == (("Channel.0.LineIndex.1.InCount", "4"),)
        assert camera.seen[0].headers["Accept"] == "application/json"
        assert camera.seen[0].headers["User-Agent"] == "peoplecount"

    def test_one_connection_is_kept(self, camera: DigestCamera, connection: CameraConnection) -> None:
        for _ in range(5):
            ask(connection)

        assert len({seen.connection for seen in camera.seen}) == 1

    def test_bytes_seen_before_are_not_parsed_again(self, camera: DigestCamera, connection: CameraConnection) -> None:
        parsed: list[bytes] = []

        def parse(body: bytes) -> int:
            parsed.append(body)
            return len(parsed)

        values = [connection.ask(ASKED, parse).value for _ in range(3)]
        camera.says(CHECK, "other=1")
        values.append(connection.ask(ASKED, parse).value)

        assert values == [1, 1, 1, 2]

    def test_an_answer_knows_when_it_was_given(
        self, camera: DigestCamera, connection: CameraConnection, clock: FakeClock
    ) -> None:
        start = clock.now()

        def slowly() -> bytes:
            clock.passes(3)
            return BODY.encode()

        camera.says(CHECK, slowly)
        answer = connection.ask(ASKED, parse_answer)

        assert (answer.asked_at, answer.answered_at) == (start, clock.now())
        assert answer.answered_at > start

    def test_proxies_and_netrc_of_the_environment_are_ignored(
        self, camera: DigestCamera, connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: object
    ) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        netrc = f"{tmp_path}/netrc"
        with open(netrc, "w") as file:
            file.write("machine 127.0.0.1 login somebody password secret\n")
        monkeypatch.setenv("NETRC", netrc)

        ask(connect(camera.address))

        assert "Authorization" not in camera.seen[0].headers
        assert camera.seen[1].authorization["username"] == USERNAME

    def test_a_path_in_front_is_kept_and_signed(self, device: DigestCamera, connect: Connect) -> None:
        device.says("/cam/7" + CHECK, BODY)

        ask(connect(device.address + "/cam/7/"))

        assert device.targets() == ["/cam/7" + CHECK]

    def test_a_connection_that_the_camera_closed_meanwhile_is_opened_again(
        self, camera: DigestCamera, connection: CameraConnection
    ) -> None:
        ask(connection)
        camera.hangs_up()

        ask(connection)

    def test_a_connection_that_breaks_under_the_request_is_tried_once_more_with_the_next_count(
        self, camera: DigestCamera, connection: CameraConnection
    ) -> None:
        ask(connection)
        seen: list[str] = []

        def breaks_once(handler: BaseHTTPRequestHandler) -> bool:
            seen.append(str(handler.headers["Authorization"]))
            handler.close_connection = len(seen) == 1
            return handler.close_connection

        camera.before = breaks_once
        sent = connection.requests_sent

        ask(connection)

        assert connection.requests_sent - sent == 2
        assert all(one != other for one, other in pairwise(seen))

    def test_no_log_line_holds_a_secret(
        self, camera: DigestCamera, connect: Connect, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        ask(connect(camera.address))
        refusal_of(connect(camera.address, password="wrong-One"))

        assert caplog.records
        assert PASSWORD not in caplog.text
        assert "wrong-One" not in caplog.text
        assert "response=" not in caplog.text


class TestUnreachable:
    def test_nothing_listens(self, connect: Connect) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            error = refusal_of(connect(f"http://127.0.0.1:{unused.getsockname()[1]}"))

        assert type(error) is CameraUnreachable
        assert "connection refused" in str(error)

    def test_no_answer_within_the_time(self, connect: Connect) -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            error = refusal_of(connect(f"http://127.0.0.1:{silent.getsockname()[1]}", read_timeout=0.05))

        assert str(error) == "connected, but no answer within 0.05 s"

    def test_an_unknown_host_name(self, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)

        assert "host name" in str(refusal_of(connect("http://camera.invalid")))

    def test_the_camera_hangs_up_without_a_word(self, camera: DigestCamera, connection: CameraConnection) -> None:
        def hang_up(handler: BaseHTTPRequestHandler) -> bool:
            handler.close_connection = True
            return True

        camera.before = hang_up

        assert "closed the connection" in str(refusal_of(connection))
        assert connection.requests_sent == 1

    @pytest.mark.parametrize(
        "address",
        [
            "192.0.2.7",
            "ftp://192.0.2.7",
            "http://",
            "http://[::1",
            "http://192.0.2.7:port",
            "http://192.0.2.7:99999",
            "",
        ],
    )
    def test_an_address_that_is_none(self, connect: Connect, address: str) -> None:
        error = refusal_of(connect(address))

        assert type(error) is CameraUnreachable
        assert "address" in str(error)

    @pytest.mark.parametrize(
        "address", ["http://admin:pw-in-url@192.0.2.7", "http://192.0.2.7/?a=b", "http://192.0.2.7/#x"]
    )
    def test_an_address_with_more_in_it_than_an_address(self, connect: Connect, address: str) -> None:
        error = refusal_of(connect(address))

        assert "own fields" in str(error)
        assert "pw-in-url" not in str(error)

    def test_a_name_that_cannot_be_one(self, connect: Connect) -> None:
        assert "address" in str(refusal_of(connect("http://*.example")))


class TestBrokenAnswers:
    def test_a_body_that_ends_too_early(self, camera: DigestCamera, connection: CameraConnection) -> None:
        def cut_off(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", "500")
            handler.end_headers()
            handler.wfile.write(b"Channel.0.LineIndex.1.InCount=41")
            handler.close_connection = True

        camera.does(CHECK, cut_off)

        error = refusal_of(connection)
        assert type(error) is UnexpectedAnswer
        assert "cut off" in str(error)

    def test_a_chunked_body_that_ends_too_early(self, camera: DigestCamera, connection: CameraConnection) -> None:
        def cut_off(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(b"ff\r\nChannel")
            handler.close_connection = True

        camera.does(CHECK, cut_off)

        assert type(refusal_of(connection)) is UnexpectedAnswer

    def test_a_chunked_body_is_put_together(self, camera: DigestCamera, connection: CameraConnection) -> None:
        def in_pieces(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            for piece in (b"a=", b"1\r\n", b"b=2"):
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            handler.wfile.write(b"0\r\n\r\n")

        camera.does(CHECK, in_pieces)

        assert ask(connection) == (("a", "1"), ("b", "2"))
        ask(connection)
        assert len({seen.connection for seen in camera.seen}) == 1

    def test_a_body_without_a_length_ends_with_the_connection(
        self, camera: DigestCamera, connection: CameraConnection
    ) -> None:
        def old_style(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\na=1\r\n")
            handler.close_connection = True

        camera.does(CHECK, old_style)

        assert ask(connection) == ask(connection) == (("a", "1"),)

    @pytest.mark.parametrize("length", ["2000000", None])
    def test_a_body_that_is_too_large_is_not_read_to_its_end(
        self, camera: DigestCamera, connection: CameraConnection, length: str | None
    ) -> None:
        given_up = threading.Event()

        def flood(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            if length:
                handler.send_header("Content-Length", length)
            handler.end_headers()
            handler.close_connection = True
            try:
                while True:
                    handler.wfile.write(b"x" * 10_000)
            except OSError:
                given_up.set()

        camera.does(CHECK, flood)

        error = refusal_of(connection)
        assert type(error) is UnexpectedAnswer
        assert "larger than 1024 KiB" in str(error)
        assert given_up.wait(5)

    def test_a_body_that_drips_is_given_up_in_time(
        self, camera: DigestCamera, connection: CameraConnection, clock: FakeClock
    ) -> None:
        def drip(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.end_headers()
            handler.close_connection = True
            with contextlib.suppress(OSError):
                while True:
                    clock.passes(1)
                    handler.wfile.write(b"x")
                    handler.wfile.flush()

        camera.does(CHECK, drip)

        error = refusal_of(connection)
        assert type(error) is CameraUnreachable
        assert "did not finish" in str(error)

    @pytest.mark.parametrize("first", [b"SSH-2.0-dropbear\r\n", b"\x00\x01\x02\x03\r\n\r\n"])
    def test_what_is_no_http(self, camera: DigestCamera, connection: CameraConnection, first: bytes) -> None:
        def speak(handler: BaseHTTPRequestHandler) -> bool:
            handler.wfile.write(first)
            handler.close_connection = True
            return True

        camera.before = speak

        error = refusal_of(connection)
        assert type(error) is UnexpectedAnswer
        assert "no HTTP" in str(error)

    def test_a_broken_compression(self, camera: DigestCamera, connection: CameraConnection) -> None:
        camera.says(CHECK, b"\x1f\x8bnot gzip", Content_Encoding="gzip")

        assert type(refusal_of(connection)) is UnexpectedAnswer


class TestRedirects:
    @pytest.mark.parametrize(
        "location",
        [
            "http://192.0.2.99/stw-cgi/eventsources.cgi",
            "https://192.0.2.99/",
            "https://127.0.0.1.evil.example/",
            "https://[bad/",
            "/login.html",
            "",
        ],
    )
    def test_to_anywhere_else_is_refused(
        self, camera: DigestCamera, connection: CameraConnection, location: str
    ) -> None:
        camera.says(CHECK, "", 302, Location=location)

        error = refusal_of(connection)

        assert type(error) is UnexpectedAnswer
        assert "only the step from http to https" in str(error)
        assert len(camera.seen) == 2

    @pytest.mark.parametrize("location", [f"/login?pw={PASSWORD}", "/" + "x" * 52 + PASSWORD])
    def test_where_to_is_told_without_the_password(
        self, camera: DigestCamera, connection: CameraConnection, location: str
    ) -> None:
        camera.says(CHECK, "", 302, Location=location)

        error = refusal_of(connection)

        assert "the camera redirects to '/" in str(error)
        assert ("***" in str(error)) == ("?" not in location)  # of queries nothing is told
        assert PASSWORD[:5] not in str(error)

    def test_the_body_of_a_redirect_is_not_read_to_its_end_either(
        self, camera: DigestCamera, connection: CameraConnection
    ) -> None:
        def flood(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(302)
            handler.send_header("Location", "https://127.0.0.1/")
            handler.end_headers()
            handler.close_connection = True
            with contextlib.suppress(OSError):
                while True:
                    handler.wfile.write(b"x" * 10_000)

        camera.does(CHECK, flood)

        assert "larger than 1024 KiB" in str(refusal_of(connection))

    def test_to_https_on_the_same_host_is_followed_and_left_again_where_that_does_not_answer(
        self, camera: DigestCamera, connection: CameraConnection
    ) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            camera.says(CHECK, "", 301, Location=f"https://127.0.0.1:{unused.getsockname()[1]}/")

            error = refusal_of(connection)

        assert type(error) is CameraUnreachable
        assert "connection refused" in str(error)
        assert connection.address == camera.address


def test_a_client_shows_the_address_that_answers(classic: DigestCamera, client: SunapiClient) -> None:
    assert client.examine().address == classic.address
