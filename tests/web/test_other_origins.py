"""Pages of other web sites: those that are named may read streams and figures, no others and nothing else."""

import pytest

from peoplecount.web.app import create_app

NAMED = "https://intranet.example"


@pytest.fixture
def named(service):
    service.catch_up()
    return create_app(service.context(allowed_origins=(NAMED, "http://other.example:8080"))).test_client()


def from_page(origin: str) -> dict[str, str]:
    return {"Origin": origin, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}


@pytest.mark.parametrize("path", ["/events?timeout=0", "/stream-data?timeout=0", "/api/v1/counts"])
def test_a_page_of_a_named_site_may_read_it(named, path):
    answer = named.get(path, headers=from_page(NAMED))
    assert answer.headers["Access-Control-Allow-Origin"] == NAMED
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "https://intranet.example.evil", "null", NAMED.upper()])
def test_pages_of_others_may_not(named, origin):
    answer = named.get("/events?timeout=0", headers=from_page(origin))
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_even_a_named_site_loads_none_of_our_pages(named):
    answer = named.get("/", headers=from_page(NAMED))
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert named.post("/close-stream", headers=from_page(NAMED)).status_code == 403


def test_browsers_are_told_beforehand_what_a_named_site_may_send(named):
    headers = from_page(NAMED) | {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "last-event-id",
    }
    answer = named.options("/events", headers=headers)
    assert answer.status_code == 204
    assert "Last-Event-ID" in answer.headers["Access-Control-Allow-Headers"]
    assert answer.headers["Access-Control-Allow-Origin"] == NAMED


def test_an_answer_to_our_own_page_differs_by_origin_for_caches(named, client):
    assert "Origin" in named.get("/events?timeout=0").headers["Vary"]
    assert "Origin" not in client.get("/events?timeout=0").headers.get("Vary", "")
