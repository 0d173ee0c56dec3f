"""What we ask of an older installation's table and catalogue, as SQL Server would get it."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import mssql

from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.registros_keeping import Apart, Together
from peoplecount.services.registros_writer import RegistrosWriter
from peoplecount.storage import catalogue
from peoplecount.storage.catalogue import Found, FoundColumn
from peoplecount.storage.dialects import Product, one_at_a_time
from peoplecount.storage.errors import SchemaMismatch
from peoplecount.storage.registros import Registros, Row, ShownTotals
from peoplecount.storage.registros_shape import look_at, shape_of
from tests.support.counting_line import EIGHT, CountingLine, append
from tests.support.fake_clock import FakeClock
from tests.support.installation import Installation
from tests.support.statements import RecordingDatabase

sqlglot = pytest.importorskip("sqlglot", reason="sqlglot is in requirements-dev.txt")

TABLE = Found("dbo", "registros", is_view=False)
PLAIN = [FoundColumn("camara_id", "nvarchar", nullable=True, default="", is_identity=False)] + [
    FoundColumn(name, "int", nullable=True, default="", is_identity=False) for name in ("in1", "out1", "in2", "out2")
]
NUMBER = FoundColumn("id", "int", nullable=False, default="", is_identity=True)


def dated(default, kind="datetime"):
    return FoundColumn("fecha", kind, nullable=True, default=default, is_identity=False)


def t_sql(statement):
    """The statement in words of SQL Server; raises where it is not T-SQL."""
    said = str(statement.compile(dialect=mssql.dialect()))
    bound = re.sub(r":(\w+)", r"@\1", re.sub(r"TOP __\[POSTCOMPILE_\w+\]", "TOP 1", said))
    for one in sqlglot.parse(bound, dialect="tsql", error_level=sqlglot.ErrorLevel.RAISE):
        assert not isinstance(one, sqlglot.exp.Command), said
    return said


@pytest.mark.parametrize("apart", [False, True])
def test_every_statement_is_t_sql(embedded, make_connection, apart):
    installation = Installation(make_connection("sqlite", "theirs") if apart else embedded)
    if apart:
        installation.make()
    else:
        embedded.execute(text('DROP VIEW "API_camaras"'))
        installation.make()
    theirs = RecordingDatabase(installation.connection)
    theirs.connect = lambda: None
    own = RecordingDatabase(embedded) if apart else theirs
    clock, log = FakeClock(EIGHT), MemoryEventLog()
    keeping = Apart(own, theirs, clock.now) if apart else Together(own, clock.now)
    look = lambda: look_at(theirs, Product.SQLITE, "registros", "peoplecount")  # noqa: E731
    writer = RegistrosWriter(log, keeping, look, theirs, clock=clock)
    line = CountingLine("7")
    for _ in range(3):
        append(log, line.count(1))
        writer.run_once()
        installation.writes("9", 1, 1, 1, 1)
    shape = look()
    list(Registros(shape).pages(theirs))
    Registros(shape).has(theirs, Row("7", ShownTotals(1, 2, 3, 4)))
    said = {
        t_sql(one)
        for one in [*theirs.statements, *own.statements]
        if "pragma" not in str(one) and "sqlite" not in str(one)
    }
    assert len(said) > 12
    assert not any("LIMIT" in one for one in said)


def test_the_catalogue_is_asked_in_words_both_servers_know():
    for asked in catalogue._ASKED.values():
        sqlglot.parse(asked.replace(":", "@"), dialect="tsql", error_level=sqlglot.ErrorLevel.RAISE)


def test_who_settles_waits_for_everybody_who_adds():
    shape = shape_of(Product.SQL_SERVER, TABLE, [NUMBER, *PLAIN], "peoplecount")
    said = t_sql(one_at_a_time(Product.SQL_SERVER, shape.table))
    assert "WITH (TABLOCKX, HOLDLOCK)" in said
    assert "WHERE" not in said, "of what is never true SQL Server's plan has no table, and nothing is locked"


@pytest.mark.parametrize(
    ("default", "clock", "is_utc"),
    [
        ("(getdate())", "getdate", False),
        ("(sysdatetime())", "sysdatetime", False),
        ("(GETUTCDATE())", "getutcdate", True),
        ("CURRENT_TIMESTAMP", "current_timestamp", False),
        ("now()", "now", False),
        ("(dbo.mi_reloj())", "", False),
        ("('2020-01-01')", "", False),
    ],
)
def test_the_clock_of_a_default_is_known_or_left_to_the_table(default, clock, is_utc):
    shape = shape_of(Product.SQL_SERVER, TABLE, [NUMBER, *PLAIN, dated(default)], "peoplecount")
    assert (shape.clock, shape.is_utc) == (clock, is_utc)
    assert (shape.server_clock is None) == (clock == "")


def test_a_date_without_a_time_tells_no_order():
    shape = shape_of(Product.SQL_SERVER, TABLE, [*PLAIN, dated("(getdate())", "date")], "peoplecount")
    assert (shape.is_by_day, shape.order) == (True, None)
    assert Registros(shape)._as_kept(datetime(2026, 5, 4, 8)) == datetime(2026, 5, 4).date()


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (PLAIN[:-1], "lacks out2"),
        ([FoundColumn("camara_id", "xml", nullable=True, default="", is_identity=False), *PLAIN[1:]], "is xml"),
        ([*PLAIN[:-1], FoundColumn("out2", "float", nullable=True, default="", is_identity=False)], "whole numbers"),
        (
            [*PLAIN, FoundColumn("tienda", "int", nullable=False, default="", is_identity=False)],
            "wants a value for tienda",
        ),
    ],
)
def test_a_table_that_cannot_be_written_is_refused_in_words(columns, says):
    with pytest.raises(SchemaMismatch, match=says):
        shape_of(Product.SQL_SERVER, TABLE, columns, "peoplecount")


def test_rows_of_one_statement_are_of_different_cameras():
    """In which order a server numbers the rows of one statement, nobody promises."""
    statements = []

    class Server:
        def execute(self, statement, parameters=None):
            return [(datetime(2026, 5, 4, 8),)]

        def change(self, statement, parameters=None):
            statements.append(statement.compile(dialect=mssql.dialect()).params)
            return sum(name.startswith("camara_id") for name in statements[-1])

    shape = shape_of(Product.SQL_SERVER, TABLE, [NUMBER, *PLAIN, dated("(getdate())")], "peoplecount")
    totals = ShownTotals(1, 1, 1, 1)
    rows = [Row(camera, totals, EIGHT) for camera in ("7", "8", "7", "9", "7")]
    Registros(shape).add(Server(), rows, EIGHT + timedelta(seconds=1))
    cameras = [sorted(value for name, value in one.items() if name.startswith("camara_id")) for one in statements]
    assert cameras == [["7", "8", "9"], ["7"], ["7"]]
