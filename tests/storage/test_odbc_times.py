"""Times over connections that do not say how exact theirs are."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select

from peoplecount.storage.odbc_times import TIMES_ARE_CUT, tells_of_times, whole_times
from peoplecount.storage.schema import line_swaps

MOMENT = datetime(2026, 5, 4, 14, 59, 59, 987000)


class PyodbcConnection:
    """Answers SQLGetTypeInfo with ``types``."""

    def __init__(self, *types):
        self.types = types
        self.closed = 0

    def cursor(self):
        return self

    def getTypeInfo(self, kind):  # noqa: N802
        assert kind == 93
        return self

    def fetchall(self):
        return list(self.types)

    def close(self):
        self.closed += 1


@pytest.mark.parametrize(("types", "tells"), [((("datetime2", 93, 27),), True), ((), False)])
def test_a_connection_tells_of_its_times_or_not(types, tells):
    connection = PyodbcConnection(*types)
    assert tells_of_times(connection) is tells
    assert connection.closed == 1


class Marked:
    """A connection of SQLAlchemy's with a mark."""

    def __init__(self, is_cut):
        self.info = {TIMES_ARE_CUT: is_cut}


@pytest.mark.parametrize(
    ("is_cut", "parameters", "executemany", "sent"),
    [
        (True, (1, MOMENT, "x"), False, (1, "2026-05-04T14:59:59.987", "x")),
        (False, (1, MOMENT, "x"), False, (1, MOMENT, "x")),
        (True, [(1, MOMENT)], True, [(1, MOMENT)]),
        (True, (), False, ()),
    ],
)
def test_times_go_as_text_where_they_would_be_cut(is_cut, parameters, executemany, sent):
    assert whole_times(Marked(is_cut), None, "INSERT …", parameters, None, executemany) == ("INSERT …", sent)


def test_a_moment_keeps_its_milliseconds_in_questions_too(connection):
    moment = MOMENT.replace(tzinfo=UTC)
    connection.execute(insert(line_swaps), {"line_id": "l", "swapped_at": moment})
    question = select(line_swaps.c.swapped_at).where(line_swaps.c.swapped_at == moment)
    assert [row.swapped_at for row in connection.execute(question)] == [moment]
