"""The commissioning of a site: what is still to be done is said in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import Totals
from peoplecount.domain.walk import Walk
from peoplecount.services.camera_desk import EnteredCamera
from peoplecount.services.commissioning import Commissioning, CommissioningReport, StateWords, _to_be_done
from peoplecount.services.line_desk import LineWish
from peoplecount.storage.errors import InvalidEntry
from tests.support.camera_office import ANNA, BEN, Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    office.has_sites("Shop", "Mall")
    office.has("front", site_id="shop")
    office.has("mall-1", site_id="mall")
    office.read_names = {"front-0-1-1": "EastDoor", "front-0-1-2": "WestDoor"}
    office.read_serials = {"front": "Z123"}
    yield office
    office.close()


def report_of(office: Office, site_id: str = "shop", state: StateWords | None = None) -> CommissioningReport:
    made = Commissioning(office.desk, office.lines, office.walks, office.serials, office.clock)

    def state_of(one: EnteredCamera) -> StateWords:
        return state or StateWords("counts", is_good=True)

    return made.report(ANNA, site_id, state_of)


def walk(counted: Totals, by_hand: Totals) -> Walk:
    return Walk("door", datetime(2026, 5, 4, tzinfo=UTC), "anna", counted, by_hand)


def test_it_has_the_cameras_and_doors_of_the_site_and_no_others(office: Office) -> None:
    one = office.desk.find(ANNA, "front")
    office.lines.put(ANNA, "front", one.version, [LineWish(LineKey("front"), "Left wing", "", "Main entrance")])
    report = report_of(office)
    assert [(one.entered.camera.camera_id, one.serial) for one in report.cameras] == [("front", "Z123")]
    doors = [(door.name, [(line.name, line.camera) for line in door.lines]) for door in report.doors]
    assert doors == [("Main entrance", [("Left wing", "Front")]), ("WestDoor", [("WestDoor", "Front")])]


def test_what_was_not_tested_does_not_count_or_is_paused_is_still_to_be_done(office: Office) -> None:
    down = StateWords("does not answer", is_good=False, reason="connection refused")
    assert report_of(office, state=down).open_points == (
        "Front: does not answer. connection refused",
        "EastDoor was not tested by walking through.",
        "WestDoor was not tested by walking through.",
    )
    office.desk.pause(ANNA, "front")
    assert report_of(office).open_points[0] == "Front is paused: nobody is counted there."


@pytest.mark.parametrize(
    ("counted", "by_hand", "words"),
    [
        (Totals(10, 10), Totals(10, 10), ""),
        (Totals(19, 20), Totals(20, 20), ""),
        (Totals(3, 3), Totals(3, 3), "tested with 6 crossings; 20 or more"),
        (Totals(0, 0), Totals(0, 0), "tested with 0 crossings"),
        (Totals(8, 9), Totals(10, 10), "counts 85% right, 95% are to be expected"),
        (Totals(0, 12), Totals(12, 0), "look swapped"),
    ],
)
def test_a_walk_test_says_what_is_to_be_done(counted: Totals, by_hand: Totals, words: str) -> None:
    said = _to_be_done("East door", walk(counted, by_hand))
    assert words in said
    assert bool(said) == bool(words)


def test_a_site_without_cameras_has_an_empty_one(office: Office) -> None:
    office.has_sites("Attic")
    report = report_of(office, "attic")
    assert (report.cameras, report.doors, report.open_points) == ((), (), ())


def test_a_site_that_is_not_theirs_or_is_not_there_has_none(office: Office) -> None:
    made = Commissioning(office.desk, office.lines, office.walks, office.serials, office.clock)
    for site_id in ("mall", "nowhere"):
        with pytest.raises(InvalidEntry, match="there is no site"):
            made.report(BEN, site_id, lambda _: StateWords("counts", is_good=True))
