"""What schemas of answers are made of: fields that are always there, and lists."""

from __future__ import annotations

from typing import Any

from marshmallow import INCLUDE, Schema, fields
from marshmallow.validate import OneOf

from peoplecount.domain.event import Quality
from peoplecount.web.api.queries import told

QUALITY = "How the figures were come by: the worst of what is in them."
COVERAGE = "The share of the time in which it was read as often as it should be; 0 to 1."
UTC = " UTC."


def string(description: str, *, none: bool = False) -> fields.String:
    """A text that is always there."""
    return fields.String(required=True, allow_none=none, metadata=told(description))


def whole(description: str, *, none: bool = False) -> fields.Integer:
    """A whole number that is always there; ``None`` where it is not known."""
    return fields.Integer(required=True, allow_none=none, strict=True, metadata=told(description))


def share(description: str) -> fields.Float:
    """From 0 to 1, where it is known."""
    return fields.Float(required=True, allow_none=True, metadata=told(description))


def truth(description: str, *, none: bool = False) -> fields.Boolean:
    """Yes or no."""
    return fields.Boolean(required=True, allow_none=none, metadata=told(description))


def moment(description: str, *, none: bool = False) -> fields.String:
    """A time as all answers write it."""
    return fields.String(
        required=True,
        allow_none=none,
        metadata=told(description + UTC, example="2026-05-04T12:07:20.114Z") | {"format": "date-time"},
    )


def quality() -> fields.String:
    """Of figures."""
    return fields.String(required=True, validate=OneOf([one.value for one in Quality]), metadata=told(QUALITY))


def listed(schema: type[Schema], description: str) -> fields.List[Any]:
    """Many of them."""
    return fields.List(fields.Nested(schema), required=True, metadata=told(description))


def maybe(kind: type[fields.Field[Any]], description: str, name: str = "") -> fields.Field[Any]:
    """A field that some kinds of events have, and that may be null where it is not known."""
    return kind(allow_none=True, metadata=told(description), data_key=name or None)


class Told(Schema):
    """What is told may have more fields one day."""

    class Meta:
        """As marshmallow wants it."""

        unknown = INCLUDE


def listing(name: str, of: type[Schema], description: str, **more: fields.Field[Any]) -> type[Schema]:
    """A schema of ``{"value": [...]}``, as all lists are answered."""
    made: type[Schema] = type(name, (Told,), {"__doc__": description, "value": listed(of, description), **more})
    return made
