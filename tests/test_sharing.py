"""Services on one Redis, as the composition root connects them: what each says of the others."""

import shutil
from dataclasses import replace

import pytest
import requests

from peoplecount.bootstrap import build
from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import SimulatorServer
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


def test_one_of_another_version_serves_polls_nothing_and_says_why(one, join, monkeypatch):
    monkeypatch.setattr("peoplecount.data_home.__version__", "0.0.9")
    other = join()
    wait_until(lambda: "another version" in " ".join(ready(other).get("degraded", ())), 60)
    assert (ready(other)["sharing"], ready(other)["polls"]) == ({"machines": None, "sites": 0}, False)
    wait_until(lambda: ready(one)["sharing"]["machines"] == 1, 60)
    one.stop()
    wait_until(lambda: polled(other) == 2, 60)
    wait_until(lambda: "degraded" not in ready(other), 60)
