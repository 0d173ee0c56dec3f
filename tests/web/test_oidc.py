"""Signing in by OpenID Connect, at a real small provider."""

import logging
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests

from peoplecount.domain.group_rights import read_group_rights
from peoplecount.domain.user import Role
from peoplecount.services.outside_people import OutsidePeople
from peoplecount.services.user_sessions import LONGEST_OUTSIDE
from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.outside import OidcSettings, OutsideSignIn
from peoplecount.web.proxy_identity import ProxyIdentities
from tests.support.board_service import BoardService
from tests.support.people import People
from tests.support.shop import SHOP

pytest.importorskip("authlib", reason="Authlib is not installed")

from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, running_provider

RIGHTS = read_group_rights("admins=administrator; shop=operator@shop; 7f3c=viewer")
SPOILED = "begun in another browser or too long ago"


@pytest.fixture
def provider():
    with running_provider() as provider:
        yield provider


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    yield people
    people.close()


@pytest.fixture
def app(people, provider):
    return app_of(people, provider.issuer)


def app_of(people, issuer):
    oidc = OidcSettings(issuer, CLIENT_ID, CLIENT_SECRET, "Entra ID", "http://localhost/sign-in/oidc/back")
    outside = OutsideSignIn(
        OutsidePeople(people.accounts, RIGHTS, people.audit_log), ProxyIdentities(ClientAddresses()), oidc
    )
    return people.app(BoardService([SHOP]), outside=outside)


def led_there(client, path="/sign-in/oidc"):
    """Where the provider sends the browser back to, as path and query."""
    led = client.get(path)
    assert led.status_code == 302, led.text
    back = requests.get(led.headers["Location"], allow_redirects=False, timeout=10).headers["Location"]
    return back.removeprefix("http://localhost")


def come_back(client, path="/sign-in/oidc"):
    return client.get(led_there(client, path))


def test_who_is_in_a_group_comes_in_with_what_it_may(people, provider, app):
    provider.signs_in("0001", "Anna@Firm.example", "shop", "chess club")
    client = app.test_client()
    answer = come_back(client, "/sign-in/oidc?next=/account")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    account = client.get("/account").text
    assert "anna@firm.example" in account
    assert "have no password here" in account
    assert 'name="new"' not in account
    user = people.accounts.book.find("anna@firm.example")
    assert (user.role, user.sites) == (Role.OPERATOR, frozenset({"shop"}))


def test_the_page_has_a_button_that_keeps_where_one_goes_on(app):
    page = app.test_client().get("/sign-in?next=/account").text
    assert "Sign in with Entra ID" in page
    assert "/sign-in/oidc?next=/account" in page


def test_the_sign_in_is_a_new_session_and_whoever_was_there_before_is_signed_out(people, provider, app):
    provider.signs_in("0001", "anna", "admins")
    client = app.test_client()
    client.get("/sign-in")
    before = client.get_cookie("peoplecount").value
    come_back(client)
    assert client.get_cookie("peoplecount").value != before
    provider.signs_in("0002", "ben", "7f3c")
    come_back(client)
    assert "ben" in client.get("/account").text
    assert people.accounts.sessions_of(people.accounts.book.find("anna")) == []


def test_roles_of_the_application_count_like_groups(people, provider, app):
    provider.signs_in("0001", "anna", roles=["admins"])
    assert come_back(app.test_client()).status_code == 303
    assert people.accounts.book.find("anna").role is Role.ADMINISTRATOR


def test_who_is_in_no_group_stays_outside_and_is_told_why(people, provider, app):
    provider.signs_in("0001", "anna", "chess club")
    client = app.test_client()
    answer = come_back(client)
    assert answer.status_code == 403
    assert "in no group that may come in here" in answer.text
    assert client.get("/account").status_code == 303
    assert people.accounts.book.users() == {}


def test_what_groups_give_and_take_stands_in_the_log(people, provider, app):
    for groups in (["shop"], ["shop"], ["admins"], ["chess club"], ["chess club"]):
        provider.signs_in("0001", "anna", *groups)
        come_back(app.test_client())
    noted = [(one.verb, one.subject_id, one.before, one.after) for one in people.audit_log.page().changes]
    assert noted[::-1] == [
        ("added", "anna", {}, {"role": "operator", "sites": "shop"}),
        ("changed", "anna", {"role": "operator", "sites": "shop"}, {"role": "administrator", "sites": "all"}),
        ("removed", "anna", {"role": "administrator", "sites": "all"}, {}),
    ]
    assert {one.who for one in people.audit_log.page().changes} == {f"groups at {provider.issuer}"}


def test_that_somebody_is_called_otherwise_elsewhere_stands_in_the_log(people, provider, app):
    for name in ("anna", "anna.new"):
        provider.signs_in("0001", name, "admins")
        come_back(app.test_client())
    newest = people.audit_log.page().changes[0]
    assert (newest.verb, newest.before, newest.after) == ("changed", {"name": "anna"}, {"name": "anna.new"})


def test_who_loses_all_groups_is_out_in_other_browsers_too(people, provider, app):
    provider.signs_in("0001", "anna", "admins")
    client = app.test_client()
    come_back(client)
    provider.signs_in("0001", "anna", "chess club")
    assert come_back(app.test_client()).status_code == 403
    assert client.get("/account").status_code == 303
    assert people.accounts.book.users() == {}


def test_other_groups_are_other_rights_at_the_next_sign_in(people, provider, app):
    provider.signs_in("0001", "anna", "admins")
    come_back(app.test_client())
    provider.signs_in("0001", "anna", "shop")
    come_back(app.test_client())
    assert people.accounts.book.find("anna").role is Role.OPERATOR


def test_who_is_called_otherwise_now_is_the_same_and_signed_out_under_the_old_name(people, provider, app):
    provider.signs_in("0001", "anna", "admins")
    client = app.test_client()
    come_back(client)
    provider.signs_in("0001", "anna.b", "admins")
    come_back(app.test_client())
    assert list(people.accounts.book.users()) == ["anna.b"]
    assert client.get("/account").status_code == 303


def test_who_has_a_name_that_is_given_to_nobody_new_keeps_it(people, provider, app):
    provider.signs_in("0001", "anna", "admins")
    come_back(app.test_client())
    anna = people.accounts.book.find("anna")
    people.accounts.admit("\u0430nna", anna.outside, anna.role, anna.sites)  # an upgrade brought the rule
    provider.signs_in("0001", "\u0430nna", "admins")
    assert come_back(app.test_client()).status_code == 303
    provider.signs_in("0001", "ann\u0430", "admins")
    assert come_back(app.test_client()).status_code == 403


def test_nobody_takes_the_account_of_somebody_with_a_password(people, provider, app):
    people.enters("anna", Role.ADMINISTRATOR)
    provider.signs_in("0001", "anna", "7f3c")
    answer = come_back(app.test_client())
    assert answer.status_code == 403
    assert "another user anna" in answer.text
    assert people.accounts.book.find("anna").outside == ""


def test_nobody_takes_the_name_of_somebody_else_of_the_provider(people, provider, app):
    provider.signs_in("0001", "anna", "admins")
    come_back(app.test_client())
    provider.signs_in("0666", "anna", "7f3c")
    assert come_back(app.test_client()).status_code == 403
    assert people.accounts.book.find("anna").role is Role.ADMINISTRATOR


def test_it_is_asked_there_again_every_working_day(people, provider, app):
    provider.signs_in("0001", "anna", "7f3c")
    client = app.test_client()
    come_back(client)
    people.clock.passes((LONGEST_OUTSIDE - timedelta(minutes=1)).total_seconds())
    assert client.get("/account").status_code == 200
    people.clock.passes(60)
    assert client.get("/account").status_code == 303


def test_who_says_no_there_is_told_so(provider, app):
    provider.denies = True
    answer = come_back(app.test_client())
    assert answer.status_code == 403
    assert "Entra ID did not sign you in." in answer.text


# What somebody may try


def test_nobody_writes_lines_of_their_own_into_the_log(app, caplog):
    app.test_client().get("/sign-in/oidc/back?error=x%0A[INFO]+anna+signed+in")
    assert len([line for line in caplog.text.splitlines() if "anna signed in" in line]) == 1
    assert "\n[INFO]" not in caplog.text


def test_an_answer_for_another_browser_is_worth_nothing(people, provider, app):
    """Else an attacker signs a victim in as themselves, and reads along what they do."""
    provider.signs_in("0666", "mallory", "7f3c")
    answer = app.test_client().get(led_there(app.test_client()))
    assert answer.status_code == 403
    assert SPOILED in answer.text
    assert people.accounts.book.users() == {}


def test_an_answer_is_good_once(provider, app):
    provider.signs_in("0001", "anna", "admins")
    client = app.test_client()
    back = led_there(client)
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 403


@pytest.mark.parametrize(
    "lies",
    [
        {"aud": "another-service"},
        {"iss": "https://another.example"},
        {"nonce": "of another sign-in"},
        {"exp": 1_000_000_000},
    ],
    ids=["for another service", "of another issuer", "of another sign-in", "too old"],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(people, provider, app, lies):
    provider.signs_in("0001", "anna", "admins")
    provider.lies = lies
    answer = come_back(app.test_client())
    assert answer.status_code == 403
    assert SPOILED in answer.text
    assert people.accounts.book.users() == {}


def test_a_token_signed_by_somebody_else_is_refused(people, provider, app):
    provider.signs_in("0001", "anna", "admins")
    provider.signs_with_a_key_of_nobodys()
    assert come_back(app.test_client()).status_code == 403
    assert people.accounts.book.users() == {}


def test_a_new_key_of_the_provider_is_found(provider, app):
    provider.signs_in("0001", "anna", "admins")
    assert come_back(app.test_client()).status_code == 303
    provider.changes_its_key()
    assert come_back(app.test_client()).status_code == 303


def test_one_goes_on_to_no_other_site(provider, app):
    provider.signs_in("0001", "anna", "admins")
    answer = come_back(app.test_client(), "/sign-in/oidc?next=https://evil.example/")
    assert answer.headers["Location"] == "/"


def test_a_provider_by_another_name_is_not_believed(provider, app, caplog):
    provider.calls_itself = "https://another.example"
    answer = app.test_client().get("/sign-in/oidc")
    assert answer.status_code == 403
    assert "is not set up as it should be" in answer.text
    assert "https://another.example" in caplog.text


def test_a_provider_that_is_away_is_said_to_be_and_passwords_still_do(people, provider):
    people.enters("anna")
    away = app_of(people, "http://127.0.0.1:9")
    client = away.test_client()
    answer = client.get("/sign-in/oidc")
    assert answer.status_code == 403
    assert "Entra ID does not answer just now" in answer.text
    assert 'name="password"' in answer.text


def test_over_plain_http_from_afar_nobody_is_led_there(app):
    answer = app.test_client().get("/sign-in/oidc", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 403
    assert "Not over this connection" in answer.text


def test_no_secret_is_in_an_address_of_ours_a_page_or_a_log(provider, app, caplog):
    caplog.set_level(logging.DEBUG, logger="peoplecount")
    provider.signs_in("0001", "anna", "chess club")
    client = app.test_client()
    led = client.get("/sign-in/oidc")
    query = urlsplit(led.headers["Location"]).query
    assert "code_challenge=" in query
    answer = come_back(client)
    for shown in (query, answer.text, caplog.text, repr(OidcSettings("i", "c", CLIENT_SECRET, "n", "b"))):
        assert CLIENT_SECRET not in shown
        assert CLIENT_SECRET.replace(" ", "+") not in shown
