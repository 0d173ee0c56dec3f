"""What befalls cameras is told as what it is, from what they say themselves; nothing else is told."""

from collections.abc import Iterator

import pytest

from peoplecount.domain.event import EventKind
from tests.support.night import Night

BEFALLEN = {
    "reset-by-hand": ("manual-reset", {}),
    "restarted": ("restart", {"seconds": 40}),
    "replaced": ("camera-replaced", {"seconds": 40}),
    "restless": ("zero-after-restart", {"count": 1}),
    "set": ("clock-step", {"seconds": -84}),
    "forgetful": ("no-daylight-saving", {}),
    "moved-away": ("zone-change", {"name": "Asia/Kolkata"}),
    "turned-round": ("line-reversed", {}),
    "renamed": ("line-renamed", {"name": "Other door"}),
    "left-alone": None,
}
EXPECTED = {
    "reset-by-hand": {"reset"},
    "restarted": {"restart"},
    "replaced": {"camera replaced"},
    "restless": {"glitch"},
    "set": {"clock step"},
    "forgetful": {"daylight-saving shift"},
    "moved-away": {"time zone changed"},
    "turned-round": {"line changed"},
    "renamed": {"line changed"},
    "left-alone": set(),
}


@pytest.fixture(scope="module")
def breaks() -> Iterator[dict[str, list[dict]]]:
    """By camera, the breaks of an hour in which one thing befalls each, and what may be lost is lost only there."""
    night = Night("2026-07-04T01:03:00", dict.fromkeys(BEFALLEN, 0.0), interval=20.0)
    with night.watched():
        night.goes_on_until("2026-07-04T01:20:00")
        for name, fault in BEFALLEN.items():
            if fault:
                night.befalls(name, fault[0], **fault[1])
        night.goes_on_until("2026-07-04T01:50:00")
        night.is_read_once_more()
        for name in BEFALLEN:
            assert abs(night.people_missing(name).entered) <= (70 if name in LOSING else 0), name
        told = night.events(EventKind.COUNTER_BREAK)
        yield {name: [body for body in told if body["cameraId"] == name] for name in BEFALLEN}


LOSING = {"reset-by-hand", "restarted", "replaced"}


@pytest.mark.parametrize("name", BEFALLEN)
def test_what_befalls_a_camera_is_told_as_what_it_is(breaks, name):
    assert {body["break"] for body in breaks[name]} == EXPECTED[name]
    assert all(body["reason"] for body in breaks[name])


def test_what_is_unknown_because_of_it_is_said_where_something_is(breaks):
    for name, of_camera in breaks.items():
        assert all(bool(body["unknown"]) is (name in LOSING) for body in of_camera), name


def test_clocks_and_zones_concern_the_camera_and_lines_the_line(breaks):
    for name in ("set", "forgetful", "moved-away"):
        assert [body["lineId"] for body in breaks[name]] == [""]
    for name in ("turned-round", "renamed"):
        assert [body["lineId"] for body in breaks[name]] == [f"{name}-0-1-1"]
    [turned] = breaks["turned-round"]
    assert "have the line counted swapped from now on" in turned["reason"]
