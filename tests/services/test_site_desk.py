"""Sites and doors as administrators change them, by whatever way."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import delete

from peoplecount.domain.camera import Camera
from peoplecount.domain.change import Subject
from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.site import Site
from peoplecount.domain.threshold import Levels
from peoplecount.services.door_desk import NoSuchPlace
from peoplecount.services.site_desk import SiteDesk
from peoplecount.services.site_entry import InvalidFields
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.errors import ChangedMeanwhile, DatabaseUnavailable, InvalidEntry
from peoplecount.storage.schema import sites
from tests.support.people import People
from tests.support.toy_sealer import ToySealer

SHOP = {
    "name": "Shop",
    "time_zone": "Europe/Zurich",
    "opening_hours": "Mo-Fr 08:00-20:00",
    "capacity": "80",
    "reset_time": "04:00",
}


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    yield people
    people.close()


@pytest.fixture
def desk(people) -> SiteDesk:
    return people.administration.sites


def changes(people):
    return list(reversed(people.audit_log.page().changes))


def enter_camera(people, site_id, *lines):
    camera = Camera("cam", "Hall", "192.0.2.7", site_id=site_id, lines=lines)
    CameraTable(people.database, ToySealer()).add(camera)
    people.roster = replace(people.roster, cameras={"cam": camera})


def test_a_site_is_added_as_it_was_typed_and_noted(people, desk):
    site = desk.add_site("anna", SHOP)
    assert site == Site("shop", "Shop", "Europe/Zurich", 80, time(4), "Mo-Fr 08:00-20:00")
    assert desk.sites()["shop"] == site
    (change,) = changes(people)
    assert (change.who, change.verb, change.subject, change.sites) == ("anna", "added", Subject.SITE, {"shop"})
    assert change.after["capacity"] == "80"


def test_the_default_site_is_there_before_anybody_enters_it_and_comes_last(desk):
    desk.add_site("anna", SHOP | {"name": "Zoo"})
    zoo, default = desk.in_hand()
    assert (zoo.site.name, default.site.site_id) == ("Zoo", "default")
    assert not default.is_entered
    assert not default.is_removable
    desk.change_site("anna", "default", {"capacity": "9"}, default.version)
    assert desk.one_in_hand("default").is_entered
    with pytest.raises(InvalidEntry, match="default site stays"):
        desk.remove_site("anna", "default")


def test_the_default_site_is_in_use_where_it_is_the_only_one_or_something_hangs_on_it(people, desk):
    assert desk.in_use() == {"default"}
    people.roster = replace(people.roster, sites={"shop": Site("shop", "Shop", "Europe/Zurich")})
    assert desk.in_use() == {"shop"}
    assert desk.offered().keys() == {"shop"}
    assert desk.offered(["default", "gone"]).keys() == {"shop", "default"}, "what was chosen stays to be seen"
    enter_camera(people, "default")
    assert desk.in_use() == desk.offered().keys() == {"shop", "default"}


def test_two_sites_of_one_name_get_ids_of_their_own(desk):
    assert [desk.add_site("anna", SHOP).site_id for _ in range(3)] == ["shop", "shop-2", "shop-3"]


def test_every_field_that_makes_no_sense_is_named(desk):
    typed = {
        "name": "  ",
        "time_zone": "Zurich",
        "opening_hours": "always",
        "capacity": "0",
        "busy_from": "half",
        "full_from": "0%",
        "reset_time": "25:00",
    }
    with pytest.raises(InvalidFields) as caught:
        desk.add_site("anna", typed)
    assert set(caught.value.faults) == set(typed)
    assert set(desk.sites()) == {"default"}


@pytest.mark.parametrize(("site_id", "says"), [("default", "already"), ("no/rth", "not an id")])
def test_an_id_that_is_taken_or_none_is_refused(desk, site_id, says):
    with pytest.raises(InvalidFields, match=says) as caught:
        desk.add_site("anna", SHOP, site_id)
    assert set(caught.value.faults) == {"site_id"}


@pytest.mark.parametrize("capacity", ["many", "-1", "2000000000", "1" * 5000])
def test_a_capacity_is_a_number_of_people(desk, capacity):
    with pytest.raises(InvalidFields, match="not a capacity"):
        desk.add_site("anna", SHOP | {"capacity": capacity})


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"busy_from": "80", "full_from": "70"}, "busy_from", "Shop is full from 70 on"),
        ({"busy_from": "80"}, "busy_from", "Shop is full from 80 on"),
        ({"busy_from": "120%"}, "busy_from", "Shop is full from 80 on"),
        ({"busy_from": "50%", "capacity": ""}, "busy_from", "50% of what"),
        ({"full_from": "90%", "capacity": ""}, "full_from", "90% of what"),
    ],
)
def test_thresholds_that_could_never_be_reached_are_refused(desk, typed, field, says):
    with pytest.raises(InvalidFields, match=says) as caught:
        desk.add_site("anna", SHOP | typed)
    assert set(caught.value.faults) == {field}


def test_a_capacity_that_thresholds_need_is_not_taken_away(desk):
    desk.add_site("anna", SHOP | {"busy_from": "50%"})
    with pytest.raises(InvalidFields, match="50% of what"):
        desk.change_site("anna", "shop", {"capacity": ""})
    assert desk.sites()["shop"].levels == Levels(40, 80)


def test_a_change_of_thresholds_is_noted(people, desk):
    desk.add_site("anna", SHOP)
    desk.change_site("ben", "shop", {"busy_from": "50 %", "full_from": "70"})
    _, changed = changes(people)
    assert (changed.before, changed.after) == (
        {"busy from": "", "full from": ""}, {"busy from": "50%", "full from": "70"},
    )  # fmt: skip


def test_of_a_change_only_what_differs_is_noted_and_none_is_no_change(people, desk):
    desk.add_site("anna", SHOP)
    desk.change_site("ben", "shop", SHOP)
    desk.change_site("ben", "shop", SHOP | {"capacity": "120"})
    _, changed = changes(people)
    assert (changed.who, changed.before, changed.after) == ("ben", {"capacity": "80"}, {"capacity": "120"})


def test_who_comes_second_is_told_instead_of_overwriting(desk):
    desk.add_site("anna", SHOP)
    seen = desk.one_in_hand("shop").version
    desk.change_site("anna", "shop", {"capacity": "100"}, seen)
    with pytest.raises(ChangedMeanwhile):
        desk.change_site("ben", "shop", {"name": "Store"}, seen)
    assert desk.sites()["shop"].name == "Shop"
    assert desk.sites()["shop"].capacity == 100


def test_who_was_overtaken_between_look_and_write_is_told_too(people, desk):
    shop = desk.add_site("anna", SHOP)
    people.places.put_site(replace(shop, capacity=7))
    with pytest.raises(ChangedMeanwhile):
        people.places.change_site(shop, replace(shop, name="Store"))
    with pytest.raises(ChangedMeanwhile):
        people.places.change_site(None, shop)
    people.places.change_site(shop, replace(shop, capacity=7))  # what is wanted is there already
    assert desk.sites()["shop"] == replace(shop, capacity=7)


def test_a_site_is_removed_once_nothing_hangs_on_it(people, desk):
    desk.add_site("anna", SHOP)
    door = desk.doors.add("anna", "shop", "Front")
    enter_camera(people, "shop")
    with pytest.raises(InvalidEntry, match="the doors Front and the cameras Hall"):
        desk.remove_site("anna", "shop")
    desk.doors.remove("anna", door.door_id)
    with pytest.raises(InvalidEntry, match="the cameras Hall"):
        desk.remove_site("anna", "shop")
    people.roster = replace(people.roster, cameras={})  # it is paused, or the service has not heard of it yet
    with pytest.raises(InvalidEntry, match="the cameras Hall"):
        desk.remove_site("anna", "shop")
    CameraTable(people.database, ToySealer()).remove("cam")
    people.roster = replace(people.roster, cameras={"theirs": Camera("theirs", "Foyer", "192.0.2.8", site_id="shop")})
    with pytest.raises(InvalidEntry, match="the cameras Foyer"):  # of a view that says so itself
        desk.remove_site("anna", "shop")
    people.roster = replace(people.roster, cameras={})
    desk.remove_site("anna", "shop")
    assert set(desk.sites()) == {"default"}
    assert changes(people)[-1].verb == "removed"


def test_what_is_not_there_is_said_so(desk):
    for look in (desk.one_in_hand, desk.named, desk.doors.one_in_hand):
        with pytest.raises(NoSuchPlace):
            look("nowhere")
    for change in (
        lambda: desk.change_site("anna", "nowhere", {}),
        lambda: desk.remove_site("anna", "nowhere"),
        lambda: desk.doors.change("anna", "nowhere", "Front", "default"),
        lambda: desk.doors.remove("anna", "nowhere"),
    ):
        with pytest.raises(NoSuchPlace):
            change()


def test_a_door_is_added_renamed_moved_and_removed(people, desk):
    desk.add_site("anna", SHOP)
    door = desk.doors.add("anna", "shop", " Front ")
    assert door == Door("shop.front", "shop", "Front")
    again = desk.doors.add("anna", "shop", "Front")
    assert again.door_id == "shop.front-2"
    desk.doors.change("ben", door.door_id, "Main entrance", "default")
    assert [one.door.name for one in desk.one_in_hand("default").doors] == ["Main entrance"]
    moved = changes(people)[-1]
    assert moved.sites == {"shop", "default"}
    assert moved.after == {"name": "Main entrance", "site": "default"}
    desk.doors.remove("ben", door.door_id)
    desk.doors.remove("ben", again.door_id)
    assert desk.doors.in_hand() == []


def test_a_door_at_which_lines_count_stays(people, desk):
    desk.add_site("anna", SHOP)
    door = desk.doors.add("anna", "shop", "Front")
    enter_camera(people, "shop", Line(LineKey("cam"), "In front", door.door_id))
    assert desk.doors.one_in_hand(door.door_id).lines == (("cam-0-1-1", "In front"),)
    with pytest.raises(InvalidEntry, match="still has the lines In front"):
        desk.doors.remove("anna", door.door_id)


@pytest.mark.parametrize(("name", "site", "field"), [(" ", "shop", "name"), ("Front", "nowhere", "site_id")])
def test_a_door_without_a_name_or_a_site_is_refused(desk, name, site, field):
    desk.add_site("anna", SHOP)
    with pytest.raises(InvalidFields) as caught:
        desk.doors.add("anna", site, name)
    assert set(caught.value.faults) == {field}


def test_two_who_change_a_door_do_not_overwrite_each_other(people, desk):
    desk.add_site("anna", SHOP)
    door = desk.doors.add("anna", "shop", "Front")
    seen = desk.doors.one_in_hand(door.door_id).version
    desk.doors.change("anna", door.door_id, "Main entrance", "shop", seen)
    with pytest.raises(ChangedMeanwhile):
        desk.doors.change("ben", door.door_id, "Front", "default", seen)
    with pytest.raises(ChangedMeanwhile):
        people.places.change_door(door, replace(door, name="Side"))


def test_a_door_of_a_site_that_is_none_is_found_at_the_default_one(people, desk):
    desk.add_site("anna", SHOP)
    desk.doors.add("anna", "shop", "Front")
    people.database.transaction(lambda transaction: transaction.change(delete(sites)))
    assert [one.door.name for one in desk.one_in_hand("default").doors] == ["Front"]


def test_a_count_by_hand_is_entered_with_its_moment_on_the_clock_of_the_site(people, desk):
    shop = desk.add_site("anna", SHOP)  # it is 14:00 in Zurich
    count = desk.count("anna", shop, " 42 ", "13:30", "with a clicker")
    assert (count.people, count.counted_at) == (42, datetime(2026, 5, 4, 11, 30, tzinfo=UTC))
    desk.count("anna", shop, "40")
    assert [(one.people, one.note) for one in desk.counts("shop")] == [(40, ""), (42, "with a clicker")]
    assert desk.counts("default") == []
    assert changes(people)[1].after["people inside"] == 42
    people.clock.passes(timedelta(days=8).total_seconds())
    assert desk.counts("shop") == []


@pytest.mark.parametrize(
    ("typed", "at", "field"),
    [("many", "", "people"), ("-1", "", "people"), ("1.5", "", "people"), ("9999999", "", "people"),
     ("5", "noon", "at"), ("5", "14:01", "at"), ("5", "2026-05-05T10:00", "at")],
)  # fmt: skip
def test_a_count_that_makes_no_sense_is_refused(desk, typed, at, field):
    shop = desk.add_site("anna", SHOP)
    with pytest.raises(InvalidFields) as caught:
        desk.count("anna", shop, typed, at)
    assert set(caught.value.faults) == {field}
    assert desk.counts("shop") == []


def test_with_the_database_away_nothing_is_noted_as_done(people, desk):
    people.database.is_away = True
    with pytest.raises(DatabaseUnavailable):
        desk.add_site("anna", SHOP)
    assert changes(people) == []
    assert set(desk.known()) == {"default"}
