"""With whose rights an administrator works in a folder of the service's user."""

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from peoplecount.eventlog.folder_owner import as_owner_of

if sys.platform == "win32":
    pytest.skip("Windows knows no such owners", allow_module_level=True)

THEM = 54321


@pytest.fixture
def folder():
    """One that another user can come to; it belongs to one where whoever runs this is root."""
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o711)
        path = Path(above, "var")
        path.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(path, THEM, THEM)
        yield path


@pytest.fixture
def become(folder, monkeypatch):
    """The process is root's, and what it asks the system for is written down."""
    asked = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    for name in ("setgroups", "setegid", "seteuid"):
        monkeypatch.setattr(os, name, lambda to, name=name: asked.append((name, to)))
    return asked


def owner(path):
    return path.lstat().st_uid


def test_what_is_made_belongs_to_the_owner_of_the_folder(folder):
    before = os.geteuid(), os.getegid(), os.getgroups()
    with as_owner_of(folder):
        (folder / "new").touch()
        (folder / "more").mkdir()
    assert owner(folder / "new") == owner(folder / "more") == owner(folder)
    assert (os.geteuid(), os.getegid(), os.getgroups()) == before


def test_a_link_leads_no_further_than_they_may_go(folder, tmp_path):
    """Whoever runs this as themselves may; whoever does as root may not, for it is their link."""
    (tmp_path / "of-root").touch(mode=0o600)
    (folder / "link").symlink_to(tmp_path / "of-root")
    as_root = os.geteuid() == 0
    try:
        with as_owner_of(folder):
            (folder / "link").chmod(0o666)
    except PermissionError:
        assert as_root
        assert (tmp_path / "of-root").stat().st_mode & 0o777 == 0o600
    else:
        assert not as_root


def test_root_takes_the_owners_rights_and_then_its_own_again(become, folder, monkeypatch):
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    them, group, before = owner(folder), folder.stat().st_gid, [("seteuid", 0), ("setegid", os.getegid())]
    with suppress(ZeroDivisionError), as_owner_of(folder):
        assert become == [("setgroups", [group]), ("setegid", group), ("seteuid", them)]
        become.clear()
        raise ZeroDivisionError
    assert become == [*before, ("setgroups", os.getgroups())]


def test_of_a_folder_that_is_not_there_the_next_above_counts(become, folder):
    with as_owner_of(folder / "a" / "b"):
        assert become[-1] == ("seteuid", owner(folder))


def test_of_a_link_whoever_laid_it_counts(become, folder):
    """Else they could have root write in a folder of its own."""
    link = folder / "link"
    link.symlink_to("/")
    os.chown(link, owner(folder), -1, follow_symlinks=False)
    with as_owner_of(link):
        assert become[-1] == ("seteuid", owner(folder))


def test_in_its_own_folder_root_is_root(become):
    with as_owner_of(Path("/")):
        assert become == []


def test_where_it_may_not_it_says_as_whom_to_run_it(become, folder, monkeypatch):
    def refuses(_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "setgroups", refuses)
    says = f"belongs to user {owner(folder)}, so run this as that user"
    with pytest.raises(PermissionError, match=says), as_owner_of(folder):
        pytest.fail("it goes on")
