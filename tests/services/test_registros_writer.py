from contextlib import suppress
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from peoplecount.domain.event import EventKind, NewEvent
from peoplecount.domain.increment import Generation
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.database_copy import DatabaseCopy
from peoplecount.services.registros_keeping import Apart, Together
from peoplecount.services.registros_writer import SHARE, RegistrosWriter
from peoplecount.storage.errors import DatabaseError, DatabaseUnavailable, SchemaMismatch
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.registros_shape import look_at
from peoplecount.storage.registros_states import load_states
from tests.support.counting_line import EIGHT, CountingLine, append
from tests.support.fake_clock import FakeClock
from tests.support.installation import Installation
from tests.support.lossy import LossyDatabase
from tests.support.own_tables import make_tables

MINUTE = timedelta(minutes=1)


class Attached:
    """A writer on an installation; with our tables beside it, or apart in ``own``."""

    def __init__(self, log, installation, clock, own=None):
        self.log, self.installation, self.clock = log, installation, clock
        self.theirs = LossyDatabase(ProxyDB(installation.connection, pause=lambda seconds: None))
        self.own = LossyDatabase(ProxyDB(own, pause=lambda seconds: None)) if own else self.theirs
        self.look_seconds = self.call_seconds = 0.0
        self.restarts()

    @property
    def apart(self):
        return self.own is not self.theirs

    def restarts(self):
        now, connection = self.clock.now, self.installation.connection
        keeping = Apart(self.own, self.theirs, now) if self.apart else Together(self.own, now)

        def look():
            self.clock.passes(self.look_seconds)
            return look_at(self.theirs, connection.product, self.installation.table_name, connection.schema)

        def slowly(call, *given):
            self.clock.passes(self.call_seconds)
            return call(*given)

        monotonic = self.clock.monotonic
        self.writer = RegistrosWriter(
            self.log, keeping, look, self.theirs, clock=self.clock, offload=slowly, monotonic=monotonic
        )

    def shows(self, *events):
        """A poll told this, and it is written."""
        append(self.log, *events)
        self.catches_up()

    def catches_up(self):
        while self.writer.run_once():
            pass

    def rows(self, camera_id=None):
        return self.installation.rows(camera_id)


@pytest.fixture
def log():
    return MemoryEventLog()


@pytest.fixture
def clock():
    return FakeClock(EIGHT)


@pytest.fixture(params=["together", "apart"])
def attach(request, blank, make_connection, log, clock):
    """Makes an installation of each kind of database, with our tables beside it or in an embedded one."""

    theirs, own, made = blank, make_connection("sqlite", "own"), []
    if request.param == "together":
        theirs = own = request.getfixturevalue("connection")
    else:
        make_tables(own)

    def attach(*old_rows, **options):
        made.append(Installation(theirs, **options).make())
        for row in old_rows:
            made[-1].writes(*row)
        return Attached(log, made[-1], clock, None if own is theirs else own)

    yield attach
    for installation in made:
        installation.take_away()


@pytest.fixture(params=["together", "apart"])
def quick(request, make_connection, log, clock):
    """The same, on SQLite only."""

    def attach(*old_rows, **options):
        theirs = make_connection("sqlite", "theirs")
        installation = Installation(theirs, **options).make()
        for row in old_rows:
            installation.writes(*row)
        own = theirs if request.param == "together" else make_connection("sqlite", "own")
        make_tables(own)
        return Attached(log, installation, clock, None if own is theirs else own)

    return attach


def morning_of(day):
    """The camera's next day: totals begin from zero."""
    return Generation(date(2026, 5, day))


def test_a_row_holds_the_totals_of_both_lines_and_comes_where_they_differ(attach):
    attached = attach()
    attached.catches_up()
    left, right = CountingLine("7", 1), CountingLine("7", 2)
    attached.shows(left.count(3, 1), right.count(0, 2))
    attached.shows(left.count(1, 0))
    attached.shows(right.count(0, 0))
    assert attached.rows() == [("7", 3, 1, 0, 2), ("7", 4, 1, 0, 2)]
    attached.restarts()
    attached.catches_up()
    assert len(attached.rows()) == 2
    assert attached.writer.state.figures()["writes"]


def test_numbers_as_ids_stay_numbers(attach):
    attached = attach(numeric_id=True)
    attached.catches_up()
    attached.shows(CountingLine("7").count(3, 1))
    assert attached.rows() == [(7, 3, 1, 0, 0)]


def test_it_goes_on_after_the_older_softwares_last_row(attach):
    attached = attach(("7", 3, 1, 9, 9), ("7", 4, 1, 9, 9))
    attached.catches_up()
    first, second = CountingLine("7", 1), CountingLine("7", 2)
    attached.shows(first.count(4, 1), second.count(9, 9))
    attached.shows(first.count(1, 0))
    assert attached.rows() == [("7", 3, 1, 9, 9), ("7", 4, 1, 9, 9), ("7", 5, 1, 9, 9)]


def test_what_cameras_show_when_it_is_attached_is_the_first_row_and_what_they_showed_long_ago_is_none(
    attach, log, clock
):
    attached = attach(("new", 1, 0, 0, 0))
    append(log, CountingLine("old").count(5, 5), CountingLine("new").count(7, 0))
    log.note_seen(log.raise_term(), {"new-0-1-1": EIGHT + 60 * MINUTE, "old-0-1-1": EIGHT})
    clock.passes(3600)
    attached.catches_up()
    assert attached.rows() == [("new", 1, 0, 0, 0), ("new", 7, 0, 0, 0)]


def test_a_table_of_people_between_readings_is_not_written(attach):
    rows = [("7", minute * 7 % 5, minute * 3 % 4, 0, 0) for minute in range(60)]
    attached = attach(*rows)
    with pytest.raises(SchemaMismatch, match="db attach"):
        attached.catches_up()
    assert len(attached.rows()) == 60
    assert not attached.writer.state.figures()["writes"]


@pytest.mark.parametrize("fates", [["lost"], ["done"], ["lost", "lost"], ["done", "lost"], ["done", "done"]])
def test_a_lost_answer_loses_and_doubles_no_row(attach, fates):
    attached = attach()
    attached.catches_up()
    line = CountingLine("7")
    attached.shows(line.count(1, 0))
    attached.theirs.loses(*fates)
    append(attached.log, line.count(1, 0), line.count(0, 1), CountingLine("8").count(1, 1))
    for _ in fates:
        with suppress(DatabaseUnavailable):
            attached.writer.run_once()
    attached.catches_up()
    attached.shows(line.count(1, 0))
    assert attached.rows("7") == [("7", 1, 0, 0, 0), ("7", 2, 0, 0, 0), ("7", 2, 1, 0, 0), ("7", 3, 1, 0, 0)]
    assert attached.rows("8") == [("8", 1, 1, 0, 0)]
    assert not attached.writer.state.degraded


@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("fate", ["lost", "done"])
def test_our_own_store_may_fail_at_any_moment(quick, numbered, place, fate):
    attached = quick(numbered=numbered)
    attached.catches_up()
    line = CountingLine("7")
    attached.shows(line.count(1, 0))
    attached.own.loses(*["kept"] * place, fate)
    append(attached.log, line.count(1, 0), line.count(0, 1))
    for _ in range(3):
        with suppress(DatabaseUnavailable):
            attached.writer.run_once()
            attached.restarts()
    attached.own.loses()
    attached.catches_up()
    assert attached.rows() == [("7", 1, 0, 0, 0), ("7", 2, 0, 0, 0), ("7", 2, 1, 0, 0)]
    assert not attached.writer.state.degraded


@pytest.mark.parametrize("fate", ["lost", "done"])
@pytest.mark.parametrize("dated", [True, False])
def test_a_table_without_numbers_is_exact_too(attach, fate, dated):
    attached = attach(numbered=False, dated=dated)
    attached.catches_up()
    line = CountingLine("7")
    attached.theirs.loses(fate)
    append(attached.log, line.count(1, 0), line.count(1, 0))
    with suppress(DatabaseUnavailable):
        attached.writer.run_once()
    attached.restarts()
    attached.catches_up()
    assert sorted(attached.rows()) == [("7", 1, 0, 0, 0), ("7", 2, 0, 0, 0)]
    assert not attached.writer.state.degraded


def test_a_second_writer_is_noticed_said_and_not_repeated(attach, caplog):
    attached = attach()
    attached.catches_up()
    line = CountingLine("7")
    attached.shows(line.count(1, 0))
    attached.installation.writes("7", 2, 0, 0, 0)
    attached.shows(line.count(1, 0))
    attached.shows(line.count(1, 0))
    assert attached.rows() == [("7", 1, 0, 0, 0), ("7", 2, 0, 0, 0), ("7", 3, 0, 0, 0)]
    assert attached.writer.state.degraded
    assert attached.writer.state.figures()["rowsOfOthers"] == 1
    assert [record.levelname for record in caplog.records if "Somebody else writes" in record.message] == ["WARNING"]


def test_a_second_writer_during_a_lost_answer_never_makes_totals_go_back(quick):
    attached = quick()
    attached.catches_up()
    line = CountingLine("7")
    attached.theirs.loses("lost")
    append(attached.log, line.count(1, 0), CountingLine("8").count(4, 4))
    with suppress(DatabaseUnavailable):
        attached.writer.run_once()
    attached.installation.writes("7", 2, 0, 0, 0)
    attached.catches_up()
    attached.shows(line.count(1, 0))
    attached.shows(line.count(1, 0))
    assert attached.rows("8") == [("8", 4, 4, 0, 0)]
    assert attached.rows("7")[-1] == ("7", 3, 0, 0, 0)
    if attached.apart:
        assert attached.rows("7") == [("7", 2, 0, 0, 0), ("7", 3, 0, 0, 0)]
    assert attached.writer.state.degraded


def test_a_second_writer_into_a_table_without_numbers_is_seen_when_it_is_taken_up_again(attach):
    attached = attach(numbered=False)
    attached.catches_up()
    attached.shows(CountingLine("7").count(1, 0))
    attached.installation.writes("7", 2, 0, 0, 0)
    attached.restarts()
    attached.catches_up()
    assert attached.writer.state.degraded


def test_a_log_that_was_put_back_writes_nothing_twice(attach, log):
    attached = attach()
    attached.catches_up()
    line = CountingLine("7")
    attached.shows(line.count(1, 0))
    attached.shows(line.count(1, 0))
    log.start_epoch()
    attached.catches_up()
    attached.shows(line.count(1, 0))
    assert attached.rows() == [("7", 1, 0, 0, 0), ("7", 2, 0, 0, 0), ("7", 3, 0, 0, 0)]


def test_after_a_data_folder_was_put_back_its_rows_are_found_in_the_table(make_connection, log, clock, tmp_path):
    """Our notes are older than the table then, and what the log tells next is in it already."""
    theirs, own = make_connection("sqlite", "theirs"), make_connection("sqlite", "own")
    installation = Installation(theirs).make()
    make_tables(own)
    attached = Attached(log, installation, clock, own)
    attached.catches_up()
    line = CountingLine("7")
    attached.shows(line.count(1, 0))
    own.disconnect()
    kept = {file: file.read_bytes() for file in tmp_path.glob("own*")}
    attached.shows(line.count(1, 0))
    attached.shows(line.count(1, 0))
    own.disconnect()
    for file in tmp_path.glob("own*"):
        file.unlink()
    for file, content in kept.items():
        file.write_bytes(content)
    attached.restarts()
    attached.catches_up()
    attached.shows(line.count(1, 0))
    assert attached.rows() == [("7", total, 0, 0, 0) for total in (1, 2, 3, 4)]
    assert attached.writer.state.degraded  # who wrote them, nobody remembers


def test_midnight_is_a_row_of_zeros_also_where_a_total_is_still_held_back(quick):
    """A total that stays at 0 is told of minutes after midnight; until then yesterday's must not look like today's."""
    attached = quick()
    attached.catches_up()
    one, two = CountingLine("7", 1), CountingLine("7", 2)
    attached.shows(one.count(80, 70), two.count(5, 6))
    one.totals, one.generation = (0, 70), morning_of(5)  # in has begun its day, out is held back
    event = one.count(1, 0)
    event = NewEvent(
        event.kind,
        *(getattr(event, name) for name in ("site_id", "camera_id", "door_id", "subject")),
        event.body.replace('"outGeneration":"2026-05-05.0"', '"outGeneration":"2026-05-04.0"'),
    )
    attached.shows(event)
    assert attached.rows()[-1] == ("7", 1, 0, 0, 0)
    two.totals, two.generation = (0, 0), morning_of(5)
    attached.shows(two.count(0, 0))
    attached.shows(two.count(2, 0))
    assert attached.rows() == [("7", 80, 70, 5, 6), ("7", 1, 0, 0, 0), ("7", 1, 0, 2, 0)]


def test_lines_beyond_two_are_reported_and_not_folded_in(quick, caplog):
    attached = quick()
    attached.catches_up()
    lines = [CountingLine("7", index) for index in (1, 2, 3)]
    attached.shows(*(line.count(1, 1) for line in lines))
    attached.shows(lines[2].count(5, 5))
    assert attached.rows() == [("7", 1, 1, 1, 1)]
    assert attached.writer.state.lines_left_out == ("7-0-1-3",)
    assert sum("left out are 7-0-1-3" in record.message for record in caplog.records) == 1


def test_totals_are_the_cameras_own_also_of_a_line_that_is_swapped(quick):
    attached = quick()
    attached.catches_up()
    attached.shows(CountingLine("7", swapped=True).count(3, 1))
    assert attached.rows() == [("7", 3, 1, 0, 0)]


def test_rows_that_come_late_are_dated_by_their_reading(attach, clock):
    attached = attach()
    attached.catches_up()
    line = CountingLine("7")
    append(attached.log, line.count(1, 0))
    clock.passes(10)
    attached.catches_up()
    append(attached.log, line.count(1, 0, after=timedelta(hours=1)))
    clock.passes(9 * 3600)
    attached.catches_up()
    prompt, late = attached.installation.dates()
    ago = prompt - late
    assert timedelta(hours=8) - MINUTE < ago < timedelta(hours=8) + MINUTE


def test_a_line_the_camera_does_not_have_is_written_as_the_older_software_did(quick):
    attached = quick(("7", 1, 1, None, None))
    attached.catches_up()
    attached.shows(CountingLine("7").count(2, 2))
    assert attached.rows()[-1] == ("7", 2, 2, None, None)


def test_counts_that_make_no_sense_are_passed_over_and_said(quick, caplog):
    attached = quick()
    attached.catches_up()
    append(attached.log, NewEvent(EventKind.COUNT, "site", "7", "", "", '{"time":"yesterday"}'))
    attached.shows(CountingLine("7").count(2, 2))
    assert attached.rows() == [("7", 2, 2, 0, 0)]
    assert attached.writer.state.refused == 1
    assert "cannot be read" in caplog.text


def test_a_table_that_is_taken_away_is_said_once_and_taken_up_when_it_is_back(quick, caplog):
    attached = quick()
    attached.catches_up()
    attached.installation.connection.execute(text("ALTER TABLE registros RENAME TO aside"))
    append(attached.log, CountingLine("7").count(1, 0))
    for _ in range(3):
        with pytest.raises(DatabaseError):
            attached.writer.run_once()
    assert sum("registros cannot be written" in record.message for record in caplog.records) <= 2
    attached.installation.connection.execute(text("ALTER TABLE aside RENAME TO registros"))
    attached.catches_up()
    assert attached.rows() == [("7", 1, 0, 0, 0)]
    assert attached.writer.state.error == ""


def test_a_long_absence_is_caught_up_in_order(attach):
    attached = attach()
    attached.catches_up()
    lines = [CountingLine(str(camera), index) for camera in range(3) for index in (1, 2)]
    for _ in range(150):
        for one, two in zip(lines[::2], lines[1::2], strict=True):
            append(attached.log, one.count(1, 0), two.count(0, 1))
    attached.catches_up()
    for camera in range(3):
        assert attached.rows(str(camera)) == [(str(camera), n, 0, 0, n) for n in range(1, 151)]


class StopsAfter:
    """Is set after so many pauses, which are noted; in each somebody is counted."""

    def __init__(self, pauses, count):
        self.left, self.count, self.pauses = pauses, count, []

    def is_set(self):
        return not self.left

    def wait(self, seconds):
        self.left -= 1
        self.pauses.append(seconds)
        self.count()


def test_after_a_batch_their_database_has_its_rest_but_not_after_a_slow_first_look_at_it(quick):
    attached, line = quick(), CountingLine("1")
    attached.look_seconds, attached.call_seconds = 8.0, 0.25
    stop = StopsAfter(2, lambda: append(attached.log, line.count(1)))
    attached.writer.run(stop)
    rest = 2 * 0.25 * (1 / SHARE - 1)  # the log's head, and its entries
    assert stop.pauses == [pytest.approx(rest), pytest.approx(rest)]
    assert len(attached.rows("1")) == 1


def test_a_camera_whose_rows_are_refused_holds_up_no_other(quick, caplog):
    attached = quick(numeric_id=True)
    attached.catches_up()
    seven, hall, eight = CountingLine("7"), CountingLine("hall"), CountingLine("8")
    append(attached.log, seven.count(1), hall.count(1), eight.count(1), hall.count(1), seven.count(1))
    attached.catches_up()
    attached.shows(hall.count(1), eight.count(1))
    assert attached.rows() == [(7, 1, 0, 0, 0), (8, 1, 0, 0, 0), (7, 2, 0, 0, 0), (8, 2, 0, 0, 0)]
    assert attached.writer.state.refused == 3
    assert attached.writer.state.error == ""
    assert sum("cannot be written" in record.message for record in caplog.records) == 1


def test_a_reading_is_one_row_also_where_it_lies_across_the_end_of_a_batch(quick, monkeypatch):
    monkeypatch.setattr("peoplecount.services.registros_writer.BATCH", 3)
    attached = quick()
    attached.catches_up()
    one, two = CountingLine("7", 1), CountingLine("7", 2)
    for _ in range(5):
        append(attached.log, one.count(1), two.count(1))
    attached.catches_up()
    assert attached.rows() == [("7", n, 0, n, 0) for n in range(1, 6)]


@pytest.mark.parametrize("fate", ["lost", "done"])
@pytest.mark.parametrize("numbered", [True, False])
def test_what_was_under_way_apart_is_seen_to_where_our_tables_have_been_copied_beside_it(
    make_connection, log, clock, fate, numbered
):
    theirs, own = make_connection("sqlite", "theirs"), make_connection("sqlite", "own")
    installation = Installation(theirs, numbered=numbered).make()
    make_tables(own)
    make_tables(theirs)
    attached = Attached(log, installation, clock, own)
    line = CountingLine("7")
    attached.shows(line.count(1, 0))
    attached.theirs.loses(fate)
    append(log, line.count(1, 0))
    with suppress(DatabaseUnavailable):
        attached.writer.run_once()
    assert own.transaction(load_states).note is not None
    assert DatabaseCopy(own, theirs).run().finished
    attached = Attached(log, installation, clock)
    attached.catches_up()
    attached.shows(line.count(1, 0))
    assert attached.rows("7") == [("7", 1, 0, 0, 0), ("7", 2, 0, 0, 0), ("7", 3, 0, 0, 0)]
    assert theirs.transaction(load_states).note is None
    assert not attached.writer.state.degraded
