"""``python -m peoplecount backup`` and ``restore``, as an administrator types them."""

import signal
import zipfile

import pytest

from peoplecount.__main__ import main
from peoplecount.commands._ending import ending_in_order
from peoplecount.configuration import configuration
from peoplecount.domain.camera import Camera
from peoplecount.eventlog.data_folder import open_data_folder
from peoplecount.launch import read_settings

SECRET = "Geheim-4711"


@pytest.fixture
def say(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DB_SERVER", "CLOCK_URL", "PEOPLECOUNT_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))
    with configuration(read_settings()) as tables:
        tables.cameras.add(Camera("hall", "hall", "http://hall.example", "admin", SECRET))
    open_data_folder(tmp_path / "var").close()
    (tmp_path / "kept").mkdir()

    def run(*arguments):
        code = main([*map(str, arguments)])
        said = capsys.readouterr()
        assert SECRET not in said.out + said.err
        return code, said.out, said.err

    return run


def passwords():
    with configuration(read_settings()) as tables:
        return {camera.camera_id: camera.password for camera in tables.cameras.cameras()}


def test_what_was_kept_in_a_folder_is_put_back_elsewhere(say, tmp_path, monkeypatch):
    code, out, _ = say("backup", tmp_path / "kept")
    (file,) = (tmp_path / "kept").iterdir()
    assert code == 0
    assert f"{file}:" in out
    assert "holds the key" in out
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "other"))
    code, out, _ = say("restore", file)
    assert code == 0
    assert "Start the service" in out
    assert "0 sessions, 0 screens on walls and 0 one-time links" in out
    assert passwords() == {"hall": SECRET}


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_of_what_is_in_redis_there_is_no_backup_here_and_what_to_copy_is_said(say, tmp_path, monkeypatch, command):
    pytest.importorskip("redis", reason="redis-py is not installed (requirements-redis.txt)")
    monkeypatch.setenv("REDIS_URL", "redis://:s3cret@redis.example:6379")
    code, _, err = say(command, tmp_path / "kept.zip")
    assert code == 1
    assert "in Redis at redis.example:6379" in err
    assert "seal.key" in err
    assert "s3cret" not in err


def test_where_there_are_data_it_says_so_and_with_replace_where_they_went(say, tmp_path):
    say("backup", tmp_path / "kept.zip")
    code, _, err = say("restore", tmp_path / "kept.zip")
    assert code == 1
    assert "--replace" in err
    code, out, _ = say("restore", tmp_path / "kept.zip", "--replace")
    assert code == 0
    assert "before-restore" in out
    assert passwords() == {"hall": SECRET}


def test_without_the_key_it_says_what_else_is_needed(say, tmp_path, monkeypatch):
    code, out, _ = say("backup", tmp_path / "kept.zip", "--without-key")
    assert code == 0
    assert "holds the key" not in out
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "other"))
    code, out, _ = say("restore", tmp_path / "kept.zip")
    assert code == 0
    assert "seal.key" in out


def test_a_server_is_named_whose_database_is_not_in_it(say, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://people:Geheim-4711@pg.example/people")
    code, out, _ = say("backup", tmp_path / "kept.zip")
    assert code == 0
    assert "pg.example" in out
    assert "peoplecount.db" not in zipfile.ZipFile(tmp_path / "kept.zip").namelist()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "other"))
    code, out, _ = say("restore", tmp_path / "kept.zip")
    assert code == 0
    assert "not in it" in out


def test_a_backup_of_an_embedded_database_is_not_taken_for_the_servers(say, tmp_path, monkeypatch):
    say("backup", tmp_path / "kept.zip")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://people@pg.example/people")
    code, out, _ = say("restore", tmp_path / "kept.zip")
    assert code == 0
    assert "not used" in out


def test_of_older_ones_as_many_stay_as_are_wanted(say, tmp_path):
    kept = tmp_path / "kept"
    old = [kept / f"peoplecount-2026010{day}T000000Z.zip" for day in (1, 2, 3)]
    for file in (*old, kept / "theirs.zip"):
        file.touch()
    code, out, _ = say("backup", kept, "--keep", 2)
    assert code == 0
    assert old[1].name in out
    assert [file.exists() for file in old] == [False, False, True]
    assert (kept / "theirs.zip").exists()
    assert len(list(kept.iterdir())) == 3


@pytest.mark.parametrize("name", [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)])
def test_a_signal_to_end_leaves_nothing_behind(say, tmp_path, monkeypatch, name):
    number, heard, copies = getattr(signal, name), [], []

    def ends(*_):
        copies.extend(file.name for file in (tmp_path / "kept").rglob("*"))
        signal.raise_signal(number)

    monkeypatch.setattr("peoplecount.services.backup_file._copied", ends)
    before = signal.signal(number, lambda *_: heard.append(name))
    try:
        with pytest.raises(SystemExit) as ended:
            say("backup", tmp_path / "kept")
        signal.raise_signal(number)  # as before
    finally:
        signal.signal(number, before)
    assert ended.value.code == 128 + number
    assert "seal.key" in copies
    assert list((tmp_path / "kept").iterdir()) == []
    assert heard == [name]


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with ending_in_order():
            signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_an_older_one_that_cannot_be_deleted_is_said_and_the_new_one_is_there(say, tmp_path, monkeypatch):
    old = tmp_path / "kept" / "peoplecount-20260101T000000Z.zip"
    old.touch()

    class Kept:
        def unlink(self, *, missing_ok):
            raise PermissionError(13, "Permission denied", str(old))

    with monkeypatch.context() as patched:
        patched.setattr("peoplecount.commands.backup.older_than_newest", lambda *_: [Kept()])
        code, out, err = say("backup", tmp_path / "kept", "--keep", 1)
    assert code == 1
    assert "seal.key" in out
    assert err.startswith("An older backup cannot be deleted: Permission denied")
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_what_cannot_be_is_one_line(say, tmp_path):
    (tmp_path / "none.zip").write_text("nothing")
    for arguments, says in (
        (("restore", tmp_path / "none.zip"), "no backup"),
        (("restore", tmp_path / "missing.zip"), "cannot be read"),
        (("backup", tmp_path / "none.zip"), "there already"),
        (("backup", tmp_path / "new.zip", "--keep", 3), "is none"),
        (("backup", tmp_path / "backups"), "is no folder: make it first"),
    ):
        code, _, err = say(*arguments)
        assert code == 1
        assert says in err
        assert err.count("\n") == 1


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_to_keep_none_is_refused(say, tmp_path, capsys, number):
    with pytest.raises(SystemExit):
        main(["backup", str(tmp_path / "kept"), f"--keep={number}"])
    assert "1 or more" in capsys.readouterr().err
