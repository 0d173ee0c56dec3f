"""Several connections to one database, some of which hang. Hanging calls wait for an event and not for time."""

import threading
import time
from itertools import pairwise

import pytest
from sqlalchemy import select

from peoplecount.storage.connection import ServerInfo
from peoplecount.storage.errors import DatabaseBusy, DatabaseConflict, DatabaseSilent, DatabaseUnavailable
from peoplecount.storage.lanes import Lanes, Patience
from peoplecount.storage.schema import sites
from tests.support.waiting import wait_until

PATIENT = Patience(queue=20.0, alarm=20.0, probe=20.0, most=60.0, leaves=2)
HASTY = Patience(queue=0.05, alarm=0.05, probe=0.05, most=60.0, leaves=1)


class Server:
    """A database that can be frozen, and that notes who asks what on which connection."""

    def __init__(self):
        self.melted = threading.Event()
        self.melted.set()
        self.asked = []
        self.open = 0

    def freeze(self):
        self.melted.clear()

    def melt(self):
        self.melted.set()


class Connection:
    def __init__(self, server, number):
        self._server = server
        self.number = number
        self.broken = threading.Event()
        self.is_open = False
        self.disconnected = 0
        self.under_way = 0
        self.most_under_way = 0

    def connect(self):
        self.check()

    def disconnect(self):
        self.disconnected += 1
        self.is_open = False
        self.broken.clear()

    def break_off(self):
        self.broken.set()

    def break_overdue(self):
        """Its driver keeps to its time-outs."""

    def check(self):
        self._ask("check")
        return ServerInfo("Fake", "1", "none", 0.001)

    def execute(self, statement, parameters=None):
        self._ask("execute")
        return ["row"]

    def transaction(self, work, *, repeatable=True):
        self._ask("transaction")
        return work(self)

    def _ask(self, what):
        self._server.asked.append((what, self.number))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            while not self._server.melted.wait(0.002):
                if self.broken.is_set():
                    raise DatabaseUnavailable("the link was cut")
            self.is_open = True
        finally:
            self.under_way -= 1


@pytest.fixture
def server():
    one = Server()
    yield one
    one.melt()


@pytest.fixture
def connections(server):
    return [Connection(server, number) for number in range(4)]


@pytest.fixture
def lanes(connections):
    one = Lanes(connections, work=PATIENT, pages=HASTY)
    yield one
    wait_until(lambda: one.busy == 0)


class Held:
    """Somebody whose transaction goes on until it is let go."""

    def __init__(self, db):
        self.has_begun = threading.Event()
        self.may_end = threading.Event()
        self.outcome = []
        self._db = db
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        try:
            self.outcome.append(self._db.transaction(self._work))
        except DatabaseUnavailable as error:
            self.outcome.append(error)

    def _work(self, _):
        self.has_begun.set()
        assert self.may_end.wait(20)
        return "done"

    def end(self):
        self.may_end.set()
        self._thread.join(20)
        return self.outcome[0]


def test_calls_one_after_the_other_share_a_connection(server, lanes):
    for _ in range(3):
        assert lanes.execute(select(sites)) == ["row"]
    lanes.connect()
    assert lanes.check().product == "Fake"
    assert len({number for _, number in server.asked}) == 1


def test_what_somebody_raises_is_raised_where_it_was_called(lanes):
    def work(_):
        raise DatabaseConflict("deadlock")

    with pytest.raises(DatabaseConflict, match="deadlock"):
        lanes.transaction(work)
    with pytest.raises(ZeroDivisionError):
        lanes.transaction(lambda _: 1 // 0)


def test_a_connection_has_one_call_at_a_time(lanes, connections):
    callers = [
        threading.Thread(target=lambda: [lanes.transaction(lambda _: None) for _ in range(50)]) for _ in range(8)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(20)
    assert max(one.most_under_way for one in connections) == 1
    assert sum(one.most_under_way for one in connections) <= 2, "two are left for pages and for the question beside"


def test_long_work_holds_no_page_up(lanes):
    writers = [Held(lanes) for _ in range(2)]
    for writer in writers:
        assert writer.has_begun.wait(20)
    assert lanes.hurried().execute(select(sites)) == ["row"]
    assert [writer.end() for writer in writers] == ["done", "done"]


def test_work_leaves_connections_for_pages_and_pages_one_for_the_question_beside(lanes):
    others = [Held(lanes), Held(lanes), Held(lanes.hurried())]
    for other in others:
        assert other.has_begun.wait(20)
    with pytest.raises(DatabaseBusy, match="in use"):
        lanes.hurried().execute(select(sites))
    wait_until(lambda: lanes.busy == 3)  # the question beside is given back a moment after its answer
    for other in others:
        assert other.end() == "done"


def test_a_page_is_told_soon_that_nothing_answers(lanes, server):
    server.freeze()
    with pytest.raises(DatabaseSilent, match="not answered"):
        lanes.hurried().execute(select(sites))
    assert [what for what, _ in server.asked] == ["execute", "check"]


def test_a_long_question_is_waited_for_as_long_as_others_are_answered(lanes, server):
    long = Held(lanes.hurried())
    wait_until(lambda: [what for what, _ in server.asked].count("check") >= 2)
    assert long.end() == "done"


def test_one_that_takes_for_ever_is_given_up_without_calling_the_database_away(connections, server):
    lanes = Lanes(connections, work=Patience(queue=1, alarm=0.02, probe=5, most=0.1, leaves=2), pages=HASTY)
    long = Held(lanes)
    assert long.has_begun.wait(20)
    wait_until(lambda: bool(long.outcome))
    assert isinstance(long.outcome[0], DatabaseBusy)
    assert "answers others" in str(long.outcome[0])
    long.end()
    wait_until(lambda: lanes.busy == 0)


def everybody_works(lanes):
    threads = [Held(lanes), Held(lanes), Held(lanes.hurried())]
    for one in threads:
        assert one.has_begun.wait(20)
    for one in threads:
        assert one.end() == "done"


def test_what_hung_is_broken_off_and_everybody_connects_anew(lanes, server, connections):
    everybody_works(lanes)
    wait_until(lambda: lanes.busy == 0)
    server.freeze()
    with pytest.raises(DatabaseSilent):
        lanes.hurried().execute(select(sites))
    wait_until(lambda: lanes.busy == 0)
    server.melt()
    everybody_works(lanes)
    used = {number for _, number in server.asked[-3:]}
    assert [connections[number].disconnected for number in used] == [1, 1, 1]


class SlowAtTheDoor(Connection):
    """Whose driver is let in late, and cannot be told to give that up."""

    def break_off(self):
        if self.is_open:
            super().break_off()


def test_a_log_in_that_takes_longer_than_anybody_waits_is_of_use_to_the_next(server):
    connections = [SlowAtTheDoor(server, number) for number in range(4)]
    lanes = Lanes(connections, work=PATIENT, pages=HASTY)
    server.freeze()
    with pytest.raises(DatabaseSilent):
        lanes.hurried().execute(select(sites))
    server.melt()
    wait_until(lambda: lanes.busy == 0)
    assert lanes.hurried().execute(select(sites)) == ["row"]
    assert [one.disconnected for one in connections] == [0, 0, 0, 0]


def test_work_waits_for_being_let_in_as_long_as_the_setting_says(server, connections):
    lanes = Lanes(connections, work=Patience(queue=1, alarm=0.02, probe=0.02, most=60, leaves=2, log_in=20))
    server.freeze()
    first = Held(lanes)
    wait_until(lambda: server.asked)
    long_after = time.monotonic() + 0.2  # ten alarms
    wait_until(lambda: time.monotonic() > long_after)
    assert [what for what, _ in server.asked] == ["transaction"], "nobody asks beside"
    server.melt()
    assert first.end() == "done"


def test_a_driver_that_waits_for_the_server_when_it_is_told_to_cancel_holds_nobody_up(lanes, server, connections):
    lanes.connect()
    for one in connections:
        one.break_off = lambda: server.melted.wait(20)
    server.freeze()
    with pytest.raises(DatabaseSilent):
        lanes.hurried().execute(select(sites))
    assert not server.melted.is_set()
    server.melt()
    wait_until(lambda: lanes.busy == 0)


def test_a_connection_that_cannot_be_broken_is_not_used_until_it_is_back(lanes, server, connections):
    for one in connections:
        one.break_off = lambda: None
    server.freeze()
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            lanes.hurried().execute(select(sites))
    assert 2 <= lanes.busy <= 4
    server.melt()
    wait_until(lambda: lanes.busy == 0)
    assert lanes.hurried().execute(select(sites)) == ["row"]


def test_what_outlasts_its_time_out_is_broken_off_though_the_database_answers_others(server):
    class Stuck(Connection):
        def break_overdue(self):
            self.broken.set()

        def _ask(self, what):
            assert self.broken.wait(20)
            raise DatabaseUnavailable("the link was cut")

    others = [Connection(server, number) for number in range(3)]
    lanes = Lanes([*others, Stuck(server, 3)], work=Patience(queue=20, alarm=0.05, probe=20, most=60, leaves=2))
    with pytest.raises(DatabaseUnavailable, match="the link was cut"):
        lanes.execute(select(sites))
    assert {what for what, _ in server.asked} == {"check"}, "one of the others was asked, and answered"
    assert not any(one.broken.is_set() for one in others)


def test_many_who_wait_ask_the_question_beside_once(connections, server):
    lanes = Lanes(connections, work=PATIENT, pages=Patience(queue=1, alarm=0.05, probe=20, most=60, leaves=1))
    server.freeze()
    waiting = [Held(lanes.hurried()) for _ in range(3)]
    wait_until(lambda: "check" in [what for what, _ in server.asked])
    long_after = time.monotonic() + 0.5  # every alarm
    wait_until(lambda: time.monotonic() > long_after)
    assert [what for what, _ in server.asked].count("check") == 1
    for one in waiting:
        one.may_end.set()
    server.melt()
    for one in waiting:
        assert one.end() == "done"


def test_at_the_end_connections_are_closed_and_what_hangs_is_broken(lanes, server, connections):
    lanes.connect()
    server.freeze()
    hanging = Held(lanes)
    wait_until(lambda: server.asked[-1][0] == "transaction")
    lanes.disconnect()
    assert isinstance(hanging.end(), DatabaseUnavailable)
    assert sum(one.disconnected for one in connections) >= 3


def test_the_connection_used_last_is_used_next(lanes, server):
    held = Held(lanes)
    assert held.has_begun.wait(20)
    lanes.connect()
    held.end()
    for _ in range(3):
        lanes.connect()
    assert all(one == other for one, other in pairwise(server.asked[-3:]))
