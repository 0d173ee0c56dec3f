"""What the projections remember of a line, as it is written down."""

import json
from datetime import UTC, datetime, timedelta

from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.interval_book import IntervalBook, Subject
from peoplecount.domain.line_tally import LineTally
from peoplecount.services.interval_state_body import read_subject, state_key, write_subject
from tests.support.counting_line import CountingLine

EIGHT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
LINE = CountingLine()
OF_LINE = Subject(Scope.LINE, str(LINE.key))


def written(filled_until):
    book = IntervalBook([Step.QUARTER])
    book.lines[LINE.key] = LineTally(str(LINE.key), LINE.place, EIGHT, EIGHT, filled_until=filled_until)
    book.closed[OF_LINE] = {Step.QUARTER: EIGHT}
    return write_subject(book, OF_LINE, 0)


def test_what_was_written_is_read_again():
    until = EIGHT + timedelta(hours=1)
    assert read_subject(state_key(OF_LINE), written(until)).tally.filled_until == until


def test_what_an_earlier_version_wrote_is_read_too():
    body = json.loads(written(None))
    del body["filledUntil"]
    assert read_subject(state_key(OF_LINE), json.dumps(body)).tally.filled_until is None
