"""``python -m peoplecount doctor`` beside the real service, and where there is none."""

import re
import sqlite3

import pytest

from tests.support.commands import run_command
from tests.support.living_service import living_service
from tests.support.processes import free_port
from tests.support.running import plain_environment
from tests.support.slow_proxy import proxy_before
from tests.support.waiting import wait_until


def doctor(folder, settings, *arguments):
    """Its exit code and what it printed."""
    done = run_command("doctor", *arguments, environment=plain_environment(**settings), folder=folder, timeout=300)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def part(out, begins):
    """The lines of a part."""
    return re.search(rf"^{begins}.*?(?=^$|\Z)", out, re.MULTILINE | re.DOTALL)[0]


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    folder = tmp_path_factory.mktemp("living")
    with living_service(folder, SIGNED_OUT_LOOK="on", WEB_WORKERS="1") as living:
        wait_until(lambda: noted(folder, "fleet:condition"), seconds=60)
        yield living


def noted(folder, key):
    store = sqlite3.connect(f"file:{folder / 'var/store.sqlite'}?mode=ro", uri=True)
    try:
        return store.execute("SELECT body FROM kept WHERE key = ?", (key,)).fetchone()
    finally:
        store.close()


def test_an_installation_that_runs_is_well_and_its_stream_comes_through_a_good_proxy(living):
    with proxy_before(living.port, buffers=False) as public:
        code, out = doctor(living.folder, living.service.settings | {"PUBLIC_URL": public})
    assert code == 0, out
    for name in ("Settings", "Data folder", "Database", r"Cameras \(2\)", "Door audit", f"Service at {living.url}"):
        assert "✗" not in part(out, name)
    assert "polling     goes on" in part(out, "Data folder")
    assert part(out, r"Cameras \(2\)").count("  counts") == 2
    assert "✓ stream" in part(out, f"Service at {public}")
    assert "agrees" in part(out, f"Service at {public}")
    assert "doctor" not in noted(living.folder, "api-tokens")[0], "its token is good no longer"


def test_a_proxy_that_buffers_is_found_out(living):
    with proxy_before(living.port, buffers=True) as public:
        code, out = doctor(living.folder, living.service.settings | {"PUBLIC_URL": public}, "--no-cameras")
    assert code == 1
    assert "✓ stream" in part(out, f"Service at {living.url}")
    assert "✗ stream" in part(out, f"Service at {public}")
    assert "switch buffering off" in part(out, f"Service at {public}")
    assert "Cameras" not in out


def test_a_public_address_at_which_nobody_answers_is_a_fault_of_that_address_alone(living):
    public = f"http://127.0.0.1:{free_port()}"
    code, out = doctor(living.folder, living.service.settings | {"PUBLIC_URL": public}, "--no-cameras")
    assert code == 1
    assert "✗" not in part(out, f"Service at {living.url}")
    assert "Nobody answers" in part(out, f"Service at {public}")


def test_where_nothing_was_ever_started_it_says_so_and_makes_nothing(tmp_path):
    settings = {"DATA_DIR": str(tmp_path / "var"), "PORT": str(free_port())}
    code, out = doctor(tmp_path, settings)
    assert code == 1
    assert "There is no folder" in part(out, "Data folder")
    assert "does not answer" in part(out, "Service at")
    assert not (tmp_path / "var").exists()


def test_a_camera_that_is_polled_is_told_how_that_goes(living):
    wait_until(lambda: were_noted(living.folder), seconds=60)
    code, out = doctor(living.folder, living.service.settings, "north")
    assert code == 0, out
    assert re.search(r"✓ polls +[\d,]+ of [\d,]+ in the last day answered", out)


def were_noted(folder):
    """Whether polls of the camera were."""
    store = sqlite3.connect(f"file:{folder / 'var/store.sqlite'}?mode=ro", uri=True)
    try:
        rows = store.execute("SELECT body FROM kept WHERE key LIKE 'fleet:quarter:%'").fetchall()
    finally:
        store.close()
    return any('"north":[' in body for (body,) in rows)
