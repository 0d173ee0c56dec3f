"""The page of the fleet, and that of one camera."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from peoplecount.domain.camera import CameraState
from peoplecount.domain.clock_body import ClockStanding, clock_event
from peoplecount.domain.device_facts import DeviceFacts
from peoplecount.domain.event_body import Place
from peoplecount.domain.user import Role
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.services.door_audit import AuditUnavailable
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.sunapi.sign_ins import Account, SignIns, Ticket
from tests.support.board_service import BoardService, Gate
from tests.support.fleet import WatchedFleet
from tests.support.people import People, signed_in
from tests.support.shop import BACK, FRONT, LEFT, RIGHT, SHOP, at

MUSEUM = replace(SHOP, site_id="museum", name="Museum")
HALL = Gate(MUSEUM, "Hall", "hall")
DEVICE = DeviceFacts("XNF-8010", "ZS123", "1.40.02", "classic", 2, "http://front.example")


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    people.enters("olga", Role.OPERATOR)
    people.enters("otto", Role.OPERATOR, "shop")
    people.enters("vera", Role.VIEWER)
    yield people
    people.close()


@pytest.fixture
def service():
    """All cameras are well but the one at the back."""
    service = BoardService([SHOP, MUSEUM], now=at(14))
    for gate in (FRONT, LEFT, HALL):
        service.status(gate, CameraState.UP, minutes_ago=90)
    for gate in (FRONT, LEFT, RIGHT, HALL, BACK):
        service.count(gate, 5, 3)
    service.status(BACK, CameraState.DOWN, "no answer <b>within</b> 10 s", minutes_ago=30)
    service.catch_up()
    return service


@pytest.fixture
def fleet(service, people):
    fleet = WatchedFleet(service, people.store)
    for gate in (FRONT, LEFT, BACK, HALL):
        fleet.has(gate)
    return fleet


@pytest.fixture
def app(people, service, fleet):
    return people.app(service, fleet=fleet.desk)


@pytest.fixture
def olga(app):
    return signed_in(app, "olga")


def names(page):
    return re.findall(r'data-camera="([^"]+)"', page)


def test_those_with_trouble_come_first_with_the_reason_and_since_when(olga):
    page = olga.get("/fleet").text
    assert names(page) == ["back", "front", "hall", "wide"]
    assert "No answer &lt;b&gt;within&lt;/b&gt; 10 s. " in page
    assert "since 13:30" in page
    assert re.search(r'<span class="many">1</span> does not answer', page)
    assert re.search(r'<span class="many">3</span> answering', page)


def test_the_last_day_is_a_strip_with_words(olga, fleet):
    fleet.noted(0, front=(40, 4, 3600))
    fleet.noted(3, front=(90, 0, 9000))
    page = olga.get("/fleet").text
    assert 'aria-label="Front: 96.9% of 130 polls in the last day answered, on average in 100 ms"' in page
    assert 'aria-label="Back: not asked in the last day"' in page
    assert 'class="strip-some"' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=FRO", ["front"]),
        ("q=zs123", ["front"]),
        ("q=museum", ["hall"]),
        ("site=shop", ["back", "front", "wide"]),
        ("state=down", ["back"]),
        ("state=odd", []),
        ("state=up&site=shop&q=wi", ["wide"]),
        ("state=nonsense", ["back", "front", "hall", "wide"]),
        ("from=nonsense", ["back", "front", "hall", "wide"]),
        ("from=99", ["back", "front", "hall", "wide"]),
        ("q=nobody-is-called-so", []),
    ],
)
def test_one_finds_cameras_without_scripts(olga, fleet, query, found):
    fleet.devices(front=DEVICE)
    assert names(olga.get(f"/fleet?{query}").text) == found


def test_what_was_looked_for_stays_and_is_no_markup(olga):
    page = olga.get('/fleet?q="><script>&state=down').text
    assert "<script>&" not in page
    assert 'value="&#34;&gt;&lt;script&gt;"' in page
    assert '<option value="down" selected>' in page


def test_five_hundred_cameras_are_leafed_through(olga, fleet, service):
    for number in range(500):
        gate = Gate(SHOP, "Door", f"camera-{number:03}")
        fleet.has(gate)
        if number == 499:
            service.status(gate, CameraState.DOWN, "connection refused")
    service.catch_up()
    first = olga.get("/fleet").text
    assert len(names(first)) == 100
    assert names(first)[:2] == ["back", "camera-499"]
    assert "1 to 100 of 504" in first
    seen, page = names(first), first
    while (later := re.search(r'<a href="([^"]+)">Further</a>', page)) is not None:
        page = olga.get(later[1].replace("&amp;", "&")).text
        seen += names(page)
    assert len(seen) == len(set(seen)) == 504
    assert names(olga.get("/fleet?q=camera-321").text) == ["camera-321"]


def test_who_sees_one_site_sees_its_cameras_alone(app, fleet):
    client = signed_in(app, "otto")
    page = client.get("/fleet").text
    assert "hall" not in page
    assert "Museum" not in page
    assert client.get("/fleet/front").status_code == 200
    assert client.get("/fleet/hall").status_code == client.get("/fleet/nothing").status_code == 404


def test_lines_at_doors_of_other_sites_are_not_shown_to_who_may_not_see_those(app, service):
    service.count(Gate(MUSEUM, "Hidden passage", "front", 2, name="Passage"), 7, 7)
    service.catch_up()
    assert "Hidden passage" not in signed_in(app, "otto").get("/fleet/front").text
    assert "Hidden passage" in signed_in(app, "olga").get("/fleet/front").text


def test_the_header_leads_there_whoever_may_go(app):
    assert 'href="/fleet"' in signed_in(app, "olga").get("/").text
    assert "/fleet" not in signed_in(app, "vera").get("/").text
    assert signed_in(app, "vera").get("/fleet").status_code == 403


def test_of_one_camera_everything_is_told(olga, fleet, service, people):
    fleet.devices(front=DEVICE)
    fleet.noted(0, front=(40, 0, 4000))
    place = Place("shop", "Shop", "front", "Front")
    standing = ClockStanding(timedelta(seconds=84), timedelta(hours=2), is_synced=False)
    service.append(clock_event(place, service.clock.now(), standing))
    service.catch_up()
    SignIns(service.clock, people.store).failed(Ticket.of(Account.at("http://front.example", "admin")))
    page = olga.get("/fleet/front").text
    for words in (
        "Its clock is 84 s ahead",
        "100% of 40 polls in the last day answered, on average in 100 ms",
        "XNF-8010",
        "ZS123",
        "1.40.02",
        "classic",
        "every 10 s, 2 requests each time",
        "none: it is asked without encryption",
        "1 of 2 failed sign-ins",
        "+84.0 s, UTC+02:00",
        "front-0-1-1",
        "today 5 in, 3 out",
        "/sites/shop/audit",
    ):
        assert words in page, words


def test_no_secret_is_on_any_page(olga, fleet):
    for address in ("/fleet", "/fleet/front"):
        assert "secret-password" not in olga.get(address).text


def test_a_camera_that_is_down_leads_to_the_doctor(olga):
    assert "python -m peoplecount doctor back" in olga.get("/fleet/back").text
    assert "doctor" not in olga.get("/fleet/front").text


def test_a_paused_camera_is_there_and_no_trouble(olga, fleet):
    fleet.pause("back")
    page = olga.get("/fleet?state=paused").text
    assert names(page) == ["back"]
    assert "Paused: it is not asked." in page


def test_a_camera_that_was_just_entered_waits(olga, fleet):
    fleet.has(Gate(SHOP, "New", "new"))
    assert "Not asked yet" in olga.get("/fleet/new").text


def test_log_and_database_lag_stand_at_the_top(olga, fleet, service):
    assert "not known yet" in olga.get("/fleet").text
    told = {"at": "2026-05-04T11:59:30Z", "database": {"lag": 12, "writes": True, "refused": 2}}
    fleet.condition(json.dumps(told | {"log": {"bytes": 40_000_000, "budgetBytes": 2_000_000_000}}))
    page = olga.get("/fleet").text
    for words in ("12 events behind", "2 set aside", "40 MB of 2,000 MB", "30 s ago"):
        assert words in page, words
    fleet.condition(json.dumps({"database": {"lag": 1200, "writes": False}, "log": {"problem": "It is too large."}}))
    service.count(FRONT, 1, 0)
    page = olga.get("/fleet").text
    for words in (
        "does not take what is written",
        "1,200 events wait",
        "It is too large.",
        "this page is 1 event behind",
    ):
        assert words in page, words


def test_that_history_of_cameras_is_still_to_be_read_is_said(olga, fleet):
    known = dict.fromkeys(fleet.cameras, 0)
    fleet.days_left(**known | {FRONT.camera: 30, BACK.camera: 10, "gone": 5})
    assert "40 days still to be read" in olga.get("/fleet").text
    fleet.days_left(**known)
    assert "Cameras' history" not in unescape(olga.get("/fleet").text)


def test_how_much_history_is_still_to_be_read_is_not_known_before_all_have_said_it(olga, fleet):
    fleet.days_left(**{FRONT.camera: 0})
    assert "Cameras' history</dt><dd>not known yet" in unescape(olga.get("/fleet").text)


@pytest.mark.parametrize("body", ["nonsense", '{"at": 7, "database": [], "log": {"bytes": true}}', '{"at": "soon"}'])
def test_a_condition_that_makes_no_sense_is_unknown(olga, fleet, body):
    fleet.condition(body)
    assert "not known yet" in olga.get("/fleet").text


def test_with_the_database_away_the_rest_is_shown(olga, fleet):
    fleet.paused_error = DatabaseUnavailable("away")
    page = olga.get("/fleet").text
    assert "the database is away" in page
    assert len(names(page)) == 4


def test_with_the_store_away_the_rest_is_shown(people, service, fleet, monkeypatch):
    client = signed_in(people.app(service, fleet=(desk := fleet.desk)), "olga")
    monkeypatch.setattr(desk._records, "_now", _fails)
    page = client.get("/fleet").text
    assert "cannot be read just now" in page
    assert len(names(page)) == 4


def _fails():
    raise LocalStoreUnavailable("the store is locked")


class NoAudit:
    def read(self, site_id):
        raise AuditUnavailable("the database is away")


def test_without_the_history_the_door_audit_says_so(people, service, fleet):
    client = signed_in(people.app(service, fleet=fleet.desk, audit=NoAudit()), "olga")
    assert "nothing is said of its doors" in client.get("/fleet/front").text


def test_pages_of_the_fleet_are_kept_by_no_cache(olga):
    assert olga.get("/fleet").headers["Cache-Control"] == "no-store"


def test_where_there_is_no_camera_an_administrator_is_led_to_adding_one(people):
    people.enters("anna", Role.ADMINISTRATOR)
    service = BoardService([SHOP])
    app = people.app(service, fleet=WatchedFleet(service, people.store).desk)
    app.jinja_env.globals["has_administration"] = True
    assert 'href="/admin/cameras/new"' in signed_in(app, "anna").get("/fleet").text
    told = signed_in(app, "olga").get("/fleet").text
    assert "There is no camera yet that you may see." in told
    assert "/admin/cameras/new" not in told
