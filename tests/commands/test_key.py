"""``python -m peoplecount key …`` and ``camera password``, as an administrator types them."""

import io
import sqlite3

import pytest

from peoplecount.__main__ import main
from peoplecount.configuration import configuration
from peoplecount.domain.camera import Camera
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.launch import read_settings
from peoplecount.services import key_rotation
from peoplecount.services.roster_keeper import RosterKeeper
from peoplecount.storage.camera_passwords import CameraPasswords
from peoplecount.storage.errors import DatabaseUnavailable

SECRET = "Geheim-4711"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DB_SERVER", "CLOCK_URL", "PEOPLECOUNT_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setattr(key_rotation, "SETTLING", 0.0)
    with configuration(read_settings()) as tables:
        for name in ("hall", "yard"):
            tables.cameras.add(Camera(name, name, f"http://{name}.example", "admin", SECRET))
        made = DataFolder.at(tmp_path / "var")
        keeper = RosterKeeper(
            lambda: tables_roster(tables), made.store, made.sealer, Site("default", "Main site", "UTC")
        )
        keeper.refresh()
        made.close()
    return made


def tables_roster(tables):
    return Roster({camera.camera_id: camera for camera in tables.cameras.cameras()})


@pytest.fixture
def key(folder, capsys):
    def run(*arguments):
        code = main(["key", *arguments])
        said = capsys.readouterr()
        assert SECRET not in said.out + said.err
        return code, said.out, said.err

    return run


def passwords():
    with configuration(read_settings()) as tables:
        return {camera.camera_id: camera.password for camera in tables.cameras.cameras()}


def copied(folder):
    made = DataFolder.at(folder.path)
    keeper = RosterKeeper(lambda: None, made.store, made.sealer, Site("default", "Main site", "UTC"))
    cameras = keeper.load_copy().cameras
    made.close()
    return {camera_id: camera.password for camera_id, camera in cameras.items()}


def test_a_new_key_seals_everything_and_the_old_one_opens_nothing_any_more(folder, key):
    before = folder.sealer.key_file.path.read_text()
    code, out, _ = key("rotate")
    assert code == 0
    assert "database:    2 sealed anew" in out
    assert "local copy:  2 sealed anew" in out
    assert "2 can be opened" in out
    after = folder.sealer.key_file.path.read_text()
    assert (after != before, len(after.split())) == (True, 1)
    assert passwords() == copied(folder) == {"hall": SECRET, "yard": SECRET}


def test_while_the_database_is_away_the_old_key_stays_and_the_next_run_ends_it(folder, key, monkeypatch):
    def away(self, renew):
        raise DatabaseUnavailable("connection refused")

    with monkeypatch.context() as patched:
        patched.setattr(CameraPasswords, "renew", away)
        code, _, err = key("rotate")
    assert (code, "Run it again" in err) == (1, True)
    code, out, _ = key("check")
    assert (code, "key rotate" in out) == (0, True)
    assert key("rotate")[0] == 0
    assert len(folder.sealer.key_file.path.read_text().split()) == 1
    assert passwords() == {"hall": SECRET, "yard": SECRET}


def test_where_the_key_is_lost_the_cameras_are_named_and_how_to_enter_their_passwords(folder, key, monkeypatch, capsys):
    folder.sealer.key_file.path.unlink()
    code, out, err = key("check")
    assert code == 1
    assert "is missing" in err
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\n"))
    assert main(["camera", "password", "hall", "--password-stdin"]) == 0
    assert "new password" in capsys.readouterr().out
    code, out, _ = key("check")
    assert code == 1
    assert "2 sealed passwords in the database, 1 can be opened" in out
    assert "python -m peoplecount camera password yard" in out
    assert "camera password hall" not in out
    assert passwords() == {"hall": SECRET}


def test_a_key_file_that_others_may_read_is_told(folder, key):
    folder.sealer.key_file.path.chmod(0o644)
    _, out, _ = key("check")
    # The folder is closed to others at every start, the key with it.
    assert "PROBLEM" not in out
    assert folder.sealer.key_file.path.stat().st_mode & 0o077 == 0


def test_in_the_files_themselves_no_password_can_be_read(folder, key):
    key("rotate")
    with sqlite3.connect(folder.path / "peoplecount.db") as database:
        assert database.execute("SELECT count(*) FROM cameras WHERE password LIKE 'sealed:%'").fetchone() == (2,)
    database.close()
    for file in folder.path.iterdir():
        assert SECRET.encode() not in file.read_bytes(), file
