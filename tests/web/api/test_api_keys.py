"""Keys: how they are shown, and how often."""

import base64

import pytest

from peoplecount.domain.visitor import Scope
from peoplecount.services.request_rates import RequestRates
from tests.support.api_shop import ApiShop
from tests.support.people import People, signed_in


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    people = People(tmp_path_factory.mktemp("people"))
    yield people
    people.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = ApiShop(tmp_path_factory.mktemp("shop"), hours=1)
    yield service
    service.end()


@pytest.fixture
def client(people, service):
    return people.app(service, counts=service.counts, poll_camera=service.polled.append).test_client()


def basic(name, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def test_a_key_is_taken_in_its_own_header_as_bearer_and_as_password(people, client):
    token = people.token(Scope.READ, label="Power BI")["Authorization"].removeprefix("Bearer ")
    for headers in ({"X-API-Key": token}, {"Authorization": f"Bearer {token}"}, basic("anybody", token)):
        answer = client.get("/api/v1/ping", headers=headers)
        assert (answer.status_code, answer.json["name"], answer.json["scopes"]) == (200, "Power BI", ["read"])


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "pc_x"}, basic("a", "pc_x"), {"Authorization": "Basic ?"}])
def test_who_shows_none_that_is_good_is_told_how_to(client, headers):
    answer = client.get("/api/v1/ping", headers=headers)
    assert answer.status_code == 401
    ways = answer.headers.getlist("WWW-Authenticate")
    assert [way.split()[0] for way in ways] == ["Bearer", "Basic"]


def test_pages_take_no_password_that_a_browser_would_go_on_sending(people, client):
    token = people.token(Scope.READ)["Authorization"].removeprefix("Bearer ")
    assert client.get("/chart/today", headers=basic("x", token)).status_code == 401
    assert client.get("/export/counts.csv?from=2026-05-04", headers=basic("x", token)).status_code == 200
    assert len(client.get("/chart/today").headers.getlist("WWW-Authenticate")) == 1


def test_who_may_operate_has_cameras_polled(people, client, service):
    answer = client.post("/api/v1/cameras/front/poll", headers=people.token(Scope.OPERATE))
    assert (answer.status_code, answer.json["cameraId"], service.polled) == (202, "front", ["front"])
    limited = people.token(Scope.OPERATE, sites=("museum",))
    assert client.post("/api/v1/cameras/front/poll", headers=limited).status_code == 404


def test_who_asks_too_often_is_told_when_to_go_on(people, service):
    client = people.app(service, rates=RequestRates(500, service.clock.monotonic)).test_client()
    eager, patient = people.token(Scope.READ), people.token(Scope.READ)
    assert {client.get("/api/v1/ping", headers=eager).status_code for _ in range(500)} == {200}
    answer = client.get("/api/v1/ping", headers=eager)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert answer.content_type == "application/problem+json"
    assert client.get("/api/v1/ping", headers=patient).status_code == 200
    service.clock.passes(1)
    assert client.get("/api/v1/ping", headers=eager).status_code == 200


def test_files_and_figures_elsewhere_count_as_much_as_the_api(people, service):
    rates = RequestRates(20, service.clock.monotonic)
    client = people.app(service, counts=service.counts, rates=rates).test_client()
    eager = people.token(Scope.READ)
    for _ in range(20):
        assert client.get("/export/counts.csv?from=2026-05-04", headers=eager).status_code == 200
    for address in ("/export/counts.csv?from=2026-05-04", "/history.xlsx", "/chart/today", "/api/v1/ping"):
        answer = client.get(address, headers=eager)
        assert (answer.status_code, "Retry-After" in answer.headers) == (429, True), address


def test_pages_that_people_see_are_not_counted(people, service):
    app = people.app(service, rates=RequestRates(1, service.clock.monotonic))
    people.enters("anna")
    client = signed_in(app, "anna")
    assert {client.get("/").status_code for _ in range(5)} == {200}
