"""Serving apart from polling: two services on one data folder, of which one never polls."""

import json

import psutil
import pytest

from tests.support.living_service import living_service
from tests.support.running import Service, wait_until
from tests.support.stream_reader import StreamReader


@pytest.fixture
def living(tmp_path):
    with living_service(tmp_path) as living:
        yield living


@pytest.fixture
def web(living):
    """The second one, begun in the same folder."""
    settings = living.service.settings | {"POLLING": "off", "WEB_WORKERS": "2"}
    service = Service(living.folder, **{name: one for name, one in settings.items() if name != "PORT"})
    service.settings["PORT"] = str(service.port)
    service.start()
    yield service
    service.end()


def polled(service):
    """Cameras that it polls itself."""
    return json.loads(service.ask("/health/ready", timeout=20).text).get("polling", {}).get("cameras", 0)


def test_what_one_polls_the_other_serves_and_it_polls_nothing_while_the_first_is_away(living, web):
    assert (polled(living.service), polled(web)) == (2, 0)
    reader = StreamReader(f"{web.url}/events")
    reader.start()
    try:
        wait_until(lambda: reader.names["snapshot"], 30, "a snapshot", web.process)
        living.walk("north", entered=3)
        wait_until(lambda: living.counts() and living.counts()[-1][1] == 3, 30, "a count")
        newest = living.counts()[-1][0]
        wait_until(lambda: newest in reader.seen_ids, 30, "the count at the other service")

        polling = {one.pid for one in living.workers()}
        assert living.leader() in polling
        living.service.kill()
        assert {one.pid for one in psutil.Process(web.process.pid).children()}.isdisjoint(polling)
        living.start()
        living.walk("south", entered=4)
        wait_until(lambda: living.counts()[-1][1] == 4, 30, "a count after it")
        newest = living.counts()[-1][0]
        wait_until(lambda: newest in reader.seen_ids, 30, "the same stream has it", web.process)
        assert reader.connections == 1
        assert reader.names["gap"] == 0
        assert polled(web) == 0
    finally:
        reader.leave()
        reader.stop()
