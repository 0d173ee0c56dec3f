"""Sites and doors on the pages of administration."""

import html
import re
from dataclasses import replace

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.site import Site
from peoplecount.domain.threshold import Levels
from peoplecount.domain.user import Role
from peoplecount.storage.hand_count_table import HandCountTable
from tests.support.administrators import Administrator
from tests.support.board_service import BoardService
from tests.support.people import People
from tests.support.shop import SHOP

MUSEUM = Site("museum", "Secret museum", "Europe/Zurich")
TYPED = {
    "name": "Shop",
    "time_zone": "Europe/Zurich",
    "opening_hours": "",
    "capacity": "50",
    "reset_time": "00:00",
}


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    people.enters("anna", Role.ADMINISTRATOR)
    people.enters("ben", Role.ADMINISTRATOR, "shop")
    for site in (SHOP, MUSEUM):
        people.places.put_site(site)
    people.roster = replace(people.roster, sites={"shop": SHOP, "museum": MUSEUM})
    yield people
    people.close()


@pytest.fixture
def app(people):
    return people.app(BoardService([SHOP, MUSEUM]))


@pytest.fixture
def anna(app):
    return Administrator(app, "anna")


@pytest.fixture
def ben(app):
    return Administrator(app, "ben")


def test_a_site_is_added_and_said_once(people, anna):
    form = TYPED | {"name": "Mall", "site_id": "", "opening_hours": "24/7"}
    answer = anna.post("/admin/new-site", **form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/sites/mall")
    assert "Mall is added" in anna.get("/admin/sites/mall").text
    assert "Mall is added" not in anna.get("/admin/sites/mall").text
    assert people.administration.sites.sites()["mall"].opening_hours == "24/7"
    assert people.audit_log.page().changes[0].who == "anna"


def test_what_was_typed_is_kept_with_the_fault_beside_it(people, anna):
    form = TYPED | {"name": "Mäll <b>", "site_id": "", "time_zone": "Zurich", "opening_hours": "always"}
    answer = anna.post("/admin/new-site", **form)
    assert answer.status_code == 400
    assert 'value="Mäll &lt;b&gt;"' in answer.text
    beside = re.search(r'id="time_zone-fault">([^<]+)<', answer.text)
    assert "'Zurich' is not a time zone" in html.unescape(beside[1])
    assert re.search(
        r'<input aria-describedby="[^"]*time_zone-fault" aria-invalid="true"[^>]*id="time_zone"', answer.text
    )
    assert 'id="name-fault"' not in answer.text
    assert set(people.administration.sites.sites()) == {"default", "shop", "museum"}


def test_a_site_is_changed_by_its_page(people, anna):
    path = "/admin/sites/shop"
    answer = anna.change(path, **TYPED | {"capacity": "120"})
    assert answer.status_code == 303
    assert people.administration.sites.sites()["shop"].capacity == 120


def test_thresholds_are_typed_in_and_one_that_makes_no_sense_is_told_beside_its_field(people, anna):
    path = "/admin/sites/shop"
    assert anna.change(path, **TYPED | {"busy_from": "60 %", "full_from": "45"}).status_code == 303
    assert people.administration.sites.sites()["shop"].levels == Levels(30, 45)
    answer = anna.change(path, **TYPED | {"busy_from": "48", "full_from": "45"})
    assert answer.status_code == 400
    assert re.search(r'id="busy_from-fault">[^<]*full from 45 on', answer.text)


def test_who_comes_second_is_told_keeps_what_was_typed_and_may_insist(people, app, anna):
    other, path = Administrator(app, "ben"), "/admin/sites/shop"
    seen = anna.version(path)
    assert other.change(path, **TYPED | {"capacity": "70"}).status_code == 303
    answer = anna.post(path, **TYPED | {"name": "Store"}, version=seen)
    assert answer.status_code == 409
    assert 'value="Store"' in answer.text
    assert "Now 70." in answer.text
    assert people.administration.sites.sites()["shop"].capacity == 70
    newer = re.search(r'name="version" type="hidden" value="([0-9a-f]+)"', answer.text)[1]
    assert anna.post(path, **TYPED | {"name": "Store"}, version=newer).status_code == 303
    assert people.administration.sites.sites()["shop"].name == "Store"


def test_the_default_site_is_shown_as_such_with_where_its_zone_comes_from(anna):
    page = anna.get("/admin/sites").text
    assert "default site" in page
    assert "set by TIME_ZONE" in page
    assert "is what TIME_ZONE says" in anna.get("/admin/sites/default").text
    assert anna.change("/admin/sites/default", **TYPED | {"name": "Main"}).status_code == 303
    assert "TIME_ZONE" not in anna.get("/admin/sites").text


def test_a_site_with_something_on_it_says_what_and_is_not_removed(people, anna):
    people.administration.sites.doors.add("anna", "shop", "Front")
    people.roster = replace(people.roster, cameras={"cam": Camera("cam", "Hall", "192.0.2.7", site_id="shop")})
    page = anna.get("/admin/sites/shop").text
    assert "Cameras: Hall" in page
    assert "Doors: Front" in page
    assert "/remove" not in page
    answer = anna.post("/admin/sites/shop/remove")
    assert answer.status_code == 400
    assert "Shop still has the doors Front and the cameras Hall" in answer.text


def test_a_site_with_nothing_on_it_is_removed(people, anna):
    assert "/admin/sites/museum/remove" in anna.get("/admin/sites/museum").text
    assert anna.post("/admin/sites/museum/remove").headers["Location"] == "/admin/sites"
    assert "Secret museum is removed" in anna.get("/admin/sites").text
    assert anna.get("/admin/sites/museum").status_code == 404
    assert anna.post("/admin/sites/museum/remove").status_code == 404


def test_doors_are_added_renamed_moved_and_removed(people, anna):
    assert anna.post("/admin/sites/shop/doors", door_name="Front").headers["Location"] == "/admin/sites/shop"
    assert 'href="/admin/doors/shop.front"' in anna.get("/admin/sites/shop").text
    path = "/admin/doors/shop.front"
    answer = anna.change(path, name="Main", site_id="museum")
    assert answer.headers["Location"] == "/admin/sites/museum"
    assert "stays where it was" in anna.get("/admin/sites/museum").text
    assert anna.post(f"{path}/remove").headers["Location"] == "/admin/sites/museum"
    assert people.administration.sites.doors.in_hand() == []


def test_a_door_that_makes_no_sense_is_refused_where_it_was_typed(people, anna):
    answer = anna.post("/admin/sites/shop/doors", door_name=" ")
    assert answer.status_code == 400
    assert 'id="door_name-fault"' in answer.text
    people.administration.sites.doors.add("anna", "shop", "Front")
    path = "/admin/doors/shop.front"
    answer = anna.change(path, name="x" * 300, site_id="shop")
    assert answer.status_code == 400
    assert "is not a name" in answer.text
    assert anna.change(path, name="Front", site_id="nowhere").status_code == 400


def test_a_form_that_does_not_say_what_it_saw_changes_nothing(people, anna):
    people.administration.sites.doors.add("anna", "shop", "Front")
    assert anna.post("/admin/sites/shop", **TYPED | {"name": "Store"}).status_code == 409
    assert anna.post("/admin/doors/shop.front", name="Side", site_id="shop").status_code == 409
    assert people.administration.sites.sites()["shop"].name == "Shop"
    assert people.administration.sites.doors.one_in_hand("shop.front").door.name == "Front"


def test_who_changes_a_door_second_is_told(people, anna):
    doors, path = people.administration.sites.doors, "/admin/doors/shop.front"
    doors.add("anna", "shop", "Front")
    seen = anna.version(path)
    doors.change("ben", "shop.front", "Side", "shop")
    answer = anna.post(path, name="Main", site_id="shop", version=seen)
    assert answer.status_code == 409
    assert "Now Side." in answer.text
    assert 'value="Main"' in answer.text


def test_a_count_by_hand_goes_to_the_desk_and_is_listed(people, anna):
    answer = anna.post("/admin/sites/shop/count", people="42", at="2026-05-04T13:30", note="with a clicker")
    assert answer.status_code == 303
    page = anna.get("/admin/sites/shop").text
    assert "42 people inside Shop at 4 May 2026, 13:30" in page
    assert "with a clicker" in page
    assert len(HandCountTable(people.database).since(people.clock.now().replace(hour=0))) == 1
    answer = anna.post("/admin/sites/shop/count", people="-3", at="", note="kept <i>")
    assert answer.status_code == 400
    assert 'value="kept &lt;i&gt;"' in answer.text
    assert 'id="people-fault"' in answer.text


@pytest.mark.parametrize(
    ("path", "form", "kept"),
    [
        ("/admin/new-site", TYPED | {"name": "Typed words", "site_id": ""}, "Typed words"),
        ("/admin/sites/shop", TYPED | {"name": "Typed words"}, "Typed words"),
        ("/admin/sites/shop/doors", {"door_name": "Typed words"}, "Typed words"),
        ("/admin/sites/shop/count", {"people": "5", "at": "", "note": "Typed words"}, "Typed words"),
        ("/admin/sites/shop/remove", {}, "Sites"),
        ("/admin/doors/shop.front", {"name": "Typed words", "site_id": "shop"}, "Typed words"),
        ("/admin/doors/shop.front/remove", {}, "Sites"),
    ],
)
def test_with_the_database_away_nothing_that_was_typed_is_lost(people, anna, path, form, kept):
    people.administration.sites.doors.add("anna", "shop", "Front")
    people.database.is_away = True
    answer = anna.post(path, **form)
    assert answer.status_code == 503
    assert kept in answer.text
    assert "The database does not answer just now" in answer.text
    assert "counts.internal" not in answer.text


@pytest.mark.parametrize("path", ["/admin/sites", "/admin/sites/shop", "/admin/doors/shop.front"])
def test_with_the_database_away_pages_say_so(people, anna, path):
    people.database.is_away = True
    answer = anna.get(path)
    assert answer.status_code == 503
    assert "The database does not answer just now" in answer.text


def test_an_administrator_of_one_site_sees_and_changes_that_one_alone(people, ben):
    doors = people.administration.sites.doors
    doors.add("anna", "museum", "Vault")
    doors.add("anna", "shop", "Front")
    page = ben.get("/admin/sites").text + ben.get("/admin/sites/shop").text + ben.get("/admin/doors/shop.front").text
    assert "Shop" in page
    for secret in ("useum", "Vault", "Add a site", "Remove this site", "default site"):
        assert secret not in page
    for path in ("/admin/sites/museum", "/admin/doors/museum.vault"):
        assert ben.get(path).status_code == 404
    before = people.administration.sites.in_hand()
    for path, form, status in (
        ("/admin/sites/museum", TYPED, 404),
        ("/admin/sites/museum/doors", {"door_name": "Tunnel"}, 404),
        ("/admin/sites/museum/count", {"people": "5"}, 404),
        ("/admin/sites/museum/remove", {}, 403),
        ("/admin/sites/shop/remove", {}, 403),
        ("/admin/new-site", TYPED | {"name": "Mine"}, 403),
        ("/admin/doors/museum.vault", {"name": "Mine", "site_id": "shop"}, 404),
        ("/admin/doors/museum.vault/remove", {}, 404),
        ("/admin/doors/shop.front", {"name": "Front", "site_id": "museum"}, 404),
    ):
        answer = ben.post(path, **form)
        assert answer.status_code == status, path
        assert "Secret" not in answer.text
        assert "Vault" not in answer.text
    assert people.administration.sites.in_hand() == before
    assert ben.change("/admin/sites/shop", **TYPED | {"capacity": "60"}).status_code == 303


@pytest.mark.parametrize(
    "path",
    ["/admin/new-site", "/admin/sites/shop", "/admin/sites/shop/doors", "/admin/sites/shop/count",
     "/admin/sites/museum/remove", "/admin/doors/shop.front", "/admin/doors/shop.front/remove"],
)  # fmt: skip
def test_a_form_of_somebody_else_changes_nothing(people, anna, path):
    people.administration.sites.doors.add("anna", "shop", "Front")
    before = people.administration.sites.in_hand()
    form = TYPED | {"name": "Forged", "site_id": "shop", "door_name": "Forged", "people": "5"}
    assert anna.client.post(path, data=form).status_code == 400
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    form["csrf_token"] = anna.token
    assert anna.client.post(path, data=form, headers=headers).status_code == 403
    assert people.administration.sites.in_hand() == before


def test_no_page_has_script_or_style_of_its_own(people, anna):
    people.administration.sites.doors.add("anna", "shop", "Front")
    for path in ("/admin/sites", "/admin/sites/shop", "/admin/new-site", "/admin/doors/shop.front", "/admin/log"):
        page = anna.get(path).text
        assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", page), path
