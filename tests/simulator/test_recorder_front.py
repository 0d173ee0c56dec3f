"""A recorder with cameras on its channels, without a network."""

import json
from dataclasses import replace
from urllib.parse import quote

import pytest

from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.crossings import NoTraffic
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.firmware import AI
from peoplecount.simulator.plan import Fleet, RecorderPlan
from peoplecount.simulator.simulation import Simulation
from tests.support.virtual_cameras import CHECK, Caller, HandMovedTime, plan

BYPASS = "/stw-cgi/bypass.cgi?msubmenu=bypass&action=control"


@pytest.fixture
def simulation():
    """A classic camera on channel 0, a WiseAI one on channel 2, nothing on channel 1."""
    cameras = (plan("1"), plan("2", firmware=AI, serial="ZSIM0000000002X"))
    recorder = RecorderPlan(recorder_id="1", channels=("1", None, "2"))
    return Simulation(Fleet(cameras, NoTraffic(), (recorder,)), PlayedClock(real_now=HandMovedTime()))


@pytest.fixture
def caller(simulation):
    class _Front:
        """What a caller needs of a front, of a recorder's."""

        camera = simulation.fronts["1"].camera
        respond = simulation.recorders["1"].respond

    caller = Caller(_Front, algorithm="SHA-256")
    caller.password = simulation.recorders["1"].plan.password
    return caller


def through(target, channel=0):
    return f"{BYPASS}&Channel={channel}&BypassURI={quote(target, safe='')}"


def code(answer):
    return json.loads(answer.body)["Error"]["Code"]


def test_a_question_reaches_the_camera_on_the_channel(simulation, caller):
    simulation.walk("1", entered=3, left=1)
    [element] = caller.json(through(CHECK))["PeopleCount"]
    assert [(line["InCount"], line["OutCount"]) for line in element["Lines"]] == [(3, 1)]
    assert simulation.fronts["1"].count.requests == 1


def test_json_may_be_asked_for_among_the_headers_to_send(caller):
    plain = caller.get(through(CHECK))
    sent = caller.get(through(CHECK) + "&HeadersToSend=Accept:application/json")
    assert (plain.content_type, sent.content_type) == ("text/plain", "application/json")


def test_it_has_an_account_of_its_own(simulation, caller):
    caller.password = simulation.fronts["1"].camera.plan.password
    assert caller.get(through(CHECK)).status == 401
    assert simulation.fronts["1"].count.requests == 0


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (through(CHECK, channel=1), 612),
        (through(CHECK, channel=7), 612),
        (through(CHECK, channel="x"), 604),
        (f"{BYPASS}&Channel=0", 603),
        (through("/opensdk/WiseAI/configuration/capability", channel=2), 604),
        (through("/stw-cgi/eventstatus.cgi?msubmenu=eventstatus&action=monitordiff", channel=2), 608),
        (BYPASS.replace("control", "view"), 600),
        ("/stw-cgi/eventsources.cgi?msubmenu=peoplecount&action=check", 600),
    ],
)
def test_what_it_cannot_pass_on_it_refuses(caller, target, expected):
    assert code(caller.get(target, accept="application/json")) == expected
    assert f"Error Code: {expected}" in caller.text(target)


@pytest.mark.parametrize("fault", ["timeout", "refused", "401", "490"])
def test_a_camera_that_does_not_answer_is_an_error_of_the_recorder(simulation, caller, fault):
    simulation.inject(FaultOrder.parse({"camera": "1", "fault": fault, "count": 1}))
    assert code(caller.get(through(CHECK), accept="application/json")) == 607
    assert caller.json(through(CHECK))["PeopleCount"]


def test_what_would_write_is_remembered_at_the_camera(simulation, caller):
    target = "/stw-cgi/system.cgi?msubmenu=databasereset&action=control&IncludeDataType=PeopleCount"
    assert code(caller.get(through(target), accept="application/json")) == 609
    assert simulation.fronts["1"].count.forbidden == [f"GET {target}"]


def test_it_says_that_it_is_a_recorder(caller):
    info = caller.json("/stw-cgi/system.cgi?msubmenu=deviceinfo&action=view")
    assert (info["DeviceType"], "SerialNumber" in info) == ("NVR", False)
    assert "DeviceType=NVR" in caller.text("/stw-cgi/system.cgi?msubmenu=deviceinfo&action=view")


def test_a_plan_keeps_its_password_to_itself():
    assert "secret" not in repr(replace(RecorderPlan(recorder_id="1", channels=()), password="secret"))
