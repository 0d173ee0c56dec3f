from __future__ import annotations

import json

import pytest

from peoplecount.domain.reading import Totals
from peoplecount.sunapi.answers import MalformedAnswer, Refusal
from peoplecount.sunapi.classic import parse_configuration, parse_counts
from peoplecount.sunapi.configuration import LineConfiguration, Spot

MANUAL_TEXT = (
    "Channel.0.LineIndex=1\r\n"
    "Channel.0.LineIndex.1.Name=EastDoor\r\n"
    "Channel.0.LineIndex.1.InCount=412\r\n"
    "Channel.0.LineIndex.1.OutCount=398\r\n"
    "Channel.0.LineIndex=2\r\n"
    "Channel.0.LineIndex.2.Name=WestDoor\r\n"
    "Channel.0.LineIndex.2.InCount=57\r\n"
    "Channel.0.LineIndex.2.OutCount=61\r\n"
)
MANUAL_JSON = """{"PeopleCount":[
  {"Lines":[
    {"LineIndex":1,"Name":"EastDoor","InCount":412,"OutCount":398},
    {"LineIndex":2,"Name":"WestDoor","InCount":57,"OutCount":61}]}]}"""

Found = dict[tuple[int, int], tuple[str, int, int]]
BOTH: Found = {(0, 1): ("EastDoor", 412, 398), (0, 2): ("WestDoor", 57, 61)}


def counts(body: str | bytes, asked: int | None = None) -> tuple[Found, tuple[str, ...]]:
    live = parse_counts(body if isinstance(body, bytes) else body.encode(), asked)
    found = {
        (line.spot.channel, line.spot.index): (line.name, line.totals.in_total, line.totals.out_total)
        for line in live.lines
    }
    assert {line.spot.channel for line in live.lines} <= live.channels
    return found, live.problems


def of_lines(*lines: object, **element: object) -> str:
    return json.dumps({"PeopleCount": [{**element, "Lines": list(lines)}]})


def line(**fields: object) -> dict[str, object]:
    return {"LineIndex": 1, "Name": "East", "InCount": 4, "OutCount": 5} | fields


EAST: Found = {(0, 1): ("East", 4, 5)}


@pytest.mark.parametrize(
    ("body", "asked", "found"),
    [
        pytest.param(MANUAL_TEXT, None, BOTH, id="text of the manual"),
        pytest.param(MANUAL_TEXT.replace("\r\n", "\n"), None, BOTH, id="LF"),
        pytest.param(MANUAL_TEXT.replace("\r\n", "\r"), None, BOTH, id="CR"),
        pytest.param(MANUAL_TEXT.replace("=", " = "), None, BOTH, id="blanks around the sign"),
        pytest.param("\ufeff" + MANUAL_TEXT, None, BOTH, id="byte order mark"),
        pytest.param("\r\n".join(reversed(MANUAL_TEXT.split("\r\n"))), None, BOTH, id="any order"),
        pytest.param(MANUAL_TEXT + "Channel.0.Weather=fine\r\nHello=1\r\n", None, BOTH, id="unknown keys"),
        pytest.param(MANUAL_TEXT.replace("LineIndex.", "Line."), None, BOTH, id="Line for LineIndex"),
        pytest.param(
            "Channel.1.LineIndex.1.InCount=4\nChannel.1.LineIndex.1.OutCount=5\nChannel.1.LineIndex.1.Name=a=b: c",
            None,
            {(1, 1): ("a=b: c", 4, 5)},
            id="signs in a name",
        ),
        pytest.param(
            "Channel.0.LineIndex.1.InCount=4\nChannel.0.LineIndex.1.OutCount=5",
            None,
            {(0, 1): ("", 4, 5)},
            id="no name",
        ),
        pytest.param(MANUAL_JSON, None, BOTH, id="JSON of the manual"),
        pytest.param(MANUAL_JSON.replace("InCount", "incount"), None, BOTH, id="case of keys"),
        pytest.param(of_lines(line()), 3, {(3, 1): ("East", 4, 5)}, id="no channel: the one asked for"),
        pytest.param(of_lines(line(), Channel=2), 3, {(2, 1): ("East", 4, 5)}, id="its own channel wins"),
        pytest.param(of_lines(line(), Channel="2"), None, {(2, 1): ("East", 4, 5)}, id="channel as a string"),
        pytest.param(of_lines(line(InCount="4", OutCount=" 5")), None, EAST, id="counts as strings"),
        pytest.param(of_lines(line(InCount=4.0)), None, EAST, id="counts as whole floats"),
        pytest.param(of_lines({"Line": "1", "Name": "East", "InCount": 4, "OutCount": 5}), None, EAST, id="Line"),
        pytest.param(of_lines(line(Age={"x": [1]})), None, EAST, id="unknown members"),
        pytest.param(of_lines(line(Name=None)), None, {(0, 1): ("", 4, 5)}, id="no name in JSON"),
        pytest.param(of_lines(line(InCount=0, OutCount=0)), None, {(0, 1): ("East", 0, 0)}, id="zero is a count"),
        pytest.param('{"PeopleCount":[]}', None, {}, id="nothing"),
        pytest.param('{"PeopleCount":[{"Channel":0}]}', None, {}, id="no lines"),
        pytest.param('{"PeopleCount":[{"Channel":0,"Lines":[]}]}', None, {}, id="empty lines"),
        pytest.param(
            json.dumps({"PeopleCount": [{"Lines": [line()]}, {"Lines": [line(InCount=6)]}]}),
            None,
            {(0, 1): ("East", 4, 5), (1, 1): ("East", 6, 5)},
            id="position is the channel",
        ),
    ],
)
def test_variants_that_are_taken(body: str, asked: int | None, found: Found) -> None:
    assert counts(body, asked) == (found, ())


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        ({"OutCount": None}, "line 2 of channel 0: OutCount is missing; the line is left out"),
        ({"InCount": -1}, "line 2 of channel 0: InCount is not a count; the line is left out"),
        ({"InCount": 1.5}, "line 2 of channel 0: InCount is not a count; the line is left out"),
        ({"InCount": "many"}, "line 2 of channel 0: InCount is not a count; the line is left out"),
        ({"InCount": 10_000_001}, "line 2 of channel 0: InCount is not a count; the line is left out"),
        ({"InCount": True}, "line 2 of channel 0: InCount is not a count; the line is left out"),
        ({"LineIndex": 0}, "channel 0 has a line without a usable LineIndex; it is left out"),
        ({"LineIndex": None}, "channel 0 has a line without a usable LineIndex; it is left out"),
        ({"LineIndex": 4000}, "channel 0 has a line without a usable LineIndex; it is left out"),
        ({"LineIndex": 1, "InCount": 9}, "line 1 of channel 0 comes more than once; the first is taken"),
    ],
)
def test_a_line_that_cannot_be_used_is_left_out_and_the_others_are_kept(
    broken: dict[str, object], problem: str
) -> None:
    assert counts(of_lines(line(), line(LineIndex=2) | broken)) == (EAST, (problem,))


@pytest.mark.parametrize(
    ("body", "found", "problem"),
    [
        (
            MANUAL_TEXT[: MANUAL_TEXT.rindex("Channel")],
            {(0, 1): ("EastDoor", 412, 398)},
            "line 2 of channel 0: OutCount is missing; the line is left out",
        ),
        (
            MANUAL_TEXT + "Channel.0.LineIndex.2.InCount=99\r\n",
            BOTH,
            "Channel.0.LineIndex.2.InCount comes more than once; the first is taken",
        ),
        (
            MANUAL_TEXT + "Channel.0.LineIndex.0.InCount=99\r\n",
            BOTH,
            "channel 0 has a line without a usable LineIndex; it is left out",
        ),
    ],
)
def test_the_same_in_text(body: str, found: Found, problem: str) -> None:
    assert counts(body) == (found, (problem,))


def test_strange_elements_are_left_out() -> None:
    body = json.dumps({"PeopleCount": [17, {"Channel": 999, "Lines": [line()]}, {"Channel": 0, "Lines": [5, line()]}]})

    found, problems = counts(body)

    assert found == EAST
    assert problems == (
        "element 0 of PeopleCount is no object; it is left out",
        "element 1 of PeopleCount has an impossible channel; it is left out",
    )


@pytest.mark.parametrize(
    "body", ['{"Hello":1}', '{"PeopleCount":{"Lines":[]}}', "Hello=1", "InCount=5", "<html>", "", '{"PeopleCount":[{']
)
def test_what_is_no_count_is_refused(body: str) -> None:
    with pytest.raises(MalformedAnswer):
        parse_counts(body.encode())


def test_an_error_message_is_no_empty_count() -> None:
    with pytest.raises(Refusal):
        parse_counts(b"NG\r\nError Code: 608\r\nError Details: \r\nNot Supported")


CONFIGURATION_TEXT = (
    "Channel.0.MasterName=PeopleCount-Master\r\nChannel.0.Enable=True\r\nChannel.0.CameraHeight=310\r\n"
    "Channel.0.Line.1.Name=EastDoor\r\nChannel.0.Line.1.Enable=True\r\nChannel.0.Line.1.Mode=LeftToRightIn\r\n"
    "Channel.0.Line.1.Coordinate=400,1000,1600,1010\r\n"
    "Channel.0.Line.2.Name=\r\nChannel.0.Line.2.Enable=False\r\nChannel.0.Line.2.Mode=RightToLeftIn\r\n"
)
CONFIGURATION_JSON = """{"PeopleCount":[{"Channel":0,"MasterName":"PeopleCount-Master","Enable":true,
  "Lines":[{"Line":1,"Mode":"LeftToRightIn","Name":"EastDoor","Enable":true,"Coordinates":[{"x":400,"y":1000}]},
           {"Line":2,"Mode":"RightToLeftIn","Name":"","Enable":"False"}],
  "Areas":[{"Area":1,"Type":"Outside"}]}]}"""


@pytest.mark.parametrize("body", [CONFIGURATION_TEXT, CONFIGURATION_JSON])
def test_the_configuration_of_the_manual_in_both_forms(body: str) -> None:
    configuration = parse_configuration(body.encode())

    (channel,) = configuration.channels
    assert (channel.channel, channel.enabled, channel.master_name) == (0, True, "PeopleCount-Master")
    assert channel.lines == (
        LineConfiguration(Spot(0, 1, 1), "EastDoor", True, "LeftToRightIn"),
        LineConfiguration(Spot(0, 1, 2), "", False, "RightToLeftIn"),
    )
    assert configuration.counting_channels == (0,)
    assert [configuration.counts(Spot(0, 1, index)) for index in (1, 2, 3)] == [True, False, False]
    assert not configuration.counts(Spot(1, 1, 1))


def test_a_channel_that_is_switched_off_counts_nothing() -> None:
    configuration = parse_configuration(
        CONFIGURATION_TEXT.replace("Channel.0.Enable=True", "Channel.0.Enable=False").encode()
    )

    assert configuration.counting_channels == ()
    assert not configuration.counts(Spot(0, 1, 1))


def test_what_the_configuration_leaves_open_is_taken_for_switched_on() -> None:
    configuration = parse_configuration(b'{"PeopleCount":[{"Lines":[{"Line":1}]}]}', asked=2)

    assert configuration.counting_channels == (2,)
    assert configuration.channels[0].master_name == "PeopleCount-Master"
    assert configuration.counts(Spot(2, 1, 1))


def test_totals_are_kept_as_they_are() -> None:
    assert parse_counts(MANUAL_JSON.encode()).lines[0].totals == Totals(412, 398)


def test_a_camera_does_not_choose_how_many_lines_are_counted() -> None:
    lines = [{"LineIndex": index, "InCount": 1, "OutCount": 1} for index in range(1, 201)]
    body = json.dumps({"PeopleCount": [{"Channel": 0, "Lines": lines}, {"Channel": 1, "Lines": lines}]}).encode()

    counted, configured = parse_counts(body), parse_configuration(body)

    assert len(counted.lines) == len(list(configured.lines())) == 256
    assert counted.problems == configured.problems
    assert counted.problems == ("there are 400 lines; the first 256 are taken, the others are left out",)


def test_channels_that_no_device_has_are_left_out_of_text_too() -> None:
    body = (
        b"Channel.0.LineIndex.1.InCount=1\r\nChannel.0.LineIndex.1.OutCount=2\r\nChannel.256.LineIndex.1.InCount=3\r\n"
    )

    assert parse_counts(body).channels == {0}
