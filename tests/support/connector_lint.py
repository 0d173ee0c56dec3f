"""What a custom connector's definition must be, as far as it can be told without the platform.

Structure is for ``openapi-spec-validator``; these are the rules of Microsoft's "Coding standards", "Connector String
Guidance" and "Fix Swagger Validator errors" that no such tool knows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

METHODS = {"get", "post", "put", "patch", "delete"}
KINDS = {"application/json", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"}
WORDS = {
    "x-ms-summary", "x-ms-visibility", "x-ms-trigger", "x-ms-trigger-hint", "x-ms-trigger-metadata", "x-ms-pageable",
    "x-ms-dynamic-values", "x-ms-dynamic-list", "x-ms-url-encoding", "x-ms-notification-content",
    "x-ms-notification-url", "x-ms-connector-metadata", "x-ms-enum-values",
}  # fmt: skip
MOST_BYTES = 1 << 20
RESERVED = {"connectionid", "authorization"}
PRODUCTS = re.compile(r"power ?(automate|apps|bi|platform)|logic apps|\bapi\b|connector", re.IGNORECASE)
SUMMARY = re.compile(r"[A-Za-z0-9 ()]{1,80}")


def faults(made: dict[str, Any]) -> list[str]:
    """In words; none of a definition that is fit."""
    return [*_whole(made), *_place(made), *_info(made), *_words(made, ""), *_operations(made)]


def _whole(made: dict[str, Any]) -> Iterator[str]:
    if made.get("swagger") != "2.0":
        yield "swagger is not 2.0"
    if len(json.dumps(made)) >= MOST_BYTES:
        yield "larger than 1 MB"
    for kind in (*made.get("consumes", ()), *made.get("produces", ())):
        if kind not in KINDS:
            yield f"the platform does not take {kind}"
    for one in made.get("security", ()):
        if not set(one) <= set(made.get("securityDefinitions", {})):
            yield "security that is not defined"


def _place(made: dict[str, Any]) -> Iterator[str]:
    if not set(made.get("schemes", ())) <= {"http", "https"} or not made.get("schemes"):
        yield "schemes are http and https"
    if not re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?", made.get("host", "")):
        yield "host is a name and a port"
    if not made.get("basePath", "").startswith("/"):
        yield "basePath begins with /"
    folded = [path.lower() for path in made["paths"]]
    if len(set(folded)) < len(folded):
        yield "paths differ in case alone"


def _info(made: dict[str, Any]) -> Iterator[str]:
    title, said = made["info"].get("title", ""), made["info"].get("description", "")
    if not 1 <= len(title) <= 30 or not title[-1].isalnum() or PRODUCTS.search(title):
        yield "title"
    if not 30 <= len(said) <= 500 or PRODUCTS.search(said):
        yield "description of the whole"


def _words(found: Any, place: str) -> Iterator[str]:
    """Whatever stands anywhere."""
    if isinstance(found, list):
        for number, one in enumerate(found):
            yield from _words(one, f"{place}/{number}")
    if not isinstance(found, dict):
        return
    if "$ref" in found and len(found) > 1:
        yield f"{place}: a reference stands alone"
    is_schema = not place.endswith(("/properties", "/definitions", "/responses", "/paths", "/parameters"))
    for key, one in found.items():
        if key.startswith("x-ms-") and key not in WORDS:
            yield f"{place}: {key} is no known word"
        yield from _words(one, f"{place}/{key}")
    if is_schema:
        yield from _schema(found, place)


def _schema(found: dict[str, Any], place: str) -> Iterator[str]:
    if found.get("x-ms-visibility", "important") not in {"important", "advanced", "internal"}:
        yield f"{place}: x-ms-visibility"
    if isinstance(found.get("type"), list) or {"nullable", "oneOf", "anyOf"} & set(found):
        yield f"{place}: a type of OpenAPI 3"
    if found.get("type") == "array" and "items" not in found:
        yield f"{place}: an array has items"


def _operations(made: dict[str, Any]) -> Iterator[str]:
    seen: set[str] = set()
    for path, item in made["paths"].items():
        if "$ref" in item:
            yield f"{path}: a path is no reference"
        for method in METHODS & set(item):
            operation = item[method]
            name = operation.get("operationId", "")
            place = f"{method} {path}"
            if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name) or name in seen:
                yield f"{place}: operationId"
            seen.add(name)
            yield from (f"{place}: {fault}" for fault in _operation(made, item, method, operation))


def _operation(made: dict[str, Any], item: dict[str, Any], method: str, operation: dict[str, Any]) -> Iterator[str]:
    summary, said = operation.get("summary", ""), operation.get("description", "")
    if not SUMMARY.fullmatch(summary):
        yield "summary"
    if not said.endswith(".") or said == summary:
        yield "description"
    trigger = operation.get("x-ms-trigger")
    if trigger and not (summary.startswith("When ") and said.startswith("This operation triggers when ")):
        yield "a trigger says when"
    yield from _responses(operation["responses"])
    bodies = [one for one in operation.get("parameters", ()) if one.get("in") == "body"]
    if (method in {"get", "delete"} and bodies) or len(bodies) > 1:
        yield "a body too many"
    for one in operation.get("parameters", ()):
        yield from _parameter(made, one)
    if trigger == "batch" and not any(_is_list(made, one.get("schema")) for one in operation["responses"].values()):
        yield "a trigger of many answers with an array"
    if "x-ms-pageable" in operation:
        yield from _pages(made, operation)
    if "x-ms-notification-content" in item and trigger:
        yield from _notification(made, operation, bodies)
    if trigger == "single" and "x-ms-notification-content" not in item:
        yield "what is told is not described"


def _responses(responses: dict[str, Any]) -> Iterator[str]:
    good = [status for status in responses if status.startswith("2")]
    if not good:
        yield "no answer that is good"
    if sum("schema" in one for one in responses.values()) > 1:
        yield "several answers with a schema"
    if "schema" in responses.get("default", {}):
        yield "default has a schema"


def _parameter(made: dict[str, Any], one: dict[str, Any]) -> Iterator[str]:
    name = one.get("name", "")
    if name.lower() in RESERVED:
        yield f"{name} is reserved"
    if one.get("in") == "body":
        return
    if not 1 <= len(one.get("x-ms-summary", "")) <= 80 or not one.get("description", "").endswith("."):
        yield f"{name}: x-ms-summary and description"
    if one.get("in") == "path" and not (one.get("required") and one.get("x-ms-url-encoding") == "single"):
        yield f"{name}: in a path it is required, and encoded once"
    if one.get("x-ms-visibility") == "internal" and one.get("required") and "default" not in one:
        yield f"{name}: internal and required, and has no default"
    yield from _picker(made, one)


def _picker(made: dict[str, Any], one: dict[str, Any]) -> Iterator[str]:
    wanted = one.get("x-ms-dynamic-values")
    if wanted is None:
        return
    asked = [
        operation
        for item in made["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict) and operation.get("operationId") == wanted["operationId"]
    ]
    if not asked:
        yield f"{one.get('name', '')}: no operation {wanted['operationId']}"
        return
    told = _resolved(made, asked[0]["responses"].get("200", {}).get("schema", {}))
    rows = told.get("properties", {}).get(wanted["value-collection"], {})
    fields = _resolved(made, rows.get("items", {})).get("properties", {})
    if not {wanted["value-path"], wanted["value-title"]} <= set(fields):
        yield f"{one.get('name', '')}: the list has not what is picked from it"


def _pages(made: dict[str, Any], operation: dict[str, Any]) -> Iterator[str]:
    name = operation["x-ms-pageable"].get("nextLinkName")
    told = _resolved(made, operation["responses"]["200"].get("schema", {}))
    if name not in {"nextLink", "@odata.nextLink"} or name not in told.get("properties", {}):
        yield "the next page is not where it is said to be"


def _notification(made: dict[str, Any], operation: dict[str, Any], bodies: list[dict[str, Any]]) -> Iterator[str]:
    body = _resolved(made, bodies[0]["schema"]) if bodies else {}
    marked = {key: one for key, one in body.get("properties", {}).items() if one.get("x-ms-notification-url") is True}
    if len(marked) != 1:
        yield "exactly one field of the body is the address to be told"
        return
    ((key, one),) = marked.items()
    if one.get("type") != "string" or one.get("x-ms-visibility") != "internal":
        yield "the address to be told is a text, and internal"
    if key not in body.get("required", ()) or not bodies[0].get("required"):
        yield "the address to be told is required all the way"
    if "Location" not in operation["responses"].get("201", {}).get("headers", {}):
        yield "a subscription is answered with 201 and Location"
    ends = [item["delete"] for item in made["paths"].values() if "delete" in item]
    if not any(one.get("x-ms-visibility") == "internal" for one in ends):
        yield "no internal operation ends a subscription"


def _is_list(made: dict[str, Any], schema: dict[str, Any] | None) -> bool:
    told = _resolved(made, schema or {})
    rows = [one for one in told.get("properties", {}).values() if one.get("type") == "array"]
    return told.get("type") == "array" or bool(rows)


def _resolved(made: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return made["definitions"].get(schema["$ref"].rpartition("/")[2], {})
    return schema
