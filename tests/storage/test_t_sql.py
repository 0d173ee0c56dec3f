"""Every statement we run, as SQL Server would get it, held against the grammar of T-SQL."""

import re
from datetime import timedelta

import pytest
from sqlalchemy.dialects import mssql

from peoplecount.domain.camera import Camera
from peoplecount.domain.door import Door
from peoplecount.domain.hand_count import HandCount
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.site import Site
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage import migrate
from peoplecount.storage.api_camaras import CameraView
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.dialects import Product, before_migrating, version_question
from peoplecount.storage.hand_count_table import HandCountTable
from peoplecount.storage.history import History
from peoplecount.storage.positions import generations
from peoplecount.storage.site_hours import site_hours
from peoplecount.storage.site_table import SiteTable
from tests.support.counting_line import EIGHT, CountingLine, append
from tests.support.statements import RecordingDatabase
from tests.support.toy_sealer import ToySealer

sqlglot = pytest.importorskip("sqlglot")

FORBIDDEN = re.compile(r"\bMERGE\b|\bON CONFLICT\b|\bRETURNING\b|\bLIMIT\b", re.IGNORECASE)


def parse(sql):
    """Raises where it is not T-SQL; a command the parser only skips over does not count as understood."""
    for statement in sqlglot.parse(sql, dialect="tsql", error_level=sqlglot.ErrorLevel.RAISE):
        assert not isinstance(statement, sqlglot.exp.Command), f"not understood: {sql}"


@pytest.fixture
def statements(embedded):
    db = RecordingDatabase(embedded)
    sites, cameras = SiteTable(db), CameraTable(db, ToySealer())
    sites.put_site(Site("north", "North", "UTC"))
    sites.put_door(Door("main", "north", "Main"))
    camera = Camera("cam", "Hall", "192.0.2.7", site_id="north", lines=(Line(LineKey("cam"), "Line", "main"),))
    cameras.add(camera)
    cameras.change(camera)
    cameras.pause("cam")
    cameras.cameras(), cameras.paused(), sites.sites(), sites.doors()
    CameraView(ToySealer()).read(db)
    log, line = MemoryEventLog(), CountingLine("cam")
    for _ in range(2):
        append(log, line.count(1, 1), line.count(2, after=timedelta(hours=3)), line.correct(EIGHT, 5))
        RecordWriter(log, db).run_once()
    history, day = History(db), EIGHT.date()
    history.quarter_hours_as_of(EIGHT, EIGHT + timedelta(days=1), "north")
    history.hours(EIGHT, EIGHT + timedelta(days=1), camera_id="cam", line_ids=["cam-0-1-1"], site_id="north")
    history.days(day, day, camera_id="cam", line_ids=["cam-0-1-1"], site_id="north")
    generations(db)
    hand_counts = HandCountTable(db)
    hand_counts.put(HandCount("north", EIGHT, 5)), hand_counts.since(EIGHT)
    site_hours(db, EIGHT, EIGHT + timedelta(days=1))
    cameras.swap(LineKey("cam"), EIGHT), cameras.take_back_swap(LineKey("cam"), EIGHT), cameras.pin("cam", "")
    cameras.remove("cam")
    sites.remove_door("main")
    sites.remove_site("north")
    return [*db.statements, version_question(Product.SQL_SERVER)]


def test_every_statement_is_t_sql(statements):
    dialect = mssql.dialect()
    written = {str(statement.compile(dialect=dialect)) for statement in statements}
    assert len(written) > 35
    for sql in written:
        assert not FORBIDDEN.search(sql), sql
        bound = re.sub(r":(\w+)", r"@\1", re.sub(r"__\[POSTCOMPILE_(\w+)\]", r"@\1", sql))
        parse(bound)


def test_the_script_for_an_administrator_is_t_sql():
    batches = re.split(r"^GO$", migrate.sql(Product.SQL_SERVER, "counts"), flags=re.MULTILINE)
    understood = [
        batch for batch in batches if batch.strip() and not batch.strip().startswith(("IF", "BEGIN", "COMMIT"))
    ]
    assert len(understood) > 15
    for batch in understood:
        parse(batch)


def test_every_view_is_alone_in_its_batch_and_made_by_words_that_all_servers_understand():
    """SQL Server demands the first; others that speak its language do not know ``CREATE OR ALTER VIEW``."""
    batches = re.split(r"^GO$", migrate.sql(Product.SQL_SERVER), flags=re.MULTILINE)
    views = [
        re.sub(r"^\s*--.*\n", "", batch).strip() for batch in batches if re.search(r"(CREATE|ALTER)\b.* VIEW", batch)
    ]
    assert len(views) == 4
    for batch in views:
        assert batch.startswith("CREATE VIEW")
        assert batch.count(";") == 1


def test_the_lock_for_migrations_binds_its_name():
    (lock,) = before_migrating(Product.SQL_SERVER)
    assert "sp_getapplock" in str(lock)
    assert str(lock).count(":lock") == 1
