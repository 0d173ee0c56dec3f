"""``python -m peoplecount doctor CAMERA`` against virtual cameras with everything that may be wrong with them."""

import io

import pytest
import requests

from peoplecount.__main__ import main
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.services.known_serials import KnownSerials
from peoplecount.simulator.crossings import NoTraffic
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.plan import Fleet
from peoplecount.simulator.server import Https, SimulatorServer
from peoplecount.sunapi.certificate import with_colons
from tests.support.processes import free_port
from tests.support.virtual_cameras import TWO_LINES, plan


@pytest.fixture
def cameras():
    with SimulatorServer(Fleet((plan("east", lines=TWO_LINES),), NoTraffic())) as server:
        yield server


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DB_SERVER", "CAMERA_USER", "CAMERA_PASSWORD", "CAMERA_CA_FILE", "PEOPLECOUNT_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("TIME_ZONE", "Europe/Zurich")
    monkeypatch.setenv("READ_TIMEOUT", "2")
    monkeypatch.setenv("CONNECT_TIMEOUT", "2")


@pytest.fixture
def command(monkeypatch, capsys):
    """Runs a command; its exit code, what it printed and what it complained about."""

    def run(*arguments, password=None):
        if password is not None:
            monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
            arguments += ("--password-stdin",)
        code = main(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def enter(command, server, password=None, camera_id="east", address=None):
    there = server.simulation.fronts["east"].camera.plan
    code, _, err = command(
        *("camera", "add", "East", address or server.address("east"), "--id", camera_id),
        *("--user", there.username, "--untested"),
        password=password or there.password,
    )
    assert code == 0, err


def inject(server, fault, **more):
    server.simulation.inject(FaultOrder.parse({"camera": "east", "fault": fault, **more}))


def unauthorized(server):
    return requests.get(f"{server.control_url}/requests", timeout=5).json()["east"]["unauthorized"]


def step(out, name):
    """The line of a step."""
    (line,) = [line for line in out.splitlines() if line.startswith("  ") and line[4:].startswith(f"{name} ")]
    return line


def test_a_camera_that_is_well_is_followed_from_its_name_to_its_doors(command, cameras):
    enter(command, cameras)
    code, out, _ = command("doctor", "east")
    assert code == 0, out
    names = ("polls", "name", "port", "certificate", "sign-in", "rights", "device", "serial", "counting", "clock")
    assert [name for name in names if "✓" not in step(out, name)] == []
    assert "door EastDoor of Main site" in step(out, "line east-0-1-1")
    assert "door WestDoor of Main site" in step(out, "line east-0-1-2")
    assert "can be read, of 2 lines" in step(out, "history")
    assert out.splitlines()[-1] == "All is as it should be."


def test_a_camera_that_nobody_has_entered_is_said(command):
    code, _, err = command("doctor", "nowhere")
    assert (code, "there is no camera 'nowhere'" in err) == (1, True)


def test_a_name_that_nobody_knows_ends_it(command, cameras):
    enter(command, cameras, address="http://camera.invalid")
    code, out, _ = command("doctor", "east")
    assert code == 1
    assert "mend the camera's address" in out
    assert "DB_SERVER" not in out
    assert "port " not in out.replace("port 80", "")


def test_where_no_camera_may_be_not_even_its_port_is_tried(command, cameras, monkeypatch):
    enter(command, cameras)
    before = requests.get(f"{cameras.control_url}/requests", timeout=5).json()
    monkeypatch.setenv("CAMERA_NETWORKS", "10.20.0.0/16")
    code, out, _ = command("doctor", "east")
    assert code == 1
    assert "no camera may be at 127.0.0.1: CAMERA_NETWORKS allows 10.20.0.0/16" in step(out, "network")
    assert "takes connections" not in out
    assert requests.get(f"{cameras.control_url}/requests", timeout=5).json() == before


def test_a_port_at_which_nothing_listens_ends_it(command, cameras):
    enter(command, cameras, address=f"http://127.0.0.1:{free_port()}")
    code, out, _ = command("doctor", "east")
    assert code == 1
    assert "nothing listens on port" in out.splitlines()[-1]
    assert "sign-in" not in out


def test_a_wrong_password_is_tried_once_and_the_last_attempt_is_left_to_the_service(command, cameras):
    enter(command, cameras, password="wrong-one")
    code, out, _ = command("doctor", "east")
    assert (code, "wrong password" in step(out, "sign-in")) == (1, True)
    refused = unauthorized(cameras)
    for _ in range(3):
        code, out, _ = command("doctor", "east")
        assert code == 1
        assert "1 of 2 failed sign-ins" in step(out, "sign-in")
        assert "--sign-in" in out.splitlines()[-1]
    assert unauthorized(cameras) == refused + 3, "each asked once, without a password"
    code, out, _ = command("doctor", "east", "--sign-in")
    assert "wrong password" in step(out, "sign-in")
    spent = unauthorized(cameras)
    code, out, _ = command("doctor", "east", "--sign-in")
    assert (code, "the next one is possible at" in step(out, "sign-in")) == (1, True)
    assert unauthorized(cameras) == spent + 1
    assert "wrong-one" not in out


def test_after_the_right_password_was_entered_it_is_let_in_when_told_to_try(command, cameras):
    enter(command, cameras, password="wrong-one")
    command("doctor", "east")
    right = cameras.simulation.fronts["east"].camera.plan.password
    code, _, err = command("camera", "set", "east", "--untested", password=right)
    assert code == 0, err
    code, out, _ = command("doctor", "east", "--sign-in")
    assert code == 0, out
    assert command("doctor", "east")[0] == 0, "the device counts from zero again"


def test_a_clock_that_is_off_is_said_and_no_fault(command, cameras):
    enter(command, cameras)
    inject(cameras, "clock-step", seconds=-300)
    code, out, _ = command("doctor", "east")
    assert code == 0, out
    assert "time server (NTP)" in out.splitlines()[-1]
    assert "!" in step(out, "clock")


def test_a_device_that_is_entered_twice_is_a_fault(command, cameras, tmp_path):
    enter(command, cameras)
    folder = DataFolder.at(tmp_path / "var")
    KnownSerials(folder.store, dict).note("east", cameras.simulation.fronts["east"].camera.plan.serial)
    folder.close()
    enter(command, cameras, camera_id="west", address=cameras.address("east").replace("127.0.0.1", "localhost"))
    code, out, _ = command("doctor", "west")
    assert (code, "entered already, as east" in out) == (1, True), out


def test_a_paused_camera_is_said_to_be_so(command, cameras):
    enter(command, cameras)
    command("camera", "pause", "east")
    code, out, _ = command("doctor", "east")
    assert code == 0
    assert "camera resume east" in out.splitlines()[-1]


def test_a_certificate_that_nobody_accepted_gets_no_password(command):
    with SimulatorServer(Fleet((plan("east"),), NoTraffic()), https=Https.ONLY) as server:
        enter(command, server)
        code, out, _ = command("doctor", "east")
        assert code == 1
        assert with_colons(server.certificate("east").fingerprint) in step(out, "certificate")
        assert "camera trust east" in out.splitlines()[-1]
        assert "sign-in" not in out
        assert command("camera", "trust", "east", "--yes")[0] == 0
        code, out, _ = command("doctor", "east")
        assert (code, "accepted by its fingerprint" in step(out, "certificate")) == (0, True), out
        inject(server, "certificate-changed")
        code, out, _ = command("doctor", "east")
        assert (code, "another than the accepted one" in step(out, "certificate")) == (1, True)


def test_an_account_without_rights_is_told_from_a_wrong_password_and_costs_no_sign_in(command, cameras):
    enter(command, cameras)
    inject(cameras, "609")
    for _ in range(3):
        code, out, _ = command("doctor", "east")
        assert code == 1
        assert "administrator level" in out.splitlines()[-1]
        assert "wrong password" not in out
    cameras.simulation.clear_faults("east")
    assert command("doctor", "east")[0] == 0


def test_counting_that_is_switched_off_is_a_fault_of_the_camera(command, cameras):
    enter(command, cameras)
    for index in (1, 2):
        inject(cameras, "line-disabled", line=index)
    code, out, _ = command("doctor", "east")
    assert code == 1
    assert "people counting page" in out.splitlines()[-1]


def test_one_line_that_is_switched_off_is_said_and_the_others_count(command, cameras):
    enter(command, cameras)
    inject(cameras, "line-disabled", line=2)
    code, out, _ = command("doctor", "east")
    assert code == 0
    assert step(out, "line east-0-1-2").startswith("  !")
    assert "switched off in the camera" in step(out, "line east-0-1-2")
    assert out.splitlines()[-1].startswith("Line east-0-1-2 is switched off")
