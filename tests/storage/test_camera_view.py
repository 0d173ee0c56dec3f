from dataclasses import replace
from datetime import time

import pytest
from sqlalchemy import Column, MetaData, Table, insert, literal_column, select, text, update

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.reading import Totals
from peoplecount.domain.site import Site
from peoplecount.domain.threshold import Threshold
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.eventlog.sealer import FileSealer
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.api_camaras import CameraDefaults, CameraView
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.dialects import SCHEMA
from peoplecount.storage.errors import SchemaMismatch
from peoplecount.storage.schema import cameras, doors, lines, sites
from peoplecount.storage.site_table import SiteTable
from tests.support.counting_line import CountingLine, append
from tests.support.toy_sealer import ToySealer


@pytest.fixture
def view():
    return CameraView(ToySealer())


def test_the_roster_is_what_was_entered(connection, view):
    north = Site("north", "North", "Europe/Zurich", 120, time(4, 30))
    door = Door("main", "north", "Main entrance")
    camera = Camera(
        "cam",
        "Hall",
        "http://192.0.2.7",
        "admin",
        "secret ß",
        "north",
        2.5,
        CameraProtocol.WISEAI,
        (Line(LineKey("cam"), "Door", "main"), Line(LineKey("cam", index=2), "Side", "")),
    )
    SiteTable(connection).put_site(north)
    SiteTable(connection).put_door(door)
    CameraTable(connection, ToySealer()).add(camera)
    reading = view.read(connection)
    assert reading.faults == frozenset()
    assert reading.roster.cameras == {"cam": camera}
    assert reading.roster.sites == {"north": north}
    assert reading.roster.doors == {"main": door}


def test_passwords_do_not_stand_in_the_database_in_clear(connection):
    CameraTable(connection, ToySealer()).add(Camera("cam", "Hall", "192.0.2.7", "admin", "secret"))
    question = select(literal_column("*")).select_from(Table("API_camaras", MetaData(), schema=SCHEMA))
    (row,) = connection.execute(question)
    assert row.clave == "sealed:terces"
    assert row.ip == "http://192.0.2.7"


def test_the_view_shows_what_lines_one_and_two_were_written_with_last(connection, view):
    CameraTable(connection, ToySealer()).add(Camera("cam", "Hall", "192.0.2.7"))
    assert view.read(connection).roster.cameras["cam"].last_counts == {}
    log = MemoryEventLog()
    first, second, third = (CountingLine("cam", index) for index in (1, 2, 3))
    append(log, first.count(3, 1), second.count(5, 0), third.count(9, 9), first.count(1, 1))
    RecordWriter(log, connection).run_once()
    assert view.read(connection).roster.cameras["cam"].last_counts == {1: Totals(4, 2), 2: Totals(5, 0)}


class CountingSealer(ToySealer):
    """Counts how often it is asked."""

    unsealed = 0

    def unseal(self, text):
        self.unsealed += 1
        return super().unseal(text)


def test_what_has_not_changed_is_not_opened_again_and_what_has_is(embedded):
    sealer = CountingSealer()
    view, table = CameraView(sealer), CameraTable(embedded, sealer)
    camera = Camera("cam", "Hall", "192.0.2.7", "admin", "secret")
    table.add(camera)
    table.add(Camera("other", "Hall", "192.0.2.8", "admin", "secret"))
    first = view.read(embedded)
    log = MemoryEventLog()
    append(log, CountingLine("cam", 1).count(3, 1))
    RecordWriter(log, embedded).run_once()
    opened = sealer.unsealed

    second = view.read(embedded)
    assert sealer.unsealed == opened
    assert second.roster.cameras["cam"].last_counts == {1: Totals(3, 1)}
    assert second.roster.cameras["other"] == first.roster.cameras["other"]

    table.change(replace(camera, password="another", lines=(Line(LineKey("cam"), "Door", ""),)))
    third = view.read(embedded).roster.cameras
    assert third["cam"].password == "another"
    assert [line.name for line in third["cam"].lines] == ["Door"]
    assert third["other"] == first.roster.cameras["other"]


def test_a_row_that_made_no_sense_is_looked_at_again(embedded):
    class Locked(ToySealer):
        is_open = False

        def unseal(self, text):
            if not self.is_open:
                raise ValueError("no key")
            return super().unseal(text)

    CameraTable(embedded, ToySealer()).add(Camera("cam", "Hall", "192.0.2.7", "admin", "secret"))
    sealer = Locked()
    locked = CameraView(sealer)
    assert locked.read(embedded).roster.cameras == {}
    sealer.is_open = True
    assert locked.read(embedded).roster.cameras["cam"].password == "secret"


def test_paused_cameras_are_not_in_the_view_and_are_known_as_such(connection, view):
    entered = CameraTable(connection, ToySealer())
    hall = Camera(
        *("cam", "Hall", "http://192.0.2.7", "admin", "secret"), poll_interval=2.5, protocol=CameraProtocol.WISEAI,
        lines=(Line(LineKey("cam"), "Door", ""),),
    )  # fmt: skip
    entered.add(hall)
    entered.pause("cam")
    reading = view.read(connection)
    assert reading.faults == frozenset()
    assert reading.roster.cameras == {}
    assert reading.roster.paused == {"cam": hall}
    entered.pause("cam", paused=False)
    roster = view.read(connection).roster
    assert (list(roster.cameras), roster.paused) == (["cam"], {})


def test_a_camera_that_does_not_say_gets_the_defaults(connection):
    CameraTable(connection, ToySealer()).add(Camera("cam", "Hall", "192.0.2.7"))
    connection.execute(update(cameras).values(poll_interval=None))
    view = CameraView(ToySealer(), defaults=CameraDefaults("viewer", "geheim", 7.0))
    camera = view.read(connection).roster.cameras["cam"]
    assert (camera.username, camera.password, camera.poll_interval) == ("viewer", "geheim", 7.0)
    assert "geheim" not in repr(CameraDefaults("viewer", "geheim"))


def test_a_row_that_makes_no_sense_is_left_out_and_the_others_are_not(connection, view):
    CameraTable(connection, ToySealer()).add(Camera("good", "Hall", "192.0.2.7"))
    row = {"name": "x", "username": "", "password": "", "site_id": "default", "protocol": None, "paused": False}
    for camera_id, address, interval in [
        ("no address", "", 5),
        ("wide", "http://a:b@c", 5),
        ("slow", "192.0.2.8", 9e9),
    ]:
        connection.execute(
            insert(cameras), row | {"camera_id": camera_id, "address": address, "poll_interval": interval}
        )
    reading = view.read(connection)
    assert list(reading.roster.cameras) == ["good"]
    assert len(reading.faults) == 3
    assert any("3600 s are allowed" in fault for fault in reading.faults)


def foreign(connection, columns):
    connection.execute(text("CREATE TABLE camaras (camara_id INTEGER, ip TEXT, usuario TEXT, clave TEXT)"))
    connection.execute(text(f'CREATE VIEW "API_camaras" AS SELECT {columns} FROM camaras'))


LEGACY = (
    "camara_id, ip, usuario, clave, camara_id AS in1, camara_id AS out1, nullif(ip, ip) AS in2, nullif(ip, ip) AS out2"
)


NASTY = "two\nlines \x1b[31m" + "x" * 100_000
CAMERA = {"ip": "192.0.2.7", "usuario": "admin", "clave": "secret", "in1": 5, "out1": 4, "in2": None, "out2": None,
          "name": "Hall", "site_id": "shop", "poll_interval": 5, "protocol": ""}  # fmt: skip


def someone_elses(connection, *cameras):
    """A view in which anything may stand, beside our own tables; its cameras are ``good``, and ``cameras``."""
    columns = ", ".join(("camara_id", *CAMERA))
    connection.execute(text(f"CREATE TABLE theirs ({columns})"))
    for number, changes in enumerate(({"camara_id": "good"}, *cameras)):
        row = {"camara_id": f"bad{number}", **CAMERA, **changes}
        connection.execute(text(f"INSERT INTO theirs ({columns}) VALUES (:{', :'.join(row)})"), row)


def read_theirs(connection, sealer=None, **defaults):
    reading = CameraView(sealer or ToySealer(), name="theirs", defaults=CameraDefaults(**defaults)).read(connection)
    assert reading.roster.cameras["good"].name == "Hall"
    assert all(fault.isprintable() and len(fault) <= 500 for fault in reading.faults)
    return reading


@pytest.mark.parametrize(
    "changes",
    [
        {"clave": "sealed:foo"},
        {"camara_id": None},
        {"camara_id": NASTY},
        {"ip": f"http://192.0.2.7/{NASTY}"},
        {"ip": None},
        {"poll_interval": "soon"},
        {"poll_interval": NASTY},
        {"poll_interval": float("inf")},
        {"poll_interval": b"\0"},
        {"protocol": NASTY},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_a_camera_that_cannot_be_asked_is_left_out_with_one_fault_and_the_others_are_not(embedded, tmp_path, changes):
    someone_elses(embedded, changes)
    reading = read_theirs(embedded, FileSealer(tmp_path / "key"))
    assert list(reading.roster.cameras) == ["good"]
    (fault,) = reading.faults
    assert fault.startswith("camera '")
    assert fault.endswith("; it is left out")


@pytest.mark.parametrize("figure", [float("inf"), "many", -1e400, b"x", "9" * 5000])
def test_a_camera_whose_last_counts_are_none_is_asked_all_the_same(embedded, figure):
    someone_elses(embedded, {"in1": figure})
    reading = read_theirs(embedded)
    assert reading.roster.cameras["bad1"].last_counts == {}
    (fault,) = reading.faults
    assert "last counts" in fault


def test_names_are_made_fit_to_be_shown_and_that_is_said(embedded):
    someone_elses(embedded, {"name": NASTY}, {"name": "\n"}, {"name": "  Padded by the server   "}, {"name": None})
    reading = read_theirs(embedded)
    shown = {camera.camera_id: camera.name for camera in reading.roster.cameras.values()}
    assert shown["bad1"].startswith("two lines  [31mxxx")
    assert shown["bad1"].endswith("x…")
    assert len(shown["bad1"]) == 200
    assert (shown["bad2"], shown["bad3"], shown["bad4"]) == ("bad2", "Padded by the server", "bad4")
    (fault,) = reading.faults
    assert "camera 'bad1': its name" in fault


def test_a_site_id_that_is_none_leads_to_the_default_site(embedded):
    someone_elses(embedded, {"site_id": NASTY})
    reading = read_theirs(embedded)
    assert reading.roster.cameras["bad1"].site_id == "default"
    assert any("default site" in fault for fault in reading.faults)


GOOD_SITE = {"site_id": "shop", "name": "Shop", "time_zone": "Europe/Zurich", "capacity": 9, "reset_time": "04:30",
             "busy_from": "5", "full_from": "90%"}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "fields", "words"),
    [
        ({"time_zone": "Mars/Olympus"}, {"time_zone": "Asia/Tokyo"}, "'Mars/Olympus' is not a time zone"),
        ({"time_zone": NASTY}, {"time_zone": "Asia/Tokyo"}, "its days are those of Asia/Tokyo"),
        ({"reset_time": "25:00"}, {"reset_time": time(0, 0)}, "its days begin at midnight"),
        ({"reset_time": NASTY}, {"reset_time": time(0, 0)}, "its days begin at midnight"),
        ({"capacity": -3}, {"capacity": None}, "its capacity is taken as unknown"),
        ({"capacity": "many"}, {"capacity": None}, "its capacity is taken as unknown"),
        ({"busy_from": "half"}, {"busy_from": None}, "its threshold is as usual"),
        ({"full_from": NASTY[:16]}, {"full_from": None}, "its threshold is as usual"),
        ({"name": NASTY}, {"name": f"two lines  [31m{'x' * 184}…"}, "its name"),
    ],
)
def test_a_site_with_a_fault_stays_a_site(embedded, changes, fields, words):
    someone_elses(embedded)
    insert_raw(embedded, sites, GOOD_SITE, GOOD_SITE | {"site_id": "odd"} | changes)
    reading = read_theirs(embedded, time_zone="Asia/Tokyo")
    levels = {"busy_from": Threshold(5), "full_from": Threshold(90, is_share=True)}
    good = Site("shop", "Shop", "Europe/Zurich", 9, time(4, 30), **levels)
    assert reading.roster.sites == {"shop": good, "odd": replace(good, site_id="odd", **fields)}
    (fault,) = reading.faults
    assert words in fault
    assert fault.startswith("site 'odd'")


def test_sites_doors_and_lines_that_cannot_be_told_are_left_out(embedded):
    someone_elses(embedded)
    insert_raw(embedded, sites, GOOD_SITE, GOOD_SITE | {"site_id": NASTY})
    door = {"door_id": "main", "site_id": "shop", "name": NASTY}
    insert_raw(embedded, doors, door, door | {"door_id": NASTY})
    insert_raw(embedded, cameras, {"camera_id": "good", **dict.fromkeys(
        ("name", "address", "username", "password"), ""), "site_id": "shop", "paused": False})  # fmt: skip
    line = {"line_id": "good-0-1-1", "camera_id": "good", "channel": 0, "rule": 1, "line_index": 1, "name": "Door"}
    insert_raw(embedded, lines, line | {"door_id": "main"})
    for number, index in enumerate(["first", -1, 1.5, 2**31, NASTY]):
        insert_raw(embedded, lines, line | {"line_id": f"bad-{number}", "line_index": index})
    reading = read_theirs(embedded)
    assert list(reading.roster.sites) == ["shop"]
    assert [len(door.name) for door in reading.roster.doors.values()] == [200]
    assert reading.roster.cameras["good"].lines == (Line(LineKey("good"), "Door", "main"),)
    assert len(reading.faults) == 1 + 2 + 5


def insert_raw(connection, table, *rows):
    """Into one of our tables past all checks, as with a database client."""
    for row in rows:
        names = list(row)
        connection.execute(text(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES (:{', :'.join(names)})"), row)


def test_an_old_installations_view_is_enough(make_connection, view):
    """Eight columns, numbers for ids, passwords in clear, and none of our tables."""
    connection = make_connection("sqlite")
    foreign(connection, LEGACY)
    connection.execute(
        text("INSERT INTO camaras VALUES (:id, :ip, :user, :key)"),
        {"id": 17, "ip": "192.0.2.7", "user": "admin", "key": "clear text"},
    )
    camera = view.read(connection).roster.cameras["17"]
    assert camera == Camera("17", "17", "http://192.0.2.7", "admin", "clear text", last_counts={1: Totals(17, 17)})


def test_column_names_may_be_written_in_any_case(make_connection, view):
    connection = make_connection("sqlite")
    foreign(connection, LEGACY.replace("camara_id,", "camara_id AS CAMARA_ID,", 1).replace("ip,", "ip AS Ip,", 1))
    connection.execute(text("INSERT INTO camaras VALUES (:id, :ip, :ip, :ip)"), {"id": 1, "ip": "192.0.2.7"})
    assert list(view.read(connection).roster.cameras) == ["1"]


def test_a_view_without_the_columns_says_which_are_missing(make_connection, view):
    connection = make_connection("sqlite")
    foreign(connection, "camara_id, ip")
    connection.execute(text("INSERT INTO camaras VALUES (:id, :ip, :ip, :ip)"), {"id": 1, "ip": "192.0.2.7"})
    with pytest.raises(SchemaMismatch, match="lacks usuario, clave, in1, out1, in2, out2"):
        view.read(connection)


def test_a_missing_view_is_an_error_and_not_an_empty_fleet(make_connection, view):
    with pytest.raises(SchemaMismatch):
        view.read(make_connection("sqlite"))


def test_the_view_may_have_another_name_and_schema(make_connection):
    connection = make_connection("postgresql")
    connection.execute(text('CREATE TABLE public."Legacy" AS SELECT current_user AS nothing'))
    try:
        with pytest.raises(SchemaMismatch, match="lacks camara_id"):
            CameraView(ToySealer(), name="public.Legacy").read(connection)
    finally:
        connection.execute(text('DROP TABLE public."Legacy"'))


def test_of_a_camera_that_is_in_the_view_twice_the_first_row_is_used_and_that_is_said(make_connection, view):
    connection = make_connection("sqlite")
    columns = "camara_id, ip, usuario, clave, in1, out1, in2, out2"
    connection.execute(text(f"CREATE TABLE mine ({columns})"))
    connection.execute(text(f'CREATE VIEW "API_camaras" AS SELECT {columns} FROM mine'))
    mine = Table("mine", MetaData(), Column("camara_id"), Column("ip"))
    for number in (7, 8):
        connection.execute(insert(mine), {"camara_id": "cam", "ip": f"192.0.2.{number}"})
    reading = view.read(connection)
    assert reading.roster.cameras["cam"].address == "http://192.0.2.7"
    (fault,) = reading.faults
    assert "'cam'" in fault
    assert "more than once" in fault


def test_others_may_have_their_turn_after_each_row(connection):
    for number in range(5):
        CameraTable(connection, ToySealer()).add(Camera(f"cam{number}", "Hall", "http://192.0.2.7", "admin", "secret"))
    breaths = []
    view = CameraView(ToySealer(), breathe=lambda: breaths.append(1))
    assert len(view.read(connection).roster.cameras) == len(breaths) == 5
