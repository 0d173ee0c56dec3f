"""Naming a file takes the place of nothing, wherever it is done."""

import errno
import os

import pytest

from peoplecount.eventlog.whole_file import name_whole_file


@pytest.fixture(params=["with links", "without links", "on Windows"])
def new(request, tmp_path, monkeypatch):
    def no_link(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    def rename(source, target):
        os.close(os.open(target, os.O_CREAT | os.O_EXCL))  # Windows' own replaces nothing
        os.replace(source, target)

    if request.param != "with links":
        monkeypatch.setattr("os.link", no_link)
    if request.param == "on Windows":
        monkeypatch.setattr("os.name", "nt")
        monkeypatch.setattr("os.rename", rename)
    path = tmp_path / "new"
    path.write_bytes(b"whole")
    return path


def test_a_file_gets_a_name_that_is_free(new):
    target = new.with_name("target")
    name_whole_file(new, target)
    assert target.read_bytes() == b"whole"


def test_what_has_the_name_keeps_it(new):
    target = new.with_name("target")
    target.write_bytes(b"of before")
    with pytest.raises(FileExistsError):
        name_whole_file(new, target)
    assert (target.read_bytes(), new.read_bytes()) == (b"of before", b"whole")


def test_a_folder_that_takes_nothing_says_so(new):
    with pytest.raises(FileNotFoundError):
        name_whole_file(new, new.parent / "missing" / "target")
