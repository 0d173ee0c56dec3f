"""What there is: sites, doors, cameras and lines, and how they stand just now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask import Response, abort
from marshmallow import Schema

from peoplecount.domain.interval import Scope
from peoplecount.stream.selection import Selection
from peoplecount.stream.snapshot import only
from peoplecount.web.api import queries, schemas
from peoplecount.web.api.answers import tagged
from peoplecount.web.api.operation import Answer, Operation
from peoplecount.web.context import WebContext
from peoplecount.web.errors import unavailable
from peoplecount.web.gate import visitor
from peoplecount.web.own_sites import own_part

TAG = "Places"
NAMED_AT_MOST = 20

Row = Mapping[str, Any]

_ETAG = {"ETag": "Send it back as `If-None-Match`: 304 says that nothing has changed."}


def operations(context: WebContext) -> list[Operation]:
    """Lists, and the newest figures."""
    places = _Places(context)
    return [
        _list("ListSites", "/sites", places.sites, schemas.SiteList, "The sites that the token may see."),
        _list("ListDoors", "/doors", places.doors, schemas.DoorList, "Doors, by site and name.", queries.PlacesQuery),
        _list("ListCameras", "/cameras", places.cameras, schemas.CameraList, "Cameras, by name.", queries.PlacesQuery),
        _list("ListLines", "/lines", places.lines, schemas.LineList, "Counting lines, by id.", queries.PlacesQuery),
        Operation(
            "GetLatest",
            "/counts/latest",
            places.latest,
            "Get the newest figures",
            "How lines, doors or sites stand just now: people in and out today, and inside. Whoever asks often enough "
            "needs no more; what has not changed is answered with 304.",
            {
                200: Answer("How it stands.", schemas.LatestList, headers=_ETAG),
                304: Answer("As `If-None-Match` says."),
            },
            TAG,
            queries.LatestQuery,
            refusals=(404,),
        ),
    ]


def _list(
    name: str,
    path: str,
    view: Any,  # noqa: ANN401 - a bound method
    schema: type[Schema],
    description: str,
    query: type[Schema] = queries.NoParameters,
) -> Operation:
    answers = {200: Answer(description, schema, headers=_ETAG), 304: Answer("As `If-None-Match` says.")}
    summary = f"List {path.strip('/')}"
    refusals = (404,) if query is not queries.NoParameters else ()
    return Operation(name, path, view, summary, description, answers, TAG, query, refusals=refusals)


class _Places:
    def __init__(self, context: WebContext) -> None:
        self._context = context

    def sites(self, asked: Row) -> Response:  # noqa: ARG002
        return _listed(self._board({})["sites"], schemas.Site)

    def doors(self, asked: Row) -> Response:
        return _listed(self._board(asked)["doors"], schemas.Door)

    def cameras(self, asked: Row) -> Response:
        return _listed(self._board(asked)["cameras"], schemas.Camera)

    def lines(self, asked: Row) -> Response:
        return _listed([{"swapped": False, **row} for row in self._board(asked)["lines"]], schemas.Line)

    def latest(self, asked: Row) -> Response:
        board = self._board(asked)
        scope, sites = Scope(asked["scope"]), {row["siteId"]: row for row in board["sites"]}
        rows = [_latest(row, sites[row["siteId"]], board) for row in board[f"{scope}s"]]
        return tagged({"value": rows})

    def _board(self, asked: Row) -> Row:
        """The part of the live board that was asked for, as far as it is theirs who ask. 404 for what is not there."""
        if not self._context.hub.ready:  # it is not known yet what is there
            unavailable("The service is starting. Try again in a moment.", 2)
        snapshot = self._context.snapshots()
        own = own_part(visitor(), snapshot.fields)
        for kind in ("site", "door", "camera"):
            if asked.get(kind):
                demand_known(kind, asked[kind], {row[f"{kind}Id"] for row in own[f"{kind}s"]})
        places = {f"{kind}s": frozenset([asked[kind]]) for kind in ("site", "door", "camera") if asked.get(kind)}
        chosen = only(own, Selection(**places)) if places else own
        return {**chosen, "id": str(snapshot.event_id)}


def demand_known(kind: str, wanted: str, known: Collection[str]) -> None:
    """404 for what is not there, with what is."""
    if wanted not in known:
        more = f" and {len(known) - NAMED_AT_MOST} more" if len(known) > NAMED_AT_MOST else ""
        names = ", ".join(sorted(known)[:NAMED_AT_MOST]) or "none yet"
        abort(404, f"No {kind} {wanted[:80]!r} here. {kind.title()}s: {names}{more}.")


def _listed(rows: Collection[Row], schema: type[Schema]) -> Response:
    names = tuple(schema().fields)
    return tagged({"value": [{name: row[name] for name in names} for row in rows]})


def _latest(row: Row, site: Row, board: Row) -> dict[str, Any]:
    """``row`` is that of a line, a door or a site."""
    is_sum = "lineId" not in row
    mine = [row] if not is_sum else [one for one in board["lines"] if _is_in(one, row)]
    read = [one["lastReadingAt"] for one in mine]
    return {
        "siteId": site["siteId"],
        "siteName": site["siteName"],
        **{name: row.get(name) for name in _NAMES},
        "time": min(read) if read and None not in read else None,
        "inToday": row["inToday"],
        "outToday": row["outToday"],
        "complete": row["complete"] if is_sum else row["inToday"] is not None,
        "occupancy": site["occupancy"],
        "quality": row["qualityToday"],
        "coverage": row["coverageToday"],
        "lastEventId": board["id"],
    }


_NAMES = ("doorId", "doorName", "cameraId", "cameraName", "lineId", "lineName")


def _is_in(line: Row, place: Row) -> bool:
    return bool(line["siteId"] == place["siteId"] and line["doorId"] == place.get("doorId", line["doorId"]))
