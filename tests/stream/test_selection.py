"""What a client chooses."""

import pytest

from peoplecount.domain.event import EventKind
from peoplecount.stream.selection import EVERYTHING, Selection, Tags, Whereabouts, whereabouts

COUNT = Tags(EventKind.COUNT, "shop", "north", "front")
STATUS = Tags(EventKind.CAMERA_STATUS, "shop", "north", "")
CLOSED_OF_SITE = Tags(EventKind.INTERVAL_CLOSED, "shop", "", "")


def of(**names: str) -> Selection:
    kinds = frozenset(EventKind(one) for one in names.pop("kinds", "").split())
    return Selection(**{name: frozenset(text.split()) for name, text in names.items()}, kinds=kinds)


@pytest.mark.parametrize(
    ("chosen", "taken"),
    [
        (EVERYTHING, {COUNT, STATUS, CLOSED_OF_SITE}),
        (of(cameras="north south"), {COUNT, STATUS}),
        (of(cameras="south"), set()),
        (of(doors="front"), {COUNT}),
        (of(sites="shop"), {COUNT, STATUS, CLOSED_OF_SITE}),
        (of(sites="other"), set()),
        (of(cameras="north", sites="other"), set()),
        (of(cameras="north", doors="front", sites="shop"), {COUNT}),
        (of(kinds="IntervalClosed CameraStatus"), {STATUS, CLOSED_OF_SITE}),
        (of(sites="shop", kinds="PeopleCountingUpdate"), {COUNT}),
    ],
)
def test_an_event_must_be_of_all_that_is_named(chosen, taken):
    assert {one for one in (COUNT, STATUS, CLOSED_OF_SITE) if chosen.takes(one)} == taken


def test_what_belongs_to_the_stream_itself_always_comes():
    chosen = of(kinds="CameraStatus")
    assert all(chosen.takes_kind(kind) for kind in (EventKind.SNAPSHOT, EventKind.GAP, EventKind.GOODBYE))
    assert not chosen.takes_kind(EventKind.READINGS)


def test_the_same_choice_is_the_same_key_however_it_was_made():
    one, other = of(cameras="a b"), of(cameras="b a")
    assert (one, hash(one)) == (other, hash(other))
    assert one != of(doors="a b")
    assert one != "a b"
    assert not EVERYTHING
    assert of(kinds="CameraStatus")


def test_places_of_a_choice_forget_its_kinds():
    assert of(cameras="a", kinds="CameraStatus").of_places == of(cameras="a")


def test_a_camera_looks_at_the_doors_and_sites_of_its_lines_and_at_its_own_site():
    lines = [
        {"cameraId": "north", "doorId": "front", "siteId": "shop"},
        {"cameraId": "north", "doorId": "back", "siteId": "annex"},
    ]
    cameras = [{"cameraId": "north", "siteId": "shop"}, {"cameraId": "new", "siteId": "shop"}]
    looking = whereabouts(lines, cameras)
    assert looking["north"] == Whereabouts(frozenset({"shop", "annex"}), frozenset({"front", "back"}))
    assert looking["new"] == Whereabouts(frozenset({"shop"}), frozenset())
    assert of(doors="back").takes_camera("north", looking["north"])
    assert not of(doors="back").takes_camera("new", looking["new"])
    assert of(sites="annex").takes_camera("north", looking["north"])
    assert not of(cameras="new", sites="annex").takes_camera("new", looking["new"])


def test_a_choice_can_be_asked_for_in_an_address():
    assert of(cameras="b a", sites="s", kinds="CameraStatus").parameters() == [
        ("camera", "a"),
        ("camera", "b"),
        ("site", "s"),
    ]
