import pytest

from peoplecount.eventlog.local_store import LocalStore
from peoplecount.services.database_doubts import DatabaseDoubts


@pytest.fixture
def store(tmp_path):
    store = LocalStore(tmp_path / "store.sqlite")
    store.open()
    yield store
    store.close()


def test_everybody_takes_up_its_own_cameras_once(store):
    doubts = DatabaseDoubts(store)
    doubts.leave(["a"])
    doubts.leave(["b", "c"])
    assert doubts.peek({"a", "b"}) == {"a", "b"}
    assert doubts.peek({"a", "b"}) == {"a", "b"}, "until they are done with"
    doubts.done({"a", "b"})
    assert doubts.peek({"a", "b", "d"}) == set()
    assert DatabaseDoubts(store).peek({"c"}) == {"c"}
    doubts.done(["c"])
    assert store.get("database-doubts") is None


def test_what_cannot_be_read_is_passed_over(store):
    store.put("database-doubts", "{[")
    assert DatabaseDoubts(store).peek({"a"}) == set()
