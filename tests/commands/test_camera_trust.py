"""``python -m peoplecount camera trust`` against virtual cameras with HTTPS."""

import io

import pytest
import requests

from peoplecount.__main__ import main
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import Https, SimulatorServer
from peoplecount.sunapi.certificate import with_colons


@pytest.fixture
def cameras():
    with SimulatorServer(default_fleet(3), https=Https.ONLY) as server:
        yield server


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DB_SERVER", "CAMERA_USER", "CAMERA_PASSWORD", "CAMERA_CA_FILE", "PEOPLECOUNT_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self):
        return True


@pytest.fixture
def camera(monkeypatch, capsys):
    """Runs the command with what is typed; its exit code, what it printed and what it complained about."""

    def run(*arguments, password=None, types=None):
        if types is not None:
            monkeypatch.setattr("sys.stdin", Terminal(types))
        elif password is not None:
            monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
            arguments += ("--password-stdin",)
        else:
            monkeypatch.setattr("sys.stdin", io.StringIO())
        code = main(["camera", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def entered(camera, cameras):
    """The three cameras, with no certificate accepted."""
    for plan in (front.camera.plan for front in cameras.simulation.fronts.values()):
        address = cameras.address(plan.camera_id)
        code, _, err = camera(
            "add",
            plan.name,
            address,
            "--id",
            plan.camera_id,
            "--user",
            plan.username,
            "--untested",
            password=plan.password,
        )
        assert code == 0, err


def fingerprint(cameras, camera_id):
    return with_colons(cameras.certificate(camera_id).fingerprint)


def requests_at(cameras, camera_id):
    return requests.get(f"{cameras.control_url}/requests", timeout=5).json()[camera_id]["requests"]


def swap(cameras, camera_id):
    cameras.simulation.inject(FaultOrder.parse({"camera": camera_id, "fault": "certificate-changed"}))


@pytest.mark.usefixtures("entered")
def test_a_camera_that_nobody_trusts_fails_its_test_with_its_fingerprint_and_gets_no_request(camera, cameras):
    code, out, _ = camera("test", "1")
    assert code == 1
    assert "certificate is not trusted" in out
    assert fingerprint(cameras, "1") in out
    assert requests_at(cameras, "1") == 0


@pytest.mark.usefixtures("entered")
def test_all_are_shown_and_accepted_with_one_answer(camera, cameras):
    code, out, _ = camera("trust", "--all", types="y\n")
    assert code == 0
    assert all(fingerprint(cameras, camera_id) in out for camera_id in "123")
    assert "3 certificates are accepted" in out
    code, out, _ = camera("test")
    assert (code, out.count("; accepted")) == (0, 3)


@pytest.mark.usefixtures("entered")
@pytest.mark.parametrize("types", ["n\n", "\n", None])
def test_without_a_yes_nothing_is_accepted(camera, types):
    code, out, _ = camera("trust", "--all", types=types)
    assert (code, "Nothing was accepted" in out) == (1, True)
    assert camera("test", "1")[0] == 1


@pytest.mark.usefixtures("entered")
def test_a_changed_one_is_shown_beside_the_one_accepted_before(camera, cameras):
    camera("trust", "--all", "--yes")
    old = fingerprint(cameras, "2")
    swap(cameras, "2")
    code, out, _ = camera("test", "2")
    assert (code, "another certificate" in out) == (1, True)

    code, out, _ = camera("trust", "--all", "--yes")
    assert code == 0
    assert f"accepted: SHA-256 {old}" in out
    assert f"shown now: SHA-256 {fingerprint(cameras, '2')}" in out
    assert out.count("accepted already") == 2
    assert camera("test", "2")[0] == 0


@pytest.mark.usefixtures("entered")
def test_what_was_accepted_can_be_taken_back(camera):
    camera("trust", "1", "--yes")
    assert camera("test", "1")[0] == 0
    assert camera("trust", "1", "--forget")[0] == 0
    assert camera("test", "1")[0] == 1


@pytest.mark.usefixtures("entered")
def test_where_nothing_is_new_nothing_is_asked(camera):
    camera("trust", "1", "--yes")
    code, out, _ = camera("trust", "1")
    assert (code, "nothing to accept" in out) == (0, True)


@pytest.mark.usefixtures("entered")
def test_cameras_that_do_not_answer_are_named_and_the_others_accepted(camera):
    camera("add", "Away", "https://127.0.0.1:1", "--untested")
    code, out, _ = camera("trust", "--all", "--yes")
    assert code == 1
    assert "FAILED: connection refused" in out
    assert "3 certificates are accepted" in out


@pytest.mark.usefixtures("entered")
def test_a_camera_whom_an_authority_vouches_for_needs_nothing(camera, cameras, tmp_path, monkeypatch):
    (tmp_path / "ca.pem").write_bytes(cameras.certificate("1").pem)
    monkeypatch.setenv("CAMERA_CA_FILE", str(tmp_path / "ca.pem"))
    code, out, _ = camera("trust", "1")
    assert (code, "an authority vouches for it" in out) == (0, True)
    assert camera("test", "1")[0] == 0


@pytest.mark.parametrize("arguments", [(), ("1", "--all")])
def test_it_must_be_said_which(camera, arguments):
    code, _, err = camera("trust", *arguments)
    assert code == 1
    assert "their ids, or --all" in err or "there is no camera 1" in err


class TestAdding:
    def plan(self, cameras):
        return cameras.simulation.fronts["1"].camera.plan

    def test_with_trust_accepts_what_is_shown(self, camera, cameras):
        plan = self.plan(cameras)
        code, out, _ = camera("add", "A", cameras.address("1"), "--user", "admin", "--trust", password=plan.password)
        assert code == 0
        assert fingerprint(cameras, "1") in out
        assert camera("test", "a")[0] == 0

    def test_without_it_and_nobody_to_ask_sends_no_password(self, camera, cameras):
        code, out, err = camera("add", "A", cameras.address("1"), "--user", "admin", password="secret-1")
        assert code == 1
        assert fingerprint(cameras, "1") in out
        assert "--trust accepts it" in err
        assert requests_at(cameras, "1") == 0

    def test_behind_a_redirect_too(self, camera):
        with SimulatorServer(default_fleet(1), https=Https.REDIRECT) as server:
            plan = self.plan(server)
            code, out, _ = camera("add", "A", server.address("1"), "--user", "admin", "--trust", password=plan.password)
            assert code == 0
            assert fingerprint(server, "1") in out
            code, out, _ = camera("test", "a")
            assert (code, "; accepted" in out) == (0, True)


def test_failed_tests_of_a_password_are_held_back_and_say_until_when(camera):
    with SimulatorServer(default_fleet(1)) as server:
        camera("add", "A", server.address("1"), "--user", "admin", "--untested", password="wrong-one")
        said = [camera("test", "a")[1] for _ in range(4)]
        counted = requests.get(f"{server.control_url}/requests", timeout=5).json()["1"]
    assert ["refuses the user name or password" in text for text in said] == [True, True, False, False]
    assert "the next one is possible at" in said[-1]
    assert counted["unauthorized"] == 4
