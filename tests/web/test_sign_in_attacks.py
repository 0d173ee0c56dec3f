"""What somebody may try who has no business here, or less than they would like."""

import logging
import re

import pytest

from peoplecount.domain.attempts import MOST_OF_ACCOUNT, MOST_OF_ADDRESS, WINDOW
from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Scope
from peoplecount.services.signed_in import LinkVoid
from peoplecount.services.user_sessions import UNUSED
from tests.support.board_service import BoardService
from tests.support.people import PASSWORD, People, form_token, sign_in, signed_in
from tests.support.shop import SHOP

HTTPS = {"headers": {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}}


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    people.enters("anna", Role.ADMINISTRATOR)
    people.enters("ben", Role.VIEWER)
    yield people
    people.close()


@pytest.fixture
def app(people):
    return people.app(BoardService([SHOP]), proxies=("127.0.0.1",))


@pytest.fixture
def bare(people):
    """Without any proxy."""
    return people.app(BoardService([SHOP]))


def cookie(client, name="peoplecount"):
    return client.get_cookie(name).value


# Sessions


def test_a_cookie_from_before_the_sign_in_is_worth_nothing_after_it(bare):
    victim, attacker = bare.test_client(), bare.test_client()
    token = form_token(attacker)  # the attacker plants their own cookie, of which they know everything
    planted = cookie(attacker)
    victim.set_cookie("peoplecount", planted)
    answer = victim.post("/sign-in", data={"name": "anna", "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 303
    assert victim.get("/account").status_code == 200
    assert cookie(victim) != planted
    assert attacker.get("/account").status_code == 303


def test_signing_in_again_ends_the_session_before(bare):
    client, other = signed_in(bare, "ben"), bare.test_client()
    other.set_cookie("peoplecount", cookie(client))
    assert other.get("/account").status_code == 200
    token = form_token(client, "/account")
    client.post("/sign-in", data={"name": "anna", "password": PASSWORD, "csrf_token": token})
    assert "administrator" in client.get("/account").text
    assert other.get("/account").status_code == 303


def test_a_cookie_that_was_copied_is_worth_nothing_after_signing_out(bare):
    client, thief = signed_in(bare, "anna"), bare.test_client()
    thief.set_cookie("peoplecount", cookie(client))
    assert thief.get("/account").status_code == 200
    assert client.post("/sign-out", data={"csrf_token": form_token(client, "/account")}).status_code == 303
    assert thief.get("/account").status_code == 303
    assert client.get("/account").status_code == 303


def test_a_cookie_signed_by_somebody_else_is_nobodys(people, bare):
    other = people.app(BoardService([SHOP]))
    other.secret_key = "guessed"
    client = bare.test_client()
    client.set_cookie("peoplecount", cookie(signed_in(other, "anna")))
    assert client.get("/account").status_code == 303


def test_what_is_kept_of_a_session_opens_nothing(people, bare):
    signed_in(bare, "anna")
    kept = people.store.under("session:")
    (key,) = kept
    other = people.app(BoardService([SHOP]))
    with other.test_request_context():
        assert people.accounts.of_session(key.removeprefix("session:"), "192.0.2.7") is None


def test_sessions_end_where_they_are_not_used_and_sooner_the_more_one_may(people, bare):
    anna, ben = signed_in(bare, "anna"), signed_in(bare, "ben")
    people.clock.passes(UNUSED[Role.ADMINISTRATOR].total_seconds() + 1)
    assert (anna.get("/account").status_code, ben.get("/account").status_code) == (303, 200)
    for _ in range(4):
        people.clock.passes(UNUSED[Role.VIEWER].total_seconds() - 60)
        last = ben.get("/account").status_code
    assert last == 303, "not for ever, however much it is used"


def test_another_password_ends_all_sessions_but_the_one_it_was_chosen_in(bare):
    client, other = signed_in(bare, "anna"), signed_in(bare, "anna")
    form = {"current": PASSWORD, "new": "a horse of another colour", "again": "a horse of another colour"}
    answer = client.post("/account/password", data=form | {"csrf_token": form_token(client, "/account")})
    assert answer.headers["Location"] == "/account?changed"
    assert client.get("/account?changed").status_code == 200
    assert other.get("/account").status_code == 303
    assert sign_in(bare.test_client(), "anna").status_code == 403
    assert sign_in(bare.test_client(), "anna", "a horse of another colour").status_code == 303


def test_the_password_so_far_is_asked_for_and_guesses_at_it_are_counted(bare):
    client = signed_in(bare, "anna")
    form = {"current": "wrong", "new": "a horse of another colour", "again": "a horse of another colour"}
    form |= {"csrf_token": form_token(client, "/account")}
    answers = [client.post("/account/password", data=form).status_code for _ in range(MOST_OF_ACCOUNT + 1)]
    assert answers == [403] * MOST_OF_ACCOUNT + [429]
    assert client.get("/account").status_code == 200


def test_ones_other_sessions_can_be_ended_and_nobody_elses(people, bare):
    here, there, ben = signed_in(bare, "anna"), signed_in(bare, "anna"), signed_in(bare, "ben")
    token = form_token(here, "/account")
    (of_ben,) = people.accounts.sessions.of_user(people.accounts.book.demand("ben"))
    assert here.post(f"/account/sessions/{of_ben.key}/end", data={"csrf_token": token}).status_code == 404
    assert ben.get("/account").status_code == 200
    (action,) = re.findall(r'action="(/account/sessions/[0-9a-f]{64}/end)"', here.get("/account").text)
    assert here.post(action, data={"csrf_token": token}).status_code == 303
    assert (here.get("/account").status_code, there.get("/account").status_code) == (200, 303)


def test_who_is_removed_or_may_less_is_so_at_once(people, bare):
    client = signed_in(bare, "ben")
    people.accounts.book.change_rights("ben", Role.VIEWER, [])
    assert client.get("/").status_code == 403
    people.accounts.book.remove("ben")
    assert client.get("/").status_code == 303


# Cookies


def test_over_https_the_cookie_is_of_the_strictest_kind(app):
    answer = sign_in(app.test_client(), "anna", **HTTPS)
    (told,) = answer.headers.getlist("Set-Cookie")
    assert told.startswith("__Host-peoplecount=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(told.split("; "))
    assert "Domain" not in told


def test_on_this_machine_it_is_as_strict_as_plain_http_allows(bare):
    (told,) = sign_in(bare.test_client(), "anna").headers.getlist("Set-Cookie")
    assert told.startswith("peoplecount=")
    assert {"HttpOnly", "SameSite=Lax"} <= set(told.split("; "))


def test_a_cookie_planted_over_plain_http_is_not_looked_at_over_https(app, bare):
    client = app.test_client()
    client.set_cookie("peoplecount", cookie(signed_in(bare, "anna")))
    assert client.get("/account", **HTTPS).status_code == 303


# Forms of other pages


@pytest.mark.parametrize("address", ["/account/password", "/account/sessions/end-others", "/sign-out", "/close-stream",
                                     "/events/ticket"])  # fmt: skip
@pytest.mark.parametrize("token", [None, "", "guessed"])
def test_a_form_that_is_not_ours_does_nothing(bare, address, token):
    client = signed_in(bare, "anna")
    answer = client.post(address, data={} if token is None else {"csrf_token": token})
    assert answer.status_code == 400
    assert "This form is too old" in answer.text
    assert client.get("/account").status_code == 200


def test_nobody_is_signed_in_by_a_form_of_somebody_else(bare):
    stranger = form_token(bare.test_client())
    for token in ("", stranger):
        form = {"name": "anna", "password": PASSWORD, "csrf_token": token}
        assert bare.test_client().post("/sign-in", data=form).status_code == 400


def test_the_token_of_ones_own_form_is_of_no_use_in_another_session(bare):
    attackers = form_token(signed_in(bare, "ben"), "/account")
    victim = signed_in(bare, "anna")
    assert victim.post("/account/sessions/end-others", data={"csrf_token": attackers}).status_code == 400


# Guessing


def test_guesses_at_an_account_are_counted_by_all_workers_together(people):
    workers = [people.app(BoardService([SHOP]), people.worker(), proxies=("127.0.0.1",)) for _ in range(3)]
    answers = []
    for guess in range(MOST_OF_ACCOUNT + 2):
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": f"192.0.2.{guess}"}
        answers.append(sign_in(workers[guess % 3].test_client(), "anna", f"guess {guess}", headers=headers))
    codes = [answer.status_code for answer in answers]
    assert codes == [403] * MOST_OF_ACCOUNT + [429] * 2
    assert 0 < int(answers[-1].headers["Retry-After"]) <= WINDOW
    assert sign_in(workers[0].test_client(), "anna", **HTTPS).status_code == 429, "nor is the right one looked at"
    assert sign_in(workers[1].test_client(), "ben", **HTTPS).status_code == 303, "others are not kept out"
    people.clock.passes(WINDOW + 1)
    assert sign_in(workers[2].test_client(), "anna", **HTTPS).status_code == 303


def test_guesses_from_an_address_are_counted_whatever_the_names(people, app):
    codes = [sign_in(app.test_client(), f"name{n}", "guess", **HTTPS).status_code for n in range(MOST_OF_ADDRESS + 1)]
    assert codes == [403] * MOST_OF_ADDRESS + [429]
    elsewhere = {"headers": {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.1"}}
    assert sign_in(app.test_client(), "anna", **elsewhere).status_code == 303


def test_who_has_an_account_makes_no_room_for_guesses_at_others(app):
    codes = []
    for guess in range(MOST_OF_ADDRESS):
        codes.append(sign_in(app.test_client(), f"name{guess}", "guess", **HTTPS).status_code)
        if guess < 3:
            assert sign_in(app.test_client(), "ben", **HTTPS).status_code == 303
    assert codes == [403] * MOST_OF_ADDRESS
    assert sign_in(app.test_client(), "ben", **HTTPS).status_code == 429


def test_addresses_that_a_client_makes_up_are_not_believed(bare):
    for guess in range(MOST_OF_ACCOUNT):
        headers = {"X-Forwarded-For": f"192.0.2.{guess}", "X-Forwarded-Proto": "https"}
        client = bare.test_client()
        form = {"name": "anna", "password": PASSWORD, "csrf_token": form_token(client)}
        answer = client.post("/sign-in", data=form, headers=headers)
        assert answer.status_code == 403
        assert "Set-Cookie" not in answer.headers
    assert "reverse proxy" in answer.text


def test_a_name_that_nobody_has_is_answered_like_a_wrong_password(app):
    answers = [sign_in(app.test_client(), name, "wrong password", **HTTPS) for name in ("anna", "nobody")]
    texts = [re.sub(r'value="[^"]*"', "", answer.text) for answer in answers]
    assert texts[0] == texts[1]


# Where to go on


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
     "evil.example",
     "javascript:alert(1)", "/\n/evil.example", "///evil.example", " //evil.example", "http:/evil.example"],
)  # fmt: skip
def test_after_signing_in_one_goes_on_to_nobody_elses_page(bare, wanted):
    assert sign_in(bare.test_client(), "ben", goes_on=wanted).headers["Location"] == "/"
    known = signed_in(bare, "ben")
    assert known.get("/sign-in", query_string={"next": wanted}).headers["Location"] == "/"


def test_after_signing_in_one_goes_on_where_one_wanted_to(bare):
    led = bare.test_client().get("/sites/shop/audit?days=7")
    assert led.headers["Location"] == "/sign-in?next=/sites/shop/audit?days%3D7"
    answer = sign_in(bare.test_client(), "ben", goes_on="/sites/shop/audit?days=7")
    assert answer.headers["Location"] == "/sites/shop/audit?days=7"


def test_who_sends_a_form_after_the_end_of_a_session_is_told_so_and_goes_on_at_its_page(bare):
    client = bare.test_client()
    led = client.post("/account/password", headers={"Referer": "http://localhost/account?from=here"})
    assert led.headers["Location"] == "/sign-in?next=/account?from%3Dhere&unsent=yes"
    assert "what you sent was not taken" in client.get(led.headers["Location"]).text
    assert "what you sent was not taken" not in client.get("/sign-in?next=/account").text


@pytest.mark.parametrize("page", ["https://evil.example/account", "http://localhost//evil.example", "http://[", ""])
def test_a_form_of_somebody_elses_page_leads_to_no_page_of_theirs(bare, page):
    led = bare.test_client().post("/account/password", headers={"Referer": page})
    assert led.headers["Location"] == "/sign-in?unsent=yes"


# Plain HTTP, and headers of proxies that are none


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("address", ["/sign-in", "/welcome"])
def test_over_plain_http_from_another_machine_one_is_told_what_to_do(people, method, address):
    app = people.app(BoardService([SHOP]), public_url="https://counts.example")
    answer = app.test_client().open(address, method=method, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert (answer.status_code, "Location" in answer.headers) == (403, False) or method == "POST"
    page = app.test_client().get(address, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert "plain HTTP" in page.text
    assert "https://counts.example/sign-in" in page.text
    assert "ssh -L" in page.text
    assert 'type="password"' not in page.text


def test_who_is_led_to_the_sign_in_over_plain_http_is_not_led_in_circles(bare):
    afar = {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}}
    led = bare.test_client().get("/", **afar)
    assert bare.test_client().get(led.headers["Location"], **afar).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-Proto": "https"}, {"Forwarded": "for=127.0.0.1;proto=https"},
     {"X-Real-IP": "127.0.0.1"}, {"Host": "evil.example"}],
)  # fmt: skip
def test_who_only_says_to_sit_at_this_machine_sees_nothing(people, headers):
    app = people.app(BoardService([SHOP]), anybody_may_look=True)
    assert app.test_client().get("/").status_code == 200
    assert app.test_client().get("/", headers=headers).status_code == 303
    assert app.test_client().get("/chart/today", headers=headers).status_code == 401
    assert app.test_client().get("/health/ready", headers=headers).json.keys() == {"status"}
    afar = {"REMOTE_ADDR": "192.0.2.7"}
    assert app.test_client().get("/", headers=headers, environ_base=afar).status_code == 303


def test_headers_of_a_proxy_that_signs_people_in_are_not_believed(bare):
    headers = {"X-Remote-User": "anna", "Remote-User": "anna", "X-Forwarded-User": "anna"}
    assert bare.test_client().get("/account", headers=headers).status_code == 303
    assert bare.test_client().get("/account", environ_overrides={"REMOTE_USER": "anna"}).status_code == 303


# Tickets


def test_a_ticket_is_worth_what_its_holder_is_when_it_is_shown(people, bare):
    headers = people.token(Scope.READ, label="wall")
    ticket = bare.test_client().post("/events/ticket", headers=headers).json["ticket"]
    people.accounts.tokens.revoke("wall")
    answer = bare.test_client().get(f"/events?timeout=0&ticket={ticket}")
    assert answer.status_code == 401
    assert "signed out since" in answer.json["detail"]


def test_a_ticket_in_the_address_opens_nothing_but_the_stream(people, bare):
    ticket = bare.test_client().post("/events/ticket", headers=people.token(Scope.READ)).json["ticket"]
    assert bare.test_client().get(f"/chart/today?ticket={ticket}").status_code == 401


# Secrets


def test_no_secret_stands_on_a_page_in_the_store_or_in_the_log(people, bare, caplog):
    caplog.set_level(logging.DEBUG)
    client = bare.test_client()
    assert sign_in(client, "anna", "a wrong password of hers").status_code == 403
    assert sign_in(client, "my secret password 123", "x").status_code == 403
    assert sign_in(client, "anna").status_code == 303
    token = people.token(Scope.READ)["Authorization"].removeprefix("Bearer ")
    client.get("/chart/today", headers={"X-API-Key": token})
    code = people.accounts.link_for("anna")
    session = client.get("/account").text
    kept = "".join(people.store.under("").values())
    with client.session_transaction() as held:
        secret = held["_user_id"]
    for hidden in (PASSWORD, "a wrong password of hers", "my secret password 123", token, code, secret):
        assert hidden not in caplog.text
        assert hidden not in kept
        assert hidden not in session
    assert "$argon2" not in session + caplog.text
    assert "anna signed in from 127.0.0.1" in caplog.text
    assert "A sign-in as somebody unknown from 127.0.0.1 was refused" in caplog.text


def test_pages_about_people_are_kept_by_no_cache_and_run_no_script_of_the_page(bare):
    client = signed_in(bare, "anna")
    pages = [client.get("/account"), bare.test_client().get("/sign-in"), bare.test_client().get("/welcome")]
    for page in pages:
        assert page.headers["Cache-Control"] == "no-store"
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+=|style=", page.text)


@pytest.mark.parametrize(
    "path", ["/", "/board", "/wall", "/wall?site=nowhere", "/history", "/sites/nowhere", "/nowhere"]
)
def test_what_somebody_is_shown_is_kept_for_nobody_else(bare, path):
    page = signed_in(bare, "anna").get(path)
    assert page.headers["Cache-Control"] == "no-store"
    assert "Cookie" in page.headers["Vary"]


# One-time links


def test_a_one_time_link_makes_one_administrator_and_no_second_one(people, bare):
    code = people.accounts.links.make()
    client, second = bare.test_client(), bare.test_client()
    form = {"code": code, "name": "Clara@Example.org", "password": PASSWORD, "again": PASSWORD}
    weak = client.post("/welcome", data=form | {"password": "short", "csrf_token": form_token(client, "/welcome")})
    assert weak.status_code == 400
    answer = client.post("/welcome", data=form | {"csrf_token": form_token(client, "/welcome")})
    assert answer.status_code == 303
    assert "Role: administrator. Sites: all sites." in client.get("/account").text
    assert "clara@example.org" in client.get("/account").text
    again = second.post("/welcome", data=form | {"csrf_token": form_token(second, "/welcome")})
    assert again.status_code == 403
    assert "user link" in again.text


def test_a_link_for_somebody_is_for_no_one_else(people, bare):
    people.enters("dora", Role.VIEWER, password="")
    code = people.accounts.link_for("dora")
    client = bare.test_client()
    form = {"code": code, "name": "anna", "password": PASSWORD, "again": PASSWORD}
    assert client.post("/welcome", data=form | {"csrf_token": form_token(client, "/welcome")}).status_code == 303
    assert "Role: viewer" in client.get("/account").text


def test_a_link_is_void_once_its_user_has_another_password_or_is_somebody_else(people):
    accounts = people.accounts
    for undo in (
        lambda: accounts.book.change_password("ben", "another hash"),
        lambda: (accounts.book.remove("ben"), people.enters("ben", Role.ADMINISTRATOR)),
    ):
        code = accounts.link_for("ben")
        assert accounts.link_purpose(code).user == "ben"
        undo()
        assert accounts.link_purpose(code) is None
        with pytest.raises(LinkVoid):
            accounts.welcome(code, "", PASSWORD)


def test_the_link_of_a_start_is_void_once_there_is_an_administrator(tmp_path):
    people = People(tmp_path)
    first = people.accounts.first_link("start 1")
    assert people.worker().first_link("start 1") is None, "of several workers one shows it"
    second = people.accounts.first_link("start 2")
    assert people.accounts.link_purpose(first) is None
    assert people.accounts.link_purpose(second)
    people.enters("anna", Role.ADMINISTRATOR)
    assert people.accounts.link_purpose(second) is None
    assert people.accounts.first_link("start 3") is None
    people.close()
