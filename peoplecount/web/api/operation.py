"""An operation of the API: the one place from which its address, its checks and its documentation are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import orjson
from flask import Request, Response, abort
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError, missing
from marshmallow.fields import List
from webargs.flaskparser import FlaskParser

View = Callable[..., Response]

JSON = "application/json"
CSV = "text/csv"
EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Answer:
    """One that an operation may give."""

    description: str
    schema: type[Schema] | Mapping[str, Any] | None = None
    kind: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    """By name what they mean."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked of the API."""

    name: str
    """In PascalCase; the operation's id."""

    path: str
    """Below ``/api/v1``."""

    view: View
    summary: str
    description: str
    answers: Mapping[int, Answer]
    tag: str
    query: type[Schema] | None = None
    """Of its parameters; the view is given what it loads."""

    body: type[Schema] | None = None
    method: str = "GET"
    refusals: tuple[int, ...] = ()
    """Which of the usual ones it gives besides those that all give."""

    @property
    def endpoint(self) -> str:
        """The name under which the table of rights has it, without that of the blueprint."""
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in self.name).lstrip("_")


REFUSALS = {
    400: ("BadRequest", "A parameter makes no sense; `detail` says which, and what is allowed."),
    401: ("Unauthorized", "The token is missing or none that is good."),
    403: ("Forbidden", "The token may not do this."),
    404: ("NotFound", "What was asked for is not there, or not for this token to see."),
    406: ("NotAcceptable", "It cannot be answered in this form."),
    410: ("Gone", "What followed the id is not all there any more."),
    413: ("TooLarge", "More was sent than is taken here."),
    415: ("UnsupportedMediaType", "The body must be JSON."),
    422: ("Unprocessable", "It is understood, and refused; `detail` says why."),
    429: ("TooManyRequests", "Too many requests of this token within a minute; `Retry-After` says when to go on."),
    503: ("Unavailable", "Not possible just now; `Retry-After` says when to try again."),
}
"""By status the name in the document, and what it means."""

ALWAYS = (400, 401, 403, 429, 503)


class _Parser(FlaskParser):
    """Refuses parameters in the words of the schema, with 400."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION = {"query": RAISE, "json": RAISE}  # noqa: RUF012 - the shape of webargs

    def load_querystring(self, req: Request, schema: Schema) -> Any:  # noqa: ANN401 - as webargs has it
        """400 where one is given twice that can be one only."""
        single = {one.data_key or key for key, one in schema.fields.items() if not isinstance(one, List)}
        for name, values in req.args.lists():
            if len(values) > 1 and name in single:
                abort(400, f"{name[:40]} is given twice; once is enough.")
        return super().load_querystring(req, schema)

    def handle_error(
        self,
        error: ValidationError,
        req: object,  # noqa: ARG002 - the shape of webargs
        schema: Schema,
        *,
        error_status_code: int | None,  # noqa: ARG002
        error_headers: object,  # noqa: ARG002
    ) -> NoReturn:
        """400, with the first fault there is."""
        abort(400, _words(_by_location(error), schema))

    def _raw_load_json(self, req: Request) -> Any:  # noqa: ANN401 - as webargs has it
        """As RFC 8259 has it: no halves of characters, which nothing can keep, and nothing nested without end."""
        if not req.is_json:
            return missing
        try:
            return orjson.loads(req.get_data(cache=True))
        except orjson.JSONDecodeError:
            abort(400, "The body is no JSON.")


def _by_location(error: ValidationError) -> Mapping[str, Any]:
    told: Mapping[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]
    return told


def _words(faults: Mapping[str, Any], schema: Schema) -> str:
    """A sentence of what marshmallow says: by location, by parameter, and in lists by number."""
    (of_location, *_) = faults.values()
    name, said = next(iter(of_location.items())) if isinstance(of_location, Mapping) else ("", of_location)
    while isinstance(said, Mapping):
        said = next(iter(said.values()))
    words = str(said[0] if isinstance(said, list) else said).rstrip(".")
    if words == "Unknown field":
        allowed = ", ".join(one.data_key or key for key, one in schema.fields.items())
        return f"{name[:40]!r} is not known here; allowed are {allowed or 'none'}."
    return f"{name} {words}." if words.startswith("is ") else f"{name}: {words}."


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # which has no types
    """Parameters are loaded by their schema; 400 says what is wrong with them."""

    ARGUMENTS_PARSER = _Parser()


def blueprint_of(operations: Iterable[Operation]) -> ApiBlueprint:
    """All of them under ``/api/v1``."""
    blueprint = ApiBlueprint("api", __name__, url_prefix="/api/v1")
    for one in operations:
        blueprint.add_url_rule(
            one.path, one.endpoint, _documented(blueprint, one), methods=[one.method], tags=[one.tag]
        )
    return blueprint


def _documented(blueprint: ApiBlueprint, operation: Operation) -> Callable[..., Any]:
    view: Callable[..., Any] = _plain(operation.view)
    for status in sorted({*ALWAYS, *operation.refusals} - set(operation.answers)):
        view = blueprint.alt_response(status, response=REFUSALS[status][0])(view)
    for status, answer in operation.answers.items():
        headers = {name: {"description": said, "schema": {"type": "string"}} for name, said in answer.headers.items()}
        view = blueprint.response(
            status,
            answer.schema,
            content_type=answer.kind,
            description=answer.description,
            headers=headers or None,
        )(view)
    if operation.body is not None:
        view = blueprint.arguments(operation.body, location="json", arg_name="sent")(view)
    if operation.query is not None:
        view = blueprint.arguments(operation.query, location="query", arg_name="asked")(view)
    told = {"operationId": operation.name, "summary": operation.summary, "description": operation.description}
    documented: Callable[..., Any] = blueprint.doc(**told)(view)
    return documented


def _plain(view: View) -> View:
    """A function of its own for each operation: what documents it is written onto it."""

    def called(*args: object, **kwargs: object) -> Response:
        return view(*args, **kwargs)

    return called
