import logging
import threading

import pytest
from sqlalchemy import insert, select, text

from peoplecount.domain.camera import Camera
from peoplecount.domain.roster import Roster
from peoplecount.storage.api_camaras import CameraReading
from peoplecount.storage.connection import ServerInfo
from peoplecount.storage.errors import (
    CircuitOpen,
    DatabaseBusy,
    DatabaseConflict,
    DatabaseError,
    DatabaseRefused,
    DatabaseSilent,
    DatabaseUnavailable,
    SchemaMismatch,
    SignInsHeldBack,
    UnsafeStatement,
)
from peoplecount.storage.lanes import Lanes
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.schema import sites
from tests.support.fake_clock import FakeClock


class FakeDatabase:
    """A connection that fails as often as it is told to."""

    def __init__(self):
        self.asked = 0
        self.failures = []

    def fails_with(self, *errors):
        self.failures.extend(errors)

    def connect(self):
        self._answer()

    def disconnect(self):
        self.disconnected = True

    def check(self):
        self._answer()
        return ServerInfo("Fake", "1", "none", 0.001)

    def execute(self, statement, parameters=None):
        return self.transaction(lambda transaction: transaction.execute(statement, parameters))

    def transaction(self, work, *, repeatable=True):
        self._answer()
        return work(FakeTransaction())

    def _answer(self):
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)


class FakeTransaction:
    def execute(self, statement, parameters=None):
        return ["row"]

    def change(self, statement, parameters=None):
        return 1

    def change_each(self, statement, rows):
        pass


@pytest.fixture
def database():
    return FakeDatabase()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def proxy(database, clock):
    return ProxyDB(database, monotonic=clock.monotonic, jitter=lambda: 1.0, pause=clock.passes)


def gone():
    return DatabaseUnavailable("connection refused")


def test_it_connects_only_when_something_is_asked(database, proxy):
    assert database.asked == 0
    assert proxy.execute(select(sites)) == ["row"]
    assert database.asked == 1


def test_every_blocking_call_goes_through_offload(database):
    offloaded = []

    def offload(function, *args):
        offloaded.append(function)
        return function(*args)

    proxy = ProxyDB(database, offload=offload)
    proxy.connect()
    proxy.check()
    proxy.execute(select(sites))
    proxy.transaction(lambda transaction: transaction.change(insert(sites), {}))
    proxy.disconnect()
    assert len(offloaded) == 5


def test_a_dropped_link_is_tried_once_more(database, proxy):
    database.fails_with(gone())
    assert proxy.execute(select(sites)) == ["row"]
    assert (database.asked, proxy.statistics.retries, proxy.circuit_state) == (2, 1, "closed")


def test_conflicts_are_repeated_a_few_times(database, proxy):
    database.fails_with(*[DatabaseConflict("deadlock")] * 3)
    assert proxy.transaction(lambda transaction: "done") == "done"
    assert database.asked == 4


def test_a_conflict_that_stays_is_told_and_is_no_outage(database, proxy):
    database.fails_with(*[DatabaseConflict("deadlock")] * 9)
    with pytest.raises(DatabaseConflict):
        proxy.transaction(lambda transaction: "done")
    assert (database.asked, proxy.circuit_state) == (4, "closed")


@pytest.mark.parametrize("error", [gone(), DatabaseConflict("deadlock")])
def test_what_must_not_be_repeated_is_not(database, proxy, error):
    database.fails_with(error)
    with pytest.raises(type(error)):
        proxy.transaction(lambda transaction: "done", repeatable=False)
    assert database.asked == 1


def test_a_single_change_is_not_repeated_because_it_may_have_been_made(database, proxy):
    database.fails_with(gone())
    with pytest.raises(DatabaseUnavailable):
        proxy.execute(insert(sites), {"site_id": "a"})
    assert database.asked == 1


def test_a_dead_server_costs_nothing(database, proxy, clock):
    database.fails_with(*[gone()] * 20)
    with pytest.raises(DatabaseUnavailable):
        proxy.execute(select(sites))
    asked = database.asked
    for _ in range(100):
        with pytest.raises(CircuitOpen):
            proxy.execute(select(sites))
    assert database.asked == asked
    assert proxy.statistics.refused_while_open == 100
    assert proxy.circuit_state == "open"


def test_an_outage_is_one_line_in_the_log_and_its_end_another(database, proxy, clock, caplog):
    caplog.set_level(logging.INFO)
    database.fails_with(*[gone()] * 12)
    for _ in range(300):
        try:
            proxy.execute(select(sites))
        except DatabaseUnavailable:
            clock.passes(1.0)
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 2
    assert "is away: connection refused" in messages[0]
    assert "is back after" in messages[1]
    assert proxy.circuit_state == "closed"


def test_a_refused_password_is_not_tried_again_and_again(database, proxy):
    database.fails_with(DatabaseRefused("Login failed for user 'x'", at_sign_in=True))
    with pytest.raises(DatabaseRefused):
        proxy.execute(select(sites))
    with pytest.raises(CircuitOpen, match="Login failed"):
        proxy.execute(select(sites))
    assert database.asked == 1


def test_a_refused_statement_leaves_the_others_alone(database, proxy):
    database.fails_with(DatabaseRefused("permission denied", at_sign_in=False))
    with pytest.raises(DatabaseRefused):
        proxy.execute(select(sites))
    assert proxy.execute(select(sites)) == ["row"]


def test_a_mistake_in_the_work_says_nothing_about_the_server(database, proxy, clock):
    database.fails_with(gone(), gone())
    with pytest.raises(DatabaseUnavailable):
        proxy.execute(select(sites))
    clock.passes(60)
    with pytest.raises(ZeroDivisionError):
        proxy.transaction(lambda transaction: 1 // 0)
    assert proxy.circuit_state == "open"
    assert proxy.execute(select(sites)) == ["row"]
    assert proxy.circuit_state == "closed"


def test_sql_built_from_values_is_refused_even_with_the_database_away(database, proxy):
    with pytest.raises(UnsafeStatement):
        proxy.execute("SELECT 1")
    with pytest.raises(UnsafeStatement):
        proxy.transaction(lambda transaction: transaction.execute(text("SELECT a FROM b WHERE c = 'd'")))
    with pytest.raises(UnsafeStatement):
        proxy.transaction(lambda transaction: transaction.change_each(text("DELETE FROM a WHERE b = 1"), [{}]))
    assert proxy.circuit_state == "closed"


def test_statements_are_timed_and_counted(database, proxy, clock):
    def slow(transaction):
        transaction.change(insert(sites), {})
        transaction.change_each(insert(sites), [{}, {}])

    proxy.transaction(slow)
    proxy.execute(select(sites))
    statistics = proxy.statistics
    assert statistics.calls == 2
    assert {label: times.count for label, times in statistics.queries.items()} == {
        "insert sites": 2,
        "select sites": 1,
    }


def test_figures_tell_where_the_time_goes(database, proxy, clock):
    def slow(transaction):
        transaction.change(insert(sites), {})
        clock.passes(0.25)

    FakeTransaction.change, change = (lambda self, *_: clock.passes(0.5)), FakeTransaction.change
    try:
        proxy.transaction(slow)
        proxy.execute(select(sites))
    finally:
        FakeTransaction.change = change
    figures = proxy.figures()
    assert figures["queries"]["insert sites"] == {"count": 1, "meanMs": 500.0, "longestMs": 500.0}
    assert list(figures["queries"]) == ["insert sites", "select sites"]
    assert (figures["circuit"], figures["awayForSeconds"], figures["outages"]) == ("closed", None, 0)


def test_figures_tell_of_an_outage(database, proxy, clock):
    database.fails_with(*[gone()] * 2)
    with pytest.raises(DatabaseUnavailable):
        proxy.execute(select(sites))
    clock.passes(0.5)
    with pytest.raises(CircuitOpen):
        proxy.execute(select(sites))
    figures = proxy.figures()
    assert (figures["circuit"], figures["awayForSeconds"], figures["outages"]) == ("open", 0, 1)
    assert (figures["calls"], figures["failures"], figures["retries"], figures["refusedWhileAway"]) == (2, 1, 1, 1)
    assert proxy.outage is DatabaseUnavailable
    clock.passes(0.5)
    proxy.execute(select(sites))
    assert proxy.outage is None


def test_what_hangs_is_not_asked_twice(database, proxy):
    database.fails_with(DatabaseSilent("it has not answered for 2 s"))
    with pytest.raises(DatabaseSilent):
        proxy.execute(select(sites))
    assert (database.asked, proxy.circuit_state) == (1, "open")


def test_a_lock_that_is_not_had_is_no_outage(database, proxy, caplog, clock):
    for _ in range(3):
        database.fails_with(DatabaseBusy("lock timeout"))
        with pytest.raises(DatabaseBusy):
            proxy.execute(select(sites))
    assert (database.asked, proxy.circuit_state) == (3, "closed")
    assert [record.getMessage() for record in caplog.records] == ["The database is slow: lock timeout"]


def test_where_all_connections_still_hang_the_outage_goes_on(database, proxy, clock):
    database.fails_with(DatabaseSilent("it has not answered for 2 s"), DatabaseBusy("all in use"))
    with pytest.raises(DatabaseSilent):
        proxy.execute(select(sites))
    clock.passes(1)
    with pytest.raises(DatabaseBusy):
        proxy.execute(select(sites))
    with pytest.raises(CircuitOpen):
        proxy.execute(select(sites))


def test_before_anybody_is_in_one_tries_at_a_time(clock):
    asking, may_answer = threading.Event(), threading.Event()

    class Refuses(FakeDatabase):
        def _answer(self):
            self.asked += 1
            asking.set()
            assert may_answer.wait(20)
            raise DatabaseRefused("password authentication failed", at_sign_in=True)

    database = Refuses()
    proxy = ProxyDB(database, monotonic=clock.monotonic, pause=clock.passes)
    outcomes = []

    def ask():
        try:
            proxy.execute(select(sites))
        except DatabaseError as error:
            outcomes.append(type(error))

    callers = [threading.Thread(target=ask) for _ in range(5)]
    for caller in callers:
        caller.start()
    assert asking.wait(20)
    may_answer.set()
    for caller in callers:
        caller.join(20)
    assert database.asked == 1
    assert sorted(kind.__name__ for kind in outcomes) == ["CircuitOpen"] * 4 + ["DatabaseRefused"]


def test_pages_share_the_circuit_and_the_counters(database, clock):
    class Breakable(FakeDatabase):
        def break_off(self):
            pass

        def break_overdue(self):
            pass

    connections = [Breakable() for _ in range(3)]
    proxy = ProxyDB(Lanes(connections), monotonic=clock.monotonic, pause=clock.passes)
    pages = proxy.hurried()
    assert pages.execute(select(sites)) == ["row"]
    for one in connections:
        one.fails_with(*[gone()] * 2)
    with pytest.raises(DatabaseUnavailable):
        pages.execute(select(sites))
    with pytest.raises(CircuitOpen):
        proxy.execute(select(sites))
    assert proxy.statistics.calls == 3
    assert proxy.figures()["connectionsInUse"] == 0


class FakeGate:
    def __init__(self):
        self.told = []
        self.error = None

    def take(self):
        if self.error:
            raise self.error
        self.told.append("take")
        return "leave"

    def accepted(self, leave):
        self.told.append(f"accepted {leave}")

    def refused(self, leave):
        self.told.append(f"refused {leave}")

    def released(self, leave):
        self.told.append(f"released {leave}")


@pytest.fixture
def gate():
    return FakeGate()


@pytest.fixture
def guarded(database, clock, gate):
    return ProxyDB(database, gate=gate, monotonic=clock.monotonic, jitter=lambda: 1.0, pause=clock.passes)


def wrong_password():
    return DatabaseRefused("Login failed for user 'x'", at_sign_in=True, of_account=True)


def test_leave_to_sign_in_is_asked_for_once(guarded, gate):
    for _ in range(3):
        guarded.execute(select(sites))
    assert gate.told == ["take", "accepted leave"]


def test_a_password_that_is_refused_is_told(guarded, gate, database):
    database.fails_with(wrong_password())
    with pytest.raises(DatabaseRefused):
        guarded.execute(select(sites))
    assert gate.told == ["take", "refused leave"]


def test_a_server_that_is_away_or_has_no_such_database_has_refused_no_password(guarded, gate, database, clock):
    database.fails_with(gone(), gone(), DatabaseRefused("cannot open database", at_sign_in=True))
    for _ in range(2):
        with pytest.raises(DatabaseError):
            guarded.execute(select(sites))
        clock.passes(60)
    assert gate.told == ["take", "released leave"] * 2


def test_a_server_that_answers_anything_has_let_us_in(guarded, gate, database):
    database.fails_with(SchemaMismatch("no such table"))
    with pytest.raises(SchemaMismatch):
        guarded.execute(select(sites))
    guarded.execute(select(sites))
    assert gate.told == ["take", "accepted leave"]


def test_after_an_outage_leave_is_asked_for_again_and_a_login_refused_meanwhile_counts(guarded, gate, database, clock):
    guarded.execute(select(sites))
    database.fails_with(wrong_password())
    with pytest.raises(DatabaseRefused):
        guarded.execute(select(sites))
    clock.passes(1)
    guarded.execute(select(sites))
    assert gate.told == ["take", "accepted leave", "refused None", "take", "accepted leave"]


def test_without_leave_the_database_is_not_asked(guarded, gate, database, clock):
    gate.error = SignInsHeldBack("it has refused the login")
    for _ in range(100):
        with pytest.raises(DatabaseError):
            guarded.execute(select(sites))
        clock.passes(10)
    assert (database.asked, guarded.circuit_state, guarded.outage) == (0, "open", SignInsHeldBack)
    gate.error = None
    clock.passes(60)
    assert guarded.execute(select(sites)) == ["row"]


def test_while_others_sign_in_nothing_is_said_of_the_database(guarded, gate, database, caplog):
    gate.error = CircuitOpen("others are just signing in", 1.0)
    with pytest.raises(CircuitOpen):
        guarded.execute(select(sites))
    assert (database.asked, guarded.circuit_state, caplog.records) == (0, "closed", [])


class FakeView:
    def __init__(self):
        self.cameras = {}
        self.faults = frozenset()
        self.read_how_often = 0

    def read(self, db):
        self.read_how_often += 1
        db.execute(select(sites))
        return CameraReading(Roster(dict(self.cameras)), self.faults)


def a_camera(camera_id, name="Camera"):
    return Camera(camera_id, name, "http://192.0.2.7")


@pytest.fixture
def view():
    return FakeView()


@pytest.fixture
def with_cameras(database, view, clock):
    return ProxyDB(database, camera_view=view, monotonic=clock.monotonic, pause=clock.passes)


def test_cameras_are_read_once_and_kept(with_cameras, view):
    view.cameras["a"] = a_camera("a")
    assert list(with_cameras.cameras().cameras) == ["a"]
    view.cameras["b"] = a_camera("b")
    assert list(with_cameras.cameras().cameras) == ["a"]
    assert view.read_how_often == 1


def test_a_refresh_says_what_changed(with_cameras, view):
    view.cameras = {"a": a_camera("a"), "b": a_camera("b")}
    assert with_cameras.refresh_cameras().added == ("a", "b")
    view.cameras = {"b": a_camera("b", "New name"), "c": a_camera("c")}
    changes = with_cameras.refresh_cameras()
    assert (changes.added, changes.changed, changes.removed) == (("c",), ("b",), ("a",))
    assert not with_cameras.refresh_cameras()


def test_cameras_stay_known_while_the_database_is_away(with_cameras, view, database):
    view.cameras["a"] = a_camera("a")
    with_cameras.refresh_cameras()
    database.fails_with(gone(), gone())
    with pytest.raises(DatabaseUnavailable):
        with_cameras.refresh_cameras()
    assert list(with_cameras.cameras().cameras) == ["a"]


def test_a_row_that_makes_no_sense_is_told_once(with_cameras, view, caplog):
    view.faults = frozenset(["camera x: no address"])
    for _ in range(3):
        with_cameras.refresh_cameras()
    assert [record.getMessage() for record in caplog.records] == ["In the list of cameras: camera x: no address"]
    assert with_cameras.camera_faults == 1
    view.faults = frozenset()
    with_cameras.refresh_cameras()
    assert with_cameras.camera_faults == 0


def test_without_a_view_there_are_no_cameras_to_ask_for(proxy):
    with pytest.raises(DatabaseError, match="without a view"):
        proxy.cameras()
