"""The connector's definition: fit for the platform, in step with the API, and every fault of it is seen."""

import json

import pytest

from peoplecount.web.api import connector, connector_properties, described
from tests.support.api_shop import ApiShop
from tests.support.connector_lint import faults


@pytest.fixture(scope="module")
def document():
    return described()


@pytest.fixture(params=[False, True], ids=["cloud", "gateway"])
def made(request, document):
    return connector.definition(document, "https://counts.example:8443/here", gateway=request.param)


def is_valid(made):
    validator = pytest.importorskip("openapi_spec_validator")  # slow to import: not while tests are found
    return not list(validator.OpenAPIV2SpecValidator(made).iter_errors())


def test_it_is_fit(made):
    assert is_valid(made)
    assert faults(made) == []


def test_it_names_this_server(made):
    assert (made["host"], made["basePath"], made["schemes"]) == ("counts.example:8443", "/here/api/v1", ["https"])


def test_through_the_gateway_there_are_no_keys_in_headers(document):
    cloud, gateway = (connector.definition(document, connector.ANYWHERE, gateway=one) for one in (False, True))
    assert [one["type"] for one in cloud["securityDefinitions"].values()] == ["apiKey"]
    assert [one["type"] for one in gateway["securityDefinitions"].values()] == ["basic"]
    assert cloud["paths"] == gateway["paths"]
    assert connector_properties.properties(gateway=True)["properties"]["capabilities"] == ["gateway"]


def test_everything_in_it_is_in_the_api_as_well(made, document):
    for path, item in made["paths"].items():
        there = document["paths"][f"/api/v1{path}"]
        for method in {"get", "post", "delete"} & set(item):
            names = {one["name"]: one for one in [*there.get("parameters", []), *there[method].get("parameters", [])]}
            for one in item[method]["parameters"]:
                if one["in"] == "body":
                    continue
                schema = names[one["name"]]["schema"]
                assert one["type"] == schema.get("items", schema)["type"]


def test_the_files_are_in_step(document):
    for name, text in connector.files(document).items():
        assert (connector.FOLDER / name).read_text(encoding="utf-8") == text, "python -m peoplecount.web.api.connector"
    assert connector.main(["--check"]) == 0


def test_the_icon_is_what_the_platform_takes():
    icon = (connector.FOLDER / "icon.png").read_bytes()
    assert icon[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(icon[16:20]), int.from_bytes(icon[20:24])) == (230, 230)
    assert icon[25] == 2, "no transparency"


def test_a_server_hands_it_out_with_its_own_address(tmp_path):
    shop = ApiShop(tmp_path, hours=0)
    told = shop.client.get("/powerautomate/apiDefinition.swagger.json").json
    assert (told["host"], told["basePath"]) == ("counts.example", "/api/v1")
    by_gateway = shop.client.get("/powerautomate/apiProperties.json?variant=gateway").json
    assert by_gateway == connector_properties.properties(gateway=True)
    assert shop.client.get("/powerautomate/apiDefinition.swagger.json?variant=x").status_code == 400
    shop.end()


SUBSCRIBE = ("paths", "/subscriptions", "post")
POLL = ("paths", "/events/poll", "get")
COUNTS = ("paths", "/counts", "get")
DELETE = ("paths", "/subscriptions/{subscription_id}", "delete")
CALLBACK = ("definitions", "CreateSubscription", "properties", "callbackUrl")


def put(made, place, value):
    *way, last = place
    for part in way:
        made = made[part]
    if value is None:
        del made[last]
    else:
        made[last] = value


def drop_successes(made):
    responses = made["paths"]["/sites"]["get"]["responses"]
    responses.clear()
    responses["default"] = {"description": "Anything."}


SEEDED = {
    "no operationId": lambda made: put(made, (*COUNTS, "operationId"), None),
    "the same operationId twice": lambda made: put(made, (*COUNTS, "operationId"), "GetLatest"),
    "only a default response": drop_successes,
    "default with a schema": lambda made: put(
        made, (*COUNTS, "responses", "default"), {"description": "x", "schema": {"type": "object"}}
    ),
    "notification address not internal": lambda made: put(made, (*CALLBACK, "x-ms-visibility"), None),
    "notification address missing": lambda made: put(made, (*CALLBACK, "x-ms-notification-url"), None),
    "notification address not required": lambda made: put(made, ("definitions", "CreateSubscription", "required"), []),
    "no notification content": lambda made: put(made, ("paths", "/subscriptions", "x-ms-notification-content"), None),
    "no Location": lambda made: put(made, (*SUBSCRIBE, "responses", "201", "headers"), None),
    "event stream": lambda made: made["produces"].append("text/event-stream"),
    "scheme ws": lambda made: put(made, ("schemes",), ["ws"]),
    "other next link": lambda made: put(made, (*COUNTS, "x-ms-pageable"), {"nextLinkName": "next"}),
    "GET with a body": lambda made: made["paths"]["/counts"]["get"]["parameters"].append(
        {"name": "body", "in": "body", "schema": {"type": "object"}}
    ),
    "dynamic list of no operation": lambda made: next(
        one for one in made["paths"]["/counts"]["get"]["parameters"] if one["name"] == "site"
    )["x-ms-dynamic-values"].update(operationId="ListNothing"),
    "dynamic list without its value": lambda made: put(made, ("definitions", "Site", "properties", "siteId"), None),
    "security that is not defined": lambda made: put(made, ("security",), [{"Other": []}]),
    "reference with siblings": lambda made: put(
        made, (*COUNTS, "responses", "200", "schema", "description"), "A page."
    ),
    "no summary": lambda made: put(made, (*COUNTS, "summary"), None),
    "summary with punctuation": lambda made: put(made, (*COUNTS, "summary"), "Get counts!"),
    "description without a full stop": lambda made: put(made, (*COUNTS, "description"), "Returns counts"),
    "a parameter without a title": lambda made: put(made, (*COUNTS, "parameters", 0, "x-ms-summary"), None),
    "visibility none": lambda made: put(made, (*COUNTS, "x-ms-visibility"), "none"),
    "a misspelt word": lambda made: put(made, (*COUNTS, "x-ms-visibilty"), "important"),
    "path parameter not encoded": lambda made: put(made, (*DELETE, "parameters", 0, "x-ms-url-encoding"), None),
    "a type that may be null": lambda made: put(
        made, ("definitions", "CountRow", "properties", "in", "type"), ["integer", "null"]
    ),
    "an array of nothing": lambda made: put(made, ("definitions", "SiteList", "properties", "value", "items"), None),
    "OpenAPI 3": lambda made: put(made, ("swagger",), "3.1.0"),
    "a product's name": lambda made: put(made, ("info", "title"), "Peoplecount for Power Automate"),
    "a trigger that does not say when": lambda made: put(made, (*POLL, "summary"), "Counting events"),
    "a poll trigger without an array": lambda made: put(
        made, (*POLL, "responses", "200", "schema"), {"$ref": "#/definitions/Event"}
    ),
    "Authorization as a parameter": lambda made: put(made, (*COUNTS, "parameters", 0, "name"), "Authorization"),
    "a host with a scheme": lambda made: put(made, ("host",), "https://counts.example"),
}


@pytest.mark.parametrize("fault", SEEDED)
def test_a_fault_that_is_put_in_is_seen(document, fault):
    made = json.loads(json.dumps(connector.definition(document, connector.ANYWHERE)))
    SEEDED[fault](made)
    assert faults(made)
