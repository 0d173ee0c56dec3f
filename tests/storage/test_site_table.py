from dataclasses import replace
from datetime import time

import pytest
from sqlalchemy import insert

from peoplecount.domain.camera import Camera
from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.site import Site
from peoplecount.domain.threshold import Threshold
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.errors import ChangedMeanwhile, InvalidEntry
from peoplecount.storage.schema import doors, sites
from peoplecount.storage.site_table import SiteTable
from tests.support.toy_sealer import ToySealer

NORTH = Site("north", "North", "Europe/Zurich", 80, time(5, 0))
MAIN = Door("main", "north", "Main entrance")


@pytest.fixture
def table(connection):
    return SiteTable(connection)


@pytest.fixture
def embedded_table(embedded):
    return SiteTable(embedded)


def test_sites_and_doors_are_entered_changed_and_removed(table):
    table.put_site(NORTH)
    table.put_site(replace(NORTH, capacity=None, name="Nord"))
    table.put_door(MAIN)
    table.put_door(replace(MAIN, name="Haupteingang"))
    assert table.sites() == [replace(NORTH, capacity=None, name="Nord")]
    assert table.doors() == [replace(MAIN, name="Haupteingang")]
    table.remove_door("main")
    table.remove_site("north")
    assert table.sites() == table.doors() == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"site_id": "no/rth"}, "not an id"),
        ({"name": ""}, "not a name"),
        ({"time_zone": "Zurich"}, "not a time zone"),
        ({"time_zone": "../etc/passwd"}, "not a time zone"),
        ({"capacity": 0}, "not a capacity"),
        ({"name": "Nor\u200bth"}, "printable"),
        ({"name": "\u115f\u1160"}, r"nobody can see, U\+115F"),
    ],
)
def test_nonsense_is_refused(embedded_table, change, says):
    with pytest.raises(InvalidEntry, match=says):
        embedded_table.put_site(replace(NORTH, **change))
    assert embedded_table.sites() == []


def test_a_door_needs_its_site(embedded_table):
    with pytest.raises(InvalidEntry, match="no site 'north'"):
        embedded_table.put_door(MAIN)
    with pytest.raises(InvalidEntry, match="not an id"):
        embedded_table.put_door(replace(MAIN, door_id="ma in"))


def test_what_is_still_in_use_is_not_removed(embedded, embedded_table):
    embedded_table.put_site(NORTH)
    embedded_table.put_door(MAIN)
    lines = (Line(LineKey("cam"), "Line", "main"),)
    CameraTable(embedded, ToySealer()).add(Camera("cam", "Hall", "192.0.2.7", site_id="north", lines=lines))
    with pytest.raises(InvalidEntry, match="still has doors and cameras"):
        embedded_table.remove_site("north")
    with pytest.raises(InvalidEntry, match="still has lines"):
        embedded_table.remove_door("main")


def test_what_is_not_there_cannot_be_removed(embedded_table):
    with pytest.raises(InvalidEntry, match="no site 'north'"):
        embedded_table.remove_site("north")
    with pytest.raises(InvalidEntry, match="no door 'main'"):
        embedded_table.remove_door("main")


def test_a_name_is_kept_in_one_writing(embedded_table):
    embedded_table.put_site(replace(NORTH, name="Cafe\u0301"))
    assert [site.name for site in embedded_table.sites()] == ["Café"]


def test_thresholds_are_kept_as_they_were_entered(table):
    guarded = replace(NORTH, busy_from=Threshold(60, is_share=True), full_from=Threshold(75))
    table.put_site(guarded)
    assert table.sites() == [guarded]
    table.change_site(guarded, replace(guarded, full_from=None))
    assert table.sites() == [replace(guarded, full_from=None)]


def test_opening_hours_are_kept_as_they_were_entered(table):
    open_late = Site("north", "North", "Europe/Zurich", opening_hours="Mo-Fr 09:00-18:30; Sa 09:00-17:00")
    table.put_site(open_late)
    assert table.sites() == [open_late]


def test_a_row_somebody_else_wrote_costs_no_other_site_or_door(embedded, embedded_table, caplog):
    embedded_table.put_site(Site("north", "North", "Europe/Zurich"))
    rows = {"name": "", "time_zone": "Middle Earth", "capacity": -1, "reset_time": "noon"}
    embedded.execute(insert(sites), {"site_id": "shire"} | rows)
    embedded.execute(insert(sites), {"site_id": "no id"} | rows)
    embedded.execute(insert(doors), {"door_id": "no id", "site_id": "north", "name": "x"})
    assert [(site.site_id, site.time_zone) for site in embedded_table.sites()] == [
        ("north", "Europe/Zurich"),
        ("shire", "UTC"),
    ]
    assert embedded_table.doors() == []
    said = "\n".join(record.getMessage() for record in caplog.records)
    for words in ("Middle Earth", "-1", "noon", "site 'no id'", "door 'no id'"):
        assert words in said


def test_a_place_is_exchanged_for_what_it_was_seen_as_and_nothing_else(table):
    table.change_site(None, NORTH)
    table.change_door(None, MAIN)
    open_late = replace(NORTH, capacity=None, opening_hours="24/7", name="Nørd; 'north'")
    table.change_site(NORTH, open_late)
    with pytest.raises(ChangedMeanwhile):
        table.change_site(NORTH, replace(NORTH, capacity=9))
    with pytest.raises(ChangedMeanwhile):
        table.change_site(None, NORTH)
    table.change_site(open_late, NORTH)
    table.change_site(open_late, NORTH)  # again, because the answer was lost
    table.change_door(MAIN, replace(MAIN, site_id="default"))
    with pytest.raises(ChangedMeanwhile):
        table.change_door(MAIN, replace(MAIN, name="Side"))
    assert table.sites() == [NORTH]
    assert table.doors() == [replace(MAIN, site_id="default")]
    with pytest.raises(ChangedMeanwhile):
        table.change_site(Site("south", "South", "UTC"), Site("south", "Süd", "UTC"))


def test_a_door_moves_to_sites_that_are_there(embedded_table):
    embedded_table.change_site(None, NORTH)
    embedded_table.change_door(None, MAIN)
    with pytest.raises(InvalidEntry, match="no site 'south'"):
        embedded_table.change_door(MAIN, replace(MAIN, site_id="south"))


def test_lines_are_told_by_the_door_they_count_at(connection, table):
    table.put_site(NORTH)
    table.put_door(MAIN)
    lines = (Line(LineKey("cam"), "In front", "main"), Line(LineKey("cam", index=2), "", ""))
    CameraTable(connection, ToySealer()).add(Camera("cam", "Hall", "192.0.2.7", site_id="north", lines=lines))
    assert table.lines_of_doors() == {"main": [("cam-0-1-1", "In front")]}


def test_a_row_somebody_else_wrote_can_be_put_right(embedded, embedded_table):
    rows = {"site_id": "shire", "name": "Shire", "time_zone": "Middle Earth", "capacity": -1, "reset_time": "noon"}
    embedded.execute(insert(sites), rows)
    (found,) = embedded_table.sites()
    embedded_table.change_site(found, replace(found, capacity=80))
    assert embedded_table.sites() == [Site("shire", "Shire", "UTC", 80)]
