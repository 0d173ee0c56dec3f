"""What the service knows when its database is away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from peoplecount.domain.change import Change, Subject
from peoplecount.domain.event_id import EventId
from peoplecount.eventlog import local_store
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LocalStoreUnavailable, State
from peoplecount.eventlog.sqlite_file import Schema, SQLiteFile


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.sqlite"


@pytest.fixture(params=["sqlite", "redis"])
def make_store(request, path):
    """Makes stores on the same place, as several processes have them."""
    made = []
    link = redis_link(request) if request.param == "redis" else None

    def make():
        if link is None:
            made.append(LocalStore(path))
        else:
            from peoplecount.eventlog.redis_store import RedisStore  # noqa: PLC0415 - needs redis-py

            made.append(RedisStore(link, LocalStore(path)))
        return made[-1]

    yield make
    for store in made:
        store.close()
    if link is not None:
        link.close()


def redis_link(request):
    server = request.getfixturevalue("shared_redis")
    from peoplecount.eventlog.redis_link import RedisLink  # noqa: PLC0415 - needs redis-py

    link = RedisLink(server.address(63))
    link.ask("FLUSHDB")
    return link


@pytest.fixture
def store(make_store):
    return make_store()


def test_a_new_store_knows_nothing(store):
    assert store.load_roster() is None
    assert store.load_mark() is None
    assert store.get("anything") is None


def test_the_roster_outlives_the_process(store, make_store):
    store.save_roster('{"cameras": ["Eingang Süd"]}')
    store.save_roster('{"cameras": ["Eingang Süd", "2"]}')
    store.close()
    assert make_store().load_roster() == '{"cameras": ["Eingang Süd", "2"]}'


def test_versions_grow_with_every_put(store):
    assert [store.put("key", body) for body in "abc"] == [1, 2, 3]
    assert store.put("other", "x") == 1
    assert store.get("key") == State(3, "c")


def test_puts_of_several_processes_are_all_counted(make_store):
    stores = [make_store() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda store: [store.put("key", "x") for _ in range(25)], stores))
    assert stores[0].get("key") == State(100, "x")


def test_the_mark_moves_on_but_never_back_within_an_epoch(store):
    for number in (5, 9, 7):
        store.save_mark(EventId("aaaa", number))
    assert store.load_mark() == EventId("aaaa", 9)


def test_the_mark_of_a_new_epoch_takes_the_place_of_the_old_one(store):
    store.save_mark(EventId("aaaa", 9))
    store.save_mark(EventId("bbbb", 3))
    assert store.load_mark() == EventId("bbbb", 3)


def test_a_mark_that_is_known_already_writes_nothing(path):
    store = LocalStore(path)
    store.save_mark(EventId("aaaa", 9))
    store.save_mark(EventId("aaaa", 9))
    assert store.get("mark") == State(1, "aaaa-9")
    store.close()


def test_a_damaged_store_is_named(path):
    path.write_bytes(b"no database" * 1000)
    store = LocalStore(path)
    with pytest.raises(LocalStoreUnavailable, match=r"store\.sqlite is damaged"):
        store.load_roster()


def test_a_log_in_its_place_is_refused(path, sqlite_home):
    sqlite_home.open().close()
    sqlite_home.path.rename(path)
    store = LocalStore(path)
    with pytest.raises(LocalStoreUnavailable, match="another program"):
        store.load_roster()


def test_a_closed_store_says_so(store):
    store.open()
    store.close()
    store.close()
    with pytest.raises(LocalStoreUnavailable, match="closed"):
        store.load_mark()


def test_a_text_is_changed_by_what_it_was(store):
    store.change("key", lambda text: f"{text}!")
    store.change("key", lambda text: f"{text}!")
    assert store.get("key") == State(2, "None!!")
    store.change("key", lambda _: None)
    store.change("key", lambda _: None)
    assert store.get("key") is None


def test_a_change_that_changes_nothing_writes_nothing(store):
    store.put("key", "x")
    store.change("key", lambda text: text)
    assert store.get("key") == State(1, "x")


def test_a_change_that_raises_leaves_the_text_as_it_was(store):
    store.put("key", "x")
    with pytest.raises(ZeroDivisionError):
        store.change("key", lambda text: str(1 / 0))
    assert store.get("key") == State(1, "x")


def test_changes_of_several_processes_follow_one_another(make_store):
    stores = [make_store() for _ in range(4)]

    def count(store):
        for _ in range(25):
            store.change("key", lambda text: str(int(text or 0) + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, stores))
    assert stores[0].get("key").body == "100"


def test_texts_are_found_by_how_their_keys_begin(store):
    for key in ("session:a", "session:b", "sessions", "session%", "session*", "other"):
        store.put(key, key.upper())
    assert store.under("session:") == {"session:a": "SESSION:A", "session:b": "SESSION:B"}
    assert store.under("session*") == {"session*": "SESSION*"}
    assert store.under("none") == {}


def test_what_was_kept_can_be_brought_onto_the_disk_at_once(store, tmp_path):
    store.put("key", "body")
    store.settle()
    assert store.get("key").body == "body"


def test_a_store_of_before_the_audit_log_keeps_what_it_has(path):
    before = Schema(local_store._SCHEMA.application_id, local_store._SCHEMA.versions[:1])
    old = SQLiteFile(path, before, synchronous="NORMAL", patience=1, unavailable=LocalStoreUnavailable)
    with old.writing() as connection:
        connection.execute("INSERT INTO kept VALUES ('key', 3, 'text')")
    old.close()
    store = LocalStore(path)
    number = store.note_change(Change(datetime(2026, 5, 4, tzinfo=UTC), "anna", "added", Subject.SITE, "shop"))
    assert store.get("key") == State(3, "text")
    assert [change.number for change in store.changes(10)] == [number]
    store.close()


def test_numbers_of_changes_are_never_given_again(store):
    change = Change(datetime(2026, 5, 4, tzinfo=UTC), "anna", "added", Subject.SITE, "shop")
    first = store.note_change(change)
    store.forget_changes(older_than=change.moment, below=first + 1)
    assert store.changes(10) == []
    assert store.note_change(change) > first


def test_what_is_of_one_machine_is_seen_by_no_other(tmp_path, request):
    link = redis_link(request)
    from peoplecount.eventlog.redis_store import RedisStore  # noqa: PLC0415 - needs redis-py

    here, there = (RedisStore(link, LocalStore(tmp_path / f"{name}.sqlite")) for name in ("here", "there"))
    for key in ("worker:1", "request-rates", "users"):
        here.put(key, "here")
        there.change(key, lambda text: f"{text} there")
    assert [here.get(key).body for key in ("worker:1", "request-rates", "users")] == ["here", "here", "here there"]
    assert there.under("worker:") == {"worker:1": "None there"}
    here.save_mark(EventId("aaaa", 9))
    assert there.load_mark() is None
    for store in (here, there):
        store.close()
    link.close()


def test_changes_are_found_by_what_they_are_about(store):
    def noted(day, who, subject, *sites):
        return store.note_change(
            Change(datetime(2026, 5, day, tzinfo=UTC), who, "added", subject, "x", sites=frozenset(sites))
        )

    first, second = noted(4, "anna", Subject.SITE, "shop"), noted(5, "bert", Subject.LINE, "shop", "mall")
    third = noted(6, "anna", Subject.PERSON)
    assert [change.number for change in store.changes(10)] == [third, second, first]
    assert [change.number for change in store.changes(1, below=third)] == [second]
    assert [change.number for change in store.changes(10, who="anna")] == [third, first]
    assert [change.number for change in store.changes(10, subject=Subject.LINE)] == [second]
    assert [change.number for change in store.changes(10, sites=["shop"])] == [first]
    assert [change.number for change in store.changes(10, sites=["shop", "mall", "far"])] == [second, first]
    assert store.authors() == ["anna", "bert"]
    (newest, *_) = store.changes(1)
    assert (newest.moment, newest.sites) == (datetime(2026, 5, 6, tzinfo=UTC), frozenset())
    store.forget_changes(older_than=datetime(2026, 5, 5, tzinfo=UTC), below=0)
    assert [change.number for change in store.changes(10)] == [third, second]
