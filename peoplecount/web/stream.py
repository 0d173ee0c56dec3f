"""The event stream: ``/events``, and ``/stream-data`` as it was once called."""

from __future__ import annotations

import json
import random
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from peoplecount.domain.event import utc_text
from peoplecount.domain.event_id import EventId
from peoplecount.stream.answer import Answer
from peoplecount.stream.backlog import BacklogUnavailable
from peoplecount.stream.client import SSEClient
from peoplecount.stream.open_streams import AllTaken, NoRoom, OpenStream
from peoplecount.stream.order import Order
from peoplecount.stream.selection import Selection
from peoplecount.web.client_socket import ClientSocket
from peoplecount.web.context import WebContext
from peoplecount.web.errors import unavailable
from peoplecount.web.gate import visitor
from peoplecount.web.stream_access import demand_visitor, take_ticket
from peoplecount.web.stream_order import read_order, wants_json

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    # nginx holds answers back until it has some kilobytes, unless told not to.
    "X-Accel-Buffering": "no",
}

REQUEST_TOOLS = ("wsgi.early_hints", "wsgi.errors")
"""What a server hands to the application for the time until it answers; both together take 0.7 KB."""

SHORTEST_LIFE = 0.8
"""Of the longest: streams that were opened together do not end together."""


def routes(context: WebContext) -> Blueprint:
    """The stream's addresses."""
    blueprint = Blueprint("stream", __name__)

    @blueprint.get("/events")
    @blueprint.get("/stream-data")
    def events() -> Response:
        return stream_answer(context, bounded=wants_json(request))

    return blueprint


def stream_answer(context: WebContext, *, bounded: bool) -> Response:
    """What a request asks of the stream; ``bounded``: in one piece. Aborts where it cannot be had."""
    demand_visitor(context)
    order = _order(context, bounded=bounded)
    if context.hub.closed:
        unavailable("The service is stopping.", 5)
    if request.method == "HEAD":
        return Response(headers=HEADERS)
    connection = ClientSocket(request.environ)
    stream = _admit(context, connection)
    try:
        take_ticket(context)
        client = stream.client = _client(context, order, connection, bounded=bounded)
        if bounded:
            response = _answer(context, client)
            response.call_on_close(stream.close)
            return response
        return Response(_Body(client.open_stream(), stream), headers=HEADERS, direct_passthrough=True)
    except BaseException:
        stream.close()
        raise


@contextmanager
def admitted(context: WebContext, connection: ClientSocket) -> Iterator[None]:
    """A place among the streams for the block: for a question that waits as long as some of them last."""
    stream = _admit(context, connection)
    try:
        yield
    finally:
        stream.close()


class _Body:
    """A stream as the server reads it, with nothing in between.

    Each layer that passes frames on keeps half a kilobyte of stack for as long as a stream waits.
    """

    __slots__ = ("_frames", "_stream")

    def __init__(self, frames: Generator[bytes, None, None], stream: OpenStream) -> None:
        self._frames = frames
        self._stream = stream
        # The request is done with; the server keeps what it says of it for as long as the answer lasts.
        for name in REQUEST_TOOLS:
            request.environ.pop(name, None)

    def __iter__(self) -> Generator[bytes, None, None]:
        return self._frames

    def close(self) -> None:
        """Called by the server at the end, whatever it was."""
        try:
            self._frames.close()
        finally:
            self._stream.close()


def whereto(after: EventId | datetime, until: EventId, selection: Selection) -> str:
    """Where the counts are that a stream cannot give, as far as the database has them.

    After an event: the records by event. From a moment on: the quarter hours, which take one site and door at most.
    """
    places = selection.parameters()
    if isinstance(after, EventId):
        return "/api/v1/records?" + urlencode([("after", str(after)), ("until", str(until)), *places])
    names = [name for name, _ in places]
    alone = [(name, value) for name, value in places if name != "camera" and names.count(name) == 1]
    return "/api/v1/counts?" + urlencode([("from", utc_text(after)), ("step", "15"), *alone])


def _order(context: WebContext, *, bounded: bool) -> Order:
    try:
        return read_order(request, context, visitor(), bounded=bounded)
    except BacklogUnavailable:
        unavailable("The event log cannot be read just now.", 5)


def _admit(context: WebContext, connection: ClientSocket) -> OpenStream:
    try:
        return context.streams.admit(context.addresses.of(request), connection.cut, visitor())
    except NoRoom as error:
        unavailable(str(error), 30 if isinstance(error, AllTaken) else 60)


def _client(context: WebContext, order: Order, connection: ClientSocket, *, bounded: bool) -> SSEClient:
    connection.guard()
    return SSEClient(
        context.hub,
        context.backlog,
        context.snapshots,
        order,
        life=context.stream_life * random.uniform(SHORTEST_LIFE, 1.0),  # noqa: S311 - nothing here is secret
        is_gone=connection.is_gone,
        whereto=whereto if context.records is not None else None,
        line=None if bounded else connection.line(),
    )


def _answer(context: WebContext, client: SSEClient) -> Response:
    """What the stream says in the time that was asked for, in one piece, and where it goes on."""
    answer = Answer.of(client)
    if not answer.events and not answer.is_readable:
        unavailable("The event log cannot be read just now.", 5)
    reached = answer.next
    if reached is None:  # whoever asks after nothing begins with a snapshot again, and has missed what came between
        unavailable("The service is starting. Try again in a moment.", 2)
    head = context.hub.head
    more = reached.epoch == head.epoch and reached.number < head.number
    tail = json.dumps({"next": str(reached), "more": more}).encode()
    body = b'{"events":[' + b",".join(answer.events) + b"]," + tail[1:]
    return Response(body, headers={"Cache-Control": "no-store"}, content_type="application/json")
