"""What may be asked: the parameters of the API's operations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range, Regexp

from peoplecount.domain.event import EventKind
from peoplecount.domain.interval import Scope
from peoplecount.domain.webhook import LONGEST_GAP, Topic
from peoplecount.services.counts_query import MOST_ROWS_A_PAGE, ROWS_A_PAGE, STEPS
from peoplecount.services.missed_counts import MOST_AT_ONCE, USUAL_LIMIT
from peoplecount.stream.selection import ALWAYS

MOST_EVENTS = 1000
USUAL_EVENTS = 500
LONGEST_TIMEOUT = 100
"""Seconds. Power Automate and Logic Apps break a call off after 120."""

MOST_IDS = 50

LOGGED = tuple(kind.value for kind in EventKind if kind not in ALWAYS and kind is not EventKind.READINGS)
"""Kinds of events of the log."""

TEXT = Length(max=400)

_MISSING: dict[str, str | list[Any] | dict[Any, Any]] = {"required": "is missing"}


def told(description: str, *, title: str = "", example: object = None) -> dict[str, Any]:
    """What the documentation says of a field."""
    return (
        {"description": description}
        | ({"title": title} if title else {})
        | ({} if example is None else {"example": example})
    )


def text(description: str, *, example: str = "", required: bool = False) -> fields.String:
    """Any text."""
    return fields.String(
        required=required, validate=TEXT, metadata=told(description, example=example or None), error_messages=_MISSING
    )


def one_of(description: str, allowed: Iterable[str], *, usual: str = "") -> fields.String:
    """One of some words."""
    words = tuple(allowed)
    more: dict[str, Any] = {"load_default": usual} if usual else {}
    check = OneOf(words, error="{input!r} is not known; allowed are " + ", ".join(words))
    return fields.String(validate=check, metadata=told(description), **more)


def several(description: str, inner: fields.Field[Any] | None = None) -> fields.List[Any]:
    """A parameter that may be repeated."""
    return fields.List(inner or fields.String(validate=TEXT), validate=Length(max=MOST_IDS), metadata=told(description))


def number(description: str, least: int, most: int, usual: int | None = None) -> fields.Integer:
    """A whole number between two."""
    words = f"{{input!r}} is not a number from {least} to {most}"
    more: dict[str, Any] = {} if usual is None else {"load_default": usual}
    return fields.Integer(
        strict=False,
        validate=Range(least, most, error=words),
        metadata=told(description),
        error_messages={"invalid": f"is not a number from {least} to {most}"},
        **more,
    )


SITE = "Only of this site."
DOOR = "Only of this door."
CAMERA = "Only of this camera."
REPEATED = " May be repeated."


class PlacesQuery(Schema):
    """Of which site."""

    site = text(SITE)


class LatestQuery(Schema):
    """Of what the newest figures are wanted."""

    scope = one_of("Figures of lines, of doors, or of whole sites.", [one.value for one in Scope], usual=Scope.DOOR)
    site = text(SITE)
    door = text(DOOR)
    camera = text(CAMERA)


class CountsFileQuery(Schema):
    """Which counts. The words of what is refused are those of ``CountsQuery``, which reads them."""

    begin = fields.String(
        data_key="from",
        required=True,
        validate=TEXT,
        metadata=told(
            "From when on: a day, which begins at midnight in the site's zone, or a time with its zone.",
            example="2026-05-04",
        ),
        error_messages={"required": "is missing: a day such as 2026-05-04, or a time such as 2026-05-04T12:00:00Z"},
    )
    end = fields.String(
        data_key="to",
        validate=TEXT,
        metadata=told("Up to when; what begins then is not in it any more. Left out: now.", example="2026-05-05"),
    )
    step = one_of(
        "Length of the intervals: minutes, or a day.",
        [one.value for one in STEPS],
        usual="60",
    )
    scope = one_of("Rows of lines, of doors, or of whole sites.", [one.value for one in Scope], usual=Scope.LINE)
    site = text(SITE)
    door = text(DOOR)
    camera = text("Only of this camera's lines.")
    line = text("Only of this line.")
    asKnownOn = fields.String(
        validate=TEXT,
        metadata=told(
            "Figures as they were known then, without what was learned later: at the end of a day, or at a time. "
            "With a step of 60 or day.",
            example="2026-05-04",
        ),
    )
    changedSince = fields.String(
        validate=TEXT,
        metadata=told(
            "Only rows that may have changed since: the `asOf` of an answer before. Where that is not known any more, "
            "all rows come.",
            example="3f9a61c2-1234",
        ),
    )


class CountsQueryParameters(CountsFileQuery):
    """Which counts, page by page."""

    limit = number("Rows a page.", 1, MOST_ROWS_A_PAGE, ROWS_A_PAGE)
    cursor = fields.String(validate=TEXT, metadata=told("Where the page begins: `next` of the page before."))


class EventsFilter(Schema):
    """Of what events are wanted."""

    kind = several(
        "Only events of this kind." + REPEATED,
        fields.String(validate=OneOf(LOGGED, error="{input!r} is not known; allowed are " + ", ".join(LOGGED))),
    )
    site = several(SITE + REPEATED)
    door = several(DOOR + REPEATED)
    camera = several(CAMERA + REPEATED)


class EventsQuery(EventsFilter):
    """Which events, and how long to wait for them."""

    since = text(
        "Behind which event to read on: the `cursor` of the answer before; or `earliest`, `latest`, or a time with its "
        "zone. Left out: what comes from now on.",
        example="3f9a61c2-1234",
    )
    limit = number("Events at most.", 1, MOST_EVENTS, USUAL_EVENTS)
    timeout = number("Seconds to wait where there is nothing yet.", 0, LONGEST_TIMEOUT, 0)
    order = one_of(
        "Oldest first; `desc` turns the page round, for those who take their place from its first event.",
        ("asc", "desc"),
        usual="asc",
    )
    strict = fields.Boolean(
        load_default=False,
        metadata=told("Answer with 410, and not with a `gap`, where what followed `since` is not all there any more."),
    )


class StreamQuery(EventsFilter):
    """Which events, as a stream."""

    since = text("Behind which event to begin: an id, `earliest`, `latest`, or a time with its zone.")
    limit = number("The stream ends after so many events.", 1, 10_000)
    timeout = number("The stream ends after so many seconds.", 0, LONGEST_TIMEOUT)


class PollQuery(EventsFilter):
    """Which events start a flow."""

    triggerState = fields.String(
        validate=Regexp(r"^[0-9a-z]{1,16}-[0-9]{1,18}$", error="{input!r} is none that was given out here"),
        metadata=told("The cursor that the server handed out; filled in by the platform."),
    )
    scope = one_of("Of intervals only those of lines, of doors, or of whole sites.", [one.value for one in Scope])
    step = one_of("Of intervals only those of this length: minutes, or a day.", ("5", "15", "60", "day"))


class RecordsParameters(Schema):
    """Which single changes."""

    after = text("The id of the event after which counts are missing.", example="3f9a61c2-7", required=True)
    until = text("The id of the last event that is wanted.", example="3f9a61c2-1234")
    camera = several(CAMERA + REPEATED)
    door = several(DOOR + REPEATED)
    site = several(SITE + REPEATED)
    limit = number("Records a page.", 1, MOST_AT_ONCE, USUAL_LIMIT)


class NoParameters(Schema):
    """None."""


class NewSubscription(Schema):
    """Which events an address is to be told of."""

    callbackUrl = fields.String(
        required=True,
        validate=Length(min=1, max=16_384),
        metadata=told("The address that is told. It is a secret, and never shown again."),
        error_messages=_MISSING,
    )
    name = fields.String(validate=Length(max=80), metadata=told("What it is for."))
    kinds = several(
        f"What it is told of. Left out: intervals that are over. {Topic.COUNT} and {Topic.OCCUPANCY_CHANGED} take a "
        "camera, door or site, and a gap of a minute or more, unless requests are signed.",
        fields.String(validate=OneOf([one.value for one in Topic])),
    )
    siteId = text("Only of this site.")
    doorId = text("Only of this door.")
    cameraId = text("Only of this camera.")
    scopes = several("Of intervals only those of these.", one_of("", [one.value for one in Scope]))
    steps = several("Of intervals only those of these lengths: minutes, or day.", one_of("", ("5", "15", "60", "day")))
    threshold = text("For occupancy above and below: people, or a share of the capacity.", example="85 %")
    minGapSeconds = number(
        "Seconds between two events at least. Of what comes meanwhile, only the newest state of each line, site and "
        "camera is told.",
        0,
        LONGEST_GAP,
    )
    signed = fields.Boolean(
        load_default=False,
        metadata=told("Whether requests are signed (Standard Webhooks), for a receiver of one's own."),
    )


class Unsubscription(Schema):
    """Which address is to be told nothing any more."""

    callbackUrl = fields.String(
        required=True,
        validate=Length(min=1, max=16_384),
        metadata=told("The address."),
        error_messages=_MISSING,
    )
