"""Who may look into the data folder."""

import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from peoplecount.eventlog.data_folder import DataFolder, open_data_folder
from peoplecount.eventlog.log import UnsuitableFolder

if sys.platform == "win32":
    pytest.skip("Windows keeps no such modes", allow_module_level=True)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_every_folder_that_is_made_is_its_owners_alone(tmp_path):
    DataFolder.at(tmp_path / "a" / "b" / "c").make()
    assert [mode(tmp_path / path) for path in ("a", "a/b", "a/b/c")] == [0o700] * 3


def test_what_an_earlier_start_left_open_is_closed_to_others(tmp_path):
    path = tmp_path / "var"
    (path / "demo").mkdir(parents=True)
    open_data_folder(path).close()
    for file in path.iterdir():
        file.chmod(0o755 if file.is_dir() else 0o644)
    path.chmod(0o755)
    DataFolder.at(path).make()
    assert mode(path) == 0o700
    assert {file.name: mode(file) for file in path.iterdir()} == {
        "demo": 0o755,  # nobody comes that far any more
        "events.sqlite": 0o600,
        "store.sqlite": 0o600,
    }


def test_a_folder_that_holds_other_things_stays_open_and_our_files_are_closed(tmp_path):
    path = tmp_path / "home"
    path.mkdir(mode=0o755)
    (path / "page.html").touch(mode=0o644)
    (path / "events.sqlite").touch(mode=0o644)
    DataFolder.at(path).make()
    assert mode(path) == 0o755
    assert mode(path / "page.html") == 0o644
    assert mode(path / "events.sqlite") == 0o600


def test_what_belongs_to_another_user_is_left_alone(tmp_path, monkeypatch):
    path = tmp_path / "theirs"
    path.mkdir(mode=0o755)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    DataFolder.at(path).make()
    assert mode(path) == 0o755


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "target").touch(mode=0o644)
    (tmp_path / "target").chmod(0o644)
    path = tmp_path / "var"
    path.mkdir()
    for name in ("events.sqlite", "seal.key", "history.sqlite", "demo"):
        (path / name).symlink_to(tmp_path / "target")
    DataFolder.at(path).make()
    assert mode(tmp_path / "target") == 0o644
    assert mode(path) == 0o700


def test_in_a_folder_of_somebody_elses_nothing_of_ours_is_touched(tmp_path, monkeypatch):
    """As root in the folder of the service's user, who may not read it any more otherwise."""
    path = tmp_path / "theirs"
    path.mkdir(mode=0o755)
    (path / "seal.key").touch(mode=0o644)
    real = Path.stat
    other = SimpleNamespace(st_uid=os.geteuid() + 1, st_mode=real(path).st_mode)
    monkeypatch.setattr(Path, "stat", lambda self, **how: other if self == path else real(self, **how))
    DataFolder.at(path).make()
    assert stat.S_IMODE((path / "seal.key").lstat().st_mode) == 0o644


def test_what_its_owner_has_closed_further_stays_so(tmp_path):
    path = tmp_path / "var"
    path.mkdir(mode=0o700)
    (path / "seal.key").touch(mode=0o400)
    DataFolder.at(path).make()
    assert mode(path / "seal.key") == 0o400


@pytest.mark.parametrize("below", ["", "var", "var/demo"])
def test_a_file_in_its_place_is_named(tmp_path, below):
    (tmp_path / "file").touch()
    with pytest.raises(UnsuitableFolder, match="file is a file, not a folder") as refused:
        DataFolder.at(tmp_path / "file" / below).make()
    assert "\n" not in str(refused.value)
