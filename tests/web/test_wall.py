"""Screens on walls, over the pages."""

import re
from datetime import timedelta

import pytest

from peoplecount.domain.clock_body import ClockStanding, clock_event
from peoplecount.domain.user import Role
from tests.support.board_service import BoardService
from tests.support.people import People, form_token, signed_in
from tests.support.shop import FRONT, SHOP

MUSEUM = type(SHOP)("museum", "Museum", "Europe/Zurich", capacity=10)
VAULT = type(FRONT)(MUSEUM, "Vault", "vault")
FROM_AFAR = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    people.enters("anna", Role.ADMINISTRATOR)
    people.roster = type(people.roster)(sites={"shop": SHOP})
    yield people
    people.close()


@pytest.fixture
def app(people, service):
    service.sites.append(MUSEUM)
    service.count(VAULT, 12)
    service.catch_up()
    return people.app(service)


@pytest.fixture
def anna(app):
    return signed_in(app, "anna")


def test_a_wall_without_any_camera_says_so_and_has_no_figures():
    service = BoardService((SHOP,))
    service.catch_up()
    shown = service.app.test_client().get("/wall").text
    assert "There is nothing to show yet." in shown
    assert "data-figure" not in shown


def code_on(screen) -> str:
    found = re.search(r'class="pair-code"[^>]*>(\w{6})<', screen.get("/wall/pair").text)
    assert found
    return found[1]


def confirm(anna, code, name="Entrance hall", **fields):
    form = {"csrf_token": form_token(anna, "/admin/screens"), "code": code}
    asked = anna.post("/admin/screens", data=form)
    if asked.status_code != 200 or "Confirm this screen" not in asked.text:
        return asked
    return anna.post("/admin/screens/confirm", data=form | {"name": name, "reach": "all"} | fields)


def paired(app, anna, **fields):
    screen = app.test_client()
    answer = confirm(anna, code_on(screen), **fields)
    assert answer.status_code == 303, answer.text
    assert screen.get("/wall/pair").headers["Location"] == "/wall"
    return screen


def test_a_screen_nobody_knows_shows_a_code_and_nothing_else(app):
    screen = app.test_client()
    assert screen.get("/wall").headers["Location"] == "/wall/pair"
    code = code_on(screen)
    assert code_on(screen) == code, "the same one, however often it is loaded"
    assert screen.get("/wall/pair/state").json == {"state": "waiting"}
    assert screen.get("/events?timeout=0").status_code == 401
    assert code_on(app.test_client()) != code


def test_confirmed_it_shows_its_view_and_nothing_else(app, anna):
    screen = paired(app, anna)
    assert screen.get("/wall/pair/state").json == {"state": "confirmed"}
    assert screen.get("/wall/pair").headers["Location"] == "/wall"
    page = screen.get("/wall")
    assert 'href="/"' in anna.get("/wall").text
    assert 'href="/"' not in page.text, "only a person goes back to the dashboard"
    assert "Shop" in page.text
    assert "Museum" in page.text
    assert "csrf_token" not in page.text
    assert screen.get("/events?timeout=0", headers={"Accept": "application/json"}).status_code == 200
    assert screen.get("/wall/board").status_code == 200
    for path in ("/", "/sites/shop", "/admin", "/account"):
        assert screen.get(path).headers["Location"].startswith("/sign-in")
    for path in ("/board", "/chart/today", "/api/v1/counts?from=2026-05-04", "/health/database"):
        assert screen.get(path, environ_base=FROM_AFAR).status_code == 403


def test_the_cookie_lasts_over_a_power_cut_and_is_of_the_strictest_kind(app, anna):
    screen = app.test_client()
    cookie = screen.get("/wall/pair").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert f"Max-Age={400 * 86400}" in cookie
    confirm(anna, code_on(screen))
    assert screen.get("/wall").headers["Location"] == "/wall/pair", "what it waited with opens nothing"
    claimed = screen.get("/wall/pair").headers["Set-Cookie"]
    assert claimed.partition(";")[0] != cookie.partition(";")[0]
    assert f"Max-Age={400 * 86400}" in screen.get("/wall").headers["Set-Cookie"], "it begins anew"
    secure = app.test_client().get("/wall/pair", base_url="https://localhost").headers["Set-Cookie"]
    assert secure.startswith("__Host-peoplecount-screen=")
    assert "Secure" in secure


def test_a_screen_of_one_site_sees_no_other(app, anna):
    screen = paired(app, anna, reach="some", sites="shop")
    for path in ("/wall", "/wall/board"):
        assert "Museum" not in screen.get(path).text
        assert screen.get(f"{path}?site=museum").status_code == 404
    told = screen.get("/events?timeout=0", headers={"Accept": "application/json"}).text
    assert "museum" not in told


def stream_of(screen, path="/events?timeout=0"):
    answer = screen.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return [event["kind"] for event in answer.json["events"]]


@pytest.mark.parametrize("since", ["earliest", "latest", "2026-05-04T00:00:00Z"])
def test_a_cookie_taken_from_a_screen_reads_nothing_of_the_past(app, anna, since):
    screen = paired(app, anna)
    assert screen.get(f"/events?timeout=0&since={since}").status_code == 403
    assert anna.get(f"/events?timeout=0&since={since}").status_code == 200


def test_a_screen_goes_on_after_a_break_of_a_moment_and_begins_anew_after_a_long_one(app, anna, service):
    screen = paired(app, anna)
    cut = service.log.head()
    service.clock.passes(60)
    service.count(VAULT, 1)
    service.catch_up()
    path = f"/events?timeout=0&lastEventId={cut}"
    assert "PeopleCountingUpdate" in stream_of(screen, path)
    service.clock.passes(600)
    assert stream_of(screen, path) == ["snapshot"]
    assert "PeopleCountingUpdate" in stream_of(anna, path), "people have the whole log"


def test_a_screen_hears_only_what_it_draws(app, anna, service):
    screen = paired(app, anna)
    cut = service.log.head()
    standing = ClockStanding(timedelta(seconds=84), timedelta(hours=2), is_synced=False)
    service.append(clock_event(VAULT.place, service.clock.now(), standing))
    service.catch_up()
    path = f"/events?timeout=0&lastEventId={cut}"
    assert "CameraClock" in stream_of(anna, path)
    assert "CameraClock" not in stream_of(screen, path)
    assert "CameraClock" not in stream_of(screen, f"{path}&kind=CameraClock")


def test_revoked_it_shows_a_new_code(app, anna, people):
    screen = paired(app, anna)
    (one,) = people.administration.screens.screens()
    page = anna.get("/admin/screens").text
    assert "Entrance hall" in page
    form = {"csrf_token": form_token(anna, "/admin/screens")}
    assert anna.post(f"/admin/screens/{one.key}/revoke", data=form).status_code == 303
    assert screen.get("/wall").headers["Location"] == "/wall/pair"
    assert screen.get("/events?timeout=0").status_code == 401
    assert code_on(screen)
    assert "screen" in anna.get("/admin/log").text


def test_a_wrong_code_is_refused_in_words(anna):
    answer = confirm(anna, "AAAAAA")
    assert answer.status_code == 400
    assert "No screen shows this code" in answer.text


def test_a_screen_without_a_name_is_asked_for_one(app, anna):
    answer = confirm(anna, code_on(app.test_client()), name=" ")
    assert answer.status_code == 400
    assert "needs a name" in answer.text


def test_it_is_for_chosen_sites_unless_somebody_says_all(app, anna):
    form = {"csrf_token": form_token(anna, "/admin/screens"), "code": code_on(app.test_client())}
    page = anna.post("/admin/screens", data=form).text
    assert re.search(r'<input checked[^>]* value="some"', page)


@pytest.mark.parametrize(("sites", "ticked"), [([], ["default"]), ([SHOP], ["shop"]), ([SHOP, MUSEUM], [])])
def test_the_only_site_there_is_is_ticked_beforehand(app, people, anna, sites, ticked):
    people.roster = type(people.roster)(sites={site.site_id: site for site in sites})
    form = {"csrf_token": form_token(anna, "/admin/screens"), "code": code_on(app.test_client())}
    page = anna.post("/admin/screens", data=form).text
    boxes = re.findall(r"<input[^>]* name=\"sites\"[^>]*>", page)
    assert len(boxes) == max(1, len(sites)), "the default site where there is no other"
    assert [re.search(r'value="(\w+)"', box)[1] for box in boxes if "checked" in box] == ticked


def test_over_plain_http_from_elsewhere_no_code_is_given(app):
    answer = app.test_client().get("/wall/pair", environ_base=FROM_AFAR)
    assert answer.status_code == 403
    assert "HTTPS" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_whoever_is_signed_in_may_show_a_wall_too(anna):
    assert "Museum" in anna.get("/wall").text
    alone = anna.get("/wall?site=shop").text
    assert "Museum" not in alone
    assert anna.get("/wall?site=never").status_code == 404


def test_colours_come_with_words(app, anna):
    page = anna.get("/wall?site=museum").text
    assert 'data-band="full"' in page
    assert re.search(r'data-band-words="museum">full<', page)
