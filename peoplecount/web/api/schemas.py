"""What is answered: the fields of the API, with what they mean."""

from __future__ import annotations

from marshmallow import fields
from marshmallow.validate import OneOf

from peoplecount.web.api.queries import told
from peoplecount.web.api.schema_fields import (
    COVERAGE,
    QUALITY,
    UTC,
    Told,
    listed,
    listing,
    maybe,
    moment,
    quality,
    share,
    string,
    truth,
    whole,
)


class Problem(Told):
    """Problem details (RFC 9457)."""

    type = string("`about:blank`: the status says what it is.")
    title = string("What kind of problem it is.")
    status = whole("The HTTP status.")
    detail = string("What was wrong, and what is allowed.")
    requestId = string("What the service's log calls this request.")


class Pong(Told):
    """The service answers, and takes the token."""

    ok = truth("Always true.")
    version = string("Of the service.")
    name = string("What the token is for, as was said when it was made.")
    scopes = fields.List(fields.String(), required=True, metadata=told("What the token may do."))
    sites = fields.List(
        fields.String(), required=True, allow_none=True, metadata=told("Ids of the sites it may see; null: all.")
    )


class Site(Told):
    """A place with a time zone, opening hours and a capacity."""

    siteId = string("The site.")
    siteName = string("What people call it.")
    timeZone = string("IANA name.")
    resetTime = string("When occupancy starts from zero, by the site's clock.")
    openingHours = string("As they were entered; null where nobody has said.", none=True)
    capacity = whole("People allowed inside; null where nobody has said.", none=True)
    busyFrom = whole("From how many people on it is busy.", none=True)
    fullFrom = whole("From how many people on it is full.", none=True)


class Door(Told):
    """A way in and out of one site."""

    doorId = string("The door.")
    doorName = string("What people call it.")
    siteId = string("Its site.")


class Camera(Told):
    """A device that counts."""

    cameraId = string("The camera.")
    cameraName = string("What people call it.")
    siteId = string("Its site.")
    state = string("How it is: up, down, unknown, credentials rejected, or what is wrong with its certificate.")
    reason = string("Why, in words.")
    since = moment("Since when.")


class Line(Told):
    """A counting line of a camera; belongs to a door."""

    lineId = string("The line.")
    lineName = string("What people call it.")
    cameraId = string("Its camera.")
    doorId = string("Its door.")
    siteId = string("Its site.")
    swapped = truth("Whether the camera's in is our out.")
    missing = truth("Whether the camera answers, and tells of it no longer.")


class Latest(Told):
    """How it stands just now."""

    siteId = string("The site.")
    siteName = string("What people call it.")
    doorId = string("The door; null of sites.", none=True)
    doorName = string("What people call it.", none=True)
    cameraId = string("The camera; null of doors and sites.", none=True)
    cameraName = string("What people call it.", none=True)
    lineId = string("The line; null of doors and sites.", none=True)
    lineName = string("What people call it.", none=True)
    time = moment("When it was last read; of doors and sites, their line that was read longest ago.", none=True)
    inToday = whole("People who entered since the site's midnight; null where that is not known.", none=True)
    outToday = whole("People who left since then.", none=True)
    complete = truth("Whether all lines are in the sum.")
    occupancy = whole("People inside the whole site.", none=True)
    quality = quality()
    coverage = share(COVERAGE)
    lastEventId = string("The newest event that is in it.")


class CountRow(Told):
    """People of a line, door or site in an interval."""

    siteId = string("The site.")
    siteName = string("What people call it.")
    doorId = string("The door; null of sites.", none=True)
    doorName = string("What people call it.", none=True)
    lineId = string("The line; null of doors and sites.", none=True)
    lineName = string("What people call it.", none=True)
    from_ = fields.String(
        data_key="from", required=True, metadata=told("Start of the interval." + UTC) | {"format": "date-time"}
    )
    to = moment("End of the interval.")
    localStart = string("Wall clock at the start.")
    timeZone = string("IANA name, the site's.")
    in_ = fields.Integer(
        data_key="in",
        required=True,
        allow_none=True,
        strict=True,
        metadata=told("People who entered; null where that is not known."),
    )
    out = whole("People who left; null where that is not known.", none=True)
    quality = quality()
    coverage = share(COVERAGE)
    complete = truth("Whether something is known of every part of it.")


class Event(Told):
    """Something that happened. Which further fields there are depends on its kind: docs/stream.md lists them."""

    id = string("Unique and increasing; the same on every retry.")
    kind = string("What kind of event it is.")
    time = moment("When it became known.")
    siteId = string("The site.")
    siteName = string("What people call it.")
    cameraId = maybe(fields.String, "The camera.")
    cameraName = maybe(fields.String, "What people call it.")
    doorId = maybe(fields.String, "The door.")
    doorName = maybe(fields.String, "What people call it.")
    lineId = maybe(fields.String, "The line.")
    lineName = maybe(fields.String, "What people call it.")
    scope = maybe(fields.String, "Of intervals: what they are the sum of, a line, door or site.")
    step = maybe(fields.String, "Of intervals: their length, in minutes or day.")
    from_ = maybe(fields.String, "From when, in UTC.", "from")
    to = maybe(fields.String, "Until when, in UTC.")
    localStart = maybe(fields.String, "The wall clock at the start.")
    in_ = maybe(fields.Integer, "People who entered; of corrections, by how much that changes.", "in")
    out = maybe(fields.Integer, "People who left; of corrections, by how much that changes.")
    inToday = maybe(fields.Integer, "People who entered today.")
    outToday = maybe(fields.Integer, "People who left today.")
    quality = maybe(fields.String, QUALITY)
    coverage = maybe(fields.Float, COVERAGE)
    occupancy = maybe(fields.Integer, "People inside the whole site.")
    capacity = maybe(fields.Integer, "People allowed inside.")
    threshold = maybe(fields.Integer, "Of thresholds: how many people it is.")
    direction = maybe(fields.String, "Of thresholds: above or below.")
    state = maybe(fields.String, "Of cameras: how it is.")
    since = maybe(fields.String, "Of cameras: since when, in UTC.")
    reason = maybe(fields.String, "Why, in words.")
    dropped = maybe(fields.Integer, "Of webhooks: events before it that were never sent.")
    test = maybe(fields.Boolean, "Of webhooks: whether it is a test, with invented figures.")


SiteList = listing("SiteList", Site, "The sites that the token may see.")
DoorList = listing("DoorList", Door, "Their doors.")
CameraList = listing("CameraList", Camera, "Their cameras.")
LineList = listing("LineList", Line, "Their lines.")
LatestList = listing("LatestList", Latest, "How it stands just now.")
CountPage = listing(
    "CountPage",
    CountRow,
    "A page of counts.",
    from_=fields.String(data_key="from", required=True, metadata=told("From when on." + UTC)),
    to=moment("Up to when."),
    step=string("Length of the intervals: 15 or 60 minutes, or day."),
    scope=string("What a row is of: line, door or site."),
    asOf=string("How far the log was written then: give it as `changedSince` the next time.", none=True),
    next=string("The `cursor` of the next page; null on the last one.", none=True),
    nextLink=fields.String(metadata=told("The address of the next page; not there on the last one.")),
)


class Gap(Told):
    """What could not be given."""

    from_ = fields.String(data_key="from", required=True, metadata=told("The id that was asked for, or the time."))
    to = string("Up to which event something is missing.")
    reason = string("Why, in words.")
    address = string("Where the counts between are; null where no history is kept.", none=True)


EventPage = listing(
    "EventPage",
    Event,
    "Events in the order of the log.",
    cursor=string("Give it as `since` the next time: nothing is missed, and nothing comes twice."),
    more=truth("Whether there is more already."),
    gap=fields.Nested(
        Gap, required=True, allow_none=True, metadata=told("What could not be given; null where nothing is missing.")
    ),
)


class Record(Told):
    """A single change of a line, as the database has it."""

    id = string("The event it was made of.")
    kind = string("PeopleCountingUpdate.")
    siteId = string("The site.")
    doorId = string("The door.")
    cameraId = string("The camera.")
    lineId = string("The line.")
    from_ = fields.String(data_key="from", required=True, metadata=told("The reading before." + UTC))
    to = moment("The reading that told of it.")
    localTime = string("The camera's wall clock then.")
    in_ = fields.Integer(data_key="in", required=True, strict=True, metadata=told("People who entered."))
    out = whole("People who left.")
    cameraInTotal = whole("What the camera showed; null of corrections.", none=True)
    cameraOutTotal = whole("What the camera showed; null of corrections.", none=True)
    quality = quality()


class RecordPage(Told):
    """Single changes in the order of the log."""

    records = listed(Record, "The changes.")
    next = string("The `after` of the next page; null on the last one.", none=True)
    writtenUpTo = string("How far the database follows the log.", none=True)


class Health(Told):
    """How the service is doing. Further fields tell of its parts."""

    status = fields.String(
        required=True,
        validate=OneOf(["ok", "degraded", "not ready"]),
        metadata=told("In a word; `degraded`: something does not work while everything else goes on."),
    )


class Export(Told):
    """A file that can be had."""

    name = string("What it is called.")
    address = string("Where it is. Its parameters stand in the documentation.")
    kind = string("Its media type.")
    description = string("What is in it.")


ExportList = listing("ExportList", Export, "The files that can be had.")


class Ordered(Told):
    """What was asked for will be done."""

    cameraId = string("The camera.")
    ordered = moment("When it was asked for.")
