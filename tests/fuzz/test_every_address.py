"""A slice of what ``./run.sh fuzz`` sends, with the same requests every time; and that it finds what it looks for."""

from __future__ import annotations

from random import Random

import pytest
from flask import Response, abort, request

from tests.fuzz.every_address import Answers, Installation, ask, ask_one_service, installation
from tests.fuzz.odd_texts import INJECTED, MARK
from tests.fuzz.spoiled_requests import Spoiler


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"  # Werkzeug leaves files of spoiled forms to the garbage (3.1)
)
def test_no_request_crashes_the_service_tells_a_secret_or_is_taken_for_a_page() -> None:
    answers = ask(600, seed=7)

    assert answers.failures == []
    assert {200, 204, 303, 400, 401, 403, 404, 405, 413} <= answers.statuses.keys(), "some kind of answer never came"
    assert len(answers.asked) > 100, "not every address was asked"


@pytest.fixture(scope="module")
def service():
    with installation() as made:
        yield made


def test_forms_of_all_kinds_are_known(service: Installation) -> None:
    known = {endpoint for endpoint in service.forms if service.forms[endpoint]}
    assert {
        "admin_people.add",
        "admin_webhooks.add",
        "admin_cameras.add",
        "admin_sites.site",
        "sign_in.sign_in",
    } <= known
    assert "callbackUrl" in service.parameters["POST /api/v1/subscriptions"]


def test_the_same_seed_gives_the_same_requests_and_another_one_others(service: Installation) -> None:
    def requests(seed: int) -> list[str]:
        spoiler = Spoiler(service.app.url_map, Random(seed), service.forms, service.parameters)
        return [str(spoiler.make(rule)) for rule, _ in zip(spoiler.rules(), range(50), strict=False)]

    assert requests(1) == requests(1) != requests(2)


FAULTS = {
    "crashes": (lambda: {}["nothing"], "KeyError"),
    "is 500": (lambda: abort(500), "500"),
    "tells a secret": (lambda: "your password is secret-password", "tells a secret"),
    "tells of another site": (lambda: "at the Vault of the north", "tells of a site"),
    "injects a header": (lambda: Response("", headers={INJECTED: "1"}), "takes a header"),
    "runs a script": (lambda: Response(request.query_string.decode() + MARK, mimetype="text/html"), "takes a script"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_page_that_does_what_none_may_would_be_found(monkeypatch, service: Installation, name: str) -> None:
    view, told = FAULTS[name]
    monkeypatch.setitem(service.app.view_functions, "health.live", view)
    answers = Answers()
    ask_one_service(service, 40, Random(1), answers, only="health.live")

    assert any(told in failure for failure in answers.failures)
