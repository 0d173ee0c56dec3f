from __future__ import annotations

import json

import pytest

from peoplecount.sunapi.answers import MalformedAnswer, Refusal
from peoplecount.sunapi.configuration import LineConfiguration, Spot
from peoplecount.sunapi.wiseai import parse_capability, parse_configuration, parse_counts

MANUAL = """{"objectCountingLive":[{"channel":0,"countingRules":[{"index":1,"lines":[
  {"index":1,"directionBasedResult":[
    {"direction":"IN","count":412,"genderAgeInfo":[{"gender":"Male","age":[{"ageType":"Adult","count":200}]}]},
    {"direction":"OUT","count":398}]}]}]}]}"""


def live(*lines: object, rule: object = 1, **element: object) -> str:
    return json.dumps({"objectCountingLive": [{**element, "countingRules": [{"index": rule, "lines": list(lines)}]}]})


def line(entered: object = 4, left: object = 5, index: object = 1, **names: str) -> dict[str, object]:
    directions = [names.get("entry", "IN"), names.get("exit", "OUT")]
    results = [{"direction": direction, "count": n} for direction, n in zip(directions, (entered, left), strict=True)]
    return {"index": index, "directionBasedResult": results}


def counts(body: str, asked: tuple[int, ...] = (0,), rule: int = 1) -> tuple[dict[str, tuple[int, int]], object]:
    parsed = parse_counts(body.encode(), asked, rule)
    found = {
        f"{line.spot.channel}-{line.spot.rule}-{line.spot.index}": (line.totals.in_total, line.totals.out_total)
        for line in parsed.lines
    }
    return found, parsed.problems


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (MANUAL, {"0-1-1": (412, 398)}),
        (live(line(), channel=0), {"0-1-1": (4, 5)}),
        (live(line(), line(6, 7, 2), channel=0), {"0-1-1": (4, 5), "0-1-2": (6, 7)}),
        (live(line()), {"0-1-1": (4, 5)}),
        (live(line("4", "5", "1"), channel="0"), {"0-1-1": (4, 5)}),
        (live(line(entry="in", exit="Out"), channel=0), {"0-1-1": (4, 5)}),
        (live(line(), channel=0, rule=None), {"0-1-1": (4, 5)}),
        (live(channel=0), {}),
        ('{"objectCountingLive":[]}', {}),
        ('{"objectCountingLive":[{"channel":0}]}', {}),
    ],
)
def test_variants_that_are_taken(body: str, found: dict[str, tuple[int, int]]) -> None:
    assert counts(body) == (found, ())


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (line(-1, index=2), "line 2 of channel 0: IN is not a count; the line is left out"),
        (line(4, 0.5, 2), "line 2 of channel 0: OUT is not a count; the line is left out"),
        (line(4, None, 2), "line 2 of channel 0: OUT is missing; the line is left out"),
        (line(index=2, exit="BOTH"), "line 2 of channel 0: OUT is missing; the line is left out"),
        ({"index": 2}, "line 2 of channel 0: IN is missing; the line is left out"),
        (line(index=0), "channel 0 has a line without a usable index; it is left out"),
        (line(9, 9, 1), "line 1 of channel 0 comes more than once; the first is taken"),
    ],
)
def test_a_line_that_cannot_be_used_is_left_out_and_the_others_are_kept(broken: object, problem: str) -> None:
    assert counts(live(line(), broken, channel=0)) == ({"0-1-1": (4, 5)}, (problem,))


def test_of_several_elements_one_without_a_channel_is_nobodys() -> None:
    elements = [
        json.loads(live(line(), channel=1))["objectCountingLive"][0],
        json.loads(live(line()))["objectCountingLive"][0],
    ]

    found, problems = counts(json.dumps({"objectCountingLive": elements}), asked=(0, 1))

    assert found == {"1-1-1": (4, 5)}
    assert problems == ("an element without a channel; it is left out",)


@pytest.mark.parametrize(
    "body", ["{}", '{"objectCountingLive":{}}', "a=b", "", "<html>", '{"objectCountingLive":[{"ch']
)
def test_what_is_no_count_is_refused(body: str) -> None:
    with pytest.raises(MalformedAnswer):
        parse_counts(body.encode(), (0,), 1)


def test_an_error_message_is_no_empty_count() -> None:
    with pytest.raises(Refusal, match="607 Unknown Error"):
        parse_counts(b'{"response":"Fail","error":{"code":607,"details":"Unknown Error"}}', (0,), 1)


def test_only_rules_that_count_people_are_taken() -> None:
    def rule(index: int, kind: str, *, enable: bool = True) -> dict[str, object]:
        lines = [{"index": 1, "name": f"{kind} door", "mode": "LeftToRightIn"}, {"name": "no index"}]
        return {"index": index, "enable": enable, "objectType": kind, "lines": lines}

    rules = [rule(1, "Vehicle"), rule(2, "person"), rule(3, "Forklift"), rule(4, "People", enable=False), {"index": 5}]
    body = json.dumps({"objectCountingConfiguration": [{"channel": 1, "countingRules": rules}]})

    (channel,) = parse_configuration(body.encode(), 1).channels

    assert (channel.channel, channel.enabled) == (1, True)
    assert channel.lines == (
        LineConfiguration(Spot(1, 2, 1), "person door", True, "LeftToRightIn"),
        LineConfiguration(Spot(1, 4, 1), "People door", False, "LeftToRightIn"),
    )


def test_a_channel_without_people_rules_counts_nothing() -> None:
    configuration = parse_configuration(b'{"objectCountingConfiguration":[{"channel":0,"countingRules":[]}]}', 0)

    assert configuration.counting_channels == ()


def test_a_people_rule_without_lines_counts_nothing() -> None:
    body = b'{"objectCountingConfiguration":[{"channel":0,"countingRules":[{"index":1,"objectType":"Person"}]}]}'

    assert parse_configuration(body, 0).counting_channels == ()


def test_the_channels_that_count_objects() -> None:
    body = (
        b'{"capabilities":[{"channel":1,"objectcounting":true},{"channel":0,"objectcounting":"True"},'
        b'{"channel":2,"objectcounting":false},{"channel":3}]}'
    )

    assert parse_capability(body) == (0, 1)
