"""Each program that reads streams reads ours: directly and through nginx, with an id, and after a restart."""

import json
import subprocess
import time

import pytest

from tests.support.ending_stream import EXAMINED, EndingStream
from tests.support.listening_programs import PROGRAMS, Program, missing, number
from tests.support.waiting import wait_until


@pytest.fixture(params=PROGRAMS)
def program(request) -> str:
    if what := missing(request.param):
        pytest.skip(f"not installed: {what}")
    return request.param


@pytest.fixture
def listen():
    listening = []

    def listen(*arguments) -> Program:
        listening.append(Program(*arguments))
        return listening[-1]

    yield listen
    for one in listening:
        one.stop()


@pytest.mark.parametrize("way", ["directly", "through nginx"])
def test_a_program_hears_the_state_then_each_change_at_once_and_goes_on_from_an_id(
    living, request, listen, program, way
):
    url = living.url if way == "directly" else request.getfixturevalue("proxied")
    one = listen(program, f"{url}/events", "")
    one.known = next((event_id for event_id, _ in reversed(living.counts())), "")
    one.begins()
    assert one.names()[0] == "snapshot"
    living.walk("north", entered=3)
    one.hears(3)
    living.walk("south", entered=1)
    one.hears(3, 1)
    assert number(one.last_id()) >= number(living.counts()[-1][0])  # a camera's history may be told meanwhile
    last_id = one.last_id()
    one.stop()

    living.walk("north", entered=5)
    wait_until(lambda: living.counts()[-1][1] == 5)
    again = listen(program, f"{url}/events", last_id)
    again.hears(5)
    assert again.names()[0] != "snapshot", "it goes on, and does not begin anew"
    assert "gap" not in again.names()
    living.walk("north", entered=2)
    again.hears(5, 2)


@pytest.mark.parametrize("program", PROGRAMS[:3])  # an EventSource comes back after every end
def test_a_program_ends_by_itself_where_it_asked_for_so_many_events(living, listen, program):
    if what := missing(program):
        pytest.skip(f"not installed: {what}")
    one = listen(program, f"{living.url}/events?limit=1", "")
    one.ends()
    wait_until(lambda: one.names() == ["snapshot", "goodbye"])


def test_curl_gets_plain_text_through_nginx_though_it_could_unpack_gzip(proxied):
    said = subprocess.run(
        ["curl", "--silent", "--include", "--compressed", f"{proxied}/events?timeout=0"],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    ).stdout
    head, _, body = said.partition("\n\n")
    assert "content-encoding" not in head.lower()
    assert "event: snapshot" in body


def test_an_event_passes_nginx_without_delay(living, proxied, listen):
    one = listen("curl", f"{proxied}/events")
    one.begins()
    begun = time.monotonic()
    living.walk("north", entered=4)
    one.hears(4)
    assert time.monotonic() - begun < 5, "nginx would hold it for minutes"


def test_an_answer_in_json_comes_through_nginx(living, proxied):
    said = subprocess.run(
        ["curl", "--silent", "--header", "Accept: application/json", f"{proxied}/events?limit=1"],
        capture_output=True,
        check=True,
        timeout=20,
    ).stdout
    assert [event["kind"] for event in json.loads(said)["events"]] == ["snapshot"]


@pytest.mark.parametrize("way", ["directly", "through nginx"])
def test_an_event_source_comes_back_by_itself_after_a_restart_and_misses_nothing(living, request, listen, way):
    if what := missing("eventsource"):
        pytest.skip(f"not installed: {what}")
    url = living.url if way == "directly" else request.getfixturevalue("proxied")
    one = listen("eventsource", f"{url}/events")
    one.begins()
    living.walk("north", entered=6)
    one.hears(6)
    living.stop()
    wait_until(lambda: "goodbye" in one.names())
    living.walk("north", entered=7)  # the camera goes on counting while nobody asks
    living.start()
    one.hears(6, 7)
    again = one.names()[one.names().index("goodbye") + 1 :]
    assert again[0] != "snapshot", "it goes on, and does not begin anew"
    assert "gap" not in again


def test_an_event_source_goes_on_from_the_id_of_a_heartbeat_though_that_has_no_data(listen):
    if what := missing("eventsource"):
        pytest.skip(f"not installed: {what}")
    with EndingStream() as stream:
        one = listen("eventsource", f"{stream.url}/events")
        wait_until(lambda: len(stream.went_on_from) > 1)
        one.stop()
    assert stream.went_on_from[:2] == ["", str(EXAMINED)]
