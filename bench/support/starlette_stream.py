"""A stream on sse-starlette: a queue for each client, as its documentation has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from sse_starlette.sse import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

clients: dict[asyncio.Queue[dict[str, str]], str] = {}
number = 0


async def events(request: Request) -> EventSourceResponse:
    queue: asyncio.Queue[dict[str, str]] = asyncio.Queue(1000)
    clients[queue] = request.query_params.get("camera", "")

    async def follow() -> AsyncIterator[dict[str, str]]:
        try:
            while True:
                yield await queue.get()
        finally:
            del clients[queue]

    return EventSourceResponse(follow())


async def publish(request: Request) -> Response:
    global number  # noqa: PLW0603
    number += 1
    data = (await request.body()).decode()
    event = {"id": str(number), "event": "PeopleCountingUpdate", "data": data}
    for queue, camera in clients.items():
        if (not camera or f'"cameraId":"{camera}"' in data) and not queue.full():
            queue.put_nowait(event)
    return Response(status_code=204)


app = Starlette(routes=[Route("/events", events), Route("/publish", publish, methods=["POST"])])
