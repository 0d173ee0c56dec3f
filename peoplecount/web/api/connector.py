"""The custom connector for Power Automate: an OpenAPI 2.0 definition, made from the API's own document.

Which rules it follows: Microsoft's "Coding standards", "Connector String Guidance" and "Fix Swagger Validator errors"
for custom connectors. ``python -m peoplecount.web.api.connector`` writes ``integrations/power-automate``; ``--check``
says whether it is in step.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import peoplecount
from peoplecount.web.api.connector_parts import CALLS_BACK, PARTS, PICKED, Part
from peoplecount.web.api.connector_properties import properties
from peoplecount.web.api.document import follow

FOLDER = Path(__file__).resolve().parents[3] / "integrations" / "power-automate"
ANYWHERE = "https://counts.example.com"
"""In the files that come along; each service fills in its own address."""

ENOUGH = {"description", "type", "format", "enum", "default", "minimum", "maximum"}
"""What OpenAPI 2.0 and the platform understand of a schema."""


def definition(document: Mapping[str, Any], address: str, *, gateway: bool = False) -> dict[str, Any]:
    """``apiDefinition.swagger.json``. Through the on-premises gateway there are no keys in headers: HTTP Basic then."""
    place = urlsplit(address)
    scheme = {"Basic": {"type": "basic"}} if gateway else {"ApiKey": _KEY}
    made: dict[str, Any] = {
        "swagger": "2.0",
        "info": {
            "title": "Peoplecount",
            "description": "Reads people counts from cameras that you host yourself and starts flows when something "
            "is counted.",
            "version": peoplecount.__version__,
            "contact": {"name": "Whoever runs this server", "url": address},
        },
        "host": place.netloc,
        "basePath": place.path.rstrip("/") + "/api/v1",
        "schemes": [place.scheme],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": scheme,
        "security": [{name: []} for name in scheme],
        "paths": {},
        "definitions": {},
    }
    for part in PARTS:
        _add(made, document, part)
    made["x-ms-connector-metadata"] = [
        {"propertyName": "Website", "propertyValue": address},
        {"propertyName": "Privacy policy", "propertyValue": address},
        {"propertyName": "Categories", "propertyValue": "Internet of Things;Business Intelligence"},
    ]
    return made


_KEY = {"type": "apiKey", "in": "header", "name": "X-API-Key"}


def _add(made: dict[str, Any], document: Mapping[str, Any], part: Part) -> None:
    path, method, found = _found(document, part.name)
    path = path.removeprefix("/api/v1")
    parameters = [*document["paths"][f"/api/v1{path}"].get("parameters", []), *found.get("parameters", [])]
    answer = {"operationId": part.name, "summary": part.summary, "description": part.description}
    if part.visibility:
        answer["x-ms-visibility"] = part.visibility
    shown = {*part.parameters, *part.hidden}
    operation: dict[str, Any] = {
        **answer,
        **({"x-ms-trigger": part.trigger} if part.trigger else {}),
        **part.more,
        "parameters": [_parameter(one, part) for one in parameters if one["name"] in shown],
        "responses": _responses(made, document, found),
    }
    if "requestBody" in found:
        schema = follow(document, found["requestBody"]["content"]["application/json"]["schema"])
        body = _body(made, part.name, schema, part)
        operation["parameters"].append({"name": "body", "in": "body", "required": True, "schema": body})
    item = made["paths"].setdefault(path, {})
    if part.trigger == CALLS_BACK:
        content = {"description": "A counting event.", "schema": _reference(made, document, "Event")}
        item["x-ms-notification-content"] = content
    item[method] = operation


def _found(document: Mapping[str, Any], name: str) -> tuple[str, str, Mapping[str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if isinstance(operation, dict) and operation.get("operationId") == name:
                return path, method, operation
    raise LookupError(f"the API has no operation {name}")


def _parameter(one: Mapping[str, Any], part: Part) -> dict[str, Any]:
    schema = one.get("schema", {})
    schema = schema.get("items", schema)  # one of many is picked
    told = {
        "name": one["name"],
        "in": one["in"],
        "required": one.get("required", False),
        **_plain(schema),
        "x-ms-summary": title_of(one["name"]),
        "description": one.get("description", "").replace(" May be repeated.", "") or title_of(one["name"]) + ".",
    }
    if one["in"] == "path":
        told["x-ms-url-encoding"] = "single"
    if one["name"] in part.hidden:
        told["x-ms-visibility"] = "internal"
    return {**told, **_picker(one["name"])}


def _picker(name: str) -> dict[str, Any]:
    if name not in PICKED:
        return {}
    operation, value, title = PICKED[name]
    return {
        "x-ms-dynamic-values": {
            "operationId": operation,
            "value-collection": "value",
            "value-path": value,
            "value-title": title,
            "parameters": {},
        },
        "x-ms-dynamic-list": {
            "operationId": operation,
            "itemsPath": "value",
            "itemValuePath": value,
            "itemTitlePath": title,
            "parameters": {},
        },
    }


def _body(made: dict[str, Any], name: str, schema: Mapping[str, Any], part: Part) -> dict[str, str]:
    required = [one for one in schema.get("required", []) if one in {*part.parameters, *part.hidden}]
    properties = {}
    for key, one in schema["properties"].items():
        if key not in {*part.parameters, *part.hidden}:
            continue
        told = {**_property(one, key), **_picker(key)}
        if key in part.hidden:
            told |= {"x-ms-visibility": "internal", "x-ms-notification-url": True}
        properties[key] = told
    made["definitions"][name] = {"type": "object", "required": required, "properties": properties}
    return {"$ref": f"#/definitions/{name}"}


def _responses(
    made: dict[str, Any], document: Mapping[str, Any], found: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    responses: dict[str, dict[str, Any]] = {}
    for status, told in found["responses"].items():
        answer = follow(document, told)
        responses[status] = {"description": answer["description"].replace("`", "")}
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if status in {"200", "201"} and schema:
            responses[status]["schema"] = _schema(made, document, schema)
            headers = {name: {"type": "string", **_plain(one)} for name, one in answer.get("headers", {}).items()}
            if headers:
                responses[status]["headers"] = headers
    responses.pop("304", None)
    return responses


def _schema(made: dict[str, Any], document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _reference(made, document, schema["$ref"].rpartition("/")[2])
    return {"type": "array", "items": _schema(made, document, schema["items"])}


def _reference(made: dict[str, Any], document: Mapping[str, Any], name: str) -> dict[str, Any]:
    if name not in made["definitions"]:
        told: dict[str, Any] = {"type": "object", "properties": {}}
        made["definitions"][name] = told
        for key, one in document["components"]["schemas"][name]["properties"].items():
            items = one.get("items", {})
            if "$ref" in items:
                inner = {"type": "array", "items": _schema(made, document, items)}
                told["properties"][key] = {**_property(one, key), **inner}
            else:
                told["properties"][key] = _property(one, key)
            if key == "nextLink":
                told["properties"][key]["x-ms-visibility"] = "internal"
    return {"$ref": f"#/definitions/{name}"}


def _property(one: Mapping[str, Any], name: str) -> dict[str, Any]:
    told = {**_plain(one), "x-ms-summary": title_of(name)}
    told["description"] = one.get("description", "").replace("`", "") or f"{title_of(name)}."
    if "items" in one and "$ref" not in one["items"]:
        told["items"] = {key: value for key, value in _plain(one["items"]).items() if key != "description"}
    return told


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Without what OpenAPI 2.0 does not know; what may be null is simply not there sometimes."""
    told = {key: value for key, value in schema.items() if key in ENOUGH}
    kind = schema.get("type")
    if isinstance(kind, list):
        told["type"] = next(one for one in kind if one != "null")
    if told.get("type") == "integer":
        told["format"] = "int32"
    if told.get("type") == "number":
        told["format"] = "double"
    return told


def title_of(name: str) -> str:
    """A name as people read it: ``cameraId`` is Camera ID."""
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name.replace("_", " ")).split()
    return " ".join({"id": "ID", "url": "URL"}.get(word.lower(), word[:1].upper() + word[1:]) for word in words)


def files(document: Mapping[str, Any]) -> dict[str, str]:
    """By name what stands in ``integrations/power-automate``."""
    made = {
        "apiDefinition.swagger.json": definition(document, ANYWHERE),
        "apiProperties.json": properties(),
        "gateway/apiDefinition.swagger.json": definition(document, ANYWHERE, gateway=True),
        "gateway/apiProperties.json": properties(gateway=True),
    }
    return {name: json.dumps(one, indent=2, ensure_ascii=False) + "\n" for name, one in made.items()}


def main(arguments: Sequence[str]) -> int:
    """Write the files, or check them; exit code 1 where they are out of step."""
    from peoplecount.web.api import described  # noqa: PLC0415 - which has this in it

    late = []
    for name, text in files(described()).items():
        path = FOLDER / name
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            late.append(name)
    if late:
        words = "run python -m peoplecount.web.api.connector"
        print(f"integrations/power-automate is out of step ({', '.join(late)}): {words}", file=sys.stderr)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
