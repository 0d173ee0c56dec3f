"""Sites, doors, people and tokens are administered in a real browser."""

import re
from dataclasses import replace

import pytest

from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Scope
from tests.support.board_service import Server
from tests.support.busy_day import busy_afternoon
from tests.support.people import PASSWORD, People

CHOSEN = "a horse of another colour"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    people.enters("anna", Role.ADMINISTRATOR)
    yield people
    people.close()


@pytest.fixture
def server(people):
    service = busy_afternoon()
    for site in service.sites:
        people.places.put_site(site)
    people.roster = replace(people.roster, sites={site.site_id: site for site in service.sites})
    app = people.app(service)
    server = Server(app)
    # Links of this service lead to it.
    people.administration.people._link_of = lambda code: f"{server.url}/welcome#{code}"
    with service.following():
        server.start()
        try:
            yield server
        finally:
            service.hub.close("the test is over")
            server.stop()


@pytest.fixture
def anna(visit, server):
    """Somebody who has come by a link to a page of administration, and signed in on the way."""

    def come(path, viewport=None):
        page = visit(f"{server.url}{path}", viewport)
        page.fill("#name", "anna")
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.wait_for_selector(".sections")
        return page

    return come


def test_a_site_gets_its_doors_and_a_count_and_the_log_knows_who_did_it(people, anna):
    page = anna("/admin/sites")
    page.click("text=Add a site")
    page.fill("#name", "Mall")
    page.fill("#time_zone", "Zurich")
    page.click("text=Add it")
    assert "'Zurich' is not a time zone" in page.text_content("#time_zone-fault")
    assert page.evaluate("document.activeElement.id") == "time_zone", "a form that was refused begins at its fault"
    assert page.input_value("#name") == "Mall"
    page.fill("#time_zone", "Europe/Zurich")
    page.fill("#reset_time", "04:30")
    page.click("text=Add it")
    assert "Mall is added" in page.text_content(".done")
    for door in ("North door", "South door"):
        page.fill("#door_name", door)
        page.click("text=Add the door")
        page.wait_for_selector(f".rows >> text={door}")
    page.click(".rows >> text=South door")
    page.select_option("#site_id", label="City library")
    page.click("text=Save")
    page.wait_for_selector("h1:has-text('City library')")
    assert page.is_visible(".rows >> text=South door")
    page.goto("/admin/sites/mall")
    page.fill("#people", "42")
    page.fill("#note", "with a clicker")
    page.click("text=Enter the count")
    assert "42 people inside Mall" in page.text_content(".done")
    assert "Doors: North door" in page.text_content("main")
    page.click(".sections >> text=Log")
    told = page.text_content(".changes")
    for words in ("added", "Mall", "South door", "people inside", "42"):
        assert words in told
    assert people.administration.sites.sites()["mall"].reset_time.isoformat() == "04:30:00"


def test_somebody_is_let_in_by_the_link_shown_and_sees_only_their_site(people, anna, visit):
    page = anna("/admin/people")
    page.click("text=Add a user")
    page.fill("#name", "ben")
    assert not page.is_visible("text=City library")
    page.check("input[name=reach][value=some]")
    page.check("text=City library")
    assert not page.is_visible("#password")
    page.click("text=Add the user")
    link = page.text_content(".once code")
    page.reload()
    ben = visit(link)
    ben.wait_for_function("document.getElementById('code').value.length === 32")
    ben.fill("#password", CHOSEN)
    ben.fill("#again", CHOSEN)
    ben.click("main button[type=submit]")
    ben.wait_for_selector("h1:has-text('City library')")
    assert not ben.is_visible("text=Main station")
    assert not ben.is_visible("text=Administration")
    page.goto("/admin/people/ben")
    page.click("text=End all of them")
    page.wait_for_selector("text=Not signed in anywhere.")
    page.click("summary:has-text('Remove')")
    page.click("button:has-text('Remove ben')")
    page.wait_for_selector(".done:has-text('ben may not sign in any more')")
    ben.reload()
    ben.wait_for_selector("h1:has-text('Sign in')")


def test_a_token_is_shown_once_opens_and_is_revoked(people, anna, server):
    page = anna("/admin/tokens")
    page.click("text=Create a token")
    page.fill("#label", "Power BI")
    page.click("text=Create the token")
    token = page.text_content(".once code")
    assert re.fullmatch(r"pc_[0-9a-f]{8}_[\w-]{43}", token)
    headers = {"Authorization": f"Bearer {token}"}
    request = page.context.request
    assert request.get("/chart/today", headers=headers).status == 200
    page.goto("/admin/tokens")
    assert token not in page.content()
    page.click("summary:has-text('Revoke')")
    page.click("text=Revoke it for good")
    page.wait_for_selector(".done")
    assert request.get("/chart/today", headers=headers).status == 401


def test_on_a_phone_nothing_reaches_beyond_the_screen(people, anna):
    people.administration.sites.doors.add("anna", "station", "A door with quite a long name for such a narrow screen")
    people.token(Scope.READ, label="A program with quite a long name")
    page = anna("/admin/sites", PHONE)
    for path in (
        *("/admin/sites", "/admin/sites/station", "/admin/new-site", "/admin/people", "/admin/people/anna"),
        *("/admin/new-person", "/admin/tokens", "/admin/new-token", "/admin/log"),
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
