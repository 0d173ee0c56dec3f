"""What cameras and their manuals have been seen to say, in all its variants: each is parsed, or refused with a reason.

The names of the cases are those of the list that a collector has to stand: kinds of bodies, text, JSON, lines, counts,
history, errors. Challenges and multipart streams have tables of their own.
"""

from __future__ import annotations

import json
from datetime import date

import pytest

from peoplecount.domain.day_history import DayHours
from peoplecount.domain.reading import Totals
from peoplecount.sunapi import classic, wiseai
from peoplecount.sunapi.answers import MalformedAnswer, Refusal, parse_answer
from peoplecount.sunapi.camera_clock import parse_date
from peoplecount.sunapi.classic_history import ClassicSearch
from peoplecount.sunapi.configuration import LiveCounts, Spot
from peoplecount.sunapi.search import parse_completed, parse_token
from peoplecount.sunapi.wiseai_history import WiseAiSearch

DAY = date(2024, 5, 13)
EAST, WEST = Spot(0, 1, 1), Spot(0, 1, 2)
BOTH = {EAST: Totals(412, 398), WEST: Totals(57, 61)}
ONLY_WEST = {WEST: Totals(57, 61)}


def totals(counts: LiveCounts) -> dict[Spot, Totals]:
    return {line.spot: line.totals for line in counts.lines}


def as_json(*lines: dict[str, object], **channel: object) -> str:
    return json.dumps({"PeopleCount": [{**channel, "Lines": list(lines)}]})


def line(index: object, entered: object, left: object, **more: object) -> dict[str, object]:
    return {"LineIndex": index, "InCount": entered, "OutCount": left, **more}


MANUAL_TEXT = (
    "Channel.0.LineIndex=1\r\nChannel.0.LineIndex.1.Name=EastDoor\r\nChannel.0.LineIndex.1.InCount=412\r\n"
    "Channel.0.LineIndex.1.OutCount=398\r\nChannel.0.LineIndex=2\r\nChannel.0.LineIndex.2.Name=WestDoor\r\n"
    "Channel.0.LineIndex.2.InCount=57\r\nChannel.0.LineIndex.2.OutCount=61\r\n"
)
EAST_LINE, WEST_LINE = line(1, 412, 398, Name="EastDoor"), line(2, 57, 61, Name="WestDoor")

COUNTS: dict[str, tuple[str | bytes, dict[Spot, Totals]]] = {
    # 1, 2: kinds of bodies, and text
    "text with CRLF, leaf-and-prefix keys and repeated keys": (MANUAL_TEXT, BOTH),
    "text with LF": (MANUAL_TEXT.replace("\r\n", "\n"), BOTH),
    "text with CR": (MANUAL_TEXT.replace("\r\n", "\r"), BOTH),
    "text with blanks around the sign": (MANUAL_TEXT.replace("=", " = "), BOTH),
    "text in another order": ("\r\n".join(reversed(MANUAL_TEXT.strip().split("\r\n"))), BOTH),
    "text with keys nobody knows": ("Total=3\r\nChannel.0.Zone.1.InCount=9\r\n" + MANUAL_TEXT, BOTH),
    "text with an equals sign and NG in a name": (MANUAL_TEXT.replace("EastDoor", "PARKING=NG"), BOTH),
    "text with blank lines in front": ("\r\n\r\n" + MANUAL_TEXT, BOTH),
    "text with a byte order mark": (b"\xef\xbb\xbf" + MANUAL_TEXT.encode(), BOTH),
    "text in Latin-1": (MANUAL_TEXT.replace("EastDoor", "Türe").encode("latin-1"), BOTH),
    "text that names lines as Line": (MANUAL_TEXT.replace("LineIndex.", "Line."), BOTH),
    # 3: JSON
    "JSON without Channel, as in the manuals": (as_json(EAST_LINE, WEST_LINE), BOTH),
    "JSON with Channel": (as_json(EAST_LINE, WEST_LINE, Channel=0), BOTH),
    "JSON with Channel as text": (as_json(EAST_LINE, WEST_LINE, Channel="0"), BOTH),
    "JSON with a byte order mark": (b"\xef\xbb\xbf" + as_json(EAST_LINE, WEST_LINE).encode(), BOTH),
    "JSON with numbers as text": (as_json(line("1", "412", " 398 "), line("2", "57", "61")), BOTH),
    "JSON with numbers that end in .0": (as_json(line(1, 412.0, 398.0), line(2, 57, 61)), BOTH),
    "JSON with members nobody knows": (as_json({**EAST_LINE, "AI": {"a": [1]}}, WEST_LINE, More=None), BOTH),
    "JSON in another case": (as_json(EAST_LINE, WEST_LINE).lower(), BOTH),
    "JSON whose lines are called Line": (as_json(EAST_LINE, WEST_LINE).replace("LineIndex", "Line"), BOTH),
    "JSON without Lines": ('{"PeopleCount":[{"Channel":0}]}', {}),
    "JSON with no lines": ('{"PeopleCount":[{"Channel":0,"Lines":[]}]}', {}),
    "JSON with no channels": ('{"PeopleCount":[]}', {}),
    "JSON with Lines that are none": ('{"PeopleCount":[{"Lines":"none"}]}', {}),
    # 4, 5: lines and counts; what cannot be used is left out, never 0
    "InCount without OutCount": (as_json({"LineIndex": 1, "InCount": 412}, WEST_LINE), ONLY_WEST),
    "OutCount without InCount": (as_json({"LineIndex": 1, "OutCount": 412}, WEST_LINE), ONLY_WEST),
    "half a line in text": (MANUAL_TEXT.replace("Channel.0.LineIndex.1.OutCount=398\r\n", ""), ONLY_WEST),
    "a negative count": (as_json(line(1, -1, 398), WEST_LINE), ONLY_WEST),
    "a fractional count": (as_json(line(1, 412.5, 398), WEST_LINE), ONLY_WEST),
    "a count beyond ten million": (as_json(line(1, 10_000_001, 398), WEST_LINE), ONLY_WEST),
    "a count that is empty": (as_json(line(1, "", 398), WEST_LINE), ONLY_WEST),
    "a count that is a word": (as_json(line(1, "many", 398), WEST_LINE), ONLY_WEST),
    "a count that is null": (as_json(line(1, None, 398), WEST_LINE), ONLY_WEST),
    "a count that is true": (as_json(line(1, True, 398), WEST_LINE), ONLY_WEST),
    "a count that is a list": (as_json(line(1, [412], 398), WEST_LINE), ONLY_WEST),
    "a count too small for a number of the machine": (
        as_json(line(1, 412, 398), WEST_LINE).replace("412", "1e-400"),
        ONLY_WEST,
    ),
    "a count too large for one": (as_json(line(1, 412, 398), WEST_LINE).replace("412", "1e400"), ONLY_WEST),
    "an empty count in text": (MANUAL_TEXT.replace("InCount=412", "InCount="), ONLY_WEST),
    "a line without an index": (as_json({"InCount": 412, "OutCount": 398}, WEST_LINE), ONLY_WEST),
    "a line that is no object": (
        '{"PeopleCount":[{"Lines":[7,{"LineIndex":2,"InCount":57,"OutCount":61}]}]}',
        ONLY_WEST,
    ),
    "a line that comes twice": (as_json(EAST_LINE, line(1, 1, 1), WEST_LINE), BOTH),
    "counts that are said to be zero": (as_json(line(1, 0, "0")), {EAST: Totals(0, 0)}),
}


@pytest.mark.parametrize("variant", COUNTS)
def test_counts(variant: str) -> None:
    body, expected = COUNTS[variant]
    counts = classic.parse_counts(body.encode() if isinstance(body, str) else body)

    assert totals(counts) == expected
    if expected == ONLY_WEST and variant != "a line that is no object":
        assert counts.problems


def test_several_channels_are_those_they_name_or_those_of_their_place() -> None:
    elements = [{"Lines": [line(1, 1, 2)]}, {"Lines": [line(1, 3, 4)]}]
    by_place = classic.parse_counts(json.dumps({"PeopleCount": elements}).encode())
    named = [{"Channel": 3, **elements[0]}, {"Channel": 1, **elements[1]}]
    by_name = classic.parse_counts(json.dumps({"PeopleCount": named}).encode())

    assert totals(by_place) == {Spot(0, 1, 1): Totals(1, 2), Spot(1, 1, 1): Totals(3, 4)}
    assert totals(by_name) == {Spot(3, 1, 1): Totals(1, 2), Spot(1, 1, 1): Totals(3, 4)}


def test_the_only_element_is_of_the_channel_that_was_asked_for() -> None:
    counts = classic.parse_counts(as_json(line(1, 1, 2)).encode(), asked=2)

    assert totals(counts) == {Spot(2, 1, 1): Totals(1, 2)}


NOT_VALUES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "an empty body"),
    "blanks": (b" \r\n ", "an empty body"),
    "an HTML error page": (b"<html><body>401 - Unauthorized</body></html>", "a page came instead of values"),
    "XML": (b'<?xml version="1.0"?><a/>', "a page came instead of values"),
    "success instead of values": (b"OK\r\n", "neither JSON nor lines"),
    "words": (b"Service Unavailable", "neither JSON nor lines"),
    "JSON that is cut off": (b'{"PeopleCount":[{"Lines":[{"LineIn', "broken or cut-off JSON"),
    "JSON that is a list": (b"[1, 2]", "a JSON object was expected"),
    "JSON without end": (b"[" * 200_000, "broken or cut-off JSON"),
    "JSON of something else": (b'{"Response":"Success"}', "no list PeopleCount"),
    "PeopleCount that is no list": (b'{"PeopleCount":{"Lines":[]}}', "no list PeopleCount"),
    "bytes": (bytes(range(128, 256)), "neither JSON nor lines"),
}


@pytest.mark.parametrize("variant", NOT_VALUES)
def test_what_is_no_answer_is_refused_with_a_reason(variant: str) -> None:
    body, reason = NOT_VALUES[variant]
    with pytest.raises(MalformedAnswer, match=reason):
        classic.parse_counts(body)


# 7: error bodies
REFUSALS: dict[str, tuple[str, int, str]] = {
    "text, details on the next line": (
        "NG\r\nError Code: 604\r\nError Details:\r\nInvalid Input\r\n",
        604,
        "Invalid Input",
    ),
    "text, details on the same line": ("NG\nError Code: 604\nError Details: Invalid Input\n", 604, "Invalid Input"),
    "text without details": ("NG\r\nError Code: 608\r\n", 608, ""),
    "text without a code": ("NG\r\n", 0, ""),
    "text with blanks around": (" NG \r\n error code :604\r\n".replace(" error", "error"), 604, ""),
    "JSON": ('{"Response":"Fail","Error":{"Code":604,"Details":"Invalid Input "}}', 604, "Invalid Input"),
    "JSON of WiseAI": (
        '{"response":"Fail","error":{"code":607,"details":"Unknown Error","reason":"x"}}',
        607,
        "Unknown Error",
    ),
    "JSON with the code as text": ('{"Response":"Fail","Error":{"Code":"608","Details":""}}', 608, ""),
    "JSON with more": ('{"Response":"Fail","Error":{"Code":600,"Details":"D","OpenSDKError":3}}', 600, "D"),
    "JSON without a reason": ('{"Response":"Fail"}', 0, ""),
    "JSON with a reason that is a word": ('{"Response":"FAIL","Error":"no"}', 0, ""),
}


@pytest.mark.parametrize("variant", REFUSALS)
def test_error_bodies_are_told_from_answers(variant: str) -> None:
    body, code, details = REFUSALS[variant]
    with pytest.raises(Refusal) as caught:
        parse_answer(body.encode())

    assert (caught.value.code, caught.value.details) == (code, details)


# 6: history
IN = [0, 0, 0, 0, 0, 0, 3, 21, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
OUT = [0, 0, 0, 0, 0, 0, 1, 9, 40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]


def csv(values: list[int]) -> str:
    return ",".join(map(str, values))


def history(
    into: object = None,
    out: object = None,
    *,
    name: str = "East",
    interval: object = "Hourly",
    directions: tuple[str, str] = ("In", "Out"),
    leave_out: bool = False,
) -> bytes:
    results = [{"Direction": directions[0], "Result": csv(IN) if into is None else into}]
    if not leave_out:
        results.append({"Direction": directions[1], "Result": csv(OUT) if out is None else out})
    element = {"Camera": "PeopleCount-Master", "LineResults": [{"Line": name, "DirectionResults": results}]}
    return json.dumps({"ResultInterval": interval, "PeopleCountSearchResults": [element]}).encode()


TEXT_HISTORY = (
    f"ResultInterval = Hourly\r\nCamera.PeopleCount-Master.Line.East.Direction.In.Result = {csv(IN)}\r\n"
    f"Camera.PeopleCount-Master.Line.East.Direction.Out.Result = {csv(OUT)}\r\n"
).encode()

HOURS = DayHours(DAY, tuple(IN), tuple(OUT))

HISTORIES: dict[str, tuple[bytes, DayHours | str]] = {
    "comma-separated text": (history(), HOURS),
    "text answer with blanks around the sign": (TEXT_HISTORY, HOURS),
    "a list of texts": (history(list(map(str, IN)), list(map(str, OUT))), HOURS),
    "a list of numbers": (history(IN, OUT), HOURS),
    "blanks between the values": (history(csv(IN).replace(",", " , ")), HOURS),
    "a comma at the end": (history(csv(IN) + ","), HOURS),
    "directions in capitals": (history(directions=("IN", "OUT")), HOURS),
    "directions in small letters": (history(directions=("in", "out")), HOURS),
    "the line's name with blanks around": (history(name=" East "), HOURS),
    "the line's name in other case": (history(name="EAST"), HOURS),
    "fewer values": (history(IN[:9], OUT[:9]), DayHours(DAY, tuple(IN[:9]), tuple(OUT[:9]))),
    "more values with nobody in them": (history([*IN, 0], [*OUT, 0]), HOURS),
    "more values with somebody in them": (history([*IN, 7]), "not the counts of a day's hours"),
    "a value that is a word": (history(csv(IN).replace("64", "many")), "not the counts of a day's hours"),
    "a value that is missing": (history(csv(IN).replace("64", "")), "not the counts of a day's hours"),
    "a negative value": (history([*IN[:8], -64, *IN[9:]]), "not the counts of a day's hours"),
    "a fractional value": (history([*IN[:8], 6.4, *IN[9:]]), "not the counts of a day's hours"),
    "a missing direction": (history(leave_out=True), "no figures for OUT"),
    "another line": (history(name="West"), "does not have the line"),
    "Daily": (history(interval="Daily"), "where Hourly is expected"),
    "Weekly": (history(interval="Weekly"), "where Hourly is expected"),
    "an interval without a name": (history(interval=None), "where Hourly is expected"),
}


@pytest.mark.parametrize("variant", HISTORIES)
def test_history(variant: str) -> None:
    body, expected = HISTORIES[variant]
    found = ClassicSearch(0, DAY, "PeopleCount-Master", {EAST: "East"}, frozenset({"East"})).parse(body)

    if isinstance(expected, DayHours):
        assert found.hours == {EAST: expected}
    else:
        assert expected in found.missing[EAST]


@pytest.mark.parametrize(
    ("body", "token"),
    [
        (b'{"SearchToken":"abc-1"}', "abc-1"),
        (b'{"SearchToken":" abc-1"}', "abc-1"),
        (b"SearchToken=abc-1\r\n", "abc-1"),
        (b"SearchToken = abc-1", "abc-1"),
        (b'{"searchToken":"abc-1"}', "abc-1"),
    ],
)
def test_tokens_with_and_without_the_blank_of_the_manual(body: bytes, token: str) -> None:
    assert parse_token(body) == token


@pytest.mark.parametrize("body", [b'{"SearchToken":""}', b"OK", b'{"SearchToken":null}', b"{}"])
def test_no_token_is_said(body: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        parse_token(body)


@pytest.mark.parametrize(
    ("body", "completed"),
    [
        (b'{"Status":"Completed"}', True),
        (b'{"Status":"NotCompleted"}', False),
        (b"Status=Completed\r\n", True),
        (b'{"status":"completed"}', True),
    ],
)
def test_how_far_a_search_is(body: bytes, completed: bool) -> None:
    assert parse_completed(body) is completed


# The other interface, and the clock
WISEAI_LIVE = {
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
                                {"direction": "IN", "count": 412, "genderAgeInfo": [{"gender": "Male", "age": []}]},
                                {"direction": "OUT", "count": 398},
                            ],
                        }
                    ],
                }
            ],
        }
    ]
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], {EAST: Totals(412, 398)}),
        ([('"channel": 0', '"channel": "0"')], {EAST: Totals(412, 398)}),
        ([("412", '"412"')], {EAST: Totals(412, 398)}),
        ([('"IN"', '"in"'), ('"OUT"', '"Out"')], {EAST: Totals(412, 398)}),
        ([('"IN"', '"UP"')], {}),
        ([("398", "-398")], {}),
        ([("398", "null")], {}),
    ],
)
def test_wiseai_counts(changes: list[tuple[str, str]], expected: dict[Spot, Totals]) -> None:
    body = json.dumps(WISEAI_LIVE)
    for old, new in changes:
        body = body.replace(old, new)

    assert totals(wiseai.parse_counts(body.encode(), (0,), 1)) == expected


def test_wiseai_history_is_a_list_of_numbers() -> None:
    directions = [{"direction": "IN", "result": IN}, {"direction": "OUT", "result": OUT}]
    lines = [{"index": 1, "directionBasedResult": directions}]
    body = {"resultInterval": "Hourly", "countingRules": [{"index": 1, "lineBasedResults": lines}]}

    assert WiseAiSearch(0, 1, DAY, (EAST,)).parse(json.dumps(body).encode()).hours == {EAST: HOURS}


@pytest.mark.parametrize(
    "body",
    [
        b"LocalTime=2024-05-14 09:31:07\r\nUTCTime=2024-05-14 07:31:07\r\nSyncType=NTP\r\nDSTEnable=True\r\n",
        b'{"LocalTime":"2024-05-14 09:31:07","UTCTime":"2024-05-14 07:31:07","NTPURLList":["a","b"]}',
        b'{"LocalTime":" 2024-05-14 09:31:07 ","UTCTime":"2024-05-14 07:31:07","NTPURLList":"a"}',
    ],
)
def test_the_clock_as_text_and_as_json(body: bytes) -> None:
    assert (parse_date(body).local_time.hour, parse_date(body).utc_time.hour) == (9, 7)


@pytest.mark.parametrize(
    "body", [b"UTCTime=2024-05-14 09:31:07", b'{"LocalTime":"soon","UTCTime":"2024-05-14 07:31:07"}', b"OK"]
)
def test_half_a_clock_is_none(body: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        parse_date(body)
