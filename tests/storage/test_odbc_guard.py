"""What is cancelled by one thread is not freed by another one meanwhile, and what is being freed is not cancelled."""

import threading

import pytest

from peoplecount.storage.odbc_guard import GuardedConnection, GuardedCursor
from tests.support.waiting import wait_until

PATIENCE = 10


class Driver:
    """A connection and its only cursor, that can be held at work; it tells whether something was freed under way."""

    def __init__(self):
        self.timeout = 0
        self.doing: list[str] = []
        self.done: list[str] = []
        self.overlapped = False
        self.go_on = threading.Event()

    def cursor(self):
        return self

    def execute(self, statement):
        return [statement]

    def cancel(self):
        self._do("cancel")

    def close(self):
        self._do("close")

    def _do(self, what):
        self.overlapped = self.overlapped or bool(self.doing)
        self.doing.append(what)
        assert self.go_on.wait(PATIENCE)
        self.doing.remove(what)
        self.done.append(what)


@pytest.fixture
def driver():
    driver = Driver()
    yield driver
    driver.go_on.set()


def begun(call):
    thread = threading.Thread(target=call)
    thread.start()
    return thread


@pytest.mark.parametrize("which", ["cursor", "connection"])
def test_what_is_being_cancelled_is_closed_after_that(driver, which):
    connection = GuardedConnection(driver)
    cursor = connection.cursor()
    cancelling = begun(cursor.cancel)
    wait_until(lambda: driver.doing == ["cancel"])
    closing = begun((cursor if which == "cursor" else connection).close)
    driver.go_on.set()
    for thread in (cancelling, closing):
        thread.join(PATIENCE)
    assert driver.done == ["cancel", "close"]
    assert not driver.overlapped


def test_what_is_being_closed_is_not_cancelled(driver):
    cursor = GuardedConnection(driver).cursor()
    closing = begun(cursor.close)
    wait_until(lambda: driver.doing == ["close"])
    cursor.cancel()  # at once
    driver.go_on.set()
    closing.join(PATIENCE)
    assert driver.done == ["close"]


def test_a_cancel_that_fails_leaves_the_way_free(driver):
    cursor = GuardedConnection(driver).cursor()
    driver.cancel = None
    with pytest.raises(TypeError):
        cursor.cancel()
    driver.go_on.set()
    cursor.close()
    assert driver.done == ["close"]


def test_everything_else_is_the_drivers(driver):
    connection = GuardedConnection(driver)
    connection.timeout = 7
    assert (driver.timeout, connection.timeout) == (7, 7)
    assert connection.cursor().execute("SELECT 1") == ["SELECT 1"]
    with pytest.raises(AttributeError):
        _ = connection.nonsense


class Answer:
    """A cursor whose answer has several parts: counts of rows, -1 where there are rows, or an error."""

    def __init__(self, *parts):
        self.parts = list(parts)

    @property
    def rowcount(self):
        return self.parts[0] if self.parts else -1

    def nextset(self):
        del self.parts[0]
        if self.parts and isinstance(self.parts[0], Exception):
            raise self.parts[0]
        return bool(self.parts)


@pytest.mark.parametrize(
    ("parts", "count"), [((3,), 3), ((2, 3, 1), 1), ((-1, 1), 1), ((7, -1), 7), ((-1,), -1), ((0,), 0)]
)
def test_the_last_count_of_an_answer_is_the_statements_own(parts, count):
    cursor = GuardedCursor(Answer(*parts), threading.Lock())
    cursor.hear_out()
    assert cursor.rowcount == count


def test_until_it_is_heard_out_the_first_count_is_told():
    assert GuardedCursor(Answer(2, 1), threading.Lock()).rowcount == 2


def test_an_error_in_a_later_part_is_raised():
    cursor = GuardedCursor(Answer(2, ValueError("closed for today")), threading.Lock())
    with pytest.raises(ValueError, match="closed for today"):
        cursor.hear_out()
