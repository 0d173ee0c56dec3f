"""The service itself: whether it takes a token, how it is doing, what files there are, and polling a camera at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, abort

import peoplecount
from peoplecount.domain.event import utc_text
from peoplecount.eventlog.log import LogError
from peoplecount.web.api import queries, schemas
from peoplecount.web.api.addresses import BASE
from peoplecount.web.api.answers import json_answer
from peoplecount.web.api.operation import CSV, Answer, Operation
from peoplecount.web.api.places import demand_known
from peoplecount.web.context import WebContext
from peoplecount.web.errors import unavailable
from peoplecount.web.gate import visitor
from peoplecount.web.health import condition_of
from peoplecount.web.history_export import WORKBOOK
from peoplecount.web.own_sites import own_part

TAG = "Service"

EXPORTS = (
    ("counts", f"{BASE}/counts.csv", CSV, "Counts of lines, doors or sites in any period; for Power BI and Excel."),
    ("history", "/history.csv", CSV, "What a page of the history shows, summed up by its parts."),
    ("workbook", "/history.xlsx", WORKBOOK, "The same with all its tables, as a workbook."),
)


def operations(context: WebContext) -> list[Operation]:
    """Whatever is not about figures."""
    views = _Service(context)
    return [
        Operation(
            "Ping",
            "/ping",
            views.ping,
            "Test the connection",
            "Whether the service answers and takes the token.",
            {200: Answer("It does.", schemas.Pong)},
            TAG,
            queries.NoParameters,
        ),
        Operation(
            "GetHealth",
            "/health",
            views.health,
            "Get health",
            "How the service is doing, in detail. Takes a token with the scope `health`.",
            {
                200: Answer("It serves.", schemas.Health),
                503: Answer("It does not, or not yet.", schemas.Health),
            },
            TAG,
            queries.NoParameters,
        ),
        Operation(
            "ListExports",
            "/exports",
            views.exports,
            "List exports",
            "Files that can be had with a token of the scope `read`.",
            {200: Answer("The files.", schemas.ExportList)},
            TAG,
            queries.NoParameters,
        ),
        Operation(
            "PollCamera",
            "/cameras/<camera_id>/poll",
            views.poll,
            "Poll a camera now",
            "Ask a camera for its totals at once instead of at its next turn. Takes a token with the scope `operate`.",
            {202: Answer("It will be asked within some seconds.", schemas.Ordered)},
            TAG,
            method="POST",
            refusals=(404,),
        ),
    ]


class _Service:
    def __init__(self, context: WebContext) -> None:
        self._context = context

    def ping(self, asked: Mapping[str, Any]) -> Response:  # noqa: ARG002
        who = visitor()
        return json_answer(
            {
                "ok": True,
                "version": peoplecount.__version__,
                "name": who.name,
                "scopes": sorted(who.scopes),
                "sites": None if who.sites is None else sorted(who.sites),
            }
        )

    def health(self, asked: Mapping[str, Any]) -> Response:  # noqa: ARG002
        said, status = condition_of(self._context)
        return json_answer(said, status)

    def exports(self, asked: Mapping[str, Any]) -> Response:  # noqa: ARG002
        there = EXPORTS if self._context.history is not None else EXPORTS[:1]
        names = ("name", "address", "kind", "description")
        return json_answer({"value": [dict(zip(names, one, strict=True)) for one in there]})

    def poll(self, camera_id: str) -> Response:
        known = own_part(visitor(), self._context.snapshots().fields)["cameras"]
        demand_known("camera", camera_id, {row["cameraId"] for row in known})
        if self._context.poll_camera is None:
            abort(404, "Nothing is polled here.")
        try:
            self._context.poll_camera(camera_id)
        except LogError as error:
            unavailable(str(error), 10)
        ordered = utc_text(self._context.clock.now())
        return json_answer({"cameraId": camera_id, "ordered": ordered}, 202)
