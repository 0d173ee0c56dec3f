"""``python -m peoplecount camera …`` against virtual cameras, as an installer types it."""

import io
import sqlite3
from datetime import UTC, datetime

import pytest
import requests

from peoplecount.__main__ import main
from peoplecount.domain.counting import CountState
from peoplecount.eventlog.data_folder import open_data_folder
from peoplecount.eventlog.log import Append, StateChange
from peoplecount.services import played_clock
from peoplecount.services.count_state_body import write_count_state
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import SimulatorServer
from tests.support.processes import free_port


@pytest.fixture(scope="module")
def cameras():
    with SimulatorServer(default_fleet(3)) as server:
        yield server


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """No setting but a data folder; also no ``.env``, which is looked for in the working folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DB_SERVER", "CAMERA_USER", "CAMERA_PASSWORD", "PEOPLECOUNT_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))


@pytest.fixture
def camera(monkeypatch, capsys):
    """Runs the command; its exit code, what it printed and what it complained about."""

    def run(*arguments, password=None):
        if password is not None:
            monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
            arguments += ("--password-stdin",)
        code = main(["camera", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def password_of(server, camera_id):
    fleet = requests.get(f"{server.control_url}/cameras", timeout=5).json()
    return next(camera["password"] for camera in fleet if camera["cameraId"] == camera_id)


def test_a_camera_that_counts_is_entered_and_can_be_listed_tested_and_removed(camera, cameras, tmp_path):
    password = password_of(cameras, "1")
    address = cameras.address("1")
    code, out, _ = camera("add", "Main entrance", address, "--user", "admin", "--site", "Shop", password=password)
    assert code == 0
    assert "line main-entrance-0-1-1 EastDoor" in out
    code, out, _ = camera("list")
    assert code == 0
    assert [out.splitlines()[1].split()[0], out.splitlines()[1].split()[-3]] == ["main-entrance", "Shop"]
    assert password not in out
    assert camera("test")[0] == 0
    code, _, err = camera("add", "Main entrance", address, "--user", "admin", password=password)
    assert (code, "already" in err) == (1, True)
    code, _, err = camera("add", "Twin", address, "--user", "admin", password=password)
    assert (code, "entered already, as main-entrance" in err) == (1, True)
    assert camera("add", "Twin", address, "--user", "admin", "--again", password=password)[0] == 0
    assert camera("remove", "twin")[0] == 0
    assert camera("remove", "main-entrance")[0] == 0
    assert "No cameras yet" in camera("list")[1]


def test_a_password_is_not_stored_as_it_is(camera, cameras, tmp_path):
    password = password_of(cameras, "2")
    camera("add", "Hall", cameras.address("2"), "--user", "admin", password=password)
    with sqlite3.connect(tmp_path / "var" / "peoplecount.db") as database:
        (stored,) = database.execute("SELECT password FROM cameras").fetchone()
    database.close()
    assert stored.startswith("sealed:")
    assert password not in stored


def test_a_camera_that_refuses_the_password_is_not_entered(camera, cameras):
    code, _, err = camera("add", "Hall", cameras.address("3"), "--user", "admin", password="wrong")
    assert code == 1
    assert "password" in err
    assert "wrong" not in err
    assert "No cameras yet" in camera("list")[1]


def test_a_camera_that_is_not_there_yet_can_be_entered_untested_and_fails_its_test(camera):
    code, out, _ = camera("add", "Later", "127.0.0.1:1", "--id", "later-1", "--untested")
    assert code == 0
    code, out, _ = camera("test", "later-1")
    assert code == 1
    assert "FAILED" in out


@pytest.mark.parametrize(("address", "is_told"), [("https://192.0.2.7", True), ("192.0.2.7", False)])
def test_a_camera_entered_untested_over_https_is_told_to_need_its_certificate_accepted(camera, address, is_told):
    code, out, _ = camera("add", "Later", address, "--id", "later-1", "--untested")
    assert code == 0
    assert ("python -m peoplecount camera trust later-1" in out) == is_told


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["add", "X", "ftp://192.0.2.7", "--untested"], "http"),
        (["add", "X", "192.0.2.7", "--id", "a b", "--untested"], "letters"),
        (["add", "X", "192.0.2.7", "--interval", "0", "--untested"], "interval"),
        (["add", "X", "192.0.2.7", "--site", "S", "--time-zone", "Mars/Olympus", "--untested"], "time zone"),
        (["test", "nobody"], "nobody"),
        (["remove", "nobody"], "nobody"),
    ],
)
def test_nonsense_is_refused_in_words(camera, arguments, complaint):
    code, _, err = camera(*arguments)
    assert code == 1
    assert complaint in err
    assert "Traceback" not in err


def test_the_default_login_is_tried_where_a_camera_has_none(camera, cameras, monkeypatch):
    monkeypatch.setenv("CAMERA_USER", "admin")
    monkeypatch.setenv("CAMERA_PASSWORD", password_of(cameras, "1"))
    code, out, _ = camera("add", "Main entrance", cameras.address("1"))
    assert (code, "EastDoor" in out) == (0, True)


def test_what_is_odd_about_the_settings_is_said_once(camera, monkeypatch):
    monkeypatch.setenv("DB_HOST", "srv")
    code, _, err = camera("list")
    assert code == 0
    assert err.count("did you mean DB_SERVER?") == 1


def test_the_same_device_at_another_address_is_refused_once_it_has_been_read(camera, cameras, tmp_path):
    password = password_of(cameras, "1")
    assert camera("add", "First", cameras.address("1"), "--user", "admin", password=password)[0] == 0
    serial = requests.get(f"{cameras.control_url}/cameras", timeout=5).json()[0]["serial"]
    folder = open_data_folder(tmp_path / "var")
    state = StateChange("camera:first", 0, write_count_state(CountState(serial)))
    folder.log.append(folder.log.raise_term(), [Append(states=(state,))], datetime.now(UTC))
    folder.close()
    elsewhere = cameras.address("1").replace("127.0.0.1", "localhost")
    code, _, err = camera("add", "Second", elsewhere, "--user", "admin", password=password)
    assert (code, "entered already, as first" in err) == (1, True)


def test_a_camera_in_another_time_zone_than_its_site_is_pointed_out(camera, cameras):
    password = password_of(cameras, "2")
    code, out, _ = camera(
        "add",
        "A",
        cameras.address("2"),
        "--user",
        "admin",
        "--site",
        "X",
        "--time-zone",
        "Asia/Tokyo",
        password=password,
    )
    assert code == 0
    assert "the site X in Asia/Tokyo is +09:00" in out


def test_the_default_site_is_one_whichever_way_it_is_named(camera, tmp_path):
    camera("add", "A", "192.0.2.1", "--untested")
    camera("add", "B", "192.0.2.2", "--untested", "--site", "Main site")
    camera("add", "C", "192.0.2.3", "--untested", "--site", "default")
    assert camera("list")[1].count("Main site") == 3
    with sqlite3.connect(tmp_path / "var" / "peoplecount.db") as database:
        rows = database.execute("SELECT site_id, name FROM sites").fetchall()
    database.close()
    assert rows == [("default", "Main site")]


def test_a_camera_behind_a_recorder_is_entered_with_its_channel(camera):
    with SimulatorServer(default_fleet(3, recorder=True)) as server:
        recorder = server.recorder_address("1")
        login = {"password": server.simulation.recorders["1"].plan.password}
        code, _, err = camera("add", "Entrance", recorder, "--user", "admin", **login)
        assert (code, "This is a recorder" in err) == (1, True)
        code, out, err = camera("add", "Entrance", recorder, "--user", "admin", "--nvr-channel", "0", **login)
        assert (code, "line entrance-0-1-1 EastDoor" in out) == (0, True), err
        assert camera("add", "Counter", recorder, "--user", "admin", "--nvr-channel", "1", **login)[0] == 0
        code, _, err = camera("add", "Again", recorder, "--user", "admin", "--nvr-channel", "1", **login)
        assert (code, "entered already, as counter" in err) == (1, True)
        code, _, err = camera("add", "Nothing", recorder, "--user", "admin", "--nvr-channel", "9", **login)
        assert (code, "The recorder has no camera on its channel 9" in err) == (1, True)
        assert f"{recorder} channel 1" in camera("list")[1]
        code, out, _ = camera("test")
        assert (code, out.count("since its midnight")) == (0, 3)


def test_where_a_simulator_plays_the_time_cameras_are_tested_by_it(camera, monkeypatch):
    played_from = datetime(2020, 3, 5, 12, tzinfo=UTC)
    with SimulatorServer(default_fleet(1), PlayedClock(played_from=played_from)) as server:
        monkeypatch.setenv("CLOCK_URL", f"{server.control_url}/clock")
        code, out, _ = camera("add", "Door", server.address("1"), "--user", "admin", password=password_of(server, "1"))
    assert code == 0
    assert "its clock shows 2020-03-05" in out
    assert "is +0 s off" in out


def test_a_clock_that_nobody_plays_is_said_in_words(camera, cameras, monkeypatch):
    monkeypatch.setattr(played_clock, "PATIENCE", 0.2)
    monkeypatch.setenv("CLOCK_URL", f"http://127.0.0.1:{free_port()}/control/clock")
    password = password_of(cameras, "1")
    code, _, err = camera("add", "Door", cameras.address("1"), "--user", "admin", password=password)
    assert (code, "no simulator tells the time there" in err) == (1, True)
