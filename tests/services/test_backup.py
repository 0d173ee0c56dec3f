"""Backups: made while everything goes on, put back whole or not at all."""

import errno
import os
import pathlib
import sqlite3
import stat
import sys
import threading
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.change import Subject
from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.event_id import EventId
from peoplecount.domain.offload import call_here
from peoplecount.domain.user import Role, User
from peoplecount.eventlog.data_folder import DataFolder, open_data_folder
from peoplecount.eventlog.key_file import KeyInUse
from peoplecount.eventlog.log import LocalStoreUnavailable, LogUnavailable
from peoplecount.services import backup as backup_module
from peoplecount.services.backup import Places, make_backup, restore_backup
from peoplecount.services.backup_file import (
    DATABASE,
    KEY,
    LOG,
    STORE,
    BackupFile,
    BackupRefused,
    name_of,
    newest_first,
    older_than_newest,
    write_backup,
)
from peoplecount.services.ended_access import EndedAccess
from peoplecount.services.one_time_links import OneTimeLinks
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.screens import Screens
from peoplecount.services.stream_tickets import StreamTickets
from peoplecount.services.user_sessions import UserSessions
from tests.support.events import NOON, said, some

ANNA = User("anna", Role.VIEWER, None, "", "stamp")
NOW = datetime(2026, 5, 4, 10, 30, tzinfo=UTC)


class Home:
    """An installation's data folder with something in each of its files."""

    def __init__(self, path):
        self.path = path
        self.folder = open_data_folder(path)
        self.places = Places(self.folder, path / "peoplecount.db")
        self.term = self.folder.log.raise_term()

    def fill(self):
        self.appends("one", "two", "three")
        self.folder.store.put("note", "as it was")
        self.sealed = self.folder.sealer.seal("Geheim-4711")
        with closing(self.database()) as database:
            database.executescript("PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)")
        return self

    def appends(self, *texts):
        self.folder.log.append(self.term, [some(*texts)], NOON)

    def database(self):
        return sqlite3.connect(self.path / "peoplecount.db")

    def numbers(self):
        with closing(self.database()) as database:
            return [row[0] for row in database.execute("SELECT n FROM t ORDER BY n")]

    def texts(self):
        return [said(entry.event) for entry in self.folder.log.read(0, 1000)]

    def backs_up(self, target, **options):
        return make_backup(self.places, target, NOW, "1.0", **options)


@pytest.fixture
def homes():
    made = []

    def make(path):
        made.append(Home(path))
        return made[-1]

    yield make
    for one in made:
        one.folder.close()


@pytest.fixture
def home(tmp_path, homes):
    return homes(tmp_path / "var").fill()


@pytest.fixture
def kept(home, tmp_path):
    home.backs_up(tmp_path / "kept.zip", described="embedded")
    return tmp_path / "kept.zip"


def put_back(file, path, *, replace=False, now=NOW):
    folder = DataFolder.at(path)
    try:
        with BackupFile(file) as backup:
            places = Places(folder, path / "peoplecount.db")
            return restore_backup(places, backup, now, "command line", replace=replace)
    finally:
        folder.close()


def everything(path):
    """All files and what is in them; the locks aside."""
    return {file.name: file.read_bytes() for file in path.rglob("*") if file.is_file() and file.suffix != ".lock"}


def test_everything_is_back_elsewhere(home, kept, tmp_path, homes):
    assert put_back(kept, tmp_path / "other").aside is None
    other = homes(tmp_path / "other")
    assert other.texts() == ["one", "two", "three"]
    assert other.folder.store.get("note").body == "as it was"
    assert other.folder.sealer.unseal(home.sealed) == "Geheim-4711"
    assert other.numbers() == [1]


def test_ids_given_since_are_not_given_to_other_events(home, kept, homes):
    home.appends("four")
    heard = home.folder.log.head()
    home.folder.close()
    put_back(kept, home.path, replace=True)
    again = homes(home.path)
    assert again.folder.log.head() == EventId(again.folder.log.head().epoch, heard.number - 1)
    assert again.folder.log.head().epoch != heard.epoch
    assert again.folder.store.load_mark() == again.folder.log.head()


def test_who_was_signed_in_has_to_sign_in_again(home, tmp_path, homes):
    secret = UserSessions(home.folder.store, PlayedClock(REAL_TIME)).begin(ANNA, "127.0.0.1", "a browser")
    home.backs_up(tmp_path / "kept.zip")
    put_back(tmp_path / "kept.zip", tmp_path / "other")
    other = homes(tmp_path / "other")
    assert UserSessions(other.folder.store, PlayedClock(REAL_TIME)).of_secret(secret) is None
    assert UserSessions(home.folder.store, PlayedClock(REAL_TIME)).of_secret(secret) is not None


def test_what_may_have_been_ended_since_is_ended(home, tmp_path, homes):
    """A screen revoked, a link used and a ticket redeemed after the backup: none of them is good again."""
    clock = PlayedClock(REAL_TIME)
    screens, links = Screens(home.folder.store, clock), OneTimeLinks(home.folder.store, clock)
    screen, shown = screens.ask("127.0.0.1", "a wall")
    screens.confirm(shown.code, "Hall", None, "anna")
    screen = screens.claim(screen)
    waiting, _ = screens.ask("127.0.0.1", "another wall")
    link = links.make("anna", "stamp")
    ticket = StreamTickets(home.folder.store, clock, call_here).give("anna")
    UserSessions(home.folder.store, clock).begin(ANNA, "127.0.0.1", "a browser")
    home.backs_up(tmp_path / "kept.zip")
    done = put_back(tmp_path / "kept.zip", tmp_path / "other")
    store = homes(tmp_path / "other").folder.store
    assert Screens(store, clock).of_secret(screen) is None
    assert Screens(store, clock).waiting(waiting) is None
    assert OneTimeLinks(store, clock).purpose(link) is None
    assert StreamTickets(store, clock, call_here).holder_of(ticket) is None
    assert done.ended == EndedAccess(sessions=1, screens=1, links=1)
    assert screens.of_secret(screen) is not None
    assert links.purpose(link) is not None


def test_that_it_was_put_back_stands_in_the_audit_log(home, kept, homes, tmp_path):
    put_back(kept, tmp_path / "other", now=NOW + timedelta(hours=1))
    (change,) = homes(tmp_path / "other").folder.store.changes(10)
    assert (change.moment, change.who) == (NOW + timedelta(hours=1), "command line")
    assert (change.verb, change.subject, change.subject_id) == ("put back", Subject.BACKUP, "kept.zip")
    assert change.after == {
        "made": "2026-05-04T10:30:00.000Z",
        "sessions ended": 0,
        "screens revoked": 0,
        "one-time links voided": 0,
    }


@pytest.mark.parametrize("name", [LOG, STORE, DATABASE, KEY])
def test_where_a_link_lies_it_is_said_and_nothing_changes(home, kept, tmp_path, name):
    home.folder.close()
    (home.path / name).rename(tmp_path / "elsewhere")
    (home.path / name).symlink_to(tmp_path / "elsewhere")
    _is_refused(home, kept, f"{name} is a link")


def test_what_others_write_meanwhile_makes_no_half_copy(home, tmp_path, homes, monkeypatch):
    """The log holds all that the database has got from it, as long as each is written after the other."""
    begun, stop = threading.Event(), threading.Event()

    def write():
        with closing(sqlite3.connect(home.path / "peoplecount.db", timeout=30)) as database:
            number = 3
            while not stop.is_set():
                number += 1
                home.appends(str(number))
                database.execute("INSERT INTO t VALUES (?)", (number,))
                database.commit()
                begun.set()

    real = backup_module.copy_sqlite

    def slow(source, target, unavailable):
        if source.name == LOG:  # whatever is copied next, more has been written since the last
            before = home.folder.log.head().number
            while home.folder.log.head().number < before + 2:
                pass
        real(source, target, unavailable)

    monkeypatch.setattr(backup_module, "copy_sqlite", slow)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        begun.wait(10)
        home.backs_up(tmp_path / "kept.zip")
    finally:
        stop.set()
        writer.join()
    put_back(tmp_path / "kept.zip", tmp_path / "other")
    other = homes(tmp_path / "other")
    events = [entry.event_id.number for entry in other.folder.log.read(0, 100_000)]
    assert events == list(range(1, len(events) + 1))
    assert other.numbers() == [1, *range(4, other.numbers()[-1] + 1)]
    assert len(events) > other.numbers()[-1]


def test_where_data_are_already_nothing_changes_unless_it_is_said(home, kept):
    home.folder.close()
    before = everything(home.path)
    with pytest.raises(BackupRefused, match="--replace"):
        put_back(kept, home.path)
    assert everything(home.path) == before


def test_what_was_there_is_moved_aside_with_what_belongs_to_it(home, kept, homes):
    home.appends("four")
    (home.path / "peoplecount.db-wal").write_bytes(b"of the newer one: it would be played onto the older copy")
    home.folder.close()
    aside = put_back(kept, home.path, replace=True).aside
    assert aside.parent == home.path
    assert {LOG, STORE, DATABASE, KEY, "peoplecount.db-wal"} <= {file.name for file in aside.iterdir()}
    assert not (home.path / "peoplecount.db-wal").exists()
    assert homes(home.path).texts() == ["one", "two", "three"]
    assert "four" in [said(entry.event) for entry in _log_in(aside)]


@pytest.mark.parametrize("name", [LOG, STORE, DATABASE, KEY])
def test_where_one_file_cannot_be_moved_nothing_changes(home, kept, monkeypatch, name):
    """As on Windows, where a report has the database open."""
    home.appends("four")
    home.folder.close()
    before = everything(home.path)
    rename = pathlib.Path.rename

    def refuse(path, target):
        if path == home.path / name:
            raise PermissionError(errno.EACCES, "in use", str(path))
        return rename(path, target)

    monkeypatch.setattr("pathlib.Path.rename", refuse)
    with pytest.raises(BackupRefused, match=f"in use .*{name}"):
        put_back(kept, home.path, replace=True)
    assert everything(home.path) == before
    assert [path for path in home.path.iterdir() if path.is_dir()] == []


def _log_in(path):
    folder = open_data_folder(path)
    try:
        return folder.log.read(0, 100)
    finally:
        folder.close()


def test_it_may_be_put_back_again_and_again(home, kept, homes):
    home.folder.close()
    folders = {put_back(kept, home.path, replace=True, now=NOW + timedelta(seconds=one)).aside for one in range(3)}
    assert len(folders) == 3
    assert homes(home.path).texts() == ["one", "two", "three"]


def test_while_the_service_runs_nothing_is_put_back(home, kept):
    assert home.folder.leader_lock.try_acquire()
    before = home.texts()
    with pytest.raises(BackupRefused, match="stop it"):
        put_back(kept, home.path, replace=True)
    assert home.texts() == before


@pytest.mark.parametrize("name", [LOG, STORE, DATABASE, KEY])
def test_a_file_that_is_not_as_it_was_is_refused_and_nothing_changes(home, kept, tmp_path, name):
    spoilt = tmp_path / "spoilt.zip"
    with zipfile.ZipFile(kept) as whole, zipfile.ZipFile(spoilt, "w") as other:
        for one in whole.namelist():
            other.writestr(one, whole.read(one) + (b" " if one == name else b""))
    _is_refused(home, spoilt, "damaged")


@pytest.mark.parametrize("place", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_backup_with_a_wrong_byte_is_refused_or_whole(home, kept, tmp_path, homes, place):
    content = bytearray(kept.read_bytes())
    content[int(len(content) * place)] ^= 0x55
    (tmp_path / "spoilt.zip").write_bytes(content)
    try:
        put_back(tmp_path / "spoilt.zip", tmp_path / "other")
    except (BackupRefused, LogUnavailable, LocalStoreUnavailable):
        assert {file.name for file in (tmp_path / "other").glob("*") if file.suffix != ".lock"} == set()
    else:  # a byte that nobody reads
        assert homes(tmp_path / "other").texts() == ["one", "two", "three"]


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.99])
def test_a_backup_that_was_cut_off_is_refused(home, kept, tmp_path, part):
    content = kept.read_bytes()
    (tmp_path / "cut.zip").write_bytes(content[: int(len(content) * part)])
    _is_refused(home, tmp_path / "cut.zip", "no backup of this program, or it is damaged")


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ('{"format": 2, "program": "9.0"}', "version 9.0"),
        (
            '{"format": 1, "madeAt": "2026-05-04T10:00:00Z", "program": "1", "database": "", "files": {}}',
            "holds nothing",
        ),
        (
            '{"format": 1, "madeAt": "2026-05-04T10:00:00Z", "program": "1", "database": "", '
            '"files": {"../../etc/passwd": {"size": 1, "sha256": ""}}}',
            "did not make it",
        ),
        ("[]", "no backup"),
        ("}", "no backup"),
    ],
)
def test_another_list_is_refused(home, tmp_path, told, says):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("backup.json", told)
    _is_refused(home, tmp_path / "other.zip", says)


def test_what_unpacks_to_more_than_it_should_is_not_unpacked(home, kept, tmp_path):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(kept) as whole, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as other:
        for one in whole.namelist():
            other.writestr(one, bytes(8 << 20) if one == LOG else whole.read(one))
    _is_refused(home, bomb, "damaged")


def _is_refused(home, file, says):
    home.folder.close()
    before = everything(home.path)
    with pytest.raises(BackupRefused, match=says):
        put_back(file, home.path, replace=True)
    assert everything(home.path) == before


def test_a_log_of_a_newer_version_is_refused_and_nothing_changes(home, kept, tmp_path):
    home.folder.close()
    before = everything(home.path)
    with closing(sqlite3.connect(home.path / LOG)) as log:
        (version,) = log.execute("PRAGMA user_version").fetchone()
        log.execute("PRAGMA user_version = 99")
    newer = Home.__new__(Home)
    newer.places, newer.path = home.places, home.path
    newer.backs_up(tmp_path / "newer.zip")
    with closing(sqlite3.connect(home.path / LOG)) as log:
        log.execute(f"PRAGMA user_version = {version}")
    before = everything(home.path)
    with pytest.raises(LogUnavailable, match="newer version"):
        put_back(tmp_path / "newer.zip", home.path, replace=True)
    assert everything(home.path) == before


def test_webhooks_of_a_newer_version_are_refused_and_nothing_changes(home, tmp_path):
    home.folder.webhooks.open()
    home.folder.webhooks.close()
    with closing(sqlite3.connect(home.folder.webhooks_path)) as book:
        book.execute("PRAGMA user_version = 99")
    home.backs_up(tmp_path / "newer.zip")
    home.folder.close()
    before = everything(home.path)
    with pytest.raises(LocalStoreUnavailable, match="newer version"):
        put_back(tmp_path / "newer.zip", home.path, replace=True)
    assert everything(home.path) == before


def test_tables_of_a_newer_version_are_refused_and_nothing_changes(home, tmp_path):
    with closing(home.database()) as database, database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        database.execute("INSERT INTO alembic_version VALUES ('0999')")
    home.backs_up(tmp_path / "newer.zip")
    home.folder.close()
    before = everything(home.path)
    with pytest.raises(BackupRefused, match=r"of a newer version: .* schema version 0999"):
        put_back(tmp_path / "newer.zip", home.path, replace=True)
    assert everything(home.path) == before


def test_without_the_key_a_key_that_is_there_stays(home, tmp_path, homes):
    home.backs_up(tmp_path / "kept.zip", with_key=False)
    with BackupFile(tmp_path / "kept.zip") as backup:
        assert KEY not in backup.list.files
    home.folder.close()
    put_back(tmp_path / "kept.zip", home.path, replace=True)
    assert homes(home.path).folder.sealer.unseal(home.sealed) == "Geheim-4711"


def test_a_database_elsewhere_is_not_in_it(home, tmp_path):
    made = make_backup(Places(home.folder, None), tmp_path / "kept.zip", NOW, "1.0", described="sql.example")
    assert list(made.files) == [STORE, LOG, KEY]
    assert made.database == "sql.example"


def test_what_is_damaged_is_not_kept_for_a_backup(home, tmp_path):
    home.folder.close()
    content = bytearray((home.path / "peoplecount.db").read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    (home.path / "peoplecount.db").write_bytes(content)
    with pytest.raises(LogUnavailable, match=r"peoplecount\.db is damaged"):
        home.backs_up(tmp_path / "kept.zip")
    assert [file.name for file in tmp_path.iterdir()] == ["var"]


def test_while_somebody_changes_the_key_there_is_no_backup(home, tmp_path):
    with home.folder.sealer.key_file.held(), pytest.raises(KeyInUse):
        home.backs_up(tmp_path / "kept.zip")
    assert [file.name for file in tmp_path.iterdir()] == ["var"]


def test_where_no_data_are_there_is_no_backup(tmp_path):
    places = Places(DataFolder.at(tmp_path / "nothing"), None)
    with pytest.raises(BackupRefused, match="DATA_DIR"):
        make_backup(places, tmp_path / "kept.zip", NOW, "1.0")


def test_what_is_there_is_not_overwritten(home, kept):
    before = kept.read_bytes()
    with pytest.raises(BackupRefused, match="there already"):
        home.backs_up(kept)
    assert kept.read_bytes() == before


def test_on_a_disk_without_links_it_is_made_and_overwrites_nothing_either(home, tmp_path, monkeypatch):
    def link(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("os.link", link)
    home.backs_up(tmp_path / "kept.zip")
    before = (tmp_path / "kept.zip").read_bytes()
    assert BackupFile(tmp_path / "kept.zip").list.files
    with pytest.raises(BackupRefused, match="there already"):
        home.backs_up(tmp_path / "kept.zip")
    assert (tmp_path / "kept.zip").read_bytes() == before
    assert {file.name for file in tmp_path.iterdir()} == {"var", "kept.zip"}


def test_a_folder_that_cannot_be_written_in_is_said(home, tmp_path):
    with pytest.raises(BackupRefused, match="no backup can be made in"):
        home.backs_up(tmp_path / "missing" / "kept.zip")


def test_what_a_call_that_was_killed_has_left_goes_at_the_next_and_of_others_nothing(home, tmp_path, monkeypatch):
    target = tmp_path / "backups"
    (target / ".peoplecount-backup-of-others").mkdir(parents=True)
    left = []

    def dies(_target, _now, _program, _described, _copies, made_in):
        left.append(made_in.rename(f"{made_in}-left"))  # where whoever tidies up does not find it
        made_in.mkdir()

    with monkeypatch.context() as patched:
        patched.setattr(backup_module, "write_backup", dies)
        home.backs_up(target / "kept.zip")
    assert (left[0] / KEY).exists()
    home.backs_up(target / "kept.zip")
    assert {file.name for file in target.iterdir()} == {".peoplecount-backup-of-others", "kept.zip"}


def test_while_it_is_made_nobody_else_may_read_the_copies(home, tmp_path, monkeypatch):
    seen = {}

    def look(target, now, program, described, copies, made_in):
        seen.update({name: stat.S_IMODE(file.stat().st_mode) for name, file in copies.items()})
        seen["folder"] = stat.S_IMODE(made_in.stat().st_mode)

    monkeypatch.setattr(backup_module, "write_backup", look)
    old = os.umask(0)
    try:
        home.backs_up(tmp_path / "kept.zip")
    finally:
        os.umask(old)
    assert seen == {STORE: 0o600, DATABASE: 0o600, LOG: 0o600, KEY: 0o600, "folder": 0o700}


def test_a_backup_that_breaks_off_leaves_nothing(home, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("peoplecount.services.backup_file._copied", full)
    with pytest.raises(BackupRefused, match="No space left"):
        home.backs_up(tmp_path / "kept.zip")
    assert [file.name for file in tmp_path.iterdir()] == ["var"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no such modes")
def test_nobody_else_may_read_it_or_what_was_put_back(home, kept, tmp_path):
    old = os.umask(0o022)
    try:
        put_back(kept, tmp_path / "other")
    finally:
        os.umask(old)
    put = [file for file in (tmp_path / "other").iterdir() if file.suffix != ".lock"]
    assert {file.name for file in put} == {LOG, STORE, DATABASE, KEY}
    assert {stat.S_IMODE(file.stat().st_mode) for file in (kept, *put)} == {0o600}


def test_backups_are_told_by_their_names(tmp_path):
    names = [name_of(NOW + timedelta(days=days)) for days in (2, 0, 1)]
    of_others = ("peoplecount.txt", "peoplecount-Tarragona-Zoo.Z.zip", "peoplecount-20260504T1030Z.zip")
    for name in (*names, *of_others, f"{names[0]}.old", f"old-{names[0]}"):
        (tmp_path / name).touch()
    (tmp_path / name_of(NOW + timedelta(days=3))).mkdir()
    (tmp_path / name_of(NOW + timedelta(days=4))).symlink_to(tmp_path / names[0])
    assert [file.name for file in newest_first(tmp_path)] == sorted(names, reverse=True)


@pytest.mark.parametrize("number", [1, 2])
def test_the_one_just_made_is_among_those_kept_whatever_the_clock_says(tmp_path, number):
    files = [tmp_path / name_of(NOW + timedelta(days=days)) for days in range(3)]
    for file in files:
        file.touch()
    assert older_than_newest(tmp_path, number, files[0]) == files[2:0:-1][number - 1 :]


def test_a_list_says_when_by_what_and_of_which_database(tmp_path):
    (tmp_path / "a").write_text("x")
    write_backup(tmp_path / "kept.zip", NOW, "1.0", "embedded", {LOG: tmp_path / "a", STORE: tmp_path / "a"})
    with BackupFile(tmp_path / "kept.zip") as backup:
        assert (backup.list.made_at, backup.list.program, backup.list.database) == (NOW, "1.0", "embedded")
