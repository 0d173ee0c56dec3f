import pytest

from peoplecount.domain.site import Site
from peoplecount.domain.threshold import Levels, Threshold


def levels(capacity: int | None, busy: str = "", full: str = "") -> Levels:
    wishes = {"busy_from": busy, "full_from": full}
    said = {name: Threshold.parse(text) for name, text in wishes.items() if text}
    return Site("shop", "Shop", "UTC", capacity, **said).levels


@pytest.mark.parametrize(
    ("occupancy", "capacity", "name"),
    [(None, 10, "unknown"), (5, None, "unknown"), (0, 10, "calm"), (8, 10, "calm"), (9, 10, "busy"), (10, 10, "full"),
     (30, 10, "full")],
)  # fmt: skip
def test_how_full_a_site_is_has_a_name(occupancy, capacity, name):
    assert levels(capacity).fullness(occupancy) == name


@pytest.mark.parametrize(
    ("capacity", "busy", "full", "found"),
    [
        (None, "", "", (None, None)),
        (200, "", "", (170, 200)),
        (200, "120", "", (120, 200)),
        (200, "", "100", (85, 100)),  # not 170, which would never be seen
        (200, "60%", "90 %", (120, 180)),
        (None, "40", "", (40, None)),
        (None, "", "40", (34, 40)),
        (7, "50%", "", (4, 7)),  # half of 7 are reached with the fourth
        (80, "", "110%", (75, 88)),
        (None, "50%", "", (None, None)),
    ],
)
def test_thresholds_are_people_or_a_share_and_what_nobody_has_said_is_as_usual(capacity, busy, full, found):
    assert levels(capacity, busy, full) == Levels(*found)


@pytest.mark.parametrize(
    ("of", "people", "name"),
    [(Levels(40), 39, "calm"), (Levels(40), 40, "busy"), (Levels(40), 4000, "busy"), (Levels(None, 40), 39, "calm"),
     (Levels(None, 40), 40, "full"), (Levels(40), None, "unknown"), (Levels(), 9, "unknown")],
)  # fmt: skip
def test_one_threshold_alone_is_enough(of, people, name):
    assert of.fullness(people) == name


@pytest.mark.parametrize(
    ("text", "again"), [("120", "120"), (" 85 % ", "85%"), ("1", "1"), ("200%", "200%"), ("1000000", "1000000")]
)
def test_a_threshold_is_written_as_it_is_read(text, again):
    assert str(Threshold.parse(text)) == again
    assert Threshold.parse(again) == Threshold.parse(text)


@pytest.mark.parametrize(
    "text", ["", "0", "0%", "-5", "201 %", "1000001", "many", "8.5", "85 percent", "%", "٣", "1" * 5000]
)
def test_nonsense_is_refused_and_what_is_allowed_is_said(text):
    with pytest.raises(ValueError, match="such as 85 %, is allowed"):
        Threshold.parse(text)
