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


OURS = "counts.example:8999"


@pytest.mark.parametrize(("method", "path"), [("get", "/events?timeout=0"), ("post", "/events/ticket"), ("get", "/")])
@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://counts.example.evil:8999", "null", "", "file://", "http://[::1", "chrome"],
)
def test_a_browser_that_names_an_origin_and_nothing_more_is_believed(client, method, path, origin):
    """As over plain HTTP, from another machine: browsers say less there."""
    answer = getattr(client, method)(path, headers={"Host": OURS, "Origin": origin})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("origin", "headers"),
    [
        (f"http://{OURS}", {}),
        ("http://Counts.Example:8999", {}),
        ("https://counts.example", {"Host": "counts.example"}),
        ("https://counts.example:8443", {"Host": "counts.example"}),
        ("http://[2001:DB8::7]:8999", {"Host": "[2001:db8::7]:8999"}),
        ("http://counts.example", {"Host": "127.0.0.1:8000", "X-Forwarded-Host": "counts.example"}),
        ("http://counts.example", {"Host": "127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}),
    ],
)
def test_our_own_origin_is_known_by_the_name_we_are_asked_under(client, origin, headers):
    answer = client.get("/events?timeout=0", headers={"Host": OURS, "Origin": origin} | headers, buffered=True)
    assert answer.status_code == 200


def test_a_named_site_may_read_streams_without_saying_more_than_its_origin(named):
    assert named.get("/events?timeout=0", headers={"Origin": NAMED}, buffered=True).status_code == 200
    assert named.get("/", headers={"Origin": NAMED}).status_code == 403
