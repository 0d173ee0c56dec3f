"""``python -m peoplecount simulate`` as people and programs run it."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import requests
from requests.auth import HTTPDigestAuth

from tests.support.commands import run_command
from tests.support.processes import ROOT
from tests.support.running import plain_environment
from tests.support.virtual_cameras import CHECK

COMMAND = [sys.executable, "-m", "peoplecount", "simulate"]


def spawn(*options):
    return subprocess.Popen(
        [*COMMAND, "--port", "0", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONUTF8": "1"},
    )


@pytest.fixture
def simulate():
    """Starts the command; ends what a test leaves."""
    running = []

    def start(*options):
        process = spawn(*options)
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()


def announced(process):
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return json.loads(line)


def get(control, page):
    return requests.get(f"{control}/{page}", timeout=10).json()


def poll(camera):
    with requests.Session() as session:
        session.trust_env = False
        session.auth = HTTPDigestAuth(camera["username"], camera["password"])
        return session.get(camera["address"] + CHECK, timeout=10)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_ends_within_a_second_of_a_signal(simulate, number):
    process = simulate("--machine-readable", "--cameras", "2", "--print-truth", "--seed", "3")
    found = announced(process)
    assert found["control"] == f"http://127.0.0.1:{found['port']}/control"
    cameras = get(found["control"], "cameras")
    assert [camera["cameraId"] for camera in cameras] == ["1", "2"]
    assert poll(cameras[0]).status_code == 200
    process.send_signal(number)
    begin = time.monotonic()
    output, errors = process.communicate(timeout=5)
    assert time.monotonic() - begin < 2  # a second of grace for a busy machine
    assert (process.returncode, errors) == (0, "")
    assert {line["name"] for line in json.loads(output)} == {"EastDoor", "WestDoor", "MainDoor"}


def test_it_ends_with_its_standard_input(simulate):
    process = simulate("--machine-readable", "--cameras", "1", "--exit-with-stdin")
    announced(process)
    process.stdin.write("nobody reads this\n")
    process.stdin.close()
    assert process.wait(timeout=5) == 0


def test_people_are_shown_where_the_cameras_are_and_how_to_ask(simulate):
    process = simulate("--cameras", "30", "--exit-with-stdin")
    text = ""
    while "Ctrl-C" not in text:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        text += line
    process.stdin.close()
    assert "30 virtual cameras, user admin" in text
    assert "Bahnhofstrasse store: Main entrance (EastDoor, WestDoor)" in text
    assert "… and 10 more at http://127.0.0.1:" in text
    assert "curl --digest -u 'admin:" in text


def test_a_taken_port_is_one_line(simulate):
    port = announced(simulate("--machine-readable", "--cameras", "1"))["port"]
    second = run_command("simulate", "--port", str(port), environment=plain_environment(), folder=ROOT)
    assert second.returncode == 1
    assert second.stderr == (
        f"peoplecount simulate: port {port} is taken on 127.0.0.1; choose another with --port, or 0 for any\n"
    )


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--cameras", "0"], "1 to 10000 are possible"),
        (["--busy", "-1"], "0 to 100 is expected"),
        (["--port", "70000"], "0 to 65535 is expected"),
        (["--time-zone", "Mars/Olympus"], "names look like Europe/Zurich"),
        (["--speed", "0"], "greater than 0"),
        (["--from", "2020-03-02"], "--from and --to choose days of a --replay FILE"),
        (["--replay", "nothing.csv"], "nothing.csv cannot be read"),
        (["--replay", "nothing.csv", "--cameras", "3"], "a --replay FILE brings its own"),
        (["--until", "2000-01-01T00:00:00"], "before the start"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_words(options, complaint):
    found = run_command("simulate", *options, environment=plain_environment(), folder=ROOT)
    assert found.returncode == 2
    assert complaint in found.stderr
    assert "Traceback" not in found.stderr


def test_a_replay_stops_its_clock_at_the_end_and_stays_until_all_is_read(simulate, tmp_path):
    file = tmp_path / "counts.csv"
    rows = '4,1,"2020-03-02T08:00:00","East"\n2,3,"2020-03-02T23:55:00","West"\n'
    file.write_text(f'"In","Out","Timestamp","Name"\n{rows}')
    process = simulate(
        "--machine-readable", "--replay", str(file), "--speed", "200000", "--classic", "--exit-with-stdin"
    )
    control = announced(process)["control"]
    deadline = time.monotonic() + 10
    while not (clock := get(control, "clock"))["finished"]:
        assert time.monotonic() < deadline
    assert clock["now"] == clock["playedUntil"] == "2020-03-02T22:59:59.000Z"
    assert clock["playedFrom"] == "2020-03-01T23:00:00.000Z"
    assert clock["allRead"] is False
    (camera,) = get(control, "cameras")
    text = poll(camera).text
    assert [line.partition("=")[2] for line in text.split() if "Count" in line] == ["4", "1", "2", "3"]
    assert get(control, "clock")["allRead"] is True
    truth = {line["name"]: (line["in"], line["out"], line["days"]) for line in get(control, "truth")}
    assert truth == {
        "East": (4, 1, {"2020-03-02": {"in": 4, "out": 1}}),
        "West": (2, 3, {"2020-03-02": {"in": 2, "out": 3}}),
    }
    assert process.poll() is None


def test_a_fleet_begun_in_the_afternoon_shows_the_day_so_far(simulate):
    process = simulate("--machine-readable", "--start", "2026-03-03T15:00:00", "--busy", "--cameras", "3")
    control = announced(process)["control"]
    assert get(control, "clock")["now"].startswith("2026-03-03T14:00:0")
    assert all(line["today"]["in"] > 300 for line in get(control, "truth"))


def test_each_camera_may_have_its_own_port(simulate):
    control = announced(simulate("--machine-readable", "--cameras", "3", "--ports"))["control"]
    cameras = get(control, "cameras")
    assert len({camera["address"] for camera in cameras}) == 3
    assert poll(cameras[1]).status_code == 200
