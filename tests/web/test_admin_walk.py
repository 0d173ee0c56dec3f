"""The walk test on a page: begin, walk, say what you saw."""

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.domain.threshold import Threshold
from peoplecount.domain.user import Role
from peoplecount.services.commissioning import Commissioning
from peoplecount.services.line_desk import LineWish
from peoplecount.services.walk_tests import WalkTests
from peoplecount.sunapi.errors import CameraUnreachable
from tests.support.board_service import BoardService
from tests.support.camera_office import ANNA, PASSWORD, Office
from tests.support.people import People, form_token, signed_in
from tests.support.shop import SHOP

FRONT = LineKey("front")


class Doorway:
    """One camera above one door."""

    def __init__(self) -> None:
        self.totals = {FRONT: Totals(40, 30)}
        self.is_away = False
        self.passwords: list[str] = []

    def crosses(self, entered: int = 0, left: int = 0) -> None:
        before = self.totals[FRONT]
        self.totals[FRONT] = Totals(before.in_total + entered, before.out_total + left)

    def reader(self, camera: Camera) -> "Doorway":
        self.passwords.append(camera.password)
        return self

    def read(self) -> Reading:
        if self.is_away:
            raise CameraUnreachable("front", "it does not answer")
        lines = tuple(LineReading(key, "EastDoor", totals) for key, totals in self.totals.items())
        return Reading("front", None, None, "Z1", lines)

    def close(self) -> None:
        pass


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    people.enters("anna", Role.ADMINISTRATOR)
    people.enters("ben", Role.ADMINISTRATOR, "mall")
    yield people
    people.close()


@pytest.fixture
def doorway():
    return Doorway()


@pytest.fixture
def office(tmp_path, people, doorway):
    office = Office(tmp_path, store=people.store)
    office.has_sites("Shop", "Mall")
    office.has("front", site_id="shop")
    one = office.desk.find(ANNA, "front")
    office.lines.put(ANNA, "front", one.version, [LineWish(FRONT, "", "", "Main entrance")])
    (office.door_id,) = office.lines.doors(ANNA)
    walks = WalkTests(office.desk, office.lines, doorway.reader, people.store, office.clock)
    commissioning = Commissioning(office.desk, office.lines, walks, office.serials, office.clock)
    office.pages = replace(office.pages, walks=walks, commissioning=commissioning)
    yield office
    office.database.disconnect()


@pytest.fixture
def app(people, office):
    return people.app(BoardService([SHOP]), cameras=office.pages)


@pytest.fixture
def client(app):
    return signed_in(app, "anna")


@pytest.fixture
def path(office):
    return f"/admin/walk/{office.door_id}"


def begun(client, path):
    """The address at which a test goes on."""
    answer = client.post(path, data={"csrf_token": form_token(client, path)})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def concluded(client, path, address, entered, left):
    form = {"csrf_token": form_token(client, path), "from": parse_qs(urlsplit(address).query)["from"]}
    return client.post(f"{path}/result", data={**form, "in": entered, "out": left})


def test_who_walks_through_is_shown_and_held_against_what_was_seen(client, path, doorway, office):
    page = client.get(path).text
    assert "Main entrance" in page
    assert "Begin" in page
    address = begun(client, path)
    doorway.crosses(entered=12, left=9)
    office.clock.passes(1)
    figures = client.get(f"{path}/figures?{urlsplit(address).query}").json
    assert (figures["in"], figures["out"]) == (12, 9)
    page = client.get(address).text
    assert re.search(r'data-walked="in">12<', page)
    answer = concluded(client, path, address, "12", "10")
    assert answer.headers["Location"] == path
    page = client.get(path).text
    assert "95% right" in page
    assert "counted 12 in, 9 out" in page
    assert "seen 12 in, 10 out" in page
    assert "too few" not in page
    assert doorway.passwords == [PASSWORD]
    assert PASSWORD not in page


def test_where_nothing_has_begun_there_are_no_figures(client, path):
    assert "data-walked" not in client.get(path).text
    assert client.get(f"{path}/figures").status_code == 502


@pytest.mark.parametrize(
    "nonsense", ["from=front", "from=front-0-1-1:x:1", "from=front-0-1-1:-1:1", "from=::", "from=a:1:2"]
)
def test_an_address_that_was_spoiled_asks_to_begin_again(client, path, nonsense):
    page = client.get(f"{path}?{nonsense}")
    assert page.status_code == 200
    assert "data-walked" not in page.text


@pytest.mark.parametrize("typed", [("", "3"), ("3", ""), ("many", "3"), ("-1", "3"), ("1.5", "3"), ("1000000", "3")])
def test_what_is_no_number_of_people_is_said_and_kept(client, path, typed):
    address = begun(client, path)
    answer = concluded(client, path, address, *typed)
    assert answer.status_code == 400
    assert "whole numbers" in answer.text
    assert f'value="{typed[1]}"' in answer.text
    assert urlsplit(address).query.partition("=")[2].replace("%3A", ":") in answer.text


def test_a_camera_that_does_not_answer_is_said_to_and_the_test_can_go_on(client, path, doorway, office):
    address = begun(client, path)
    doorway.is_away = True
    office.clock.passes(1)
    answer = client.get(f"{path}/figures?{urlsplit(address).query}")
    assert (answer.status_code, "does not answer" in answer.json["fault"]) == (502, True)
    assert "does not answer" in client.get(address).text
    doorway.is_away = False
    assert "data-walked" in client.get(address).text


def test_a_line_that_is_switched_off_is_named(client, path, doorway):
    doorway.totals.clear()
    answer = client.post(path, data={"csrf_token": form_token(client, path)})
    assert answer.status_code == 502
    assert "switched on in the camera" in answer.text


def test_a_line_drawn_backwards_is_exchanged_from_here(client, path, doorway, office):
    address = begun(client, path)
    doorway.crosses(left=5)
    office.clock.passes(1)
    concluded(client, path, address, "5", "0")
    page = client.get(path).text
    assert "in and out look swapped" in page
    answer = client.post(f"{path}/swap", data={"csrf_token": form_token(client, path), "line": str(FRONT)})
    assert answer.headers["Location"] == path
    assert "Test once more" in client.get(path).text
    (line,) = office.desk.find(ANNA, "front").camera.lines
    assert line.is_swapped(office.clock.now())
    assert ("anna", "swapped", str(FRONT)) in office.noted()
    address = begun(client, path)
    doorway.crosses(left=5)
    office.clock.passes(1)
    assert client.get(f"{path}/figures?{urlsplit(address).query}").json["in"] == 5


def test_a_line_of_another_door_is_not_exchanged_here(client, path):
    form = {"csrf_token": form_token(client, path), "line": "front-0-1-2"}
    assert client.post(f"{path}/swap", data=form).status_code == 404


def test_doors_of_other_sites_are_not_there_by_any_address(app, path):
    ben = signed_in(app, "ben")
    token = form_token(ben, "/account")
    assert ben.get(path).status_code == 404
    assert ben.get(f"{path}/figures").status_code == 404
    for end in ("", "/result", "/swap"):
        assert ben.post(f"{path}{end}", data={"csrf_token": token}).status_code == 404


def test_forms_need_their_token(client, path):
    for end in ("", "/result", "/swap"):
        assert client.post(f"{path}{end}").status_code == 400


# The report


def test_the_report_of_the_site_says_what_is_still_to_be_done(client, path, doorway, office):
    report = "/admin/sites/shop/commissioning"
    office.states.append({"cameraId": "front", "state": "up", "reason": "", "since": ""})
    assert "was not tested by walking through" in client.get(report).text
    address = begun(client, path)
    doorway.crosses(entered=10, left=10)
    office.clock.passes(1)
    concluded(client, path, address, "10", "10")
    page = client.get(report).text
    assert "100% right" in page
    assert "was not tested" not in page
    assert PASSWORD not in page


def test_the_report_of_the_site_says_how_many_may_be_inside_and_when_it_turns_amber(client, office):
    report = "/admin/sites/shop/commissioning"
    assert "amber" not in client.get(report).text
    shop = office.desk.sites(ANNA)["shop"]
    office.places.put_site(replace(shop, capacity=1200, busy_from=Threshold(50, is_share=True)))
    page = client.get(report).text
    assert "busy (amber) from 600 people" in page
    assert re.search(r"full \(red\) from 1\S200 people", page)


def test_the_report_of_another_site_is_not_there(app):
    assert signed_in(app, "ben").get("/admin/sites/shop/commissioning").status_code == 404
