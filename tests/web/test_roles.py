"""Who may do what: every address and every kind of visitor, in one table."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Scope
from peoplecount.services.outside_people import OutsidePeople
from peoplecount.services.replay_clock import ReplayClock
from peoplecount.services.replay_desk import ReplayDesk
from peoplecount.services.today_chart import TodayChart
from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.needs import NEEDS
from peoplecount.web.outside import OidcSettings, OutsideSignIn
from peoplecount.web.proxy_identity import ProxyIdentities
from tests.support.alerting import alerting_of
from tests.support.board_service import BoardService
from tests.support.documents import DOCUMENTS, addresses, code
from tests.support.fleet import WatchedFleet
from tests.support.people import People, form_token, sign_in, signed_in
from tests.support.shop import FRONT, SHOP

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)

FROM_AFAR = {"REMOTE_ADDR": "192.0.2.7"}

VISITORS = ("nobody", "viewer", "operator", "administrator", "administrator of one site", "of no site",
            "read", "health", "end-streams", "revoked")  # fmt: skip

LOOKS = (401, 200, 200, 200, 200, 403, 200, 403, 403, 401)
PAGE = (303, 200, 200, 200, 200, 403, 403, 403, 403, 401)
BOARD = (401, *PAGE[1:])
MISSING = (401, 404, 404, 404, 404, 403, 404, 403, 403, 401)
"""Nobody keeps a history in these tests: who may ask is told so."""

FLEET = (303, 403, 200, 200, 200, 403, 403, 403, 403, 401)
ADMINISTRATION = (303, 403, 403, 200, 200, 403, 403, 403, 403, 401)
OF_ALL_SITES = (303, 403, 403, 200, 403, 403, 403, 403, 403, 401)
OF_ALL_SITES_NOWHERE = (303, 403, 403, 404, 403, 403, 403, 403, 403, 401)
OF_ALL_SITES_FAULT = (303, 403, 403, 400, 403, 403, 403, 403, 403, 401)
OF_ALL_SITES_NOWHERE = (303, 403, 403, 404, 403, 403, 403, 403, 403, 401)
ADMINISTRATION_FAULT = (303, 403, 403, 400, 400, 403, 403, 403, 403, 401)
ADMINISTRATION_NOWHERE = (303, 403, 403, 404, 404, 403, 403, 403, 403, 401)
ADMINISTRATION_FRONT = (303, 403, 403, 303, 303, 403, 403, 403, 403, 401)

TABLE = {
    ("GET", "/"): PAGE,
    ("GET", "/board"): BOARD,
    ("GET", "/sites/shop"): PAGE,
    ("GET", "/replay"): BOARD,
    ("POST", "/replay"): (401, 303, 303, 303, 303, 403, 403, 403, 403, 401),
    ("GET", "/wall"): PAGE,
    ("GET", "/sites/shop/evacuation"): PAGE,
    ("GET", "/wall/board"): BOARD,
    ("GET", "/wall/pair"): (200,) * 10,
    ("GET", "/wall/pair/state"): (200,) * 10,
    ("GET", "/admin/screens"): OF_ALL_SITES,
    ("POST", "/admin/screens"): OF_ALL_SITES_FAULT,
    ("POST", "/admin/screens/confirm"): OF_ALL_SITES_FAULT,
    ("POST", "/admin/screens/none/revoke"): OF_ALL_SITES_FAULT,
    ("GET", "/sites/shop/audit"): (303, 404, 404, 404, 404, 403, 403, 403, 403, 401),
    ("GET", "/history.csv"): MISSING,
    ("GET", "/history.xlsx"): MISSING,
    ("GET", "/history"): (303, 404, 404, 404, 404, 403, 403, 403, 403, 401),
    ("GET", "/fleet"): FLEET,
    ("GET", "/fleet/front"): FLEET,
    ("GET", "/events?timeout=0"): LOOKS,
    ("GET", "/stream-data?timeout=0"): LOOKS,
    ("POST", "/events/ticket"): (401, 201, 201, 201, 201, 403, 201, 403, 403, 401),
    ("POST", "/close-stream"): (401, 403, 403, 202, 403, 403, 403, 403, 202, 401),
    ("GET", "/chart/today"): LOOKS,
    ("GET", "/chart/usual"): LOOKS,
    ("GET", "/api/openapi.json"): (200,) * 10,
    ("GET", "/docs"): (200,) * 10,
    ("GET", "/powerautomate/apiDefinition.swagger.json"): (200,) * 10,
    ("GET", "/powerautomate/apiProperties.json"): (200,) * 10,
    ("GET", "/api/v1/ping"): LOOKS,
    ("GET", "/api/v1/health"): (401, 403, 200, 200, 403, 403, 403, 200, 403, 401),
    ("GET", "/api/v1/exports"): LOOKS,
    ("POST", "/api/v1/cameras/none/poll"): (401, 403, 404, 404, 404, 403, 403, 403, 403, 401),
    ("GET", "/api/v1/sites"): LOOKS,
    ("GET", "/api/v1/doors"): LOOKS,
    ("GET", "/api/v1/cameras"): LOOKS,
    ("GET", "/api/v1/lines"): LOOKS,
    ("GET", "/api/v1/counts/latest"): LOOKS,
    ("GET", "/api/v1/counts?from=2026-05-04"): MISSING,
    ("GET", "/api/v1/counts.csv?from=2026-05-04"): MISSING,
    ("GET", "/api/v1/events"): LOOKS,
    ("GET", "/api/v1/events/stream?timeout=0"): LOOKS,
    ("GET", "/api/v1/events/poll"): (401, 202, 202, 202, 202, 403, 202, 403, 403, 401),
    ("GET", "/export/counts.csv?from=2026-05-04"): MISSING,
    ("GET", "/api/v1/records?after=3f9a61c2-1"): MISSING,
    ("GET", "/api/v1/subscriptions"): (401, 403, 403, 200, 200, 403, 403, 403, 403, 401),
    ("POST", "/api/v1/subscriptions"): (401, 403, 403, 400, 400, 403, 403, 403, 403, 401),
    ("POST", "/api/v1/subscriptions/unsubscribe"): (401, 403, 403, 400, 400, 403, 403, 403, 403, 401),
    ("POST", "/api/v1/subscriptions/none/test"): (401, 403, 403, 404, 404, 403, 403, 403, 403, 401),
    ("GET", "/version"): (200,) * 10,
    ("GET", "/health/live"): (200,) * 10,
    ("GET", "/health/ready"): (200,) * 10,
    ("GET", "/health/database"): (401, 403, 200, 200, 403, 403, 403, 200, 403, 401),
    ("GET", "/metrics"): (401, 403, 200, 200, 403, 403, 403, 200, 403, 401),
    ("GET", "/sign-in"): (200, 303, 303, 303, 303, 303, 200, 200, 200, 200),
    ("GET", "/sign-in/oidc"): (403,) * 10,
    ("GET", "/sign-in/oidc/back"): (403,) * 10,
    ("GET", "/welcome"): (200,) * 10,
    ("POST", "/welcome"): (403,) * 10,
    ("GET", "/account"): (303, 200, 200, 200, 200, 200, 403, 403, 403, 401),
    ("POST", "/account/password"): (303, 400, 400, 400, 400, 400, 403, 403, 403, 401),
    ("POST", "/account/sessions/0/end"): (303, 404, 404, 404, 404, 404, 403, 403, 403, 401),
    ("POST", "/account/sessions/end-others"): (303, 303, 303, 303, 303, 303, 403, 403, 403, 401),
    ("GET", "/admin"): ADMINISTRATION_FRONT,
    ("GET", "/admin/cameras"): ADMINISTRATION,
    ("GET", "/admin/cameras/export"): ADMINISTRATION,
    ("GET", "/admin/cameras/new"): ADMINISTRATION,
    ("POST", "/admin/cameras/new"): ADMINISTRATION_FAULT,
    ("GET", "/admin/cameras/tried/none"): ADMINISTRATION_NOWHERE,
    ("POST", "/admin/cameras/tried/none"): ADMINISTRATION_NOWHERE,
    ("POST", "/admin/cameras/tried/none/again"): ADMINISTRATION_NOWHERE,
    ("GET", "/admin/cameras/import"): ADMINISTRATION,
    ("POST", "/admin/cameras/import"): ADMINISTRATION_FAULT,
    ("GET", "/admin/cameras/import/none"): ADMINISTRATION_NOWHERE,
    ("POST", "/admin/cameras/import/none/stop"): ADMINISTRATION_NOWHERE,
    ("GET", "/admin/sites/none/commissioning"): ADMINISTRATION_NOWHERE,
    ("GET", "/admin/walk/none"): ADMINISTRATION_NOWHERE,
    ("GET", "/admin/walk/none/figures"): (401, *ADMINISTRATION_NOWHERE[1:]),
    ("POST", "/admin/walk/none"): ADMINISTRATION_NOWHERE,
    ("POST", "/admin/walk/none/result"): ADMINISTRATION_NOWHERE,
    ("POST", "/admin/walk/none/swap"): ADMINISTRATION_NOWHERE,
    ("GET", "/admin/cameras/none"): ADMINISTRATION_NOWHERE,
    ("POST", "/admin/cameras/none"): ADMINISTRATION_NOWHERE,
    ("POST", "/admin/cameras/none/test"): ADMINISTRATION_NOWHERE,
    ("POST", "/admin/cameras/none/lines"): ADMINISTRATION_NOWHERE,
    ("POST", "/admin/cameras/none/swap"): ADMINISTRATION_NOWHERE,
    ("POST", "/admin/cameras/none/pause"): ADMINISTRATION_NOWHERE,
    ("GET", "/admin/cameras/none/remove"): ADMINISTRATION_NOWHERE,
    ("POST", "/admin/cameras/none/remove"): ADMINISTRATION_NOWHERE,
    ("GET", "/admin/sites"): ADMINISTRATION,
    ("GET", "/admin/new-site"): OF_ALL_SITES,
    ("POST", "/admin/new-site"): (303, 403, 403, 400, 403, 403, 403, 403, 403, 401),
    ("GET", "/admin/sites/default"): (303, 403, 403, 200, 404, 403, 403, 403, 403, 401),
    ("POST", "/admin/sites/default"): (303, 403, 403, 400, 404, 403, 403, 403, 403, 401),
    ("POST", "/admin/sites/default/doors"): (303, 403, 403, 400, 404, 403, 403, 403, 403, 401),
    ("POST", "/admin/sites/default/count"): (303, 403, 403, 400, 404, 403, 403, 403, 403, 401),
    ("POST", "/admin/sites/default/remove"): (303, 403, 403, 400, 403, 403, 403, 403, 403, 401),
    ("GET", "/admin/doors/none"): (303, 403, 403, 404, 404, 403, 403, 403, 403, 401),
    ("POST", "/admin/doors/none"): (303, 403, 403, 404, 404, 403, 403, 403, 403, 401),
    ("POST", "/admin/doors/none/remove"): (303, 403, 403, 404, 404, 403, 403, 403, 403, 401),
    ("GET", "/admin/people"): OF_ALL_SITES,
    ("GET", "/admin/new-person"): OF_ALL_SITES,
    ("POST", "/admin/new-person"): (303, 403, 403, 400, 403, 403, 403, 403, 403, 401),
    ("GET", "/admin/people/viewer"): OF_ALL_SITES,
    ("POST", "/admin/people/viewer"): (303, 403, 403, 400, 403, 403, 403, 403, 403, 401),
    ("POST", "/admin/people/nobody/reset"): (303, 403, 403, 404, 403, 403, 403, 403, 403, 401),
    ("POST", "/admin/people/nobody/end-sessions"): (303, 403, 403, 404, 403, 403, 403, 403, 403, 401),
    ("POST", "/admin/people/nobody/remove"): (303, 403, 403, 404, 403, 403, 403, 403, 403, 401),
    ("GET", "/admin/tokens"): OF_ALL_SITES,
    ("GET", "/admin/new-token"): OF_ALL_SITES,
    ("POST", "/admin/new-token"): (303, 403, 403, 400, 403, 403, 403, 403, 403, 401),
    ("POST", "/admin/tokens/none/revoke"): (303, 403, 403, 400, 403, 403, 403, 403, 403, 401),
    ("GET", "/admin/webhooks"): OF_ALL_SITES,
    ("GET", "/admin/new-webhook"): OF_ALL_SITES,
    ("POST", "/admin/new-webhook"): OF_ALL_SITES_FAULT,
    ("GET", "/admin/webhooks/none"): OF_ALL_SITES_NOWHERE,
    **{
        ("POST", f"/admin/webhooks/none/{verb}"): OF_ALL_SITES_NOWHERE
        for verb in ("test", "pause", "resume", "rotate", "remove")
    },
    ("GET", "/integrations"): FLEET,
    ("GET", "/admin/log"): ADMINISTRATION,
    ("GET", "/alerts"): PAGE,
    ("GET", "/alerts/open"): BOARD,
    ("POST", "/alerts/none/seen"): (303, 403, 404, 404, 404, 403, 403, 403, 403, 401),
    ("GET", "/admin/alerts"): OF_ALL_SITES,
    ("GET", "/admin/new-alert"): OF_ALL_SITES,
    ("POST", "/admin/new-alert"): OF_ALL_SITES_FAULT,
    ("GET", "/admin/alerts/full"): OF_ALL_SITES,
    ("POST", "/admin/alerts/full"): OF_ALL_SITES_FAULT,
    ("POST", "/admin/alerts/none/remove"): OF_ALL_SITES_NOWHERE,
    ("GET", "/admin/mail"): OF_ALL_SITES,
    ("POST", "/admin/mail"): OF_ALL_SITES_FAULT,
    ("GET", "/admin/reports"): OF_ALL_SITES,
    ("GET", "/admin/new-report"): OF_ALL_SITES,
    ("POST", "/admin/new-report"): OF_ALL_SITES_FAULT,
    ("GET", "/admin/reports/none"): OF_ALL_SITES_NOWHERE,
    ("POST", "/admin/reports/none"): OF_ALL_SITES_NOWHERE,
    ("POST", "/admin/reports/none/send"): OF_ALL_SITES_NOWHERE,
    ("POST", "/admin/reports/none/remove"): OF_ALL_SITES_NOWHERE,
    ("GET", "/static/js/main.js"): (200,) * 10,
    ("GET", "/words/es-0.js"): (200,) * 10,
    ("POST", "/language"): (400,) * 10,
    ("POST", "/sign-in"): (403,) * 10,
    ("POST", "/sign-out"): (303,) * 10,
}

AWAY = OidcSettings("http://127.0.0.1:9", "client", "secret", "Entra ID", "https://counts.example/sign-in/oidc/back")
"""Nobody answers there: whoever comes is told so."""


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    people = People(tmp_path_factory.mktemp("people"))
    for role in Role:
        people.enters(str(role), role)
    people.enters("local", Role.ADMINISTRATOR, "shop")
    people.enters("none", Role.ADMINISTRATOR)
    people.accounts.book.change_rights("none", Role.ADMINISTRATOR, [])
    yield people
    people.close()


@pytest.fixture(scope="module")
def app(people):
    service = BoardService([SHOP])
    service.catch_up()
    chart = TodayChart(service.history, service.board, service.clock)
    elsewhere = OutsideSignIn(
        OutsidePeople(people.accounts, (), people.audit_log), ProxyIdentities(ClientAddresses()), AWAY
    )
    fleet = WatchedFleet(service, people.store)
    fleet.has(FRONT)
    replay = ReplayDesk(ReplayClock(NOON, NOON + timedelta(days=9999), 1.0), ZoneInfo("UTC"), lambda: None)
    alerting = alerting_of(people)
    return people.app(
        service,
        proxies=("192.0.2.7",),
        chart=chart,
        outside=elsewhere,
        fleet=fleet.desk,
        alerts=alerting.desk,
        reports=alerting.reports,
        replay=replay,
    )


@pytest.fixture(scope="module")
def visitors(people, app):
    """For each a browser or program, and the headers it sends."""
    names = {"administrator of one site": "local", "of no site": "none"} | {str(role): str(role) for role in Role}
    found = {"nobody": {}, "revoked": people.token(Scope.READ, label="revoked")}
    people.accounts.tokens.revoke("revoked")
    found |= {str(scope): people.token(scope) for scope in Scope}
    clients = {visitor: (app.test_client(), headers) for visitor, headers in found.items()}
    for visitor, name in names.items():
        client = app.test_client()
        assert sign_in(client, name, **HTTPS).status_code == 303
        clients[visitor] = (client, {})
    return clients


SIGNS_OUT = ("/sign-out", "/account/sessions/end-others")
HTTPS = {"headers": {"X-Forwarded-Proto": "https"}, "environ_base": FROM_AFAR}


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize(("method", "address"), TABLE)
def test_everybody_may_what_the_table_says_and_no_more(visitors, method, address, visitor):
    if address in SIGNS_OUT:
        return  # tried below: it would sign the others out
    client, headers = visitors[visitor]
    sent = {**HTTPS["headers"], **headers}
    if method == "POST":
        sent["X-CSRFToken"] = form_token(client, "/welcome", **HTTPS)
    answer = client.open(address, method=method, headers=sent, environ_base=FROM_AFAR)
    assert answer.status_code == TABLE[method, address][VISITORS.index(visitor)], answer.text
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    if answer.status_code == 303 and visitor == "nobody":
        assert answer.headers["Location"].startswith(("/sign-in", "/wall/pair"))
    answer.close()


@pytest.mark.parametrize(("method", "address"), [one for one in TABLE if one[1] not in SIGNS_OUT])
def test_every_address_answers_in_spanish_as_well(visitors, method, address):
    client, _ = visitors["administrator"]
    sent = {**HTTPS["headers"], "Accept-Language": "es"}
    if method == "POST":
        sent["X-CSRFToken"] = form_token(client, "/welcome", **HTTPS)
    answer = client.open(address, method=method, headers=sent, environ_base=FROM_AFAR)
    too_often = {429} if (method, address) == ("POST", "/sign-in") else set()  # all the visitors tried it before
    assert answer.status_code in {TABLE[method, address][VISITORS.index("administrator")], *too_often}, answer.text
    answer.close()


def test_a_token_that_is_to_operate_has_cameras_polled_and_does_nothing_else(visitors):
    """It is no column of the table, which would be another visitor at every address."""
    client, headers = visitors["operate"]
    for (method, address), statuses in TABLE.items():
        of_others = {statuses[VISITORS.index(scope)] for scope in ("read", "health", "end-streams")}
        if 403 not in of_others or address == "/sign-in":  # open to everybody; or tried too often by now
            continue
        sent = {**HTTPS["headers"], **headers}
        if method == "POST":
            sent["X-CSRFToken"] = form_token(client, "/welcome", **HTTPS)
        answer = client.open(address, method=method, headers=sent, environ_base=FROM_AFAR)
        assert answer.status_code == (404 if address.startswith("/api/v1/cameras/none") else 403), address
        answer.close()


def test_every_address_is_in_both_tables(app):
    rules = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert rules == set(NEEDS)
    adapter = app.url_map.bind("localhost")
    tried = {(method, adapter.match(address.partition("?")[0], method)[0]) for method, address in TABLE}
    there = {
        (method, rule.endpoint) for rule in app.url_map.iter_rules() for method in rule.methods & {"GET", "POST", "PUT"}
    }
    assert tried == there


OF_NO_SERVICE = re.compile(
    r"/(etc|mnt|opt|tmp|usr|var)\b|/(stw-cgi|init-cgi|opensdk|cam|nvr)/|/control/|/(1|in)$|/api/v[12]$"
)
"""Files, what cameras and the simulator answer, and parts of addresses."""


def test_every_address_that_a_document_names_is_there(app):
    there = [re.sub(r"<[^>]+>", "X", rule.rule) for rule in app.url_map.iter_rules()]
    patterns = [re.compile(re.escape(rule).replace("X", "[^/]+")) for rule in there]

    def is_there(path):
        forms = (path, f"/api/v1{path}")
        if path.endswith(("/", "…")):  # all that begins so
            return any(rule.startswith(form.rstrip("…")) for rule in there for form in forms)
        return any(pattern.fullmatch(form) for pattern in patterns for form in forms)

    named = {
        (document.name, path)
        for document in DOCUMENTS
        for one in code(document)
        for path in addresses(one)
        if not OF_NO_SERVICE.match(path)
    }
    assert len(named) > 100
    assert {(document, path) for document, path in named if not is_there(path)} == set()


def test_an_address_that_is_in_no_table_is_closed_to_administrators_too(people):
    service = BoardService([SHOP])
    app = people.app(service)
    app.add_url_rule("/new", "new", lambda: "hello")
    assert signed_in(app, "administrator").get("/new").status_code == 403


def test_a_program_that_may_not_is_told_in_problem_details_what_it_needs(app, visitors):
    answer = app.test_client().get("/events", environ_base=FROM_AFAR)
    assert answer.content_type == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= answer.json.keys()
    assert answer.json["status"] == 401
    _, headers = visitors["health"]
    answer = app.test_client().get("/events", headers=headers, environ_base=FROM_AFAR)
    assert "needs the scope read; this token has health" in answer.json["detail"]


def test_a_token_in_another_header_counts_as_well_and_never_one_in_the_address(people, app):
    token = people.token(Scope.READ)["Authorization"].removeprefix("Bearer ")
    client = app.test_client()
    assert client.get("/chart/today", headers={"X-API-Key": token}).status_code == 200
    assert client.get(f"/chart/today?token={token}&api_key={token}").status_code == 401


def test_a_token_counts_alone_also_in_a_browser_where_somebody_is_signed_in(people, app):
    client = signed_in(people.app(BoardService([SHOP])), "administrator")
    assert client.get("/", headers={"X-API-Key": "pc_forged"}).status_code == 401


@pytest.mark.parametrize("address", ["/sign-out", "/account/sessions/end-others"])
def test_who_signs_out_does_so_alone(people, app, address):
    for visitor, name in (("viewer", "viewer"), ("operator", "operator")):
        client = app.test_client()
        assert sign_in(client, name, **HTTPS).status_code == 303
        sent = {**HTTPS["headers"], "X-CSRFToken": form_token(client, "/account", **HTTPS)}
        answer = client.post(address, headers=sent, environ_base=FROM_AFAR)
        assert answer.status_code == TABLE["POST", address][VISITORS.index(visitor)]


def test_who_is_turned_away_is_in_the_log(people, app, caplog):
    caplog.set_level("INFO", "peoplecount.web.gate")
    client = app.test_client()
    assert sign_in(client, "viewer", **HTTPS).status_code == 303
    client.get("/admin/people", **HTTPS)
    app.test_client().get("/events", headers={"X-API-Key": "pc_forged_one"}, environ_base=FROM_AFAR)
    assert "viewer may not come to admin_people.people" in caplog.text
    assert "A token that is none was shown at stream.events, from 192.0.2.7" in caplog.text
    assert "forged" not in caplog.text
