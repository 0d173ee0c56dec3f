"""The sign-in budget: no account is ever locked by us, whoever asks and however often."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.sunapi import queries
from peoplecount.sunapi.answers import parse_answer
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.errors import (
    AccountBlocked,
    CameraBusy,
    CameraError,
    CameraUnreachable,
    CredentialsRejected,
    SignInsHeldBack,
    UnexpectedAnswer,
)
from peoplecount.sunapi.sign_ins import Account, SignIns
from tests.support.camera_pages import CHECK, check_of
from tests.support.digest_camera import PASSWORD, USERNAME, DigestCamera
from tests.support.fake_clock import FakeClock
from tests.support.processes import ROOT

HALF_AN_HOUR = 30 * 60
ACCOUNT = Account("192.0.2.7", "admin")

Connect = Callable[..., CameraConnection]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def start(path: Path, clock: FakeClock) -> Iterator[Callable[[], SignIns]]:
    """The budget as a process that has just started has it."""
    with contextlib.ExitStack() as stores:

        def process() -> SignIns:
            store = LocalStore(path)
            stores.callback(store.close)
            return SignIns(clock, store, unavailable=LocalStoreUnavailable)

        yield process


@pytest.fixture
def camera(device: DigestCamera) -> DigestCamera:
    device.says(CHECK, check_of((1, 2, 3)))
    return device


@pytest.fixture
def connect(camera: DigestCamera, clock: FakeClock, start: Callable[[], SignIns]) -> Iterator[Connect]:
    """Makes connections to the camera; of one process each unless told otherwise."""
    with contextlib.ExitStack() as connections:

        def make(
            password: str = PASSWORD, *, process: SignIns | None = None, address: str = "", read_timeout: float = 10.0
        ) -> CameraConnection:
            made = CameraConnection(
                Camera("front", "Front", address or camera.address, USERNAME, password),
                clock=clock,
                connect_timeout=10,
                read_timeout=read_timeout,
                sign_ins=process or start(),
            )
            connections.callback(made.close)
            return made

        yield make


def ask(connection: CameraConnection) -> object:
    return connection.ask(queries.classic_counts(), parse_answer).value


def refusal_of(connection: CameraConnection) -> CameraError:
    with pytest.raises(CameraError) as caught:
        ask(connection)
    return caught.value


class CountedStore:
    """A store that knows how often it was used."""

    def __init__(self) -> None:
        self.changes = 0
        self._texts: dict[str, str] = {}

    def change(self, key: str, work: Callable[[str | None], str | None]) -> None:
        self.changes += 1
        text = work(self._texts.pop(key, None))
        if text is not None:
            self._texts[key] = text

    def texts(self) -> dict[str, str]:
        return self._texts


class TestTheBudget:
    def test_two_may_fail_whichever_process_tries(self, start: Callable[[], SignIns]) -> None:
        for _ in range(2):
            process = start()
            process.failed(process.take("front", ACCOUNT))

        with pytest.raises(SignInsHeldBack, match=r"the next one is possible at 2026-05-04 12:30:00 UTC"):
            start().take("front", ACCOUNT)

    def test_half_an_hour_later_there_is_room_again(self, start: Callable[[], SignIns], clock: FakeClock) -> None:
        process = start()
        for _ in range(2):
            process.failed(process.take("front", ACCOUNT))
            clock.passes(60)
        clock.passes(HALF_AN_HOUR - 121)
        with pytest.raises(SignInsHeldBack):
            process.require("front", ACCOUNT)
        clock.passes(2)

        process.require("front", ACCOUNT)

    def test_a_clock_that_is_set_forward_makes_no_room(self, start: Callable[[], SignIns], clock: FakeClock) -> None:
        process = start()
        for _ in range(2):
            process.failed(process.take("front", ACCOUNT))
        for _ in range(5):
            clock.is_set_by(31 * 60)
            with pytest.raises(SignInsHeldBack):
                process.take("front", ACCOUNT)
            with pytest.raises(SignInsHeldBack):
                start().take("front", ACCOUNT)
        clock.passes(HALF_AN_HOUR)

        process.take("front", ACCOUNT)

    def test_a_clock_that_is_set_forward_opens_no_locked_account(
        self, start: Callable[[], SignIns], clock: FakeClock
    ) -> None:
        process = start()
        process.blocked(ACCOUNT)
        clock.is_set_by(3600)
        clock.passes(14 * 60)
        with pytest.raises(AccountBlocked):
            process.take("front", ACCOUNT)
        clock.passes(60)

        process.take("front", ACCOUNT)

    def test_a_clock_that_is_set_back_and_forth_holds_nobody_for_long(
        self, start: Callable[[], SignIns], clock: FakeClock
    ) -> None:
        process = start()
        for _ in range(2):
            process.failed(process.take("front", ACCOUNT))
        for seconds in (-600, 600, -86_400, 86_400):
            clock.is_set_by(seconds)
            with pytest.raises(SignInsHeldBack):
                process.take("front", ACCOUNT)
        clock.passes(HALF_AN_HOUR)

        process.take("front", ACCOUNT)

    def test_another_account_and_another_device_have_their_own(self, start: Callable[[], SignIns]) -> None:
        process = start()
        for _ in range(2):
            process.failed(process.take("front", ACCOUNT))

        process.require("front", Account("192.0.2.7", "viewer"))
        process.require("front", Account("192.0.2.8", "admin"))

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("http://192.0.2.7", "https://192.0.2.7:443", True),
            ("http://192.0.2.7:80/", "http://192.0.2.7", True),
            ("http://Camera.example", "https://camera.example.", True),
            ("http://192.0.2.7:8080", "http://192.0.2.7", False),
            ("http://192.0.2.7/cam/1", "http://192.0.2.7/cam/2", False),
        ],
    )
    def test_all_addresses_of_a_device_are_one(self, one: str, other: str, same: bool) -> None:
        assert (Account.at(one, "admin") == Account.at(other, "admin")) is same

    def test_one_that_is_under_way_takes_up_room_and_is_waited_for(self, start: Callable[[], SignIns]) -> None:
        tickets = [start().take("front", ACCOUNT) for _ in range(2)]
        with pytest.raises(CameraBusy, match="just signing in"):
            start().take("front", ACCOUNT)

        start().released(tickets[0])

        start().take("front", ACCOUNT)

    def test_of_many_at_once_two_get_through(self, start: Callable[[], SignIns]) -> None:
        processes = [start() for _ in range(8)]
        together = threading.Barrier(8)

        def attempt(process: SignIns) -> bool:
            together.wait(10)
            try:
                process.take("front", ACCOUNT)
            except CameraError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, processes)) == 2

    def test_one_that_goes_well_makes_room_for_everybody(self, start: Callable[[], SignIns]) -> None:
        process = start()
        process.failed(process.take("front", ACCOUNT))
        process.take("front", ACCOUNT)
        start().succeeded(ACCOUNT)

        for _ in range(2):
            start().take("front", ACCOUNT)

    def test_a_locked_account_is_left_alone_whoever_found_out(
        self, start: Callable[[], SignIns], clock: FakeClock
    ) -> None:
        start().blocked(ACCOUNT)
        with pytest.raises(AccountBlocked, match="until 2026-05-04 12:15:00 UTC"):
            start().require("front", ACCOUNT)
        clock.passes(15 * 60)

        start().require("front", ACCOUNT)

    def test_where_the_store_is_away_this_process_counts_alone_and_says_so_once(
        self, tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        nowhere = LocalStore(tmp_path / "missing" / "store.sqlite")
        process = SignIns(clock, nowhere, unavailable=LocalStoreUnavailable)
        for _ in range(2):
            process.failed(process.take("front", ACCOUNT))

        with pytest.raises(SignInsHeldBack):
            process.take("front", ACCOUNT)
        assert caplog.text.count("counted by this process alone") == 1
        (tmp_path / "missing").mkdir()
        process.blocked(ACCOUNT)
        nowhere.close()

    def test_what_was_known_before_the_store_went_away_still_holds(
        self, path: Path, start: Callable[[], SignIns]
    ) -> None:
        process = start()
        for _ in range(2):
            process.failed(process.take("front", ACCOUNT))
        for file in path.parent.iterdir():
            file.unlink()
        path.mkdir()

        with pytest.raises(SignInsHeldBack):
            process.take("front", ACCOUNT)

    def test_nothing_of_a_password_is_kept(self, connect: Connect, path: Path, camera: DigestCamera) -> None:
        refusal_of(connect("wrong-One"))

        kept = b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert USERNAME.encode() in kept
        assert b"wrong-One" not in kept


class TestAtACamera:
    def test_a_wrong_password_is_sent_twice_in_half_an_hour_whoever_sends_it(
        self, camera: DigestCamera, connect: Connect, clock: FakeClock
    ) -> None:
        kinds = [type(refusal_of(connect("wrong-One"))) for _ in range(10)]

        assert kinds == [CredentialsRejected] * 2 + [SignInsHeldBack] * 8
        assert camera.verdicts().count("wrong") == 2
        clock.passes(HALF_AN_HOUR)
        assert type(refusal_of(connect("wrong-One"))) is CredentialsRejected

    def test_other_passwords_are_no_other_budget(self, camera: DigestCamera, connect: Connect) -> None:
        for guess in range(20):
            refusal_of(connect(f"guess-{guess}"))

        assert camera.verdicts().count("wrong") == 2
        assert isinstance(refusal_of(connect(PASSWORD)), SignInsHeldBack)

    def test_once_held_back_nothing_is_asked_at_all(self, camera: DigestCamera, connect: Connect) -> None:
        for _ in range(2):
            refusal_of(connect("wrong-One"))
        camera.seen.clear()

        assert isinstance(refusal_of(connect("wrong-One")), SignInsHeldBack)
        assert camera.seen == []

    def test_a_password_put_right_after_one_failure_is_taken_and_makes_room(
        self, camera: DigestCamera, connect: Connect
    ) -> None:
        refusal_of(connect("wrong-One"))
        ask(connect())

        for _ in range(2):
            assert type(refusal_of(connect("wrong-One"))) is CredentialsRejected

    def test_who_is_in_stays_in_while_others_fail_elsewhere(self, camera: DigestCamera, connect: Connect) -> None:
        polling = connect()
        ask(polling)
        for _ in range(4):
            refusal_of(connect("wrong-One"))

        ask(polling)

    def test_a_password_changed_under_many_who_are_in_is_sent_twice(
        self, camera: DigestCamera, connect: Connect, start: Callable[[], SignIns]
    ) -> None:
        process = start()
        connections = [connect(process=process) for _ in range(5)]
        for connection in connections:
            ask(connection)
        camera.password = "another-One"
        camera.seen.clear()

        errors = [refusal_of(connection) for connection in connections]

        assert camera.verdicts().count("wrong") == 2
        assert all(isinstance(error, CredentialsRejected) for error in errors)

    def test_who_is_in_costs_the_store_nothing(self, camera: DigestCamera, connect: Connect, clock: FakeClock) -> None:
        store = CountedStore()
        polling = connect(process=SignIns(clock, store))
        ask(polling)
        changes = store.changes
        for _ in range(5):
            ask(polling)

        assert store.changes == changes
        assert store.texts() == {}

    def test_an_old_nonce_is_no_failure(self, camera: DigestCamera, connect: Connect) -> None:
        polling = connect()
        for _ in range(10):
            ask(polling)
            camera.forgets_nonces()

        ask(connect())
        assert "wrong" not in camera.verdicts()

    def test_an_old_nonce_that_is_called_so_can_be_replaced_although_somebody_failed(
        self, camera: DigestCamera, connect: Connect
    ) -> None:
        camera.challenge_headers = lambda nonce: [
            f'Digest realm="{camera.realm}", nonce="{nonce}", qop="auth", stale=true'
        ]
        polling = connect()
        ask(polling)
        refusal_of(connect("wrong-One"))
        camera.forgets_nonces()

        ask(polling)

    def test_a_camera_that_locks_the_account_is_left_alone_by_all(
        self, camera: DigestCamera, connect: Connect, clock: FakeClock
    ) -> None:
        camera.says(CHECK, "locked", 490)
        refusal_of(connect())
        camera.seen.clear()

        assert isinstance(refusal_of(connect()), AccountBlocked)
        assert camera.seen == []
        camera.says(CHECK, check_of((1, 2, 3)))
        clock.passes(15 * 60)
        ask(connect())

    @pytest.mark.parametrize("status", [500, 503, 403])
    def test_a_camera_that_neither_takes_nor_refuses_costs_nothing(
        self, camera: DigestCamera, connect: Connect, status: int
    ) -> None:
        camera.says(CHECK, "busy", status)
        for _ in range(5):
            refusal_of(connect())
        camera.says(CHECK, check_of((1, 2, 3)))

        ask(connect())

    def test_an_answer_cut_off_after_its_status_is_judged_by_that(self, camera: DigestCamera, connect: Connect) -> None:
        def cut_off(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", "100")
            handler.end_headers()
            handler.close_connection = True

        camera.does(CHECK, cut_off)
        for _ in range(5):
            assert isinstance(refusal_of(connect()), UnexpectedAnswer)

    def test_silence_after_credentials_counts_for_nobody_knows_what_became_of_them(
        self, camera: DigestCamera, connect: Connect
    ) -> None:
        def hang_up(handler: BaseHTTPRequestHandler) -> None:
            handler.close_connection = True

        camera.does(CHECK, hang_up)
        errors = [refusal_of(connect()) for _ in range(3)]

        assert isinstance(errors[0], CameraUnreachable)
        assert isinstance(errors[-1], SignInsHeldBack)
        assert camera.verdicts().count("let in") == 2

    def test_silence_towards_somebody_who_was_in_counts_for_nothing(
        self, camera: DigestCamera, connect: Connect, start: Callable[[], SignIns]
    ) -> None:
        process = start()
        polling = connect(process=process)
        ask(polling)

        def hang_up(handler: BaseHTTPRequestHandler) -> None:
            handler.close_connection = True

        camera.does(CHECK, hang_up)
        for _ in range(5):
            assert isinstance(refusal_of(polling), CameraUnreachable)
        camera.says(CHECK, check_of((1, 2, 3)))

        ask(polling)

    def test_a_camera_that_asks_for_no_password_is_never_held_back(
        self, camera: DigestCamera, connect: Connect
    ) -> None:
        camera.asks_for_password = False
        connection = connect()
        for _ in range(3):
            ask(connection)

        assert [seen.authorization for seen in camera.seen] == [{}] * 3

    def test_a_camera_that_is_down_costs_nothing(self, camera: DigestCamera, connect: Connect) -> None:
        connection = connect(address="http://127.0.0.1:1")
        assert {type(refusal_of(connection)) for _ in range(5)} == {CameraUnreachable}


KILLED = """
import os, sys
from pathlib import Path
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.services.played_clock import PlayedClock
from peoplecount.sunapi.sign_ins import Account, SignIns

SignIns(PlayedClock(), LocalStore(Path(sys.argv[1]))).take("front", Account("192.0.2.7", "admin"))
os._exit(9)
"""


def test_attempts_of_processes_that_were_killed_count(path: Path) -> None:
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, timeout=60, check=False)
        assert done.returncode == 9
    third = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)], cwd=ROOT, timeout=60, check=False, capture_output=True, text=True
    )

    assert "just signing in" in third.stderr
