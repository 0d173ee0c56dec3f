"""The event stream: ``/events``, and ``/stream-data`` as it was once called."""

from __future__ import annotations

from flask import Blueprint, Request, Response, abort, request

from peoplecount.domain.event_id import EventId, MalformedEventId
from peoplecount.stream.client import SSEClient
from peoplecount.web.context import WebContext

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    # nginx holds answers back until it has some kilobytes, unless told not to.
    "X-Accel-Buffering": "no",
}

_NAMED_AT_MOST = 20


def routes(context: WebContext) -> Blueprint:
    """The stream's addresses."""
    blueprint = Blueprint("stream", __name__)

    @blueprint.get("/events")
    @blueprint.get("/stream-data")
    def events() -> Response:
        cursor = read_cursor(request)
        cameras = read_cameras(request, context.board.camera_ids())
        if context.hub.closed:
            return Response("The service is stopping.\n", 503, {"Retry-After": "5"}, content_type="text/plain")
        if context.hub.open_streams >= context.max_streams:
            words = f"All {context.max_streams} streams are taken. Try again later.\n"
            return Response(words, 503, {"Retry-After": "30"}, content_type="text/plain")
        client = SSEClient(context.hub, context.backlog, context.snapshots, cursor, cameras)
        return Response(client.open_stream(), headers=HEADERS)

    return blueprint


def read_cursor(asked: Request) -> EventId | None:
    """Where the client wants to resume: the header, or the parameter for those who cannot set one. 400 if malformed."""
    text = asked.headers.get("Last-Event-ID") or asked.args.get("lastEventId", "") or asked.args.get("lastEventID", "")
    try:
        return EventId.parse(text) if text else None
    except MalformedEventId as error:
        abort(400, str(error))


def read_cameras(asked: Request, known: frozenset[str]) -> frozenset[str]:
    """The cameras of ``camera=`` parameters. 404 for one that is not on the board."""
    cameras = frozenset(asked.args.getlist("camera"))
    unknown = sorted(cameras - known)
    if unknown:
        names = ", ".join(sorted(known)[:_NAMED_AT_MOST]) or "none yet"
        abort(404, f"No camera {unknown[0][:80]!r} here. Cameras: {names}.")
    return cameras
