"""Cameras on the pages of administration."""

import html
import io
import logging
import re
import threading

import pytest

from peoplecount.domain.door import Door
from peoplecount.domain.user import Role
from peoplecount.services.camera_sheet import MOST_BYTES
from tests.support.board_service import BoardService
from tests.support.camera_office import ANNA, PASSWORD
from tests.support.people import People, form_token, signed_in
from tests.support.shop import SHOP
from tests.support.waiting import wait_until

TYPED = {
    "name": "Hall",
    "address": "hall.example",
    "user": "admin",
    "password": PASSWORD,
    "site": "shop",
    "interval": "5",
}
FINGERPRINT = "ab" * 32


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    people.enters("anna", Role.ADMINISTRATOR)
    people.enters("ben", Role.ADMINISTRATOR, "shop")
    people.office.has_sites("Shop", "Museum")
    yield people
    people.close()


@pytest.fixture
def office(people):
    return people.office


class Browser:
    """Somebody at the pages of administration."""

    def __init__(self, app, name):
        self.client = signed_in(app, name)
        self.token = form_token(self.client, "/account")

    def get(self, path):
        return self.client.get(path)

    def text(self, path):
        return html.unescape(self.get(path).text)

    def post(self, path, **form):
        return self.client.post(path, data={"csrf_token": self.token, **form}, content_type="multipart/form-data")

    def version(self, path):
        found = re.search(r'name="version"[^>]* value="([0-9a-f]+)"', self.get(path).text)
        assert found, f"no version at {path}"
        return found[1]


@pytest.fixture
def app(people):
    return people.app(BoardService([SHOP]))


@pytest.fixture
def anna(app):
    return Browser(app, "anna")


@pytest.fixture
def ben(app):
    return Browser(app, "ben")


def tried(browser, **form):
    """Type a camera in, and follow to what it answered."""
    answer = browser.post("/admin/cameras/new", **{**TYPED, **form})
    assert answer.status_code == 303, html.unescape(answer.text)
    return answer.headers["Location"]


class TestAdding:
    def test_a_camera_is_asked_looked_at_and_entered_with_its_lines(self, anna, office):
        office.network.stands("http://hall.example", "Z1", "East", "West")
        place = tried(anna)
        shown = anna.text(place)
        assert "It counts, and nothing is wrong with it" in shown
        assert "Z1" in shown
        assert PASSWORD not in shown
        assert office.desk.entered(ANNA) == [], "nothing is entered before somebody has looked"
        named = {
            "line:hall-0-1-1": "1",
            "name:hall-0-1-1": "North",
            "new-door:hall-0-1-1": "Main",
            "line:hall-0-1-2": "1",
        }
        answer = anna.post(place, **named)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/cameras/hall")
        one = office.desk.find(ANNA, "hall")
        assert (one.camera.poll_interval, one.site.site_id) == (5.0, "shop")
        assert office.desk.with_password(one).password == PASSWORD
        (line,) = one.camera.lines
        assert (line.name, office.lines.doors(ANNA)[line.door_id].name) == ("North", "Main")
        assert anna.get(place).status_code == 404, "what was entered is no draft any more"

    def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(self, anna):
        answer = anna.post("/admin/cameras/new", **{**TYPED, "address": "http://u:p@x", "interval": "often"})
        said = html.unescape(answer.text)
        assert answer.status_code == 400
        assert 'id="address-fault"' in said
        assert 'id="interval-fault"' in said
        assert 'value="Hall"' in said
        assert PASSWORD not in said

    def test_a_camera_that_does_not_answer_is_entered_only_by_somebody_who_means_it(self, anna, office):
        place = tried(anna)
        assert "connection refused" in anna.text(place).lower()
        assert anna.post(place).status_code == 400
        assert anna.post(place, **{"all-the-same": "yes"}).status_code == 303
        assert office.desk.find(ANNA, "hall").camera.name == "Hall"

    def test_a_wrong_password_is_typed_again_and_nothing_else(self, anna, office):
        office.network.stands("http://hall.example", "Z1")
        place = tried(anna, password="wrong-one")
        assert "refuses the user name or password" in anna.text(place)
        draft = place.rpartition("/")[2]
        again = anna.text(f"/admin/cameras/new?draft={draft}")
        assert 'value="hall.example"' in again
        assert "wrong-one" not in again
        place = tried(anna, draft=draft)
        assert "It counts" in anna.text(place)

    def test_another_password_is_tried_where_the_refusal_stands(self, anna, office):
        camera = office.network.stands("http://hall.example", "Z1", "East")
        place = tried(anna, password="wrong-one")
        shown = anna.text(place)
        assert "Test again" not in shown
        assert 'type="password"' in shown
        assert "wrong-one" not in shown
        asked = len(camera.asked)
        for form in ({}, {"user": TYPED["user"], "password": ""}):
            answer = anna.post(f"{place}/again", **form)
            assert (answer.status_code, "Type the password again" in html.unescape(answer.text)) == (400, True)
        assert len(camera.asked) == asked, "the same login is not sent once more"
        place = anna.post(f"{place}/again", user=TYPED["user"], password=PASSWORD).headers["Location"]
        assert "It counts" in anna.text(place)
        assert anna.post(place).status_code == 303
        assert office.desk.with_password(office.desk.find(ANNA, "hall")).password == PASSWORD

    def test_a_password_that_was_typed_need_not_be_typed_again(self, anna, office):
        draft = tried(anna, address="nowhere.example").rpartition("/")[2]
        office.network.stands("http://hall.example", "Z1")
        assert "It counts" in anna.text(tried(anna, draft=draft, password=""))

    def test_a_certificate_is_shown_and_accepted_by_its_fingerprint(self, anna, office):
        camera = office.network.stands("https://hall.example", "Z1", fingerprint=FINGERPRINT)
        place = tried(anna, address="https://hall.example")
        assert FINGERPRINT in anna.text(place)
        assert camera.asked == []
        anna.post(f"{place}/again", accept="cd" * 32)
        assert camera.asked == [], "another fingerprint than was shown is not accepted"
        answer = anna.post(f"{place}/again", accept=FINGERPRINT)
        assert anna.post(answer.headers["Location"]).status_code == 303
        assert office.desk.find(ANNA, "hall").camera.certificate == FINGERPRINT

    @pytest.mark.parametrize(
        ("form", "said"),
        [({"address": "front.example"}, "entered already, as front"), ({"id": "front"}, "give this one another id")],
    )
    def test_what_is_entered_already_is_not_even_asked(self, anna, office, form, said):
        office.has("front", site_id="shop")
        standing = office.network.stands("http://front.example")
        answer = anna.post("/admin/cameras/new", **{**TYPED, **form})
        assert (answer.status_code, said in html.unescape(answer.text)) == (400, True)
        assert standing.asked == []

    def test_the_same_device_is_refused_also_by_somebody_who_means_it(self, anna, office):
        office.has("front", site_id="shop")
        office.read_serials["front"] = "Z1"
        office.network.stands("http://hall.example", "Z1")
        place = tried(anna)
        assert "entered already, as front" in anna.text(place)
        assert anna.post(place, **{"all-the-same": "yes"}).status_code == 400

    def test_what_somebody_else_tried_is_not_to_be_seen(self, anna, ben, office):
        office.network.stands("http://hall.example", "Z1")
        place = tried(anna)
        for path in (place, f"/admin/cameras/new?draft={place.rpartition('/')[2]}"):
            assert "Z1" not in ben.text(path)
        assert ben.post(place).status_code == 404
        assert ben.post(f"{place}/again").status_code == 404


class TestTheList:
    def test_states_are_in_words_and_found_by_any_of_them(self, anna, office):
        for name in ("front", "back", "side"):
            office.has(name, site_id="shop")
        office.has("vault", site_id="museum")
        office.desk.pause(ANNA, "side")
        office.states += [
            {"cameraId": "front", "state": "up", "reason": "", "since": None},
            {"cameraId": "back", "state": "down", "reason": "time-out after 3 s", "since": None},
        ]
        shown = anna.text("/admin/cameras")
        for words in ("counts", "does not answer", "time-out after 3 s", "paused", "not asked yet"):
            assert words in shown
        assert names(anna.text("/admin/cameras?q=museum")) == ["vault"]
        assert names(anna.text("/admin/cameras?q=BACK.example")) == ["back"]
        assert names(anna.text("/admin/cameras?state=paused")) == ["side"]
        assert names(anna.text("/admin/cameras?q=nothing-like-it")) == []

    def test_five_hundred_are_shown_by_the_hundred(self, anna, office):
        for number in range(500):
            office.has(f"c{number:03}", site_id="shop", password="")
        assert len(names(anna.text("/admin/cameras"))) == 100
        assert names(anna.text("/admin/cameras?page=4"))[-1] == "c499"
        assert names(anna.text("/admin/cameras?q=c12&page=0")) == [f"c12{digit}" for digit in range(10)]
        assert anna.get("/admin/cameras?page=9999").status_code == 200

    def test_the_export_has_no_passwords_and_only_what_is_theirs(self, anna, ben, office):
        office.has("hall", site_id="shop")
        office.has("vault", site_id="museum")
        text = anna.get("/admin/cameras/export").text
        assert "hall.example" in text
        assert PASSWORD not in text
        assert "vault" not in ben.get("/admin/cameras/export").text


class TestOneCamera:
    @pytest.fixture(autouse=True)
    def camera(self, office):
        office.has("hall", site_id="shop")
        self.standing = office.network.stands("http://hall.example", "Z1")

    PATH = "/admin/cameras/hall"

    def change(self, browser, **form):
        typed = {"name": "Hall", "site": "shop", "address": "http://hall.example", "user": "admin", "interval": "10"}
        return browser.post(self.PATH, version=browser.version(self.PATH), **{**typed, **form})

    def test_its_name_is_changed_without_asking_it(self, anna, office):
        assert self.change(anna, name="Foyer").status_code == 303
        assert self.standing.asked == []
        one = office.desk.find(ANNA, "hall")
        assert one.camera.name == "Foyer"
        assert office.desk.with_password(one).password == PASSWORD
        assert "Foyer is changed" in anna.text(self.PATH)

    def test_its_password_is_sent_to_no_page(self, anna):
        for path in (self.PATH, "/admin/cameras", "/admin/log"):
            assert PASSWORD not in anna.text(path)

    def test_another_address_is_asked_before_it_is_saved(self, anna, office):
        answer = self.change(anna, address="new.example", password=PASSWORD)
        place = answer.headers["Location"]
        assert "/tried/" in place
        assert office.desk.find(ANNA, "hall").camera.address == "http://hall.example"
        office.network.stands("http://new.example", "Z1")
        place = anna.post(f"{place}/again").headers["Location"]
        assert anna.post(place).status_code == 303
        assert office.desk.find(ANNA, "hall").camera.address == "http://new.example"
        office.network.stands("http://third.example", "Z1")
        answer = self.change(anna, address="third.example", password=PASSWORD)
        assert answer.headers["Location"] == self.PATH, "it answers, and is saved"

    def test_a_password_that_is_kept_goes_to_no_other_address(self, anna, office):
        there = office.network.stands("http://evil.example", "Z9")
        answer = self.change(anna, address="evil.example")
        assert answer.status_code == 400
        assert "Type it again" in answer.text
        assert there.asked == []
        office.network.stands("https://hall.example:8443", "Z1")
        assert self.change(anna, address="https://hall.example:8443").status_code == 303, "the same host"

    def test_who_comes_second_is_told_and_keeps_what_was_typed(self, anna, ben, office):
        version = anna.version(self.PATH)
        assert self.change(ben, name="Lobby").status_code == 303
        answer = anna.post(
            self.PATH, version=version, name="Foyer", site="shop", address="hall.example", user="admin", interval="10"
        )
        said = html.unescape(answer.text)
        assert answer.status_code == 409
        assert "Somebody else changed this camera" in said
        assert 'value="Foyer"' in said
        assert office.desk.find(ANNA, "hall").camera.name == "Lobby"

    def test_with_the_database_away_nothing_that_was_typed_is_lost(self, anna, people, office):
        version = anna.version(self.PATH)
        people.database.is_away = True
        answer = anna.post(
            self.PATH, version=version, name="Foyer", site="shop", address="hall.example", user="admin", interval="10"
        )
        assert answer.status_code == 503
        assert 'value="Foyer"' in answer.text
        assert "The database does not answer just now" in answer.text
        assert "counts.internal" not in answer.text
        for path in ("/admin/cameras", "/admin/cameras/hall", "/admin/cameras/new", "/admin/cameras/export"):
            assert anna.get(path).status_code == 503
        people.database.is_away = False
        assert office.desk.find(ANNA, "hall").camera.name == "Hall"

    def test_a_password_that_was_changed_on_the_camera_is_typed_where_it_is_refused(self, anna, office):
        standing = office.network.stands("http://hall.example", "Z1", "East")
        standing.password = "a-newer-one"
        place = anna.post(f"{self.PATH}/test").headers["Location"]
        assert "refuses the user name or password" in anna.text(place)
        place = anna.post(f"{place}/again", password="a-newer-one").headers["Location"]
        shown = anna.text(place)
        assert "It counts" in shown
        assert "Save the change" in shown
        assert anna.post(place).status_code == 303
        assert office.desk.with_password(office.desk.find(ANNA, "hall")).password == "a-newer-one"

    def test_it_is_asked_again_as_it_is(self, anna):
        place = anna.post(f"{self.PATH}/test").headers["Location"]
        shown = anna.text(place)
        assert "It counts" in shown
        assert "Enter this camera" not in shown
        assert "Save the change" not in shown

    def test_a_changed_certificate_is_accepted_on_its_page(self, anna, office):
        office.table.remove("hall")
        office.has("hall", "https://hall.example", site_id="shop", certificate="cd" * 32)
        office.network.stands("https://hall.example", "Z1", fingerprint=FINGERPRINT)
        place = anna.post(f"{self.PATH}/test").headers["Location"]
        assert "another certificate" in anna.text(place)
        place = anna.post(f"{place}/again", accept=FINGERPRINT).headers["Location"]
        assert anna.post(place).status_code == 303
        assert office.desk.find(ANNA, "hall").camera.certificate == FINGERPRINT

    def test_lines_are_named_and_get_doors(self, anna, office):
        office.read_names["hall-0-1-1"] = "EastDoor"
        assert "EastDoor" in anna.text(self.PATH)
        form = {"line:hall-0-1-1": "1", "name:hall-0-1-1": "North", "new-door:hall-0-1-1": "Main"}
        assert anna.post(f"{self.PATH}/lines", version=anna.version(self.PATH), **form).status_code == 303
        (line,) = office.desk.find(ANNA, "hall").camera.lines
        assert line.name == "North"
        answer = anna.post(
            f"{self.PATH}/lines",
            version=anna.version(self.PATH),
            **(form | {"door:hall-0-1-1": "no-such", "new-door:hall-0-1-1": "", "name:hall-0-1-1": "South"}),
        )
        assert (answer.status_code, "there is no door" in answer.text.lower()) == (400, True)
        assert 'value="South"' in answer.text
        assert anna.post(f"{self.PATH}/lines", version="0", **form).status_code == 409

    def test_a_line_is_swapped_from_this_hour_the_next_or_another(self, anna, office):
        office.read_names["hall-0-1-1"] = "EastDoor"
        office.clock.passes(20 * 60)
        for when, since in (("this", ""), ("next", ""), ("other", "2026-05-03T10:00")):
            form = {"line": "hall-0-1-1", "when": when, "since": since}
            assert anna.post(f"{self.PATH}/swap", **form).status_code == 303
        (line,) = office.desk.find(ANNA, "hall").camera.lines
        assert [f"{moment:%d %H}" for moment in line.swaps] == ["03 08", "04 12", "04 13"]
        shown = anna.text(self.PATH)
        (since, *_) = re.findall(r'name="since" value="([^"]+)"', shown)
        form = {"line": "hall-0-1-1", "when": "other", "since": since, "take-back": "yes"}
        assert anna.post(f"{self.PATH}/swap", **form).status_code == 303
        assert len(office.desk.find(ANNA, "hall").camera.lines[0].swaps) == 2

    @pytest.mark.parametrize(
        ("form", "said"),
        [
            ({"line": "hall-0-1-1", "when": "other", "since": "2026-05-03T10:30"}, "no full hour"),
            ({"line": "hall-0-1-1", "when": "other"}, "from when on"),
            ({"line": "hall-0-1-1"}, "from when on"),
            ({"line": "front-0-1-1", "when": "next"}, "no line of this camera"),
            ({"line": "<script>", "when": "next"}, "no line of this camera"),
        ],
    )
    def test_a_swap_that_makes_no_sense_is_refused_in_words(self, anna, form, said):
        answer = anna.post(f"{self.PATH}/swap", **form)
        assert (answer.status_code, said in html.unescape(answer.text).lower()) == (400, True)
        assert "<script>'" not in answer.text

    def test_it_is_paused_and_asked_again(self, anna, office):
        anna.post(f"{self.PATH}/pause", paused="yes")
        assert "Go on asking it" in anna.text(self.PATH)
        assert office.desk.find(ANNA, "hall").paused
        anna.post(f"{self.PATH}/pause", paused="no")
        assert not office.desk.find(ANNA, "hall").paused

    def test_it_is_removed_after_a_question(self, anna, office):
        assert "What it counted stays" in anna.text(f"{self.PATH}/remove")
        version = anna.version(f"{self.PATH}/remove")
        assert anna.post(f"{self.PATH}/remove", version="0").status_code == 409
        answer = anna.post(f"{self.PATH}/remove", version=version)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/cameras")
        assert office.desk.entered(ANNA) == []

    def test_of_cameras_from_a_view_only_what_is_ours_is_changed(self, anna, office):
        office.desk.are_theirs = True
        shown = anna.text(self.PATH)
        assert "are the view's" in shown
        assert 'name="password"' not in shown
        assert f"{self.PATH}/remove" not in shown
        assert "removed there" in anna.text(f"{self.PATH}/remove")
        assert "enter it there" in anna.text("/admin/cameras/new")


class TestSitesOfOthers:
    """Who may see one site alone finds nothing of others at any address."""

    @pytest.fixture(autouse=True)
    def vault(self, office):
        office.has("vault", site_id="museum")
        office.places.put_door(Door("secret-door", "museum", "Secret door"))
        office.has("hall", site_id="shop")

    @pytest.mark.parametrize("path", ["", "/test", "/lines", "/swap", "/pause", "/remove"])
    def test_a_camera_there_is_none(self, ben, office, path):
        form = {
            "line": "vault-0-1-1",
            "when": "next",
            "paused": "yes",
            "version": office.desk.find(ANNA, "vault").version,
        }
        assert ben.post(f"/admin/cameras/vault{path}", **form).status_code == 404
        if path in {"", "/remove"}:
            assert ben.get(f"/admin/cameras/vault{path}").status_code == 404
        assert office.noted() == []

    def test_nor_are_its_name_site_and_doors_anywhere(self, ben, office):
        office.read_names["hall-0-1-1"] = "EastDoor"
        for path in ("/admin/cameras", "/admin/cameras/new", "/admin/cameras/hall", "/admin/cameras?q=vault"):
            shown = ben.text(path).replace("q=vault", "").replace('value="vault"', "")
            assert not re.search("vault|museum|secret", shown, re.IGNORECASE), path

    def test_no_camera_is_entered_there(self, ben, office):
        office.network.stands("http://new.example", "Z5")
        answer = ben.post(
            "/admin/cameras/new", **{**TYPED, "address": "new.example", "id": "new-one", "site": "museum"}
        )
        assert (answer.status_code, "no such site" in answer.text.lower()) == (400, True)
        assert office.network.standing["http://new.example"].asked == []


class TestImport:
    FILE = "name;address;user;password;site\nHall;hall.example;admin;{0};Shop\nGone;gone.example;admin;{0};Shop\n"

    def send(self, browser, text=None, **form):
        file = (io.BytesIO((text or self.FILE.format(PASSWORD)).encode()), "cameras.csv")
        return browser.post("/admin/cameras/import", file=file, **form)

    def finished(self, browser, answer):
        assert answer.status_code == 303, html.unescape(answer.text)
        place = answer.headers["Location"]
        wait_until(lambda: "rows are done" in browser.text(place))
        return browser.text(place)

    def test_each_row_gets_a_verdict(self, anna, office):
        office.network.stands("http://hall.example", "Z1")
        shown = self.finished(anna, self.send(anna))
        assert "2 of 2 rows" in shown
        assert "added" in shown
        assert "Connection refused" in shown
        assert PASSWORD not in shown
        assert office.desk.find(ANNA, "hall").camera.name == "Hall"
        shown = self.finished(anna, self.send(anna))
        assert "already there" in shown

    def test_one_that_goes_on_is_shown_and_stopped(self, anna, ben, office):
        let_go, original = threading.Event(), office.network.client

        def slow(camera, clock):
            let_go.wait(20)
            return original(camera, clock)

        office.network.client = slow
        place = self.send(anna).headers["Location"]
        assert "Stop the import" in anna.text(place)
        assert place in anna.text("/admin/cameras/import")
        assert place not in ben.text("/admin/cameras/import")
        assert ben.post(f"{place}/stop").status_code == 404
        assert anna.post(f"{place}/stop").headers["Location"] == place
        let_go.set()
        wait_until(lambda: "anna stopped it" in anna.text(place))
        assert office.desk.entered(ANNA) == []

    def test_only_tried_is_not_entered(self, anna, office):
        office.network.stands("http://hall.example", "Z1")
        assert "only tried" in self.finished(anna, self.send(anna, **{"dry-run": "on"}))
        assert office.desk.entered(ANNA) == []

    def test_certificates_are_accepted_as_they_were_shown_with_the_file_once_more(self, anna, office):
        office.network.stands("https://hall.example", "Z1", fingerprint=FINGERPRINT)
        text = self.FILE.format(PASSWORD).replace("hall.example", "https://hall.example")
        first = self.send(anna, text)
        shown = self.finished(anna, first)
        assert FINGERPRINT in shown
        job_id = first.headers["Location"].rpartition("/")[2]
        self.finished(anna, self.send(anna, text, accept=job_id))
        assert office.desk.find(ANNA, "hall").camera.certificate == FINGERPRINT

    def test_nobody_accepts_with_the_list_of_somebody_else(self, anna, ben, office):
        office.network.stands("https://hall.example", "Z1", fingerprint=FINGERPRINT)
        text = self.FILE.format(PASSWORD).replace("hall.example", "https://hall.example")
        first = self.send(anna, text)
        self.finished(anna, first)
        place = first.headers["Location"]
        assert ben.get(place).status_code == 404
        self.finished(ben, self.send(ben, text, accept=place.rpartition("/")[2]))
        assert office.desk.entered(ANNA) == []

    @pytest.mark.parametrize(
        ("text", "said"),
        [("name,ip\nx,y\n", "unknown column 'ip'"), ("\0\1", "no text"), ("name,address\n", "no row but")],
    )
    def test_a_file_that_is_none_is_refused_in_words(self, anna, text, said):
        answer = self.send(anna, text)
        assert (answer.status_code, said in html.unescape(answer.text).lower()) == (400, True)

    def test_a_form_without_a_file_is_refused_and_one_that_is_too_large(self, anna):
        assert anna.post("/admin/cameras/import").status_code == 400
        body, kind = b"x" * (MOST_BYTES + 200_000), "multipart/form-data; boundary=x"
        assert anna.client.post("/admin/cameras/import", data=body, content_type=kind).status_code == 413


def test_sites_are_offered_by_name_without_a_default_one_that_nobody_uses(anna):
    page = anna.get("/admin/cameras/new").text
    offered = page.split('id="site"')[1].split("</select>")[0]
    assert re.findall(r'value="([^"]*)"', offered) == ["museum", "shop"]


def test_no_password_is_in_any_log(anna, office, caplog):
    caplog.set_level(logging.DEBUG)
    office.network.stands("http://hall.example", "Z1")
    anna.post(tried(anna))
    TestImport().finished(anna, TestImport().send(anna))
    assert PASSWORD not in caplog.text


def test_a_form_of_another_page_changes_nothing(anna, office):
    office.has("hall", site_id="shop")
    for path in (
        "/admin/cameras/hall/pause",
        "/admin/cameras/hall/remove",
        "/admin/cameras/new",
        "/admin/cameras/import",
    ):
        answer = anna.client.post(path, data={"paused": "yes", **TYPED})
        assert answer.status_code == 400, path
    assert not office.desk.find(ANNA, "hall").paused
    assert office.noted() == []


def names(shown):
    return re.findall(r'<a class="name" href="/admin/cameras/([^"]+)"', shown)
