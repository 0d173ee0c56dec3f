"""The WiseAI interface."""

import json

import pytest

from peoplecount.simulator.firmware import AI
from peoplecount.simulator.plan import LinePlan
from tests.support.virtual_cameras import TWO_CHANNELS, CameraUnderTest, plan

BASE = "/opensdk/WiseAI"
SECOND_RULE = (LinePlan(1, "EastDoor", "East door", rule=2), LinePlan(2, "WestDoor", "West door", rule=2))


@pytest.fixture
def camera():
    return CameraUnderTest(plan(firmware=AI))


def test_check_is_as_the_app_manual_prints_it(camera):
    camera.walk(entered=4, left=3)
    assert camera.caller.json(f"{BASE}/search/objectcounting/check?channel=0&index=1") == {
        "objectCountingLive": [
            {
                "channel": 0,
                "countingRules": [
                    {
                        "index": 1,
                        "lines": [
                            {
                                "index": 1,
                                "directionBasedResult": [
                                    {"direction": "IN", "count": 4},
                                    {"direction": "OUT", "count": 3},
                                ],
                            }
                        ],
                    }
                ],
            }
        ]
    }


def test_it_answers_json_without_being_asked(camera):
    assert camera.caller.get(f"{BASE}/search/objectcounting/check").content_type == "application/json"


def test_an_omitted_index_means_rule_1_and_not_all_rules():
    camera = CameraUnderTest(plan(firmware=AI, lines=SECOND_RULE))
    camera.walk(entered=2)

    def rules(query):
        live = camera.caller.json(f"{BASE}/search/objectcounting/check?channel=0{query}")["objectCountingLive"]
        return [(rule["index"], len(rule["lines"])) for rule in live[0]["countingRules"]]

    assert rules("") == [(1, 0)]
    assert rules("&index=2") == [(2, 2)]


def test_the_configuration_tells_which_rule_counts_people():
    camera = CameraUnderTest(plan(firmware=AI, lines=SECOND_RULE))
    configuration = camera.caller.json(f"{BASE}/configuration/objectcounting?channel=0")
    rules = configuration["objectCountingConfiguration"][0]["countingRules"]
    assert [(rule["index"], rule["objectType"]) for rule in rules] == [(1, "Vehicle"), (2, "Person")]
    assert [line["name"] for line in rules[1]["lines"]] == ["EastDoor", "WestDoor"]


def test_several_channels_can_be_asked_for_at_once():
    camera = CameraUnderTest(plan(firmware=AI, lines=TWO_CHANNELS))
    camera.walk(entered=5, channel=1)
    live = camera.caller.json(f"{BASE}/search/objectcounting/check?channel=0,1&index=1")["objectCountingLive"]
    counts = [rule["lines"][0]["directionBasedResult"][0]["count"] for one in live for rule in one["countingRules"]]
    assert counts == [0, 5]


def test_capability_and_services_are_told(camera):
    capability = camera.caller.json(f"{BASE}/configuration/capability")["capabilities"][0]
    assert capability["objectcounting"] is True
    assert "apiVersion" in camera.caller.json(f"{BASE}/configuration/getservices")


@pytest.mark.parametrize(
    "target", ["check?channel=7", "check?channel=x", "check?index=x", "check?index=9", "?channel=0", "nothing/results"]
)
def test_what_it_refuses_has_status_400_and_a_code(camera, target):
    response = camera.caller.get(f"{BASE}/search/objectcounting/{target}".replace("/?", "?"))
    assert response.status == 400
    answer = json.loads(response.body)
    assert answer["response"] == "Fail"
    assert answer["error"]["code"] in {603, 604}


def test_what_is_not_there_is_404(camera):
    assert camera.caller.get(f"{BASE}/search/nothing").status == 404


@pytest.mark.parametrize("method", ["DELETE", "PUT", "POST"])
def test_whatever_writes_is_refused_and_remembered(camera, method):
    target = f"{BASE}/configuration/objectcounting/data?channel=0"
    response = camera.caller.get(target, method=method)
    assert response.status == 400
    assert json.loads(response.body)["error"]["code"] == 609
    assert set(camera.front.count.forbidden) == {f"{method} {target}"}
