from __future__ import annotations

import json
from datetime import date

import pytest

from peoplecount.domain.day_history import DayHours
from peoplecount.sunapi.answers import MalformedAnswer, Refusal
from peoplecount.sunapi.configuration import Spot
from peoplecount.sunapi.wiseai_history import WiseAiSearch, searches

DAY = date(2024, 5, 13)
LEFT, RIGHT = Spot(0, 2, 1), Spot(0, 2, 2)
BOTH = WiseAiSearch(0, 2, DAY, (LEFT, RIGHT))

MANUAL = """{"resultInterval":"Hourly","countingRules":[{"index":2,"lineBasedResults":[
  {"index":1,"directionBasedResult":[
    {"direction":"IN","result":[0,0,3]},{"direction":"OUT","result":[0,0,1]}]},
  {"index":2,"directionBasedResult":[
    {"direction":"In","result":["4","0","0"]},{"direction":"out","result":"5,0,0"}]}]}]}"""


def changed(**members: object) -> bytes:
    rule = json.loads(MANUAL)["countingRules"][0] | members
    return json.dumps({"resultInterval": "Hourly", "countingRules": [rule]}).encode()


def test_figures_are_read_by_rule_and_line_number() -> None:
    found = BOTH.parse(MANUAL.encode())
    assert found.hours == {LEFT: DayHours(DAY, (0, 0, 3), (0, 0, 1)), RIGHT: DayHours(DAY, (4, 0, 0), (5, 0, 0))}
    assert found.missing == {}


def test_another_rules_figures_are_not_taken() -> None:
    assert set(BOTH.parse(changed(index=1)).missing) == {LEFT, RIGHT}


def test_a_rule_without_a_number_is_the_one_asked_for_if_it_is_alone() -> None:
    assert len(BOTH.parse(changed(index=None)).hours) == 2
    two = {"resultInterval": "Hourly", "countingRules": 2 * json.loads(changed(index=None))["countingRules"]}
    assert BOTH.parse(json.dumps(two).encode()).hours == {}


def test_a_missing_line_or_interval_is_told() -> None:
    only_left = changed(lineBasedResults=json.loads(MANUAL)["countingRules"][0]["lineBasedResults"][:1])
    assert BOTH.parse(only_left).missing == {RIGHT: "the camera's history does not have the line"}
    monthly = MANUAL.replace("Hourly", "Monthly").encode()
    assert all("'Monthly' where Hourly" in reason for reason in BOTH.parse(monthly).missing.values())


@pytest.mark.parametrize("body", ["{}", '{"countingRules":7}', "status=Completed", "[]"])
def test_what_is_no_result_is_refused(body: str) -> None:
    with pytest.raises(MalformedAnswer):
        BOTH.parse(body.encode())


def test_an_error_of_the_app_is_told() -> None:
    with pytest.raises(Refusal, match="607"):
        BOTH.parse(b'{"response":"Fail","error":{"code":607,"details":"Unknown Error"}}')


def test_one_search_a_channel_and_rule_by_local_time_without_z() -> None:
    made = searches([Spot(1, 2, 1), RIGHT, LEFT, Spot(0, 3, 1)], DAY)
    dates = "&fromDate=2024-05-13T00:00:00&toDate=2024-05-13T23:59:59"
    assert [(one.starts()[0].target, one.spots) for one in made.searches] == [
        (f"/opensdk/WiseAI/search/objectcounting?channel=0&index=2{dates}", (LEFT, RIGHT)),
        (f"/opensdk/WiseAI/search/objectcounting?channel=0&index=3{dates}", (Spot(0, 3, 1),)),
        (f"/opensdk/WiseAI/search/objectcounting?channel=1&index=2{dates}", (Spot(1, 2, 1),)),
    ]
