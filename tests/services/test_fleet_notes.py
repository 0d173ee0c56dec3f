"""What the polling process notes of the fleet, as another process reads it."""

import json
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest

from peoplecount.domain.device_facts import DeviceFacts
from peoplecount.domain.line import LineKey
from peoplecount.domain.owed_history import OwedDays
from peoplecount.domain.poll_tally import PollTally, quarter_of
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.services.fleet_body import (
    CONDITION,
    DAYS_LEFT,
    DEVICES,
    OWED_DAYS,
    QUARTERS,
    read_devices,
    read_owed_days,
    read_tallies,
    write_days_left,
    write_devices,
    write_owed_days,
)
from peoplecount.services.fleet_notes import FleetNotes
from peoplecount.services.fleet_record import FleetRecords
from peoplecount.services.history_progress import HistoryProgress
from peoplecount.services.poller import PollFigures
from peoplecount.sunapi.sign_ins import Account, SignIns, Ticket
from tests.support.fake_clock import FakeClock
from tests.support.waiting import wait_until

DEVICE = DeviceFacts("XNF-8010", "ZS1", "1.40", "classic", 1, "http://192.0.2.7")


class Polling:
    """The process that polls: its counters, and what its clients know."""

    def __init__(self):
        self.figures = {}
        self.devices = {}

    def begins(self, camera_id):
        self.figures[camera_id] = PollFigures()

    def polls(self, camera_id, times, failures=0, seconds=0.1):
        figures = self.figures.setdefault(camera_id, PollFigures())
        figures.polls += times
        figures.failures += failures
        figures.seconds += (times - failures) * seconds


class LockedStore:
    """A store that is away for a while."""

    def __init__(self, store):
        self._store = store
        self.is_away = False

    def __getattr__(self, name):
        def call(*arguments):
            if self.is_away:
                raise LocalStoreUnavailable("the store is locked")
            return getattr(self._store, name)(*arguments)

        return call


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def store(tmp_path):
    store = LocalStore(tmp_path / "store.sqlite")
    store.open()
    yield LockedStore(store)
    store.close()


@pytest.fixture
def polling():
    return Polling()


@pytest.fixture
def notes(store, polling, clock):
    return make_notes(store, polling, clock)


def make_notes(store, polling, clock):
    return FleetNotes(
        store,
        figures=lambda: polling.figures,
        device=polling.devices.get,
        condition=lambda: {"database": {"lag": 3, "writes": True}},
        clock=clock,
    )


@pytest.fixture
def record(store, clock):
    records = FleetRecords(store, clock, clock)
    return records.now


def test_what_is_new_since_the_last_look_is_added_to_the_quarter_that_is_under_way(notes, polling, record):
    polling.polls("a", 10, failures=1)
    notes.look()
    polling.polls("a", 5)
    polling.polls("b", 2)
    notes.look()
    notes.look()
    assert record().day_of("a")[-1] == PollTally(15, 1, 1400)
    assert record().day_of("b")[-1] == PollTally(2, 0, 200)
    assert not any(record().day_of("a")[:-1])


def test_totals_only_grow_over_days_restarts_and_a_store_that_is_away(notes, polling, record, store, clock):
    polling.polls("a", 10, failures=1)
    notes.look()
    clock.passes(2 * 86_400)
    store.is_away = True
    polling.polls("a", 5)
    notes.look()
    notes.look()
    store.is_away = False
    notes.look()
    other = Polling()
    other.polls("a", 3)
    make_notes(store, other, clock).look()
    assert (record().totals["a"].polls, record().totals["a"].failures) == (18, 1)


def test_quarters_are_told_apart_and_those_of_yesterday_are_forgotten(notes, polling, record, clock, store):
    for _ in range(100):
        polling.polls("a", 1)
        notes.look()
        clock.passes(900)
    assert len(store.under(QUARTERS)) <= 97
    clock.passes(-900)
    assert [tally.polls for tally in record().day_of("a")] == [1] * 96


def test_a_camera_that_is_changed_begins_anew_and_loses_nothing(notes, polling, record):
    polling.polls("a", 10)
    notes.look()
    polling.begins("a")
    polling.polls("a", 4)
    notes.look()
    assert record().day_of("a")[-1].polls == 14


def test_a_process_that_takes_over_in_the_same_quarter_adds_to_it(notes, polling, record, store, clock):
    polling.polls("a", 10)
    notes.look()
    other = Polling()
    other.polls("a", 3)
    make_notes(store, other, clock).look()
    assert record().day_of("a")[-1].polls == 13


def test_while_the_store_is_away_what_there_is_to_note_waits_and_it_is_said_once(notes, polling, record, store, caplog):
    store.is_away = True
    for _ in range(3):
        polling.polls("a", 2)
        notes.look()
    assert len(caplog.records) == 1
    store.is_away = False
    notes.look()
    assert record().day_of("a")[-1].polls == 6


def test_what_waits_belongs_to_its_own_quarter(notes, polling, record, store, clock):
    store.is_away = True
    polling.polls("a", 2)
    notes.look()
    clock.passes(900)
    polling.polls("a", 5)
    store.is_away = False
    notes.look()
    assert [tally.polls for tally in record().day_of("a")[-2:]] == [2, 5]


def test_a_device_that_has_not_answered_since_the_start_is_what_it_was(notes, polling, record):
    polling.polls("a", 1)
    polling.devices["a"] = DEVICE
    notes.look()
    polling.devices["a"] = DeviceFacts(address="http://192.0.2.7")
    notes.look()
    assert record().devices == {"a": DEVICE}
    polling.devices["a"] = replace(DEVICE, firmware="2.0")
    notes.look()
    assert record().devices["a"].firmware == "2.0"


def test_devices_of_removed_cameras_are_forgotten(notes, polling, record):
    polling.polls("a", 1)
    polling.devices["a"] = DEVICE
    notes.look()
    del polling.figures["a"]
    notes.look()
    assert record().devices == {}


def test_devices_are_written_only_when_they_change(notes, polling, store):
    polling.polls("a", 1)
    polling.devices["a"] = DEVICE
    notes.look()
    version = store.get(DEVICES).version
    notes.look()
    assert store.get(DEVICES).version == version


def test_the_condition_of_the_process_is_noted_with_its_moment(notes, record, clock):
    notes.look()
    assert record().condition == {"at": "2026-05-04T12:00:00.000Z", "database": {"lag": 3, "writes": True}}


def test_texts_that_cannot_be_read_are_as_good_as_none(store, record, clock):
    for body in ("", "nonsense", "[]", '{"a": 7}', '{"a": [1, "2", 3]}', '{"a": [1, 2]}', "[" * 100_000):
        store.put(f"{QUARTERS}{quarter_of(clock.now())}", body)
        store.put(DEVICES, body)
        store.put(CONDITION, body)
        assert not any(record().day_of("a"))
        assert record().devices == {}
    store.put(f"{QUARTERS}nonsense", '{"a": [1, 0, 5]}')
    assert not any(record().day_of("a"))


def test_bodies_are_small():
    body = json.dumps({"camera-100": [900, 1, 45678]}, separators=(",", ":"))
    assert read_tallies(body) == {"camera-100": PollTally(900, 1, 45678)}
    assert read_devices('{"a": {"model": 7, "serial": "Z", "more": 1}}') == {"a": DeviceFacts(serial="Z")}


def test_it_looks_by_itself_and_once_more_at_the_end(store, polling, record):
    polling.polls("a", 1)
    hurried = FakeClock(speed=10_000.0)
    notes, stop = make_notes(store, polling, hurried), threading.Event()
    thread = threading.Thread(target=notes.run, args=(stop,))
    thread.start()
    stop.set()
    thread.join(10)
    wait_until(lambda: record().day_of("a")[-1].polls == 1)


def test_failed_sign_ins_count_by_real_time(store, clock):
    played = FakeClock(clock.now() + timedelta(days=300))
    account = Account.at("http://192.0.2.7", "admin")
    SignIns(clock, store).failed(Ticket.of(account))
    records = FleetRecords(store, played, clock)
    assert len(records.now().sign_ins_at("https://192.0.2.7/", "admin").attempts) == 1
    assert records.now().sign_ins_at("http://192.0.2.8", "admin").attempts == ()
    clock.passes(1801)
    assert records.now().sign_ins_at("http://192.0.2.7", "admin").attempts == ()


def test_several_machines_note_each_its_own_cameras(store, clock, record):
    def machine(camera, condition):
        polling = Polling()
        polling.polls(camera, 1)
        polling.devices[camera] = replace(DEVICE, serial=camera)
        return FleetNotes(
            store,
            figures=lambda: polling.figures,
            device=polling.devices.get,
            condition=lambda: condition,
            histories=lambda: {camera: HistoryProgress(is_looked_at=True, left=3)},
            listed=lambda: ("a", "b"),
            clock=clock,
        )

    store.put(DEVICES, write_devices({"gone": DEVICE}))
    store.put(DAYS_LEFT, write_days_left({"gone": 40, "b": 7}))
    one, other = machine("a", {"database": {"lag": 3}}), machine("b", {})
    for notes in (one, other, one, other):
        notes.look()
    assert {camera: device.serial for camera, device in record().devices.items()} == {"a": "a", "b": "b"}
    assert record().condition["database"] == {"lag": 3}, "of the one that writes"
    assert (record().totals["a"].polls, record().totals["b"].polls) == (1, 1)
    assert record().days_left == {"a": 3, "b": 3}


def test_days_that_lines_owe_are_noted_and_end_with_the_last_of_them(store, clock):
    april = OwedDays(date(2026, 4, 4), date(2026, 4, 30))
    progress = HistoryProgress(is_looked_at=True, left=27, owed={LineKey("a"): april})
    store.put(OWED_DAYS, write_owed_days({"gone-0-1-1": april, "b-0-1-1": april}))
    notes = FleetNotes(
        store,
        figures=dict,
        device={}.get,
        condition=dict,
        histories=lambda: {"a": progress, "new": HistoryProgress()},
        listed=lambda: ("a", "b", "new"),
        clock=clock,
    )
    records = FleetRecords(store, clock, clock)
    notes.look()
    assert records.owed_days() == {"a-0-1-1": april, "b-0-1-1": april}
    assert records.days_left() == {"a": 27}, "of a camera that was not looked at nobody knows"
    progress.left, progress.owed = 0, {}
    notes.look()
    assert (records.owed_days(), records.days_left()) == ({"b-0-1-1": april}, {"a": 0})


@pytest.mark.parametrize(
    "body", [None, "", "[]", '{"a-0-1-1":"April"}', '{"a-0-1-1":["2026-04-04"]}', '{"a-0-1-1":[1,2]}']
)
def test_owed_days_that_cannot_be_read_are_none(body):
    assert read_owed_days(body) == {}
