"""Counts of earlier times as a file of comma-separated values."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import StringIO
from itertools import chain, islice

from flask import Blueprint, Response, abort, request

from peoplecount.domain.event import utc_text
from peoplecount.services.count_rows import CountRow
from peoplecount.services.counts import Counts, NoSuchPlace
from peoplecount.services.counts_query import BadQuery, CountsQuery
from peoplecount.storage.errors import DatabaseError
from peoplecount.stream.backlog import BacklogUnavailable
from peoplecount.web.context import WebContext
from peoplecount.web.cut_answer import cut_where_it_fails
from peoplecount.web.errors import unavailable
from peoplecount.web.gate import visitor
from peoplecount.web.own_sites import demand_own_place, own_rows, own_site
from peoplecount.web.request_ids import request_id

COLUMNS = (
    "from_utc",
    "to_utc",
    "local_start",
    "time_zone",
    "site_id",
    "site",
    "door_id",
    "door",
    "line_id",
    "line",
    "in",
    "out",
    "quality",
    "coverage",
    "complete",
)

UNDER_WAY = "under_way"
"""A further column of days in the file that people take from the pages: whether they are not over."""

ROWS_AT_ONCE = 500


def routes(context: WebContext) -> Blueprint:
    """``/export/counts.csv``."""
    blueprint = Blueprint("counts", __name__)

    @blueprint.get("/export/counts.csv")
    def export() -> Response:
        service, query = asked_counts(context)
        now = context.clock.now() if query.step.length is None else None
        rows = own_rows(service.rows(query, with_today=True))
        try:
            first = list(islice(rows, ROWS_AT_ONCE))  # before anything is promised
        except (DatabaseError, BacklogUnavailable):  # why stands in the log, because it may name servers and accounts
            unavailable("The history cannot be read just now.", 10)
        if not first:
            demand_counted(service, query)
        until = request.args.get("to") or utc_text(query.end)
        days = "-".join(text[:10].replace("-", "") for text in (request.args["from"], until))
        name = f"counts-{days}-{query.scope}-{query.step}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        body = cut_where_it_fails(csv_of(chain(first, rows), now), f"The export {name}", request.environ, request_id())
        return Response(body, headers=headers, content_type="text/csv; charset=utf-8")

    return blueprint


def csv_of(rows: Iterable[CountRow], now: datetime | None = None) -> Iterator[str]:
    """One header, then a line for each row (RFC 4180), some at a time. An empty cell is what is not known, never 0.

    ``now`` adds a column that says what is not over then.
    """
    left = iter(rows)
    chunk: list[list[object]] = [[*COLUMNS, *([UNDER_WAY] if now else [])]]
    while chunk:
        text = StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(chunk)
        yield text.getvalue()
        chunk = [_cells(row) + _under_way(row, now) for row in islice(left, ROWS_AT_ONCE)]


def _cells(row: CountRow) -> list[object]:
    fields = row.fields()
    places = [fields[name] for name in ("siteId", "siteName", "doorId", "doorName", "lineId", "lineName")]
    return [
        fields["from"],
        fields["to"],
        fields["localStart"],
        fields["timeZone"],
        *map(harmless, places),
        fields["in"],
        fields["out"],
        fields["quality"],
        fields["coverage"],
        _truth(fields["complete"]),
    ]


def _under_way(row: CountRow, now: datetime | None) -> list[object]:
    return [_truth(row.end > now)] if now else []


def _truth(value: bool) -> str:  # noqa: FBT001 - the value of a cell
    return "true" if value else "false"


_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))(?=\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])")
"""Where a cell may be taken for a formula. Where decimals have commas, spreadsheets part cells at semicolons, quoted or
not; full-width signs are as good as others to some."""


def harmless(name: str | None) -> str | None:
    """A name that no spreadsheet takes for a formula: cameras and people choose names."""
    return _FORMULA.sub("'", name) if name else name


def asked_counts(context: WebContext) -> tuple[Counts, CountsQuery]:
    """What a request asks of the counts, as far as it is theirs who ask. Aborts with 400 and 404."""
    if context.counts is None:
        abort(404, "No history is kept here.")
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        abort(400, f"{twice[0][:40]} is given twice; once is enough.")
    try:
        query = context.counts.ask(own_site(visitor(), request.args))
    except BadQuery as error:
        abort(400, str(error))
    if visitor().is_limited:
        demand_own_place(visitor(), query, context.snapshots().fields)
    return context.counts, query


def demand_counted(service: Counts, query: CountsQuery) -> None:
    """404 where nothing was found because there is no such place."""
    if visitor().is_limited:  # what is not theirs was refused before, and must not be named
        return
    try:
        service.demand_known(query)
    except NoSuchPlace as error:
        abort(404, str(error))
