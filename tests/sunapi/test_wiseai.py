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


@pytest.mark.parametrize("huge", [256, 10**30, 1e300, "999999999999999999"])
def test_a_number_far_above_what_devices_have_is_a_fault_of_the_answer(huge: object) -> None:
    kept = {"0-1-1": (4, 5)}
    no_line = "channel 0 has a line without a usable index; it is left out"
    no_rule = "channel 0 has a rule without a usable index; it is left out"

    assert counts(live(line(), line(index=huge), channel=0)) == (kept, (no_line,))
    assert counts(live(line(), channel=0, rule=huge)) == ({}, (no_rule,))
    assert counts(live(line(), channel=huge)) == ({}, ("an element without a usable channel; it is left out",))


def test_the_largest_numbers_that_are_taken() -> None:
    assert counts(live(line(index=255), channel=255, rule=255)) == ({"255-255-255": (4, 5)}, ())


def test_a_camera_does_not_choose_how_many_lines_are_counted() -> None:
    rules = [{"index": rule, "lines": [line(index=index) for index in range(1, 101)]} for rule in range(1, 6)]
    body = json.dumps({"objectCountingLive": [{"channel": 0, "countingRules": rules}]})

    found, problems = counts(body)

    assert len(found) == 256
    assert list(found)[-1] == "0-3-56"
    assert problems == ("there are 500 lines; the first 256 are taken, the others are left out",)


def test_a_thousand_faults_are_told_in_a_few_words() -> None:
    found, problems = counts(live(line(), *[line(index=0)] * 1000, channel=0))

    assert found == {"0-1-1": (4, 5)}
    assert isinstance(problems, tuple)
    assert len(problems) == 21
    assert problems[-1] == "and 980 more"


def test_of_several_elements_one_without_a_channel_is_nobodys() -> None:
    elements = [
        json.loads(live(line(), channel=1))["objectCountingLive"][0],
        json.loads(live(line()))["objectCountingLive"][0],
    ]

    found, problems = counts(json.dumps({"objectCountingLive": elements}), asked=(0, 1))

    assert found == {"1-1-1": (4, 5)}
    assert problems == ("an element without a usable channel; it is left out",)


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


def configured(channel: object = 0, rule: object = 1, lines: tuple[object, ...] = (1,)) -> bytes:
    rules = [{"index": rule, "objectType": "Person", "lines": [{"index": index} for index in lines]}]
    return json.dumps({"objectCountingConfiguration": [{"channel": channel, "countingRules": rules}]}).encode()


@pytest.mark.parametrize("huge", [256, 10**30, 1e300, "999999999999999999"])
def test_lines_with_numbers_that_no_device_has_are_not_configured(huge: object) -> None:
    sound = parse_configuration(configured(lines=(1, huge)), 0)
    strange_rule = parse_configuration(configured(rule=huge), 0)
    strange_channel = parse_configuration(configured(channel=huge), 0)

    assert [line.spot for line in sound.lines()] == [Spot(0, 1, 1)]
    assert sound.problems == ("channel 0 has a line without a usable index; it is left out",)
    assert strange_rule.counting_channels == strange_channel.counting_channels == ()
    assert strange_rule.problems == ("channel 0 has a rule without a usable index; it is left out",)
    assert strange_channel.problems == ("an element without a usable channel; it is left out",)


def test_channels_that_no_device_has_are_not_asked_for() -> None:
    body = b'{"capabilities":[{"channel":255,"objectcounting":true},{"channel":%d,"objectcounting":true}]}'

    assert parse_capability(body % 10**30) == (255,)


def test_a_camera_does_not_choose_how_many_lines_are_configured() -> None:
    rules = [
        {"index": rule, "objectType": "Person", "lines": [{"index": index} for index in range(1, 101)]}
        for rule in range(1, 6)
    ]
    elements = [{"channel": channel, "countingRules": rules} for channel in (0, 1)]

    configuration = parse_configuration(json.dumps({"objectCountingConfiguration": elements}).encode(), 0)

    assert len(list(configuration.lines())) == 256
    assert configuration.counting_channels == (0,)
    assert not configuration.counts(Spot(1, 1, 1))
    assert configuration.problems == ("there are 1000 lines; the first 256 are taken, the others are left out",)
