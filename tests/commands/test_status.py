"""``python -m peoplecount status`` beside the real service, after its end, and where there never was one."""

import json
import sys

import pytest

from tests.support.commands import run_command
from tests.support.living_service import living_service
from tests.support.processes import free_port
from tests.support.running import Process, plain_environment, wait_until


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    with living_service(tmp_path_factory.mktemp("status")) as living:
        living.walk(entered=1)
        yield living


def status(folder, settings, *arguments):
    """Its exit code and what it printed."""
    done = run_command("status", *arguments, environment=plain_environment(**settings), folder=folder)
    assert done.stderr == ""
    return done.returncode, done.stdout


def figures(living):
    return json.loads(status(living.folder, living.service.settings, "--json")[1])


def test_beside_a_service_that_is_well_it_needs_no_key_and_is_content(living):
    wait_until(lambda: figures(living)["consumerLag"].get("database") == 0, 60, "a database that is up to date")
    code, out = status(living.folder, living.service.settings)
    assert code == 0, out
    assert out.startswith("Peoplecount ")
    for line in ("✓ service     runs since ", "✓ cameras     2: 2 up", "✓ log", "up to date", "✓ disk"):
        assert line in out
    assert len(out.splitlines()) < 24, "one screen"


def test_cameras_that_do_not_answer_are_named_and_it_is_degraded(living):
    living.go_away()
    try:
        wait_until(lambda: len(figures(living)["camerasWithTrouble"]) == 2, 60, "two cameras with trouble")
        code, out = status(living.folder, living.service.settings)
    finally:
        living.come_back()
    assert code == 1
    assert "! cameras     2: 2 down" in out
    assert "north (" in out


def test_a_paused_camera_is_named_and_it_stays_healthy(living):
    living.service.command("camera", "pause", "south")
    try:
        out = wait_until(lambda: while_one_is_paused(living), 60, "a paused camera, and another that is up")
    finally:
        living.service.command("camera", "resume", "south")
    assert "paused: south (" in out
    wait_until(lambda: not figures(living)["camerasPaused"], 60, "no paused camera")


def while_one_is_paused(living):
    """What is said once all is well, the one with a remark first; empty before."""
    code, out = status(living.folder, living.service.settings)
    return out if code == 0 and ("2: 1 paused, 1 up" in out or "2: 1 up, 1 paused" in out) else ""


def test_to_watch_is_to_look_again(living):
    command = [sys.executable, "-m", "peoplecount", "status", "--watch", "--json"]
    watching = Process(
        command, living.folder / "watching.txt", plain_environment(**living.service.settings), living.folder
    )
    try:
        wait_until(lambda: watching.said().count('"status"') >= 2, 60, "a second look", watching)
    finally:
        watching.kill()


def test_after_a_kill_it_says_that_nobody_answers_and_what_was_known_last(living):
    last = figures(living)
    living.service.kill()
    try:
        code, out = status(living.folder, living.service.settings, "--json")
        told = json.loads(out)
        assert (code, told["status"]) == (2, "down")
        assert told["log"]["events"] >= last["log"]["events"] > 0
        assert told["lastCountAt"]
        assert told["consumerLag"]["database"] is not None
        assert "nobody listens there" in told["parts"][0]["said"]
    finally:
        living.start()


def test_where_nothing_ever_ran_nothing_is_made(tmp_path):
    code, out = status(tmp_path, {"DATA_DIR": str(tmp_path / "var"), "PORT": str(free_port())})
    assert code == 2
    assert "has not run in this folder yet" in out
    assert list(tmp_path.iterdir()) == []


def test_somebody_else_at_our_port_is_not_us(living, tmp_path):
    (tmp_path / "var").mkdir()
    port = free_port()
    other = Process(
        [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"], tmp_path / "other.txt",
        plain_environment(), tmp_path,
    )  # fmt: skip
    try:
        wait_until(
            lambda: "something else answers there" in status(tmp_path, {"DATA_DIR": "var", "PORT": str(port)})[1],
            30, "another program", other,
        )  # fmt: skip
    finally:
        other.kill()
