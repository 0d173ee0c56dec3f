"""The key file, and what happens to it while it is in use."""

import errno
import os
import stat
import sys

import pytest

from peoplecount.eventlog.key_file import KeyFile, KeyInUse, SealBroken
from peoplecount.eventlog.sealer import FileSealer


@pytest.fixture
def path(tmp_path):
    return tmp_path / "seal.key"


@pytest.fixture
def keys(path):
    one = KeyFile(path)
    one.keys(make=True)
    return one


def test_a_new_key_comes_first_and_the_old_one_stays_until_it_is_let_go(keys):
    (old,) = keys.keys()
    keys.add()
    new, second = keys.keys()
    assert second == old != new
    keys.keep_first()
    assert keys.keys() == (new,)


def test_what_another_process_changes_is_seen_at_the_next_use(keys, path):
    sealer = FileSealer(path)
    sealed = sealer.seal("secret")
    KeyFile(path).add()
    assert FileSealer(path).unseal(sealer.seal("new")) == "new"
    assert len(sealer.key_file.keys()) == 2
    assert sealer.unseal(sealed) == "secret"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")
@pytest.mark.parametrize("change", [KeyFile.add, KeyFile.keep_first])
def test_a_changed_file_is_its_owners_too_and_nothing_else_is_left(keys, path, change):
    before = os.umask(0)
    try:
        change(keys)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_where_it_cannot_be_replaced_the_old_key_stays_and_nothing_else(keys, path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "in use")

    before = keys.keys()
    monkeypatch.setattr("pathlib.Path.replace", refuse)
    with pytest.raises(SealBroken, match="cannot be changed: in use"):
        keys.add()
    assert KeyFile(path).keys() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_text("no key at all")])
def test_a_file_that_is_lost_while_it_is_in_use_does_no_harm_until_the_end(keys, path, spoil):
    before = keys.keys()
    spoil(path)
    assert keys.keys() == keys.keys(make=True) == before
    with pytest.raises(SealBroken):
        KeyFile(path).keys()
    with pytest.raises(SealBroken):
        keys.add()


def test_a_file_that_is_put_back_is_taken_up_again(keys, path):
    text = path.read_text()
    path.unlink()
    fresh = KeyFile(path)
    with pytest.raises(SealBroken, match="missing"):
        fresh.keys()
    path.write_text(text)
    assert fresh.keys() == keys.keys()


def test_one_at_a_time_may_change_it(keys, path):
    with keys.held(), pytest.raises(KeyInUse, match="somebody else"), KeyFile(path).held():
        pass
    with KeyFile(path).held():
        pass


def test_a_disk_that_is_full_leaves_the_file_as_it_was_and_is_told(keys, path, monkeypatch):
    before = path.read_text()

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SealBroken, match=r"cannot be changed: No space left"):
        keys.add()
    assert path.read_text() == before
    assert list(path.parent.iterdir()) == [path]
