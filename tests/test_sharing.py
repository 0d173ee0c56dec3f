"""Services on one Redis, as the composition root connects them: what each says of the others."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests

from peoplecount.bootstrap import build
from peoplecount.configuration import register_fleet
from peoplecount.data_home import data_home
from peoplecount.services.folder_walk import FolderWalk
from peoplecount.services.status_report import StatusReport
from peoplecount.settings import load_settings
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import SimulatorServer
from peoplecount.status import InstallationSight
from tests.support.processes import ANYWHERE
from tests.support.waiting import wait_until

pytest.importorskip("redis", reason="redis-py is not installed (requirements-redis.txt)")


@pytest.fixture
def settings(tmp_path, redis_server):
    texts = {
        "DATA_DIR": str(tmp_path / "one"),
        "DB_PATH": str(tmp_path / "counts.sqlite"),
        "POLL_INTERVAL": "0.2",
        "TIME_ZONE": "UTC",
        "SIGNED_OUT_LOOK": "on",
        "REDIS_URL": redis_server.url,
    }
    return load_settings(ANYWHERE | texts, env_file=None)


@pytest.fixture
def one(settings):
    with SimulatorServer(default_fleet(2, busy=1.0)) as cameras:
        register_fleet(settings, requests.get(f"{cameras.control_url}/cameras", timeout=5).json())
        service = build(settings)
        service.start()
        wait_until(lambda: ready(service)["cameras"] == {"up": 2}, 60)
        yield service
        service.stop()


@pytest.fixture
def join(settings, tmp_path):
    """Starts another machine on the same Redis."""
    made = []

    def join():
        (tmp_path / "other").mkdir(mode=0o700)
        shutil.copy(settings.data_dir / "seal.key", tmp_path / "other")
        made.append(build(replace(settings, data_dir=tmp_path / "other")))
        made[-1].start()
        return made[-1]

    yield join
    for service in made:
        service.stop()


def ready(service):
    return service.app.test_client().get("/health/ready").get_json()


def polled(service):
    health = ready(service)
    return health["polling"]["cameras"] if health["polls"] else 0


def test_each_tells_how_many_machines_there_are_and_what_it_has(one, join):
    wait_until(lambda: ready(one)["sharing"]["machines"] == 1, 60)
    other = join()
    wait_until(lambda: {ready(service)["sharing"]["machines"] for service in (one, other)} == {2}, 60)
    wait_until(lambda: polled(one) + polled(other) == 2, 60)
    metrics = other.app.test_client().get("/metrics").text
    assert "peoplecount_disk_free_bytes " in metrics, "also of a machine that polls nothing"


def test_a_worker_beside_the_one_that_polls_tells_what_it_can_know(one, settings, redis_server):
    other = build(settings)
    other.start()
    try:
        wait_until(lambda: ready(other)["sharing"]["machines"] == 1, 60)
        assert (ready(other)["sharing"]["sites"], ready(other)["polls"]) == (None, False)
        redis_server.kill()
        wait_until(lambda: ready(other)["sharing"] == {"machines": None, "sites": None}, 60)
    finally:
        other.stop()


def metrics(service):
    """The values of those without labels, by name."""
    answer = service.app.test_client().get("/metrics")
    assert answer.status_code == 200
    return dict(line.split() for line in answer.text.splitlines() if line.startswith("peoplecount") and "{" not in line)


def status(settings):
    """What ``status`` says of Redis, and its figures."""
    sight = InstallationSight(settings)
    try:
        report = StatusReport(sight.look())
    finally:
        sight.close()
    return next(step for step in report.steps if step.name == "redis"), report.figures()["sharedLog"]


def walked(settings):
    """What ``doctor`` finds in the data folder, by name."""
    folder = data_home(settings)
    try:
        return {step.name: step.said for step in FolderWalk(folder, 10**9, datetime.now(UTC)).steps()}
    finally:
        folder.close()


def test_whoever_watches_sees_machines_sites_and_redis_while_it_answers_and_while_it_is_away(
    one, join, settings, redis_server
):
    other = join()
    wait_until(lambda: metrics(one).get("peoplecount_machines") == "2.0", 60)
    assert {metrics(service)["peoplecount_redis_up"] for service in (one, other)} == {"1.0"}
    wait_until(lambda: any(float(metrics(service)["peoplecount_sites_here"]) for service in (one, other)), 60)
    place = f"127.0.0.1:{redis_server.port}"
    step, told = status(settings)
    assert step.said.startswith(f"{place} answers; machines that share the cameras: 2; ")
    assert (told["place"], told["answers"], told["machines"]) == (place, True, 2)
    assert walked(settings)["redis"] == "answers; machines that share the cameras: 2"

    redis_server.kill()
    wait_until(lambda: metrics(one).get("peoplecount_redis_up") == "0.0", 60)
    assert "peoplecount_disk_free_bytes" in metrics(one), "all else is told"
    step, told = status(settings)
    assert (step.verdict.value, told["answers"], told["machines"]) == ("wrong", False, None)
    assert f"Redis at {place} cannot be reached" in step.said
    assert f"Redis at {place} cannot be reached" in walked(settings)["log"]


def test_one_of_another_version_serves_polls_nothing_and_says_why(one, join, monkeypatch):
    monkeypatch.setattr("peoplecount.data_home.__version__", "0.0.9")
    other = join()
    wait_until(lambda: "another version" in " ".join(ready(other).get("degraded", ())), 60)
    assert (ready(other)["sharing"], ready(other)["polls"]) == ({"machines": 1, "sites": 0}, False)
    wait_until(lambda: ready(one)["sharing"]["machines"] == 1, 60)
    one.stop()
    wait_until(lambda: polled(other) == 2, 60)
    wait_until(lambda: "degraded" not in ready(other), 60)
