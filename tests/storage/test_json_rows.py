"""Many rows as one text: the statements, which SQL Server alone can run, and what they are given."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects.mssql import pyodbc

from peoplecount.storage.dialects import SCHEMA
from peoplecount.storage.errors import ValueRefused
from peoplecount.storage.json_rows import JsonStatements, takes_json
from peoplecount.storage.schema import hour_counts, positions, records, registros_states
from peoplecount.storage.sql_server import SQLServerConnection
from tests.storage.test_prepared import EIGHT, hour
from tests.support.databases import *  # noqa: F403 - fixtures

change = (
    update(hour_counts)
    .where(hour_counts.c.line_id == bindparam("line"), hour_counts.c.starts_at == bindparam("start"))
    .values(in_count=bindparam("in_count"), quality=bindparam("quality"))
)


@pytest.fixture
def statements():
    return JsonStatements(pyodbc.dialect(paramstyle="qmark"), {SCHEMA: "counts"})


def test_rows_are_inserted_in_the_order_in_which_they_were_sent(statements):
    made = statements.of(insert(positions), ["line_id", "channel", "ended_at"])
    assert made.sql == (
        "INSERT INTO counts.positions (line_id, channel, ended_at) SELECT f1, f2, f3 FROM "
        "OPENJSON(CAST(? AS NVARCHAR(max))) WITH (f0 INTEGER '$[0]', f1 NVARCHAR(101) '$[1]', "
        "f2 INTEGER '$[2]', f3 DATETIME2(3) '$[3]') AS sent ORDER BY f0"
    )
    rows = [{"line_id": name, "channel": 2**31, "ended_at": EIGHT} for name in ("ñ'🎉", "b")]
    (text,) = made.parameters(rows)
    moment = "2026-05-04T08:00:00.123000"
    assert json.loads(text) == [[0, "ñ'🎉", 2**31, moment], [1, "b", 2**31, moment]]


@pytest.mark.parametrize("name", ['the "main" door', "back\\slash", "a line\nand another", "a\0b"])
def test_letters_that_json_would_escape_do_not_go_in_json(statements, name):
    made = statements.of(insert(positions), ["line_id"])
    assert made.parameters([{"line_id": "a"}, {"line_id": name}]) is None


def test_rows_are_changed_by_their_keys_which_are_compared_as_their_columns_are(statements):
    made = statements.of(change, ["line", "start", "in_count", "quality"])
    assert made.sql == (
        "UPDATE target SET in_count = sent.f1, quality = sent.f2 FROM counts.hour_counts AS target INNER JOIN "
        "OPENJSON(CAST(? AS NVARCHAR(max))) WITH (f0 INTEGER '$[0]', f1 BIGINT '$[1]', "
        "f2 NVARCHAR(17) '$[2]', f3 NVARCHAR(101) '$[3]', "
        "f4 DATETIME2(3) '$[4]') AS sent ON target.line_id = sent.f3 COLLATE Latin1_General_100_BIN2 "
        "AND target.starts_at = sent.f4"
    )
    (text,) = made.parameters([{"line": "a", "start": EIGHT, "in_count": 2**60, "quality": "measured"}])
    assert json.loads(text) == [[0, 2**60, "measured", "a", "2026-05-04T08:00:00.123000"]]


def test_names_that_are_words_are_quoted(statements):
    assert "counts.records ([rule]) SELECT" in statements.of(insert(records), ["rule"]).sql


@pytest.mark.parametrize(
    "statement",
    [
        delete(positions).where(positions.c.line_id == bindparam("line")),
        update(positions).where(positions.c.line_id > bindparam("line")).values(channel=bindparam("channel")),
        update(positions).where(positions.c.line_id == bindparam("line")).values(channel=positions.c.channel + 1),
        insert(positions).values(line_id=bindparam("line"), channel=2 + bindparam("channel")),
        insert(registros_states).values(name=bindparam("line"), body=bindparam("channel")),
    ],
)
def test_what_cannot_be_said_so_is_run_row_by_row(statements, statement):
    assert statements.of(statement, ["line", "channel"]) is None


def test_a_statement_is_made_once(statements):
    names = ["line", "start", "in_count", "quality"]
    assert statements.of(change, names) is statements.of(change, names)


class OldServer:
    """A driver's connection to a server that has no ``OPENJSON``, or breaks off."""

    def __init__(self, error) -> None:
        self.error, self.undone = error, 0

    def cursor(self):
        return self

    def execute(self, sql):
        raise self.error

    def close(self) -> None:
        pass

    def rollback(self) -> None:
        self.undone += 1


def test_a_database_of_an_older_level_is_known_and_one_that_went_away_is_not_taken_for_one():
    old = OldServer(Exception("42S02", "[42S02] Invalid object name 'OPENJSON'. (208) (SQLExecDirectW)"))
    assert not takes_json(old)
    assert old.undone == 1
    with pytest.raises(Exception, match="link"):
        takes_json(OldServer(Exception("08S01", "[08S01] Communication link failure (0) (SQLExecDirectW)")))


@pytest.fixture(params=[True, False], ids=["json", "row by row"])
def sql_server(connection, request, monkeypatch):
    """As it is, and as one of an older level."""
    if not isinstance(connection, SQLServerConnection):
        pytest.skip("only SQL Server has two ways")
    monkeypatch.setattr("peoplecount.storage.sql_server.takes_json", lambda _: request.param)
    connection.disconnect()
    return connection


def rows_of(connection):
    found = connection.execute(select(hour_counts).order_by(hour_counts.c.line_id))
    return [dict(row._mapping) for row in found]


def add(connection, *rows):
    connection.transaction(lambda transaction: transaction.change_each(insert(hour_counts), rows))


def test_both_ways_write_the_same_on_sql_server(sql_server):
    rows = [hour("a"), hour("b", coverage=0.1 + 0.2), hour("c", in_count=2**62), hour("Ü", door_id="d" * 100)]
    add(sql_server, *rows)
    assert rows_of(sql_server) == rows
    keys = [{"line": name, "start": EIGHT, "in_count": 7, "quality": "corrected"} for name in ("b", "Ü", "ü")]
    sql_server.transaction(lambda transaction: transaction.change_each(change, keys))
    told = {row["line_id"]: (row["in_count"], row["quality"]) for row in rows_of(sql_server)}
    same = (2**40, "measured")
    assert told == {"a": same, "b": (7, "corrected"), "c": (2**62, "measured"), "Ü": (7, "corrected")}


@pytest.mark.parametrize("door_id", ['the "main" door', "back\\slash", "a line\nand another", " blanks\u2028 ", "🎉"])
def test_texts_come_back_as_they_were_whatever_letters_are_in_them(sql_server, door_id):
    rows = [hour("a"), hour("b", door_id=door_id)]
    add(sql_server, *rows)
    assert rows_of(sql_server) == rows


def test_records_are_numbered_in_the_order_in_which_they_were_sent(sql_server):
    fields = {column.name: 1 for column in records.columns if column.name != "record_id"}
    texts = {"event_epoch", "line_id", "camera_id", "door_id", "site_id", "quality", "in_generation", "out_generation"}
    moment = datetime(2026, 5, 4, 8, tzinfo=UTC)
    fields |= dict.fromkeys(texts, "a") | dict.fromkeys(("started_at", "ended_at"), moment)
    rows = [fields | {"local_time": moment.replace(tzinfo=None), "event_number": -number} for number in range(1500)]
    sql_server.transaction(lambda transaction: transaction.change_each(insert(records), rows))
    found = sql_server.execute(select(records.c.event_number).order_by(records.c.record_id))
    assert [row.event_number for row in found] == [row["event_number"] for row in rows]


@pytest.mark.parametrize("changes", [{"door_id": "d" * 101}, {"door_id": "d" * 5000}, {"quality": None}])
def test_what_does_not_fit_is_refused_and_not_cut(sql_server, changes):
    with pytest.raises(ValueRefused):
        add(sql_server, hour("a"), hour("b", **changes))
    assert rows_of(sql_server) == []
