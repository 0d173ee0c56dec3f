"""Request ids and the access log."""

import logging

import pytest

from peoplecount.domain.log_marks import log_marks
from peoplecount.web.app import create_app
from peoplecount.web.client_address import ClientAddresses
from tests.support.board_service import BoardService
from tests.support.shop import SHOP, at

PROXY = {"REMOTE_ADDR": "192.0.2.1"}
SENT = {"X-Request-Id": "0f2c51d2-from.proxy"}


@pytest.fixture
def service():
    service = BoardService([SHOP], now=at(14))
    service.catch_up()
    return service


def client_of(service, **parts):
    return create_app(service.context(addresses=ClientAddresses(["192.0.2.1"]), **parts)).test_client()


def test_the_id_of_a_known_proxy_is_taken(service):
    answer = client_of(service).get("/health/live", headers=SENT, environ_base=PROXY)
    assert answer.headers["X-Request-Id"] == SENT["X-Request-Id"]


def test_nobody_else_names_a_request(service):
    answer = client_of(service).get("/health/live", headers=SENT, environ_base={"REMOTE_ADDR": "192.0.2.9"})
    assert answer.headers["X-Request-Id"] != SENT["X-Request-Id"]


@pytest.mark.parametrize("told", ["short", "a" * 65, "with blank 1234", 'quote"12345', "línea-12345"])
def test_of_a_known_proxy_too_only_what_is_fit_for_a_log(service, told):
    headers = [("X-Request-Id", told.encode("utf-8").decode("latin-1"))]
    answer = client_of(service).get("/health/live", headers=headers, environ_base=PROXY)
    assert len(answer.headers["X-Request-Id"]) == 12


def test_every_request_has_another_and_nothing_is_left_of_it_afterwards(service):
    client = client_of(service)
    assert len({client.get("/health/live").headers["X-Request-Id"] for _ in range(5)}) == 5
    assert log_marks() == {}


def test_an_error_that_a_program_reads_names_its_request(service):
    answer = client_of(service).get("/api/v1/nowhere")
    assert answer.json["requestId"] == answer.headers["X-Request-Id"]


def test_messages_of_a_request_are_about_it_and_about_what_the_program_calls_it(service, caplog):
    seen = []

    class Seeing(logging.Handler):
        def emit(self, record):
            seen.append(log_marks())

    handler = Seeing()
    logging.getLogger("peoplecount").addHandler(handler)
    try:
        failing = client_of(service, status=lambda: 1 / 0)
        answer = failing.get("/health/ready", headers={"x-ms-client-request-id": "theirs"})
        api = client_of(service, snapshots=lambda: 1 / 0).get(
            "/api/v1/counts/latest", headers={"x-ms-client-request-id": "theirs"}
        )
    finally:
        logging.getLogger("peoplecount").removeHandler(handler)
    assert seen[0] == {"requestId": answer.headers["X-Request-Id"]}
    assert seen[-1] == {"requestId": api.json["requestId"], "clientRequestId": "theirs"}
    assert api.headers["X-Request-Id"] == "theirs"


def accesses(caplog):
    return [record for record in caplog.records if record.name == "peoplecount.web.access_log"]


def test_where_it_is_on_every_request_is_a_message(service, caplog):
    caplog.set_level(logging.INFO)
    client_of(service, access_log=True).get("/health/live?ticket=canary", environ_base={"REMOTE_ADDR": "192.0.2.9"})
    (said,) = accesses(caplog)
    assert said.fields | {"milliseconds": 0} == {
        "client": "192.0.2.9", "method": "GET", "path": "/health/live", "status": 200, "milliseconds": 0,
    }  # fmt: skip
    assert said.getMessage().startswith("192.0.2.9 GET /health/live 200 in ")


def test_it_is_off_unless_set(service, caplog):
    caplog.set_level(logging.DEBUG)
    client_of(service).get("/health/live")
    assert not accesses(caplog)


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("/sites/shop?since=canary", "/sites/shop"),
        ("/api/v1/subscriptions/canary", "/api/v1/subscriptions/..."),
        ("/api/v2/subscriptions/canary", "/api/..."),
        ("/a%0Ab", "/a\\nb"),
        ("/" + 50 * "x", "/" + 40 * "x"),
    ],
)
def test_a_path_is_shown_without_what_lets_somebody_in(service, caplog, asked, shown):
    caplog.set_level(logging.INFO)
    client_of(service, access_log=True).open(asked, method="DELETE" if "subscriptions" in asked else "GET")
    (said,) = accesses(caplog)
    assert said.fields["path"] == shown
