"""What ``docs/database.md`` says is there, and its queries run."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Table

from peoplecount.domain.event import Quality
from peoplecount.storage import migrate
from peoplecount.storage.api_camaras import REQUIRED, VIEW
from peoplecount.storage.schema import metadata
from peoplecount.storage.sqlite import SQLiteConnection
from tests.storage.test_report_views import VIEWS
from tests.support.processes import ROOT

PAGE = (ROOT / "docs" / "database.md").read_text(encoding="utf-8")


def columns_of(section: str) -> set[str]:
    """The names in the first column of the table below a heading."""
    _, _, below = PAGE.partition(f"\n### `{section}`\n")
    rows = re.findall(r"^\| (`[^|]*) \|", below.partition("\n#")[0], re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def queries(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("table", metadata.tables.values(), ids=lambda table: table.name)
def test_every_column_of_a_table_is_named_and_no_other(table: Table) -> None:
    assert columns_of(table.name) == set(table.columns.keys())


@pytest.mark.parametrize("table", metadata.tables.values(), ids=lambda table: table.name)
def test_the_drawing_has_each_table_with_its_key(table: Table) -> None:
    [drawing] = re.findall(r"```mermaid\nerDiagram\n(.*?)```", PAGE, re.DOTALL)
    boxes = dict(re.findall(r"^    (\w+) \{(.*?)\}", drawing, re.DOTALL | re.MULTILINE))
    assert set(boxes) == {each.name for each in metadata.tables.values()}
    assert re.findall(r"(\w+) PK", boxes[table.name]) == [column.name for column in table.primary_key]
    assert set(re.findall(r"\w+ (\w+)(?: PK)?\s", boxes[table.name])) <= set(table.columns.keys())


@pytest.mark.parametrize("view", VIEWS)
def test_every_column_of_a_view_to_report_from_is_named_and_no_other(view: str) -> None:
    assert columns_of(view) == VIEWS[view].keys()


def test_the_view_is_described() -> None:
    assert columns_of(VIEW) >= set(REQUIRED)


def test_every_quality_is_told_in_the_order_from_best_to_worst() -> None:
    _, _, below = PAGE.partition("\n## Quality\n")
    assert re.findall(r"^\| `([\w-]+)` \|", below.partition("\n## ")[0], re.MULTILINE) == [*Quality]


def test_the_queries_give_people_by_name_where_there_is_one(tmp_path: Path) -> None:
    file = tmp_path / "people.db"
    connection = SQLiteConnection(file)
    migrate.upgrade(connection)
    connection.disconnect()
    database = sqlite3.connect(file)
    database.execute(
        "INSERT INTO sites (site_id, name, time_zone, capacity, reset_time) "
        "VALUES ('shop', 'Shop', 'Europe/Zurich', NULL, '00:00')"
    )
    database.execute("INSERT INTO doors VALUES ('north', 'shop', 'North door')")
    database.executemany(
        "INSERT INTO hour_counts (line_id, starts_at, door_id, site_id, local_start, in_count, out_count, quality) "
        "VALUES (?, ?, ?, 'shop', ?, ?, 1, 'measured')",
        [
            ("a-0-1-1", "2026-05-04 08:00:00.000000", "north", "2026-05-04 10:00:00.000000", 3),
            ("b-0-1-1", "2026-05-04 08:00:00.000000", "north", "2026-05-04 10:00:00.000000", 4),
            ("c-0-1-1", "2026-05-03 22:00:00.000000", "c-0-1-1", "2026-05-04 00:00:00.000000", 5),
        ],
    )
    per_day, per_hour = (database.execute(query).fetchall() for query in queries("sql"))
    database.close()
    assert per_day == [("2026-05-04", "North door", 7, 2), ("2026-05-04", "c-0-1-1", 5, 1)]
    assert [row[1:] for row in per_hour] == [("Shop", 5, 1), ("Shop", 7, 2)]


def test_the_queries_for_sql_server_are_of_its_language() -> None:
    sqlglot = pytest.importorskip("sqlglot")
    found = queries("tsql")
    assert len(found) == len(queries("sql"))
    for query in found:
        (statement,) = sqlglot.parse(query, read="tsql")
        assert "peoplecount" in {table.db for table in statement.find_all(sqlglot.exp.Table)}
