"""Browsers that came over HTTPS are told to come no other way, and those that came otherwise are told nothing."""

from __future__ import annotations

from typing import Any

import pytest

from peoplecount.settings import SettingsError, load_settings
from peoplecount.web.app import create_app
from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.strict_transport import HEADER
from tests.support.board_service import BoardService

PROXY = "192.0.2.1"
BY_HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
YEAR = "max-age=31536000"


def told(service: BoardService, path: str = "/", headers: dict[str, str] | None = None, **asked: Any) -> str | None:
    """What the header says; asked by way of the known proxy under a public name unless told otherwise."""
    parts = {"hsts_max_age": asked.pop("hsts_max_age")} if "hsts_max_age" in asked else {}
    app = create_app(service.context(addresses=ClientAddresses([PROXY]), **parts))
    asked = {"base_url": "http://counts.example", "environ_base": {"REMOTE_ADDR": PROXY}} | asked
    with app.test_client().get(path, headers=headers or {}, buffered=False, **asked) as answer:
        return answer.headers.get(HEADER)


@pytest.mark.parametrize("path", ["/", "/events", "/static/js/main.js", "/nowhere", "/health/live", "/api/v1/sites"])
def test_every_answer_over_https_says_it_for_a_year(service: BoardService, path: str) -> None:
    """Of this host alone (no ``includeSubDomains``), and for no list that browsers come with (no ``preload``)."""
    assert told(service, path, BY_HTTPS) == YEAR
    assert told(service, path, base_url="https://counts.example:8443") == YEAR


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ({}, PROXY),
        ({"X-Forwarded-Proto": "http", "X-Forwarded-For": "198.51.100.7"}, PROXY),
        ({"X-Forwarded-Proto": "https, http", "X-Forwarded-For": "198.51.100.7"}, PROXY),
        (BY_HTTPS, "192.0.2.99"),
        ({}, "127.0.0.1"),
    ],
)
def test_nothing_is_said_over_plain_http_nor_because_somebody_unknown_calls_it_https(
    service: BoardService, headers: dict[str, str], client: str
) -> None:
    assert told(service, headers=headers, environ_base={"REMOTE_ADDR": client}) is None


@pytest.mark.parametrize("name", ["localhost:8443", "LocalHost", "127.0.0.1:8443", "[::1]:8443"])
def test_names_that_all_programs_of_a_machine_share_are_left_alone(service: BoardService, name: str) -> None:
    assert told(service, base_url=f"https://{name}") is None


def test_it_can_be_taken_back(service: BoardService) -> None:
    assert told(service, headers=BY_HTTPS, hsts_max_age=0) == "max-age=0"
    assert load_settings({"HSTS_MAX_AGE": "0"}, env_file=None).hsts_max_age == 0
    with pytest.raises(SettingsError, match="HSTS_MAX_AGE"):
        load_settings({"HSTS_MAX_AGE": "forever"}, env_file=None)
