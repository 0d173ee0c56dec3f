"""People and tokens on the pages of administration."""

import html
import logging
import re

import pytest

from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Scope
from peoplecount.eventlog.log import LocalStoreUnavailable
from tests.support.administrators import Administrator
from tests.support.board_service import BoardService
from tests.support.people import PASSWORD, People, form_token, signed_in
from tests.support.shop import SHOP

OTHER = "another horse battery"
LINK = re.compile(r"https://counts\.example/welcome#([\w-]+)")
TOKEN = re.compile(r"pc_[0-9a-f]{8}_[\w-]{43}")
BEN = {"name": "ben", "role": "viewer", "reach": "all", "way": "link", "password": ""}


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    people.enters("anna", Role.ADMINISTRATOR)
    people.places.put_site(SHOP)
    people.roster = type(people.roster)(sites={"shop": SHOP})
    yield people
    people.close()


@pytest.fixture
def app(people):
    return people.app(BoardService([SHOP]))


@pytest.fixture
def anna(app):
    return Administrator(app, "anna")


def test_somebody_is_let_in_by_a_link_that_is_shown_this_once(people, anna):
    answer = anna.post("/admin/new-person", **BEN | {"reach": "some", "sites": "shop", "role": "operator"})
    assert answer.status_code == 200
    code = LINK.search(answer.text)[1]
    assert answer.headers["Cache-Control"] == "no-store"
    assert code not in str(answer.headers)
    for path in ("/admin/people", "/admin/people/ben", "/admin/log"):
        assert code not in anna.get(path).text
    ben = people.accounts.welcome(code, "", OTHER)
    assert (ben.role, ben.sites) == (Role.OPERATOR, {"shop"})


def test_who_follows_a_link_or_changes_their_password_is_noted(people, app, anna):
    code = people.accounts.links.make()
    client = app.test_client()
    form = {"code": code, "name": "eve", "password": OTHER, "again": OTHER}
    form["csrf_token"] = form_token(client, "/welcome")
    assert client.post("/welcome", data=form).status_code == 303
    assert anna.post("/account/password", current=PASSWORD, new=OTHER, again=OTHER).status_code == 303
    changed, welcomed = people.audit_log.page().changes
    assert (changed.who, changed.subject_id, changed.verb) == ("anna", "anna", "changed the password of")
    assert (welcomed.who, welcomed.after) == ("eve", {"role": "administrator", "sites": "all"})
    assert OTHER not in repr((changed, welcomed))
    assert code not in repr(welcomed)


def test_somebody_is_let_in_with_a_password_that_is_never_sent_back(people, anna, caplog):
    with caplog.at_level(logging.DEBUG):
        refused = anna.post("/admin/new-person", **BEN | {"way": "typed", "password": "secretshort"})
        answer = anna.post("/admin/new-person", **BEN | {"way": "typed", "password": OTHER})
    assert refused.status_code == 400
    assert "secretshort" not in refused.text
    assert 'value="ben"' in refused.text
    assert 'id="password-fault"' in refused.text
    assert answer.headers["Location"] == "/admin/people/ben"
    assert OTHER not in anna.get("/admin/people/ben").text + anna.get("/admin/log").text
    assert OTHER not in caplog.text
    assert "secretshort" not in caplog.text
    assert people.accounts.sign_in("ben", OTHER, "", "")


@pytest.mark.parametrize(
    ("change", "field"),
    [({"name": "x y"}, "name-fault"), ({"name": " "}, "name-fault"), ({"reach": "some"}, "Tick one site"),
     ({"role": "king"}, "role"), ({"reach": "some", "sites": "nowhere"}, "no site"), ({"name": "anna"}, "already"),
     ({"way": "typed"}, "password-fault")],
)  # fmt: skip
def test_who_cannot_be_let_in_is_not_and_the_form_is_kept(people, anna, change, field):
    answer = anna.post("/admin/new-person", **BEN | {"role": "operator"} | change)
    assert answer.status_code == 400
    assert field in answer.text
    assert "autofocus" in answer.text or "already" in field, "it begins at its fault"
    if "role" not in change:
        assert re.search(r'checked[^>]*value="operator"', answer.text)
    assert list(people.accounts.book.users()) == ["anna"]


def test_rights_hold_at_once_and_who_comes_second_is_told(people, app, anna):
    people.enters("ben")
    seen = anna.version("/admin/people/ben")
    assert anna.change("/admin/people/ben", role="operator", reach="some", sites="shop").status_code == 303
    answer = anna.post("/admin/people/ben", role="viewer", reach="all", version=seen)
    assert answer.status_code == 409
    assert "now operator of shop" in answer.text
    assert people.accounts.book.find("ben").sites == {"shop"}
    assert anna.post("/admin/people/ben", role="viewer", reach="all").status_code == 409


def test_sites_that_are_no_more_are_not_taken_away_unseen(people, anna):
    people.enters("ben", Role.VIEWER, "gone")
    page = anna.get("/admin/people/ben").text
    assert "gone (not there any more)" in page
    assert anna.change("/admin/people/ben", role="operator", reach="some", sites=["gone", "shop"]).status_code == 303
    assert people.accounts.book.find("ben").sites == {"gone", "shop"}


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/admin/people/anna/remove", {}),
        ("/admin/people/anna/reset", {"way": "link"}),
        ("/admin/people/anna", {"role": "viewer", "reach": "all"}),
        ("/admin/people/anna", {"role": "administrator", "reach": "some", "sites": "shop"}),
    ],
)
def test_the_last_administrator_locks_nobody_out_by_mistake(people, anna, path, form):
    version = anna.version("/admin/people/anna")
    answer = anna.post(path, **form, version=version)
    assert answer.status_code == 400
    assert "last administrator" in answer.text
    assert anna.get("/admin/people").status_code == 200
    assert people.accounts.book.find("anna").is_ruling


def test_a_new_password_signs_out_everywhere(people, app, anna):
    people.enters("ben")
    ben = signed_in(app, "ben")
    assert ben.get("/account").status_code == 200
    answer = anna.post("/admin/people/ben/reset", way="link")
    assert LINK.search(answer.text)
    assert ben.get("/account").status_code == 303
    assert anna.post("/admin/people/ben/reset", way="typed", password=OTHER).status_code == 303
    assert signed_in(app, "ben", OTHER)


def test_sessions_are_shown_and_ended(people, app, anna):
    people.enters("ben")
    ben = signed_in(app, "ben")
    assert "/admin/people/ben/end-sessions" in anna.get("/admin/people/ben").text
    assert anna.post("/admin/people/ben/end-sessions").status_code == 303
    assert ben.get("/account").status_code == 303
    assert "Not signed in anywhere." in anna.get("/admin/people/ben").text


def test_who_is_removed_is_gone_also_while_signed_in(people, app, anna):
    people.enters("ben", Role.ADMINISTRATOR)
    ben = Administrator(app, "ben")
    assert anna.post("/admin/people/ben/remove").headers["Location"] == "/admin/people"
    assert ben.get("/admin/people").status_code == 303
    assert ben.post("/admin/people/anna/remove").status_code in {303, 400}
    assert people.accounts.book.find("anna")
    assert anna.get("/admin/people/ben").status_code == 404


def test_who_loses_the_role_in_a_session_may_not_act_any_more(people, app, anna):
    people.enters("ben", Role.ADMINISTRATOR)
    ben = Administrator(app, "ben")
    assert anna.change("/admin/people/ben", role="viewer", reach="all").status_code == 303
    assert ben.post("/admin/people/anna/remove").status_code == 403
    assert ben.get("/admin/log").status_code == 403


def test_an_administrator_of_one_site_makes_nobody_and_nothing_more_than_they_are(people, app):
    people.enters("local", Role.ADMINISTRATOR, "shop")
    local = Administrator(app, "local")
    for path, form in (
        ("/admin/people/local", {"role": "administrator", "reach": "all"}),
        ("/admin/new-person", BEN | {"role": "administrator"}),
        ("/admin/people/anna/reset", {"way": "link"}),
        ("/admin/new-token", {"label": "x", "scopes": "read", "reach": "all"}),
    ):
        assert local.post(path, **form).status_code == 403, path
    assert set(people.accounts.book.users()) == {"anna", "local"}
    assert people.accounts.tokens.tokens() == []


def test_who_is_signed_in_elsewhere_is_shown_so_and_changed_there(people, anna):
    people.accounts.admit("olga", "oidc 123", Role.VIEWER, frozenset({"shop"}))
    page = anna.get("/admin/people/olga").text
    assert "is changed there" in page
    assert 'name="role"' not in page
    assert "/reset" not in page


def test_a_new_token_may_read_unless_somebody_says_otherwise(anna):
    page = anna.get("/admin/new-token").text
    assert re.search(r'checked[^>]*type="checkbox" value="read"', page)
    answer = anna.post("/admin/new-token", label=" ", scopes="health", reach="all")
    assert not re.search(r'checked[^>]*type="checkbox" value="read"', answer.text)
    assert re.search(r'checked[^>]*type="checkbox" value="health"', answer.text)


def test_a_browser_wants_no_box_ticked_that_need_not_be(anna):
    for path in ("/admin/new-token", "/admin/new-person"):
        boxes = re.findall(r'<input[^>]*type="checkbox"[^>]*>', anna.get(path).text)
        assert boxes
        assert not any("required" in box for box in boxes)


def test_a_token_is_shown_this_once_and_used_revoked_and_listed(people, app, anna):
    form = {"label": "Power BI", "scopes": ["read", "health"], "reach": "some", "sites": "shop", "days": "30"}
    answer = anna.post("/admin/new-token", **form)
    token = TOKEN.search(answer.text)[0]
    assert answer.headers["Cache-Control"] == "no-store"
    headers = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/chart/today", headers=headers).status_code == 200
    assert f"curl -H &#39;Authorization: Bearer {token}&#39; &#39;http://localhost/api/v1/ping&#39;" in answer.text
    page = anna.get("/admin/tokens").text
    assert token not in page + anna.get("/admin/log").text
    for words in ("Power BI", "health, read", "Shop", "last used"):
        assert words in page
    (kept,) = people.accounts.tokens.tokens()
    assert kept.scopes == {Scope.READ, Scope.HEALTH}
    assert kept.digest not in page
    assert anna.post(f"/admin/tokens/{kept.token_id}/revoke").status_code == 303
    assert app.test_client().get("/chart/today", headers=headers).status_code == 401
    assert anna.post(f"/admin/tokens/{kept.token_id}/revoke").status_code == 400


@pytest.mark.parametrize(
    ("change", "says"),
    [({"label": " "}, "label-fault"), ({"scopes": []}, "Tick one thing"), ({"scopes": "everything"}, "choice"),
     ({"days": "0"}, "days-fault"), ({"days": "abc"}, "days-fault"), ({"days": "99999999999"}, "days-fault"),
     ({"reach": "some"}, "Tick one site"), ({"label": "Monitoring"}, "already")],
)  # fmt: skip
def test_a_token_that_makes_no_sense_is_not_made_and_the_form_is_kept(people, anna, change, says):
    people.token(Scope.HEALTH, label="Monitoring")
    form = {"label": "Power BI", "scopes": "read", "reach": "all", "days": "12"} | change
    answer = anna.post("/admin/new-token", **form)
    assert answer.status_code == 400
    assert says in html.unescape(answer.text)
    assert len(people.accounts.tokens.tokens()) == 1


@pytest.mark.parametrize("path", ["/admin/new-person", "/admin/people/ben", "/admin/people/ben/reset",
                                  "/admin/people/ben/end-sessions", "/admin/people/ben/remove", "/admin/new-token",
                                  "/admin/tokens/Monitoring/revoke"])  # fmt: skip
def test_a_form_of_somebody_else_changes_nothing(people, anna, path):
    people.enters("ben")
    people.token(Scope.HEALTH, label="Monitoring")
    before = (people.accounts.book.users(), people.accounts.tokens.tokens())
    form = BEN | {"name": "eve", "label": "eve", "scopes": "read", "role": "administrator"}
    assert anna.client.post(path, data=form).status_code == 400
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert anna.client.post(path, data=form | {"csrf_token": anna.token}, headers=headers).status_code == 403
    assert (people.accounts.book.users(), people.accounts.tokens.tokens()) == before


@pytest.mark.parametrize(
    ("path", "form"),
    [("/admin/new-person", BEN), ("/admin/people/anna/reset", {"way": "typed", "password": OTHER}),
     ("/admin/new-token", {"label": "Power BI", "scopes": "read", "reach": "all"})],
)  # fmt: skip
def test_with_the_store_away_nothing_is_lost_and_it_is_said(people, anna, monkeypatch, path, form):
    monkeypatch.setattr(people.store, "change", _fails)
    answer = anna.post(path, **form)
    assert answer.status_code == 503
    assert "store is locked" in answer.text


def _fails(*_):
    raise LocalStoreUnavailable("the store is locked")


def test_no_page_has_script_or_style_of_its_own_nor_a_hash(people, anna):
    people.token(Scope.HEALTH, label="Monitoring")
    for path in ("/admin/people", "/admin/people/anna", "/admin/new-person", "/admin/tokens", "/admin/new-token"):
        page = anna.get(path).text
        assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", page), path
        assert "argon2" not in page
        assert PASSWORD not in page
