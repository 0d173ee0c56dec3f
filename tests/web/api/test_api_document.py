"""The API's document: valid, in step with what is answered, and readable."""

import json
import os
import time

import pytest
from hypothesis import HealthCheck, given, settings

from peoplecount.services.request_rates import RequestRates
from peoplecount.stream.event_pages import EventPages
from peoplecount.web.api.operation import REFUSALS
from peoplecount.web.needs import NEEDS
from tests.support.api_examples import EXAMPLES, OneKey, examples_of
from tests.support.api_shop import ApiShop

EXAMPLES_EACH = int(os.environ.get("API_EXAMPLES", "3"))
"""Of each operation and mode; ``API_EXAMPLES=200 ./run.sh test tests/web/api`` tries many more."""

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Where nobody waits: what waits is told at once that its time is up."""
    shop = ApiShop(tmp_path_factory.mktemp("shop"), access=OneKey(), rates=RequestRates(1_000_000, time.monotonic))
    now = [0.0]

    def wait(_signal, seconds):
        now[0] += seconds

    pages = EventPages(shop.hub, shop.backlog, monotonic=lambda: now[0], wait=wait)
    shop.app = shop.application(event_pages=pages, access=OneKey(), rates=RequestRates(1_000_000, time.monotonic))
    shop.client = shop.app.test_client()
    yield shop
    shop.end()


@pytest.fixture(scope="module")
def told(shop):
    return shop.client.get("/api/openapi.json").json


def operations(told):
    return {
        operation["operationId"]: operation
        for path in told["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
    }


def test_the_document_is_one_of_openapi_3_1(told):
    validator = pytest.importorskip("openapi_spec_validator")  # slow to import: not while tests are found
    assert told["openapi"] == "3.1.0"
    validator.validate(told)


def test_every_operation_is_in_the_table_of_rights_and_says_what_it_does(told):
    found = operations(told)
    of_table = {name for name in NEEDS if name.startswith("api.")}
    assert len(found) == len(of_table)
    for operation in found.values():
        assert operation["summary"]
        assert operation["description"]
        assert {"401", "403", "429"} <= set(operation["responses"])
        for parameter in operation.get("parameters", []):
            assert parameter.get("description") or parameter["in"] == "path"
    assert {"ApiKey", "Bearer", "Basic"} == set(told["components"]["securitySchemes"])
    assert {name for name, _ in REFUSALS.values()} == set(told["components"]["responses"])


def test_examples_are_real_answers(told, tmp_path):
    kept = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    assert kept == examples_of(tmp_path), "python -m tests.support.api_examples asks anew"
    shown = {
        name
        for name, operation in operations(told).items()
        for answer in operation["responses"].values()
        for content in answer.get("content", {}).values()
        if "example" in content
    }
    assert shown == set(kept)


ENDLESS = {"StreamEvents"}


def test_what_is_answered_is_what_the_document_says(shop):
    schemathesis = pytest.importorskip("schemathesis")  # slow to import: not while tests are found
    checks = [getattr(schemathesis.checks, name) for name in CHECKS]
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", shop.app)
    tried = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        name = operation.definition.raw["operationId"]
        if name in ENDLESS:
            continue
        tried.add(name)
        for mode in schemathesis.GenerationMode:

            @settings(
                max_examples=EXAMPLES_EACH, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def answers_as_documented(case):
                case.call_and_validate(checks=checks)

            answers_as_documented()
    assert len(tried) == len(operations(shop.client.get("/api/openapi.json").json)) - len(ENDLESS)


def test_the_page_shows_every_operation_and_runs_no_script_of_its_own(shop, told):
    page = shop.client.get("/docs")
    for name, operation in operations(told).items():
        assert f'id="{name}"' in page.text
        assert f'href="#{name}"' in page.text
        assert operation["summary"] in page.text
    assert page.text.count('href="#operations"') == len(operations(told)), "each leads back to the list"
    assert 'id="operations"' in page.text
    assert "<script>" not in page.text
    assert "style=" not in page.text
    assert "https://counts.example/api/v1" in page.text
