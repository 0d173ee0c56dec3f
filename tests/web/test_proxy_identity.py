"""Signing in by the header of a proxy: believed of those that are known, and of nobody else."""

import pytest

from peoplecount.domain.group_rights import read_group_rights
from peoplecount.domain.user import Role
from peoplecount.services.outside_people import OutsidePeople
from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.outside import OutsideSignIn
from peoplecount.web.proxy_identity import ProxyIdentities
from tests.support.board_service import BoardService
from tests.support.people import People, form_token
from tests.support.shop import SHOP

PROXY, SOMEBODY = "192.0.2.1", "192.0.2.66"
RIGHTS = read_group_rights("admins=administrator; *=viewer@shop")


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    yield people
    people.close()


@pytest.fixture
def app(people):
    proxy = ProxyIdentities(ClientAddresses((PROXY,)), "X-Remote-User", "X-Remote-Groups")
    outside = OutsideSignIn(OutsidePeople(people.accounts, RIGHTS, people.audit_log), proxy)
    return people.app(BoardService([SHOP]), proxies=(PROXY,), outside=outside)


def through(proxy=PROXY, **headers):
    """A request that a proxy passes on, with what it says of it."""
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.9"}
    return {
        "environ_base": {"REMOTE_ADDR": proxy},
        "headers": told | {name.replace("_", "-"): value for name, value in headers.items()},
    }


ANNA = through(X_Remote_User="FIRM\\anna", X_Remote_Groups="staff, admins")


def test_whom_the_proxy_has_signed_in_is_known_without_a_password(people, app):
    client = app.test_client()
    led = client.get("/account", **ANNA)
    assert led.headers["Location"] == "/sign-in?next=/account"
    answer = client.get(led.headers["Location"], **ANNA)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    page = client.get("/account", **ANNA).text
    assert "the proxy in front" in page
    user = people.accounts.book.find("anna")
    assert (user.role, user.sites, user.outside) == (Role.ADMINISTRATOR, None, "proxy FIRM\\anna")


def test_who_is_in_no_named_group_is_everybody(people, app):
    app.test_client().get("/sign-in", **through(X_Remote_User="ben"))
    assert people.accounts.book.find("ben").sites == frozenset({"shop"})


def test_forms_still_need_their_token(app):
    client = app.test_client()
    client.get("/sign-in", **ANNA)
    assert client.post("/account/sessions/end-others", **ANNA).status_code == 400
    form = {"csrf_token": form_token(client, "/account", **ANNA)}
    headers = ANNA["headers"] | {"Referer": "https://localhost/account"}
    answer = client.post("/account/sessions/end-others", data=form, environ_base=ANNA["environ_base"], headers=headers)
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "request_",
    [
        through(SOMEBODY, X_Remote_User="anna", X_Remote_Groups="admins"),
        {"headers": {"X-Remote-User": "anna"}},
        through(X_Remote_User=""),
        through(),
    ],
    ids=["another machine", "without a proxy", "nobody", "nothing said"],
)
def test_nobody_else_says_who_somebody_is(people, app, request_):
    client = app.test_client()
    assert client.get("/sign-in", **request_).status_code in {200, 403}
    assert client.get("/account", **request_).status_code == 303
    assert people.accounts.book.users() == {}


def test_of_two_names_neither_is_believed(people, app):
    """One of them came from the client, past a proxy that adds its own instead of replacing it."""
    told = [("X-Forwarded-Proto", "https"), ("X-Remote-User", "anna"), ("X-Remote-User", "mallory")]
    app.test_client().get("/sign-in", environ_base={"REMOTE_ADDR": PROXY}, headers=told)
    assert not people.accounts.book.users()


def test_somebody_else_at_the_same_browser_is_not_taken_for_who_was_there(app):
    client = app.test_client()
    client.get("/sign-in", **ANNA)
    ben = through(X_Remote_User="ben")
    assert client.get("/account", **ben).status_code == 303
    client.get("/sign-in", **ben)
    page = client.get("/account", **ben).text
    assert "ben" in page
    assert "anna" not in page


def test_the_cookie_alone_is_worth_nothing_past_the_proxy(app):
    client = app.test_client()
    client.get("/sign-in", **ANNA)
    assert client.get("/account", **through()).status_code == 303
    assert client.get("/account", **through(SOMEBODY, X_Remote_User="FIRM\\anna")).status_code == 303
    assert client.get("/account", **ANNA).status_code == 200


def test_a_name_that_can_be_nobodys_is_refused_in_words(people, app):
    answer = app.test_client().get("/sign-in", **through(X_Remote_User="<script>"))
    assert answer.status_code == 403
    assert "cannot be one here" in answer.text
    assert "<script>" not in answer.text
    assert people.accounts.book.users() == {}


def test_nobody_gets_a_password_for_who_has_none_here(people, app):
    app.test_client().get("/sign-in", **ANNA)
    code = people.accounts.link_for("anna")
    assert people.accounts.link_purpose(code) is None


def test_who_loses_a_group_loses_its_rights_at_once_also_where_they_are_signed_in(people, app):
    client = app.test_client()
    client.get("/sign-in", **ANNA)
    assert client.get("/account", **ANNA).status_code == 200
    fewer = through(X_Remote_User="FIRM\\anna", X_Remote_Groups="staff")
    assert client.get("/account", **fewer).status_code == 303
    client.get("/sign-in", **fewer)
    assert people.accounts.book.find("anna").role is Role.VIEWER
