"""Names under which the service answers, and pages of other sites."""

import pytest

from peoplecount.web.app import create_app

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
PATHS = ("/", "/board", "/events", "/stream-data", "/chart/today", "/health/ready", "/static/js/main.js", "/nowhere")


def status(app, path="/", **headers) -> int:
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    with app.test_client().get(path, headers=names, buffered=False) as answer:
        return answer.status_code


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8999", "localhost:8999", "LocalHost", "[::1]", "[::1]:8999", "[0:0:0:0:0:0:0:1]:8999"],
)
def test_a_service_on_loopback_answers_under_all_names_of_loopback(service, host):
    assert status(create_app(service.context(trusted_hosts=LOOPBACK)), Host=host) == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8999", "127.0.0.1.evil.example", "[::2]:8999", "[::1].evil.example", "[::1", "[]",
     "[", "::1", "localhost:99999", "a b", "@localhost", ""],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/nowhere", "/static/js/main.js", "/events"])
def test_under_other_names_nothing_is_told(service, host, path):
    client = create_app(service.context(trusted_hosts=LOOPBACK)).test_client()
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert "TRUSTED_HOSTS" in answer.text
    assert "1,229" not in answer.text


@pytest.mark.parametrize("names", [["[2001:db8::7]"], ["2001:db8::7"], ["[2001:db8::7]:8999"], ["[2001:DB8:0::7]"]])
def test_an_ipv6_address_may_be_the_only_name_and_is_written_in_any_way(service, names):
    app = create_app(service.context(trusted_hosts=names))
    assert status(app, Host="[2001:db8::7]:8999") == 200
    assert status(app, Host="[2001:db8::8]:8999") == status(app, Host="localhost") == 400


def test_a_name_with_a_dot_in_front_stands_for_all_below_it(service):
    app = create_app(service.context(trusted_hosts=[".example.org"]))
    assert status(app, Host="counts.example.org:8999") == 200
    assert status(app, Host="example.com") == 400


def test_where_no_names_are_set_any_will_do(service):
    assert status(create_app(service.context()), Host="whatever.example") == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("mode", "destination"),
    [("cors", "empty"), ("no-cors", "empty"), ("no-cors", "script"), ("navigate", "iframe"), ("websocket", "empty")],
)
def test_pages_of_other_sites_load_nothing_from_here(service, path, mode, destination):
    headers = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": mode, "Sec_Fetch_Dest": destination}
    assert status(service.app, path, **headers) == 403
    assert status(service.app, path, Sec_Fetch_Site="cross-site") == 403
    assert service.hub.open_streams == 0


def test_a_refusal_has_words_for_people_and_for_programs(client):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    answer = client.get("/events", headers=headers)
    assert "may link to this service" in answer.json["description"]
    assert "may link to this service" in client.get("/", headers=headers).text


def test_a_link_from_another_site_leads_here_and_a_form_does_not(client):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/", headers=headers).status_code == 200
    assert client.post("/", headers=headers).status_code == 403


@pytest.mark.parametrize("site", ["same-origin", "same-site", "none", None])
@pytest.mark.parametrize("path", ["/", "/board", "/chart/today", "/static/js/main.js"])
def test_our_own_pages_and_programs_are_served(service, path, site):
    assert status(service.app, path, **({"Sec_Fetch_Site": site, "Sec_Fetch_Mode": "cors"} if site else {})) == 200


@pytest.mark.parametrize("path", PATHS)
def test_no_other_origin_may_make_use_of_an_answer(client, path):
    with client.get(path, buffered=False) as answer:
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/events", "/", "/chart/today"])
def test_parameters_that_are_no_text_are_refused_in_words(service, path):
    app = create_app(service.context())
    with app.test_client().get(path, environ_overrides={"QUERY_STRING": "camera=\xff"}, buffered=False) as answer:
        assert answer.status_code == 400
        assert "percent-encode" in answer.text
