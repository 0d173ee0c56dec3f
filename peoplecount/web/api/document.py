"""The API's document (OpenAPI 3.1), made from its operations when it is first asked for, and a page to read it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, abort, make_response, render_template, request

import peoplecount
from peoplecount.web.api import schemas
from peoplecount.web.api.answers import tagged
from peoplecount.web.api.operation import REFUSALS, Operation, blueprint_of
from peoplecount.web.context import WebContext

EXAMPLES = Path(__file__).with_name("examples.json")
"""Answers that the tests have got, by operation: what is shown is what comes."""

DESCRIPTION = (
    "Counts of people by Hanwha (Wisenet) cameras: what there is, how it stands, what was counted, and every change "
    "as it happens.\n\n"
    "**Tokens** are made by an administrator (`/admin/tokens`, or `python -m peoplecount token add`) and sent as "
    "`X-API-Key`, as `Authorization: Bearer`, or as the password of HTTP Basic with any name. A token has scopes "
    "(`read`, `health`, `operate`, …) and may be limited to some sites; of the others it is not even told that they "
    "are there.\n\n"
    "**Versions.** This is version 1. Within it nothing is taken away and nothing changes its meaning; fields, "
    "parameters, kinds of events and operations are added: ignore what you do not know. What has to break comes as "
    "`/api/v2` beside it, and `/api/v1` is then served for at least a year.\n\n"
    "**Times** are UTC with `Z`. `null` is what is not known, never 0. **Errors** are problem details (RFC 9457). "
    "Where there is an `ETag`, `If-None-Match` spares both sides the answer."
)

TAGS = {
    "Service": "The service itself.",
    "Places": "Sites, doors, cameras and lines, and how they stand just now.",
    "Counts": "What was counted.",
    "Events": "Every change, in the order in which it became known.",
    "Subscriptions": "Addresses that are told of events.",
}

SECURITY = {
    "ApiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "A token made by an administrator.",
    },
    "Bearer": {"type": "http", "scheme": "bearer", "description": "The same token."},
    "Basic": {"type": "http", "scheme": "basic", "description": "Any name, and the token as password."},
}

_made_once = threading.Lock()


class Document:
    """Made when it is first wanted: pages and streams do not wait for it at a start."""

    def __init__(self, operations: Sequence[Operation], address: str) -> None:
        self._operations = operations
        self._address = address
        self._made: dict[str, Any] | None = None

    def __call__(self) -> Mapping[str, Any]:
        """OpenAPI 3.1."""
        with _made_once:
            if self._made is None:
                self._made = made_from(self._operations, self._address)
            return self._made


def made_from(operations: Sequence[Operation], address: str) -> dict[str, Any]:
    """The document of these operations; ``address`` is where the service is reached."""
    from flask_smorest import Api  # noqa: PLC0415 - it takes longer to load than a page takes

    class OurApi(Api):  # type: ignore[misc]  # which has no types
        ERROR_SCHEMA = schemas.Problem
        DEFAULT_ERROR_RESPONSE_NAME = None

    scratch = Flask("document")
    api = OurApi(
        scratch,
        spec_kwargs={
            "title": "Peoplecount",
            "version": peoplecount.__version__,
            "openapi_version": "3.1.0",
            "info": {"description": DESCRIPTION, "license": {"name": "MIT", "identifier": "MIT"}},
            "servers": [{"url": address or "/"}],
            "security": [{name: []} for name in SECURITY],
        },
    )
    for name, scheme in SECURITY.items():
        api.spec.components.security_scheme(name, scheme)
    for status, (name, description) in REFUSALS.items():
        api.spec.components.response(name, _problem(status, description))
    api.register_blueprint(blueprint_of(operations))
    made: dict[str, Any] = json.loads(json.dumps(api.spec.to_dict()))
    made["components"]["schemas"].pop("PaginationMetadata", None)  # of the library, and used nowhere
    made["tags"] = [{"name": name, "description": said} for name, said in TAGS.items() if _uses(operations, name)]
    _show_examples(made)
    return made


def _problem(status: int, description: str) -> dict[str, Any]:
    told = {"description": description, "content": {"application/problem+json": {"schema": schemas.Problem}}}
    text = {"schema": {"type": "string"}}
    headers = {401: {"WWW-Authenticate": {"description": "How to sign in.", **text}}}
    late = {"Retry-After": {"description": "Seconds to wait.", **text}}
    shown = headers.get(status) or (late if status in {429, 503} else None)
    return {**told, "headers": shown} if shown else told


def _uses(operations: Sequence[Operation], tag: str) -> bool:
    return any(one.tag == tag for one in operations)


def _show_examples(made: dict[str, Any]) -> None:
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8")) if EXAMPLES.exists() else {}
    for operation in (one for path in made["paths"].values() for one in path.values() if isinstance(one, dict)):
        for status, example in examples.get(operation.get("operationId", ""), {}).items():
            for content in operation["responses"].get(status, {}).get("content", {}).values():
                content["example"] = example


def routes(context: WebContext, operations: Sequence[Operation]) -> Blueprint:
    """``/api/openapi.json`` and ``/docs``."""
    blueprint = Blueprint("api_document", __name__)
    document = Document(operations, context.public_url)

    @blueprint.get("/api/openapi.json")
    def as_json() -> Response:
        return tagged(document())

    @blueprint.get("/powerautomate/apiDefinition.swagger.json")
    def connector_definition() -> Response:
        from peoplecount.web.api.connector import definition  # noqa: PLC0415 - hardly ever asked for

        address = (context.public_url or request.url_root).rstrip("/")
        return tagged(definition(document(), address, gateway=_by_gateway()))

    @blueprint.get("/powerautomate/apiProperties.json")
    def connector_properties() -> Response:
        from peoplecount.web.api.connector_properties import properties  # noqa: PLC0415

        return tagged(properties(gateway=_by_gateway()))

    @blueprint.get("/docs")
    def as_page() -> Response:
        made = document()
        base = (context.public_url or request.url_root).rstrip("/")
        about = [marked(part, "**") for part in DESCRIPTION.split("\n\n")]
        page = render_template("api/docs.html", document=made, base=base, about=about, parts=parts_of(made))
        return make_response(page)

    return blueprint


def _by_gateway() -> bool:
    """Whether the variant for the on-premises gateway is asked for. 400 for one that there is not."""
    variant = request.args.get("variant", "cloud")
    if variant not in {"cloud", "gateway"}:
        abort(400, f"variant: {variant[:40]!r} is not known; allowed are cloud, gateway.")
    return variant == "gateway"


def marked(words: str, mark: str) -> list[tuple[bool, str]]:
    """A text in pieces, and whether each stands between marks."""
    return [(bool(place % 2), piece.replace("`", "")) for place, piece in enumerate(words.split(mark)) if piece]


def parts_of(made: Mapping[str, Any]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Operations by tag, as the page shows them: references followed, and schemas as rows."""
    found: dict[str, list[Mapping[str, Any]]] = {tag["name"]: [] for tag in made["tags"]}
    for path, methods in made["paths"].items():
        shared = methods.get("parameters", [])
        for method, operation in methods.items():
            if isinstance(operation, dict):
                found[operation["tags"][0]].append(_shown(made, path, method, operation, shared))
    return list(found.items())


def _shown(
    made: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any], shared: list[Any]
) -> dict[str, Any]:
    answers = {status: follow(made, answer) for status, answer in sorted(operation["responses"].items())}
    told = {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "words": marked(operation["description"], "`"),
        "parameters": [_parameter(one) for one in [*shared, *operation.get("parameters", [])]],
        "answers": {status: marked(answer["description"], "`") for status, answer in answers.items()},
        "fields": [],
        "example": "",
    }
    for answer in (answer for status, answer in answers.items() if status.startswith("2")):
        for kind, content in answer.get("content", {}).items():
            told["fields"] = told["fields"] or _fields(made, content.get("schema", {}))
            if "example" in content and "json" in kind:
                told["example"] = json.dumps(content["example"], indent=2, ensure_ascii=False)
    return told


def follow(made: Mapping[str, Any], found: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference names; anything else as it is."""
    while "$ref" in found:
        target: Any = made
        for part in found["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        found = target
    return found


def _parameter(one: Mapping[str, Any]) -> dict[str, Any]:
    schema = one.get("schema", {})
    item = schema.get("items", schema)
    return {
        "name": one["name"],
        "required": one.get("required", False),
        "description": one.get("description", schema.get("description", "")).replace("`", ""),
        "kind": _kind(item),
        "usual": schema.get("default"),
        "allowed": item.get("enum", []),
    }


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _fields(made: Mapping[str, Any], schema: Mapping[str, Any], before: str = "") -> list[dict[str, str]]:
    """Every field that an answer has, with those of what is in it behind it."""
    schema = follow(made, schema)
    if "items" in schema:
        return _fields(made, schema["items"], f"{before}[]")
    found = []
    for name, one in schema.get("properties", {}).items():
        inner = follow(made, one.get("anyOf", [one])[0] if "anyOf" in one else one)
        place = f"{before}.{name}".lstrip(".")
        description = one.get("description", inner.get("description", ""))
        found.append({"name": place, "kind": _kind(one) or _kind(inner), "description": description.replace("`", "")})
        if "items" in inner or "properties" in inner:
            found += _fields(made, inner, place)
    return found
