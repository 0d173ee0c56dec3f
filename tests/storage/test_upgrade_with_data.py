"""An installation's data through the steps of the schema."""

from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import insert, literal_column, select, table, text, update

from peoplecount.domain.camera import Camera
from peoplecount.domain.roster import Roster
from peoplecount.storage import migrate
from peoplecount.storage.api_camaras import CameraView
from peoplecount.storage.dialects import schema_name
from peoplecount.storage.schema import cameras, doors, hour_counts, lines, positions, records, sites
from tests.support.schema_differences import differences_of
from tests.support.toy_sealer import ToySealer

NINE = datetime(2026, 5, 4, 9, tzinfo=UTC)
KEY = {"line_id": "cam-0-1-1", "camera_id": "cam", "channel": 0, "rule": 1, "line_index": 1}
TOTALS = {"in_generation": "2026-05-04.0", "in_total": 8, "out_generation": "2026-05-04.0", "out_total": 5}
RECORD = (
    {"event_epoch": "e", "event_number": 7, "door_id": "door", "site_id": "site", "started_at": NINE, "ended_at": NINE}
    | {"local_time": datetime(2026, 5, 4, 11), "in_count": 3, "out_count": 2, "quality": "measured"}
    | KEY
    | TOTALS
)
HOUR = {
    "line_id": "cam-0-1-1",
    "starts_at": NINE,
    "door_id": "door",
    "site_id": "site",
    "local_start": datetime(2026, 5, 4, 11),
    "in_count": 3,
    "out_count": 2,
    "quality": "measured",
}
CAMERA = ("camera_id", "name", "address", "username", "password", "site_id", "paused")


@pytest.fixture
def first(blank):
    """A database as version 0.1 left it, with a camera that has counted."""
    name = schema_name(blank.product, blank.schema)

    def make(raw):
        making = migrate._create_schema(blank.product, name)
        if making:
            raw.execute(text(making))
        command.upgrade(migrate._config(connection=raw, schema=name), "0001")

    blank.run(make)
    row = ("cam", "Hall", "http://192.0.2.7", "", "", "default", False)
    blank.execute(insert(cameras), dict(zip(CAMERA, row, strict=True)))
    blank.execute(insert(positions), KEY | TOTALS | {"ended_at": NINE})
    blank.execute(insert(records), RECORD)
    blank.execute(insert(hour_counts), HOUR)
    return blank


def test_what_was_counted_is_there_after_the_upgrade(first):
    assert migrate.upgrade(first) == "0001"
    (record,) = first.execute(select(records))
    assert record._mapping == RECORD | {"record_id": 1}
    (hour,) = first.execute(select(hour_counts))
    assert hour._mapping == HOUR | {"coverage": None}
    reading = CameraView(ToySealer()).read(first)
    assert reading.faults == frozenset()
    assert list(reading.roster.cameras) == ["cam"]
    assert reading.roster.cameras["cam"].last_counts[1].in_total == 8


def test_records_without_totals_go_in_after_it_and_their_numbers_go_on(first):
    migrate.upgrade(first)
    first.execute(insert(records), RECORD | dict.fromkeys(TOTALS) | {"in_count": -2})
    assert [(row.record_id, row.in_count, row.in_total) for row in first.execute(select(records))] == [
        (1, 3, 8),
        (2, -2, None),
    ]


def test_the_cameras_can_be_read_while_the_upgrade_is_still_to_come(first):
    """The service starts and polls on a server whose administrator has not got to it."""
    first.execute(insert(sites), {"site_id": "s", "name": "Shop", "time_zone": "UTC", "reset_time": "04:00"})
    roster: Roster = CameraView(ToySealer()).read(first).roster
    assert roster.sites["s"].name == "Shop"
    assert roster.cameras["cam"].camera_id == "cam"


def test_the_view_shows_the_new_columns_of_the_cameras(first):
    migrate.upgrade(first)
    pinned = {"certificate": "ab" * 32, "nvr_channel": 3, "inner_address": "http://10.0.0.7"}
    first.execute(update(cameras).values(pinned))
    camera: Camera = CameraView(ToySealer()).read(first).roster.cameras["cam"]
    assert (camera.certificate, camera.nvr_channel, camera.inner_address) == ("ab" * 32, 3, "http://10.0.0.7")


def test_doors_and_their_lines_are_there_after_the_upgrade_and_bound_to_nothing(first):
    """A line may be that of a camera which stands in somebody else's view."""
    migrate.upgrade(first)
    line = {"line_id": "9-0-1-1", "camera_id": "9", "channel": 0, "rule": 1, "line_index": 1, "name": "Door"}
    first.execute(insert(lines), line | {"door_id": "main"})
    assert [(row.line_id, row.door_id) for row in first.execute(select(lines))] == [("9-0-1-1", "main")]


@pytest.mark.parametrize("blank", ["sqlite", "postgresql"], indirect=True)
def test_doors_and_lines_of_before_stay(first):
    site = {"site_id": "s", "name": "Shop", "time_zone": "UTC", "reset_time": "04:00"}
    door = {"door_id": "main", "site_id": "s", "name": "Main"}
    line = {name: KEY[name] for name in KEY} | {"name": "Line", "door_id": "main"}
    for table_of, row in ((sites, site), (doors, door), (lines, line)):
        first.execute(insert(table_of), row)
    migrate.upgrade(first)
    assert [dict(row._mapping) for row in first.execute(select(doors))] == [door]
    assert [dict(row._mapping) for row in first.execute(select(lines))] == [line]


def test_an_upgraded_database_is_like_a_new_one(first):
    migrate.upgrade(first)
    assert differences_of(first, but_views=True) == []


@pytest.mark.parametrize("query", ["SELECT line_id, in_count FROM records", "SELECT nonsense FROM no_such_table"])
@pytest.mark.parametrize("blank", ["sqlite"], indirect=True)
def test_an_owners_views_do_not_stand_in_the_way(first, query):
    """On the embedded database ``records`` is written anew, and SQLite looks through all views when it is renamed."""
    first.execute(text(f"CREATE VIEW report AS {query}"))
    migrate.upgrade(first)
    view = select(literal_column("sql")).select_from(table("sqlite_master")).where(literal_column("name") == "report")
    assert [row.sql for row in first.execute(view)] == [f"CREATE VIEW report AS {query}"]
    if "records" in query:
        assert first.execute(select(literal_column("*")).select_from(table("report"))) == [("cam-0-1-1", 3)]


def test_an_owners_own_view_of_cameras_stays_as_it_is(make_connection):
    connection = make_connection("sqlite")
    columns = "camara_id, ip, usuario, clave, in1, out1, in2, out2, name, site_id, poll_interval, protocol"
    connection.execute(text(f"CREATE TABLE mine ({columns})"))
    connection.execute(text(f'CREATE VIEW "API_camaras" AS SELECT {columns} FROM mine'))
    migrate.upgrade(connection)
    assert connection.execute(select(literal_column("*")).select_from(table("API_camaras"))) == []
    view = (
        select(literal_column("sql")).select_from(table("sqlite_master")).where(literal_column("name") == "API_camaras")
    )
    assert [row.sql for row in connection.execute(view)] == [f'CREATE VIEW "API_camaras" AS SELECT {columns} FROM mine']
