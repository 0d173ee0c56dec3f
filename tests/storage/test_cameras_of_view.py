"""Cameras in an installation's own view: what is ours of them, kept beside it, and what is its owner's."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select, update

from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.site import Site
from peoplecount.storage.api_camaras import CameraView
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.cameras_of_view import CamerasOfView
from peoplecount.storage.errors import ChangedMeanwhile, InvalidEntry
from peoplecount.storage.schema import camera_choices, lines
from peoplecount.storage.site_table import SiteTable
from tests.support.installation import Installation
from tests.support.toy_sealer import ToySealer

PIN = "ab" * 32
NINE = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.fixture
def installation(connection):
    made = Installation(connection).make()
    made.has_camera("7", ip="192.0.2.7")
    made.has_camera("8", ip="192.0.2.8")
    SiteTable(connection).put_site(Site("north", "North", "UTC"))
    SiteTable(connection).put_door(Door("main", "north", "Main"))
    yield made
    made.take_away()


@pytest.fixture
def view(installation):
    return CameraView(ToySealer(), name=installation.view_name, is_theirs=True)


@pytest.fixture
def table(connection, view, installation):
    return CamerasOfView(connection, ToySealer(), installation.view_name, lambda: view.read(connection).roster)


def seven(table):
    return next(camera for camera in table.cameras() if camera.camera_id == "7")


def test_a_camera_is_named_placed_given_doors_and_polled_as_often_as_said_here(table, view, connection):
    before = seven(table)
    line = Line(LineKey("7"), "Door", "main", (NINE,))
    wanted = replace(before, name="Hall", site_id="north", poll_interval=2.5, certificate=PIN, lines=(line,))
    table.change(wanted)
    table.swap(LineKey("7"), NINE)
    reading = view.read(connection)
    assert reading.faults == frozenset()
    assert reading.roster.cameras["7"] == wanted
    assert reading.roster.place_of_line(wanted, LineKey("7"), "").door_name == "Main"
    assert [camera.camera_id for camera in table.cameras()] == ["7", "8"]
    table.change(replace(wanted, poll_interval=4.0))
    assert seven(table) == replace(wanted, poll_interval=4.0)


def test_its_address_and_login_are_the_views_and_what_changes_there_holds(table, installation, connection):
    table.change(replace(seven(table), name="Hall"))
    moved = {"ip": "192.0.2.99", "usuario": "other", "clave": "another"}
    connection.execute(update(installation.cameras).where(installation.cameras.c.camara_id == "7").values(moved))
    found = seven(table)
    assert (found.name, found.address, found.username, found.password) == (
        "Hall",
        "http://192.0.2.99",
        "other",
        "another",
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"address": "http://192.0.2.1"}, "address: cameras come from the view"),
        ({"username": "root", "password": "x"}, "username, password: cameras come from the view"),
        ({"site_id": "nowhere"}, "no site 'nowhere'"),
        ({"lines": (Line(LineKey("7"), "x", "nowhere"),)}, "no door 'nowhere'"),
        ({"poll_interval": 0.001}, "not a poll interval"),
        ({"camera_id": "9"}, "no camera '9'"),
    ],
)
@pytest.mark.parametrize("blank", ["sqlite"], indirect=True)
def test_what_cannot_be_is_refused_and_nothing_is_kept(table, connection, changes, said):
    with pytest.raises(InvalidEntry, match=said):
        table.change(replace(seven(table), **changes))
    assert connection.execute(select(camera_choices)) == []
    assert connection.execute(select(lines)) == []


def test_a_page_changes_what_is_ours_without_being_told_the_password(table):
    seen = next(camera for camera in table.cameras(opened=False) if camera.camera_id == "7")
    assert seen == replace(seven(table), password="")
    table.change(replace(seen, name="Hall"), known=seen, keeps_password=True)
    with pytest.raises(ChangedMeanwhile):
        table.change(replace(seen, name="Lobby"), known=seen, keeps_password=True)
    assert (seven(table).name, table.password("7")) == ("Hall", seven(table).password)


def test_who_stands_in_the_view_is_nobodys_to_add_or_remove_here(table):
    for change in (lambda: table.add(seven(table)), lambda: table.remove("7")):
        with pytest.raises(InvalidEntry, match="come from the view"):
            change()


def test_a_paused_camera_is_not_polled_and_still_listed(table, view, connection):
    table.pause("7")
    roster = view.read(connection).roster
    assert (list(roster.cameras), list(roster.paused)) == (["8"], ["7"])
    assert table.paused() == {"7"}
    assert [camera.camera_id for camera in table.cameras()] == ["7", "8"]
    table.pause("7", paused=False)
    assert sorted(view.read(connection).roster.cameras) == ["7", "8"]
    with pytest.raises(InvalidEntry, match="no camera '9'"):
        table.pause("9")


def test_a_certificate_is_pinned_and_taken_back(table):
    table.pin("7", PIN.upper())
    assert seven(table).certificate == PIN
    table.pin("7", "")
    assert seven(table).certificate == ""


def test_what_was_chosen_outlives_a_cameras_absence(table, installation):
    table.change(replace(seven(table), name="Hall", lines=(Line(LineKey("7"), "Door", "main"),)))
    installation.loses_cameras("7")
    assert [camera.camera_id for camera in table.cameras()] == ["8"]
    installation.has_camera("7", ip="192.0.2.70")
    found = seven(table)
    assert (found.name, found.address, found.lines) == (
        "Hall",
        "http://192.0.2.70",
        (Line(LineKey("7"), "Door", "main"),),
    )


def test_a_site_with_a_camera_of_the_view_is_not_forgotten(table, connection):
    table.change(replace(seven(table), site_id="north"))
    SiteTable(connection).remove_door("main")
    with pytest.raises(InvalidEntry, match="site 'north' still has cameras;"):
        SiteTable(connection).remove_site("north")


@pytest.mark.parametrize("blank", ["sqlite"], indirect=True)
def test_a_choice_that_makes_no_sense_is_said_and_the_camera_is_as_the_view_says(table, view, connection):
    row = {"camera_id": "7", "name": "Hall", "site_id": None, "poll_interval": 9e9, "certificate": "x", "paused": False}
    connection.execute(insert(camera_choices), row)
    connection.execute(insert(camera_choices), row | {"camera_id": "a b", "poll_interval": None, "certificate": None})
    reading = view.read(connection)
    found = reading.roster.cameras["7"]
    assert (found.name, found.poll_interval, found.certificate) == ("Hall", 10.0, "")
    assert len(reading.faults) == 3


@pytest.mark.parametrize("blank", ["sqlite"], indirect=True)
def test_choices_are_nothing_to_a_list_of_cameras_that_is_our_own(table, connection, installation):
    table.change(replace(seven(table), name="Hall"))
    ours = CameraView(ToySealer(), name=installation.view_name).read(connection).roster
    assert ours.cameras["7"].name == "7"
    assert CameraTable(connection, ToySealer()).cameras() == []
