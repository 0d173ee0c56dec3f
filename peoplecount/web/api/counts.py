"""Counts of earlier times, as JSON in pages and as a file, and the single changes they were made of."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, islice
from typing import Any, NoReturn

from flask import Response, abort, request

from peoplecount.domain.event import utc_text
from peoplecount.services.counts_query import BadQuery, CountsQuery
from peoplecount.services.missed_counts import MissedCounts, NoRecordOfThat, RecordsQuery, record_fields
from peoplecount.services.unhurried import unhurried
from peoplecount.storage.errors import DatabaseError
from peoplecount.stream.backlog import BacklogUnavailable
from peoplecount.web.api import queries, schemas
from peoplecount.web.api.addresses import own_address
from peoplecount.web.api.answers import csv_answer, json_answer, tag_of, unchanged
from peoplecount.web.api.operation import CSV, Answer, Operation
from peoplecount.web.context import WebContext
from peoplecount.web.counts import COLUMNS, ROWS_AT_ONCE, asked_counts, csv_of, demand_counted
from peoplecount.web.cut_answer import cut_where_it_fails
from peoplecount.web.errors import unavailable
from peoplecount.web.gate import visitor
from peoplecount.web.own_sites import own_places, own_rows
from peoplecount.web.request_ids import request_id

TAG = "Counts"

_ETAG = {"ETag": "Send it back as `If-None-Match`: 304 says that nothing has changed, and costs little."}
_UNCHANGED = Answer("As `If-None-Match` says.")

_MEANING = (
    "Intervals that are not over are left out, and so are times of which nothing at all is known. What is not known is "
    "null, never 0; `quality` and `coverage` say how far figures can be trusted."
)


def operations(context: WebContext) -> list[Operation]:
    """Counts and records."""
    views = _Counts(context)
    return [
        Operation(
            "GetCounts",
            "/counts",
            views.page,
            "Get counts",
            "Counts per interval, one page at a time. " + _MEANING,
            {200: Answer("A page of counts.", schemas.CountPage, headers=_ETAG), 304: _UNCHANGED},
            TAG,
            queries.CountsQueryParameters,
            refusals=(404,),
        ),
        Operation(
            "GetCountsFile",
            "/counts.csv",
            views.file,
            "Get counts as a file",
            "The same rows as comma-separated values (RFC 4180, UTF-8, a header, times in UTC), of any length, sent as "
            f"they are made. An empty cell is what is not known. Columns: {', '.join(COLUMNS)}.",
            {200: Answer("The file.", {"type": "string"}, CSV, headers=_ETAG), 304: _UNCHANGED},
            TAG,
            queries.CountsFileQuery,
            refusals=(404,),
        ),
        Operation(
            "GetRecords",
            "/records",
            views.records,
            "Get single changes",
            "The counts of events after one and up to another, in the order of the log and through all its epochs, as "
            "the database has them: what a `gap` of the events left out.",
            {200: Answer("A page of records.", schemas.RecordPage)},
            TAG,
            queries.RecordsParameters,
            refusals=(404,),
        ),
    ]


class _Counts:
    def __init__(self, context: WebContext) -> None:
        self._context = context

    def page(self, asked: Mapping[str, Any]) -> Response:  # noqa: ARG002 - read by what reads it for files, too
        service, query = asked_counts(self._context)
        try:
            tag = tag_of(service.version(query), visitor().sites, self._link(()))
            if (same := unchanged(tag)) is not None:
                return same
            as_of = service.as_of()
            rows, after = service.page(query)
        except (DatabaseError, BacklogUnavailable):
            _away()
        if not rows:
            demand_counted(service, query)
        told: dict[str, Any] = {
            "from": utc_text(query.begin),
            "to": utc_text(query.end),
            "step": query.step.value,
            "scope": query.scope.value,
            "value": [row.fields() for row in unhurried(own_rows(rows))],
            "asOf": str(as_of) if as_of else None,
            "next": str(after) if after else None,
        }
        if after is not None:
            told["nextLink"] = self._link([("to", _end_of(query)), ("cursor", str(after))])
        return json_answer(told, tag=tag)

    def _link(self, more: Any) -> str:  # noqa: ANN401 - pairs
        """The same question with other values for some parameters."""
        asked = {**request.args.to_dict(), **dict(more)}
        return own_address(self._context, "/counts", asked.items())

    def file(self, asked: Mapping[str, Any]) -> Response:  # noqa: ARG002
        service, query = asked_counts(self._context)
        try:
            tag = tag_of(service.version(query), visitor().sites)
            if (same := unchanged(tag)) is not None:
                return same
            rows = own_rows(service.rows(query))
            first = list(islice(rows, ROWS_AT_ONCE))  # before anything is promised
        except (DatabaseError, BacklogUnavailable):
            _away()
        if not first:
            demand_counted(service, query)
        name = f"counts-{utc_text(query.begin)[:10]}-{query.scope}-{query.step}.csv"
        return csv_answer(
            cut_where_it_fails(csv_of(chain(first, rows)), f"The file {name}", request.environ, request_id()), name, tag
        )

    def records(self, asked: Mapping[str, Any]) -> Response:  # noqa: ARG002
        try:
            return json_answer(_records(_demand(self._context.records)))
        except BadQuery as error:
            abort(400, str(error))
        except NoRecordOfThat as error:
            abort(404, f"{error}.")
        except DatabaseError:
            _away()


def _end_of(query: CountsQuery) -> str:
    """Of the first page, so that the last one does not move on while pages are turned."""
    return request.args.get("to") or utc_text(query.end)


def _records(service: MissedCounts) -> dict[str, Any]:
    page = service.page(own_places(RecordsQuery.parse(dict(request.args.lists()))))
    return {
        "records": [record_fields(row) for row in page.rows],
        "next": str(page.next) if page.next else None,
        "writtenUpTo": str(page.written_up_to) if page.written_up_to else None,
    }


def _demand(service: MissedCounts | None) -> MissedCounts:
    if service is None:
        abort(404, "No history is kept here.")
    return service


def _away() -> NoReturn:
    """Why stands in the log, because it may name servers and accounts."""
    unavailable("The history cannot be read just now.", 10)
