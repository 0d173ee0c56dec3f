from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

import pytest

from peoplecount.domain.day_history import DayHours
from peoplecount.sunapi.answers import MalformedAnswer, Refusal
from peoplecount.sunapi.classic_history import ClassicSearch, searches
from peoplecount.sunapi.configuration import ChannelConfiguration, CountingConfiguration, LineConfiguration, Spot
from peoplecount.sunapi.hourly_figures import Found

DAY = date(2024, 5, 13)
EAST, WEST, SPARE = Spot(0, 1, 1), Spot(0, 1, 2), Spot(0, 1, 3)

MANUAL_TEXT = (
    "ResultInterval = Hourly\r\n"
    "Camera.PeopleCount-Master.Line.EastDoor.Direction.In.Result = 0,0,3\r\n"
    "Camera.PeopleCount-Master.Line.EastDoor.Direction.Out.Result = 0,0,1\r\n"
    "Camera.PeopleCount-Master.Line.WestDoor.Direction.In.Result = 4,0,0\r\n"
    "Camera.PeopleCount-Master.Line.WestDoor.Direction.Out.Result = 5,0,0\r\n"
)
MANUAL_JSON = """{"ResultInterval":"Hourly","PeopleCountSearchResults":[
  {"Camera":"PeopleCount-Master","LineResults":[
    {"Line":"EastDoor","DirectionResults":[
      {"Direction":"In","Result":"0,0,3"},{"Direction":"Out","Result":"0,0,1"}]},
    {"Line":"WestDoor","DirectionResults":[
      {"Direction":"In","Result":"4,0,0"},{"Direction":"Out","Result":"5,0,0"}]}]}]}"""


def search(*names: str, others: Sequence[str] = (), master: str = "PeopleCount-Master") -> ClassicSearch:
    spots = dict(zip((EAST, WEST, SPARE), names, strict=False))
    return ClassicSearch(0, DAY, master, spots, frozenset((*names, *others)))


def result(*lines: tuple[str, str], camera: object = "PeopleCount-Master", interval: str = "Hourly") -> bytes:
    """JSON in which each line has its figures in both directions."""
    rows = [
        {"Line": name, "DirectionResults": [{"Direction": one, "Result": figures} for one in ("In", "Out")]}
        for name, figures in lines
    ]
    return json.dumps(
        {"ResultInterval": interval, "PeopleCountSearchResults": [{"Camera": camera, "LineResults": rows}]}
    ).encode()


def taken(found: Found) -> dict[Spot, tuple[int, ...]]:
    return {spot: hours.entered for spot, hours in found.hours.items()}


@pytest.mark.parametrize("body", [MANUAL_TEXT, MANUAL_JSON, MANUAL_TEXT.replace("\r\n", "\n").replace(" = ", "=")])
def test_both_forms_of_the_manual_are_read(body: str) -> None:
    assert search("EastDoor", "WestDoor").parse(body.encode()).hours == {
        EAST: DayHours(DAY, (0, 0, 3), (0, 0, 1)),
        WEST: DayHours(DAY, (4, 0, 0), (5, 0, 0)),
    }


def test_the_manuals_slip_that_gives_a_line_twice_leaves_neither_to_a_guess() -> None:
    slip = MANUAL_TEXT.replace("WestDoor.Direction.In", "EastDoor.Direction.In")
    found = search("EastDoor", "WestDoor").parse(slip.encode())
    assert found.hours == {}
    assert "more than once" in found.missing[EAST]
    assert "no figures for IN" in found.missing[WEST]


def test_names_are_matched_exactly_before_any_other_case() -> None:
    assert taken(search("door", "Door").parse(result(("Door", "1"), ("door", "2")))) == {EAST: (2,), WEST: (1,)}


def test_a_name_in_another_case_or_with_blanks_is_taken_where_only_one_line_can_be_meant() -> None:
    assert taken(search("EastDoor").parse(result((" EASTDOOR ", "1")))) == {EAST: (1,)}


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        (search("door", others=["DOOR"]), result(("Door", "1"))),
        (search("door", others=["Door"]), result(("Door", "1"))),
        (search("door"), result(("Door", "1"), ("DOOR", "2"))),
        (search("door"), result(("Gate", "1"))),
        (search("door"), result()),
    ],
)
def test_a_name_that_may_mean_another_line_is_left(wanted: ClassicSearch, answer: bytes) -> None:
    found = wanted.parse(answer)
    assert found.hours == {}
    assert found.missing == {EAST: "the camera's history does not have the line"}


def test_names_with_blanks_umlauts_and_dots_are_read_from_text() -> None:
    text = (
        "ResultInterval=Hourly\n"
        "camera.Master Süd.line.West-Süd total.Direction.IN.Result=1\n"
        "camera.Master Süd.line.West-Süd total.Direction.OUT.Result=2\n"
        "Camera.Master Süd.Line.a.Line.b.Direction.In.Result=3\n"
    )
    assert search("West-Süd total").parse(text.encode()).hours == {EAST: DayHours(DAY, (1,), (2,))}


def test_the_only_camera_of_an_answer_is_the_one_that_was_asked_whatever_it_is_called() -> None:
    assert taken(search("Door").parse(result(("Door", "1"), camera="MasterCamera"))) == {EAST: (1,)}
    assert taken(search("Door").parse(result(("Door", "1"), camera=None))) == {EAST: (1,)}


def test_of_several_cameras_the_master_is_taken() -> None:
    both = json.loads(result(("Door", "1"), camera="Slave"))
    both["PeopleCountSearchResults"] += json.loads(result(("Door", "2")))["PeopleCountSearchResults"]
    body = json.dumps(both).encode()

    assert taken(search("Door").parse(body)) == {EAST: (2,)}
    assert search("Door", master="Another").parse(body).hours == {}


def test_an_answer_by_days_is_of_no_use() -> None:
    found = search("Door").parse(result(("Door", ",".join(["1"] * 24)), interval="Daily"))
    assert "'Daily' where Hourly is expected" in found.missing[EAST]


@pytest.mark.parametrize("body", ["{}", '{"PeopleCountSearchResults":{}}', "[]", "<html>", "", "OK"])
def test_what_is_no_result_is_refused(body: str) -> None:
    with pytest.raises(MalformedAnswer):
        search("Door").parse(body.encode())


def test_an_error_of_the_camera_is_told() -> None:
    with pytest.raises(Refusal, match="604"):
        search("Door").parse(b"NG\r\nError Code: 604\r\nError Details:\r\nInvalid Input Value(s)")


def configuration(*names: str, channel: int = 0, master: str = "PeopleCount-Master") -> CountingConfiguration:
    lines = tuple(
        LineConfiguration(Spot(channel, 1, index), name, enabled=index < 3) for index, name in enumerate(names, 1)
    )
    return CountingConfiguration((ChannelConfiguration(channel, True, lines, master),))


def test_one_search_a_channel_asks_for_lines_by_name() -> None:
    listed = CountingConfiguration(
        configuration("East", "West").channels + configuration("North", channel=1, master="").channels
    )
    north = Spot(1, 1, 1)
    made = searches(listed, {EAST: "East", north: "North"}, DAY)

    assert made.missing == {}
    assert [one.starts()[0].target for one in made.searches] == [
        "/stw-cgi/recording.cgi?msubmenu=peoplecountsearch&action=control&Mode=Start&Channel=0"
        "&FromDate=2024-05-13T00:00:00Z&ToDate=2024-05-13T23:59:59Z"
        "&Camera.PeopleCount-Master.Line.East.Direction=In,Out",
        "/stw-cgi/recording.cgi?msubmenu=peoplecountsearch&action=control&Mode=Start&Channel=1"
        "&FromDate=2024-05-13T00:00:00Z&ToDate=2024-05-13T23:59:59Z"
        "&Camera.PeopleCount-Master.Line.North.Direction=In,Out",
    ]
    assert [one.spots for one in made.searches] == [(EAST,), (north,)]


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (("", "West"), "has no name"),
        (("A.B", "West"), "'A.B' cannot be searched for"),
        (("A&B", "West"), "cannot be searched for"),
        (("A=B", "West"), "cannot be searched for"),
        (("West", "West"), "two lines on the camera are named 'West'"),
        (("Spare", "West", "Spare"), "two lines on the camera are named 'Spare'"),
    ],
)
def test_a_line_whose_name_leaves_doubt_is_not_searched_for(names: tuple[str, ...], why: str) -> None:
    made = searches(configuration(*names), {EAST: names[0]}, DAY)
    assert made.searches == ()
    assert why in made.missing[EAST]


def test_a_doubtful_name_does_not_lose_the_other_lines() -> None:
    made = searches(configuration("", "West"), {EAST: "", WEST: "West"}, DAY)
    assert [one.spots for one in made.searches] == [(WEST,)]
    assert list(made.missing) == [EAST]


def test_lines_of_a_camera_that_lists_none_are_searched_for_by_the_names_in_their_counts() -> None:
    made = searches(CountingConfiguration((ChannelConfiguration(0, True, ()),)), {EAST: "East"}, DAY)
    assert "Camera.PeopleCount-Master.Line.East.Direction=In,Out" in made.searches[0].starts()[0].target
