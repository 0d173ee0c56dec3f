"""Records by event id: where a stream's ``gap`` sends those who want what they missed."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, request

from peoplecount.services.counts_query import BadQuery
from peoplecount.services.missed_counts import NoRecordOfThat, RecordsQuery, record_fields
from peoplecount.storage.errors import DatabaseError
from peoplecount.web.context import WebContext
from peoplecount.web.own_sites import own_places


def routes(context: WebContext) -> Blueprint:
    """``/api/v1/records``."""
    blueprint = Blueprint("records", __name__)

    @blueprint.get("/api/v1/records")
    def records() -> Response:
        if context.records is None:
            abort(404, "No history is kept here.")
        try:
            query = own_places(RecordsQuery.parse(dict(request.args.lists())))
            page = context.records.page(query)
        except BadQuery as error:
            abort(400, str(error))
        except NoRecordOfThat as error:
            abort(404, f"{error}.")
        except DatabaseError:
            return _away()
        answer = jsonify(
            {
                "records": [record_fields(row) for row in page.rows],
                "next": str(page.next) if page.next else None,
                "writtenUpTo": str(page.written_up_to) if page.written_up_to else None,
            }
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return blueprint


def _away() -> Response:
    """Why stands in the log, because it may name servers and accounts."""
    answer = jsonify({"error": "The history cannot be read just now."})
    answer.status_code = 503
    answer.headers["Retry-After"] = "10"
    return answer
