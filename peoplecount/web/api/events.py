"""Events: a page of the log at a time, waiting for the next one, as a stream, and for a flow that polls."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

import orjson
from flask import Response, abort, request

from peoplecount.domain.event import EventKind, LogEntry, utc_text
from peoplecount.domain.event_id import EventId, MalformedEventId
from peoplecount.stream.backlog import BacklogUnavailable
from peoplecount.stream.event_pages import EventPage, EventPages, Wanted
from peoplecount.stream.selection import Selection
from peoplecount.web.api import queries, schemas
from peoplecount.web.api.addresses import own_address
from peoplecount.web.api.answers import json_answer
from peoplecount.web.api.operation import EVENT_STREAM, Answer, Operation
from peoplecount.web.client_socket import ClientSocket
from peoplecount.web.context import WebContext
from peoplecount.web.errors import unavailable
from peoplecount.web.gate import visitor
from peoplecount.web.stream import admitted, stream_answer, whereto
from peoplecount.web.stream_order import moment_of, read_selection

TAG = "Events"

POLL_AGAIN = 60
"""Seconds after which a flow asks again; more often it may not."""

POLL_SOON = 1
"""The same where there is more already."""

NEWEST = 5_000
"""Numbers that are looked through from the head of the log, for those who want its newest events first."""

USUAL_OF_FLOWS = frozenset({EventKind.INTERVAL_CLOSED, EventKind.COUNT_CORRECTION, EventKind.CAMERA_STATUS})
"""What starts a flow where nobody says: events that are few. One for each person would use up a day's runs by noon."""

FREQUENT = frozenset({EventKind.COUNT, EventKind.OCCUPANCY_CHANGED})

_AGAIN = {
    "Location": "Where to poll next.",
    "Retry-After": "Seconds to wait until then.",
}


def operations(context: WebContext) -> list[Operation]:
    """The event log, by the ways in which it can be read."""
    views = _Events(context)
    return [
        Operation(
            "GetEvents",
            "/events",
            views.page,
            "Get events",
            "Events in the order of the log. Where there is nothing yet it waits for it, as long as `timeout` says: "
            "give the `cursor` of an answer as `since` of the next question and nothing is missed, nor comes twice. "
            "With exactly `Accept: text/event-stream` the answer is a stream.",
            {200: Answer("The events.", schemas.EventPage)},
            TAG,
            queries.EventsQuery,
            refusals=(404, 410),
        ),
        Operation(
            "StreamEvents",
            "/events/stream",
            views.stream,
            "Stream events",
            "Server-Sent Events without an end, or up to `limit` or `timeout`. See docs/stream.md.",
            {200: Answer("The stream.", {"type": "string"}, EVENT_STREAM)},
            TAG,
            queries.StreamQuery,
            refusals=(404,),
        ),
        Operation(
            "PollEvents",
            "/events/poll",
            views.poll,
            "Poll events for a flow",
            "The contract of polling triggers: 202 where nothing is new, 200 with events, and always the address of "
            "the next question. The first question has no events: it begins at the head of the log. Unless `kind` says "
            f"otherwise, events are of the kinds {', '.join(sorted(USUAL_OF_FLOWS))}; {' and '.join(sorted(FREQUENT))} "
            "take a camera, door or site, and of each line and site an answer has the newest one alone.",
            {
                200: Answer("New events.", {"type": "array", "items": schemas.Event}, headers=_AGAIN),
                202: Answer("Nothing new.", headers=_AGAIN),
            },
            TAG,
            queries.PollQuery,
            refusals=(404,),
        ),
    ]


class _Events:
    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._pages = context.event_pages or EventPages(context.hub, context.backlog)

    def page(self, asked: Mapping[str, Any]) -> Response:
        if request.headers.get("Accept", "").strip().lower() == EVENT_STREAM:
            return stream_answer(self._context, bounded=False)
        self._demand_ready()
        selection = read_selection(request, self._context, visitor())
        try:
            since, gap = self._since(asked.get("since", ""), selection)
            if gap is not None and asked["strict"]:
                abort(410, gap["reason"])
            page = self._read(since, selection, asked)
        except BacklogUnavailable:
            _log_is_away()
        if page.missing:
            gap = self._gap(since, page, selection)
            if asked["strict"]:
                abort(410, page.missing)
        events = [orjson.loads(entry.json()) for entry in page.entries]
        if asked["order"] == "desc":
            events.reverse()
        return json_answer({"value": events, "cursor": str(page.cursor), "more": page.more, "gap": gap})

    def _read(self, since: EventId, selection: Selection, asked: Mapping[str, Any]) -> EventPage:
        limit, timeout = asked["limit"], float(asked["timeout"])
        if asked["order"] == "desc":
            return self._newest(since, selection, limit)
        if not timeout:
            return self._pages.read(since, selection, limit=limit)
        connection = ClientSocket(request.environ)
        with admitted(self._context, connection):  # who waits holds a connection, as a stream does
            return self._pages.await_next(since, selection, limit=limit, timeout=timeout, is_gone=connection.is_gone)

    def _newest(self, since: EventId, selection: Selection, limit: int) -> EventPage:
        """The last ones before the head; the caller takes the first of them for the newest there is."""
        head = self._pages.head()
        begin = max(since.number, head.number - NEWEST) if since.epoch == head.epoch else since.number
        newest: deque[LogEntry] = deque(maxlen=limit)
        cursor, missing = EventId(since.epoch, begin), ""
        while True:  # a page ends before its limit where its events are long
            before, page = cursor, self._pages.read(cursor, selection, limit=NEWEST)
            newest.extend(page.entries)
            cursor, missing = page.cursor, missing or page.missing
            if not page.more or cursor == before or cursor.number >= head.number:
                return EventPage(list(newest), cursor, page.more, missing)

    def stream(self, asked: Mapping[str, Any]) -> Response:  # noqa: ARG002 - read by what reads it for pages, too
        return stream_answer(self._context, bounded=False)

    def poll(self, asked: Mapping[str, Any]) -> Response:
        self._demand_ready()
        selection = _of_flow(read_selection(request, self._context, visitor()))
        try:
            if "triggerState" not in asked:
                return self._poll_again(self._pages.head())
            state = _place(asked["triggerState"])
            page = self._pages.read(state, selection, limit=queries.MOST_EVENTS, wanted=_wanted(asked))
        except BacklogUnavailable:
            _log_is_away()
        return self._poll_again(page.cursor, _affordable(page.entries), soon=page.more)

    def _poll_again(self, cursor: EventId, entries: Sequence[LogEntry] = (), *, soon: bool = False) -> Response:
        body = b"[" + b",".join(entry.json().encode() for entry in entries) + b"]"
        kept = [(name, value) for name, value in request.args.items(multi=True) if name != "triggerState"]
        answer = Response(body, 200, content_type="application/json") if entries else Response(status=202)
        if not entries:
            answer.headers.remove("Content-Type")
        answer.headers["Location"] = own_address(self._context, "/events/poll", [*kept, ("triggerState", str(cursor))])
        answer.headers["Retry-After"] = str(POLL_SOON if soon else POLL_AGAIN)
        answer.headers["Cache-Control"] = "no-store"
        answer.autocorrect_location_header = False
        return answer

    def _since(self, text: str, selection: Selection) -> tuple[EventId, dict[str, Any] | None]:
        """Behind which event to read on, and what is missing before it where a time was asked for."""
        if not text or text == "latest":
            return self._pages.head(), None
        extent = self._context.backlog.extent()
        if text == "earliest":
            return extent.oldest, None
        try:
            return EventId.parse(text), None
        except MalformedEventId:
            moment = moment_of(text)
        before = self._context.backlog.before(moment)
        if before is not None:
            return before, None
        return extent.oldest, self._told_gap(moment, extent.oldest, selection, _TRIMMED)

    def _gap(self, since: EventId, page: EventPage, selection: Selection) -> dict[str, Any]:
        until = page.entries[0].event_id if page.entries else page.cursor
        return self._told_gap(since, until, selection, page.missing)

    def _told_gap(self, since: EventId | datetime, until: EventId, selection: Selection, reason: str) -> dict[str, Any]:
        """As the stream tells of one."""
        address = whereto(since, until, selection) if self._context.records is not None else None
        return {
            "from": str(since) if isinstance(since, EventId) else utc_text(since),
            "to": str(until),
            "reason": reason,
            "address": address,
        }

    def _demand_ready(self) -> None:
        if self._context.hub.closed:
            unavailable("The service is stopping.", 5)
        if not self._context.hub.ready:
            unavailable("The service is starting. Try again in a moment.", 2)


_TRIMMED = "no longer kept: the log has been trimmed since"


def _place(text: str) -> EventId:
    try:
        return EventId.parse(text)
    except MalformedEventId as error:
        abort(400, f"triggerState: {error}.")


def _of_flow(chosen: Selection) -> Selection:
    """What starts a flow. 400 where it would start too many."""
    has_place = bool(chosen.cameras or chosen.doors or "site" in request.args)
    frequent = sorted(chosen.kinds & FREQUENT)
    if frequent and not has_place:
        abort(400, f"kind: {frequent[0]} comes all the time; choose a camera, door or site with it.")
    return Selection(chosen.cameras, chosen.doors, chosen.sites, chosen.kinds or USUAL_OF_FLOWS)


def _affordable(entries: Sequence[LogEntry]) -> list[LogEntry]:
    """Of what comes all the time only the newest of each line and site: one run for each a minute, and not a person."""
    newest = {(entry.event.kind, entry.event.subject): entry for entry in entries}
    return [
        entry
        for entry in entries
        if entry.event.kind not in FREQUENT or newest[entry.event.kind, entry.event.subject] is entry
    ]


def _wanted(asked: Mapping[str, Any]) -> Wanted:
    """Of intervals those of one scope and length."""
    chosen = {name: asked[name] for name in ("scope", "step") if asked.get(name)}

    def wanted(entry: LogEntry) -> bool:
        if not chosen or entry.event.kind is not EventKind.INTERVAL_CLOSED:
            return True
        fields = orjson.loads(entry.event.body)
        return all(fields[name] == value for name, value in chosen.items())

    return wanted


def _log_is_away() -> NoReturn:
    unavailable("The event log cannot be read just now.", 5)
