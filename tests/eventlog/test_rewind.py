"""A log that was put back must not give the same ids to other events."""

import shutil

import pytest

from peoplecount.domain.event_id import EventId
from peoplecount.eventlog.data_folder import open_data_folder
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LogUnavailable, UnsuitableFolder
from peoplecount.eventlog.rewind import discover_rewind
from tests.support.events import NOON, some


@pytest.fixture
def store(tmp_path):
    store = LocalStore(tmp_path / "store.sqlite")
    yield store
    store.close()


@pytest.fixture
def home(sqlite_home):
    return sqlite_home


def lead(log, store):
    """What a process does that takes the lead: its term, and whether it found the log rewound."""
    term = log.raise_term()
    return term, discover_rewind(log, store)


def append(log, term, count):
    return log.append(term, [some(*map(str, range(count)))], NOON)


def test_a_new_log_with_a_new_store_is_not_rewound(home, store):
    log = home.open()
    assert lead(log, store) == (1, False)
    assert store.load_mark() == log.head()


def test_a_log_that_went_on_is_not_rewound(home, store):
    log = home.open()
    term, _ = lead(log, store)
    store.save_mark(append(log, term, 3))
    append(log, term, 4)
    assert lead(log, store) == (2, False)
    assert store.load_mark() == log.head() == EventId(log.head().epoch, 7)


def test_where_the_mark_cannot_be_read_the_log_is_taken_for_another_one_once(home, store):
    log = home.open()
    term, _ = lead(log, store)
    append(log, term, 3)
    store.put("mark", "9b9df3@@")
    assert lead(log, store) == (2, True)
    assert store.load_mark() == log.head()
    assert lead(log, store) == (3, False)


def test_a_log_behind_the_mark_starts_an_epoch_once(home, store, tmp_path):
    log = home.open()
    term, _ = lead(log, store)
    append(log, term, 3)
    log.close()
    shutil.copy(home.path, tmp_path / "copy")
    log = home.open()
    store.save_mark(append(log, term, 4))
    log.close()
    shutil.copy(tmp_path / "copy", home.path)

    log = home.open()
    before = log.head()
    assert lead(log, store) == (2, True)
    assert log.head().epoch != before.epoch
    assert log.head().number == before.number == 3
    assert store.load_mark() == log.head()
    assert lead(log, store) == (3, False)


def test_a_log_restored_from_before_the_last_rewind_starts_an_epoch_too(home, store):
    log = home.open()
    lead(log, store)
    first = append(log, 1, 9)
    store.save_mark(EventId("0ther", 5))
    assert lead(log, store) == (2, True)
    assert log.head().epoch not in {first.epoch, "0ther"}
    assert store.load_mark() == log.head()


def test_a_process_that_dies_before_it_saved_the_mark_leaves_work_that_is_done_again(home, store):
    log = home.open()
    store.save_mark(append(log, log.raise_term(), 3))
    voided = log.start_epoch()
    assert lead(log, store) == (2, True)
    assert log.head().epoch != voided.epoch
    assert lead(log, store) == (3, False)


def test_a_log_that_was_wiped_is_another_one(home, store):
    log = home.open()
    store.save_mark(append(log, log.raise_term(), 3))
    log.close()
    home.path.unlink()
    log = home.open()
    assert lead(log, store)[1]
    assert store.load_mark() == log.head()
    assert log.head().number == 0


def test_a_data_folder_is_made_and_opened_and_holds_everything(tmp_path):
    path = tmp_path / "far" / "away"
    folder = open_data_folder(path)
    assert folder.leader_lock.try_acquire()
    term, rewound = lead(folder.log, folder.store)
    folder.store.save_mark(append(folder.log, term, 3))
    folder.store.save_roster(folder.sealer.seal("secret"))
    folder.close()
    folder.close()
    assert not rewound
    assert {file.name for file in path.iterdir()} == {"events.sqlite", "store.sqlite", "seal.key", "leader.lock"}
    again = open_data_folder(path)
    assert again.log.head() == again.store.load_mark()
    assert again.sealer.unseal(again.store.load_roster()) == "secret"
    again.close()


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UnsuitableFolder, match="DATA_DIR"):
        open_data_folder(tmp_path / "file" / "var")


def test_a_data_folder_with_a_damaged_log_leaves_nothing_open(tmp_path):
    (tmp_path / "events.sqlite").write_bytes(b"damage" * 1000)
    with pytest.raises(LogUnavailable, match="damaged"):
        open_data_folder(tmp_path)


def test_an_epoch_that_another_machine_began_is_left_to_whoever_knows_all(home, store):
    log = home.open()
    term, _ = lead(log, store)
    append(log, term, 3)
    begun = log.start_epoch()
    assert not discover_rewind(log, store, knows_epoch=False)
    assert store.load_mark() == begun
    store.save_mark(EventId(begun.epoch, 4))
    assert discover_rewind(log, store, knows_epoch=False), "it knows of more than there is"
    assert log.head().epoch != begun.epoch
    store.save_mark(begun)
    assert discover_rewind(log, store)
