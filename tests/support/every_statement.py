"""Everything that the service and its commands do with a database, once."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial

from peoplecount.domain.camera import Camera
from peoplecount.domain.door import Door
from peoplecount.domain.event_id import EventId
from peoplecount.domain.hand_count import HandCount
from peoplecount.domain.interval import Scope
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.roll_up import HOUR, QUARTER
from peoplecount.domain.site import Site
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.record_retention import RecordRetention
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.api_camaras import CameraView
from peoplecount.storage.camera_choices import put_choice
from peoplecount.storage.camera_passwords import CameraPasswords
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.growth import read_fleet
from peoplecount.storage.hand_count_table import HandCountTable
from peoplecount.storage.history import RECORDS, History
from peoplecount.storage.place_history import PlaceHistory, Where
from peoplecount.storage.positions import generations
from peoplecount.storage.record_pages import RecordPages, RecordPlaces
from peoplecount.storage.registros import Watermark
from peoplecount.storage.registros_states import load_states, save_mark, save_note
from peoplecount.storage.schema_gate import SchemaGate
from peoplecount.storage.site_hours import site_hours
from peoplecount.storage.site_table import SiteTable
from peoplecount.storage.writer_cursor import load_cursor
from tests.support.counting_line import EIGHT, CountingLine, append
from tests.support.fake_clock import FakeClock
from tests.support.toy_sealer import ToySealer

DAY = timedelta(days=1)


def do_everything(db: IDBConnection) -> None:
    """On a database with our tables."""
    SchemaGate(db).demand()
    enter_places(db)
    write_history(db)
    read_history(db)
    purge(db)
    keep_registros(db)
    remove_places(db)


def enter_places(db: IDBConnection) -> None:
    sites, cameras = SiteTable(db), CameraTable(db, ToySealer())
    for name in ("North", "Norden"):
        sites.put_site(Site("north", name, "UTC"))
        sites.put_door(Door("main", "north", name))
    camera = Camera("cam", "Hall", "192.0.2.7", site_id="north", lines=(Line(LineKey("cam"), "Line", "main"),))
    cameras.add(camera)
    cameras.change(camera)
    cameras.pause("cam")
    cameras.pause("cam", paused=False)
    cameras.swap(LineKey("cam"), EIGHT)
    cameras.take_back_swap(LineKey("cam"), EIGHT)
    cameras.pin("cam", "")
    passwords = CameraPasswords(db)
    passwords.enter("cam", "Geheim-4711", ToySealer())
    passwords.renew(lambda sealed: f"{sealed} anew")
    cameras.cameras(), cameras.paused(), sites.sites(), sites.doors(), sites.lines_of_doors(), sites.own_cameras()
    north, main = sites.sites()[0], sites.doors()[0]
    sites.change_site(north, replace(north, capacity=9, opening_hours="24/7"))
    sites.change_door(main, replace(main, name="Side"))
    sites.change_site(None, Site("south", "South", "UTC"))
    sites.change_door(None, Door("back", "south", "Back"))
    sites.remove_door("back")
    sites.remove_site("south")
    CameraView(ToySealer(), is_theirs=True).read(db)
    for name in ("Hall", "Foyer"):
        db.transaction(partial(put_choice, camera_id="theirs", name=name))
    hand_counts = HandCountTable(db)
    for people in (5, 6):
        hand_counts.put(HandCount("north", EIGHT, people))
    hand_counts.since(EIGHT)


def write_history(db: IDBConnection) -> None:
    log, line = MemoryEventLog(), CountingLine("cam")
    for grain in (None, None, timedelta(minutes=5), timedelta(minutes=5)):
        append(log, line.count(1, 1), line.count(2, after=timedelta(hours=3)), line.correct(EIGHT, line.totals[0] + 5))
        append(log, line.count(1))
        while RecordWriter(log, db, grain=grain).run_once():
            pass


def read_history(db: IDBConnection) -> None:
    history, day = History(db), EIGHT.date()
    history.as_of(lambda: history.quarter_hours(EIGHT, EIGHT + DAY, "north"))
    history.hours(EIGHT, EIGHT + DAY, camera_id="cam", line_ids=["cam-0-1-1"], site_id="north")
    history.days(day, day, camera_id="cam", line_ids=["cam-0-1-1"], site_id="north")
    for scope in (Scope.SITE, Scope.DOOR):
        history.sums(HOUR, scope, EIGHT, EIGHT + DAY, site_id="north", door_id="main", line_ids=["cam-0-1-1"])
    history.spans(QUARTER, EIGHT, EIGHT + DAY, line_ids=["cam-0-1-1"]), history.next_start(HOUR, EIGHT, door_id="main")
    (
        history.count_lines(),
        history.lines(),
        history.incomplete(QUARTER, EIGHT, EIGHT + DAY),
        history.lines_of_door("main", EIGHT, EIGHT + DAY),
        history.unknown_quarters(EIGHT, EIGHT + DAY),
        history.stamps(EIGHT, EIGHT + DAY),
    )
    generations(db)
    site_hours(db, EIGHT, EIGHT + DAY)
    pages, cursor = RecordPages(db), load_cursor(db, RECORDS)
    assert cursor is not None
    for epoch in (cursor.event_id.epoch, "gone"):
        places = RecordPlaces(["cam"], ["main"], ["north"])
        pages.page(EventId(epoch, -1), cursor.event_id, places, 9), pages.page(EventId(epoch, -1), None, places, 9)
        pages.knows(epoch)
    read_fleet(db)
    read_places(db)


def read_places(db: IDBConnection) -> None:
    history, time = PlaceHistory(db), (EIGHT, EIGHT + DAY)
    for where in (Where(), Where(["north"], "main", "cam-0-1-1"), Where(["north", "south"]), Where([])):
        for scope in Scope:
            history.stretches(HOUR, scope, *time, where), history.stretches(QUARTER, scope, *time, where)
            history.totals(scope, *time, where), history.learned_later(scope, *time, EIGHT, where)
        history.first_day(where)
    history.door_hours(*time, ["north"]), history.stamps(*time), history.stamp_check(EIGHT)


def purge(db: IDBConnection) -> None:
    log, line = MemoryEventLog(), CountingLine("late", read_at=EIGHT + 200 * DAY)
    append(log, line.count(1))
    while RecordWriter(log, db).run_once():
        pass
    removed = RecordRetention(db, 50 * DAY, FakeClock(EIGHT + 200 * DAY)).purge(threading.Event())
    assert removed > 1


def keep_registros(db: IDBConnection) -> None:
    """What is remembered of an installation's own table; of that table itself there is a suite of its own."""
    for number in (1, 2):
        mark = Watermark(number, is_number=True)
        db.transaction(partial(save_mark, mark=mark))
    db.transaction(lambda transaction: save_note(transaction, None))
    load_states(db)


def remove_places(db: IDBConnection) -> None:
    sites, cameras = SiteTable(db), CameraTable(db, ToySealer())
    cameras.remove("cam")
    sites.remove_door("main")
    sites.remove_site("north")
