"""Backups of an installation: made while it runs, put back while it stands still."""

from __future__ import annotations

import dataclasses
import hashlib
import platform
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfileobj, rmtree

from peoplecount.domain.change import Change, Subject, Value
from peoplecount.domain.event import utc_text
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.eventlog.folder_owner import as_owner_of
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LogUnavailable
from peoplecount.eventlog.sqlite_copy import COMPANIONS, copy_sqlite
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from peoplecount.eventlog.webhook_book import WebhookBook
from peoplecount.services.backup_file import (
    DATABASE,
    KEY,
    LOG,
    STORE,
    WEBHOOKS,
    BackupFile,
    BackupList,
    BackupRefused,
    own_file,
    write_backup,
)
from peoplecount.services.ended_access import EndedAccess, end_all_access
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.schema_version import current, expected, too_new
from peoplecount.storage.sqlite import SQLiteConnection

ASIDE = "before-restore"
"""How the folder begins into which is moved what was there before."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where an installation keeps what."""

    folder: DataFolder
    database: Path | None
    """The embedded one's file; ``None`` where all is in a server."""

    def files(self) -> Mapping[str, Path]:
        """By their names in a backup, in the order in which they are copied.

        The database before the log: then the log has all that the database has, and goes on from there. The webhooks
        after it: what they were sent by then is not taken out of it again. The key comes last: nothing that is sealed
        with a newer one is in what was copied before it.
        """
        log, key = self.folder.log_path, self.folder.sealer.key_file.path
        database = self.database or self.folder.path / DATABASE
        webhooks = self.folder.webhooks_path
        return {STORE: self.folder.store_path, DATABASE: database, LOG: log, WEBHOOKS: webhooks, KEY: key}


def make_backup(
    places: Places,
    target: Path,
    now: datetime,
    program: str,
    *,
    described: str = "",
    with_key: bool = True,
    tell: Callable[[str], object] = lambda _: None,
) -> BackupList:
    """Copy everything into the file ``target``; the service may run. ``described`` is where the database is.

    Raises ``BackupRefused``, ``KeyInUse``, and ``LogUnavailable`` where a file is damaged.
    """
    wanted = [name for name in places.files() if _is_wanted(name, places, with_key=with_key)]
    if not places.folder.log_path.exists():
        raise BackupRefused(f"{places.folder.path} holds no data of this program; see DATA_DIR")
    try:
        with places.folder.sealer.key_file.held(), _room(places, target.parent) as temporary:
            copies: dict[str, Path] = {}
            for name in wanted:
                copies[name] = Path(temporary, name)
                tell(name)
                _copy(name, places.files()[name], copies[name])
            return write_backup(target, now, program, described, copies, Path(temporary))
    except OSError as error:
        raise BackupRefused(f"no backup can be made in {target.parent}: {error.strerror or error}") from error


@contextmanager
def _room(places: Places, folder: Path) -> Iterator[str]:
    """A folder for copies that goes again, and what a call that was killed has left goes, too.

    Others may make backups in the same folder, and of this installation nobody but who holds the key: its name is of
    the machine and the data folder.
    """
    of = hashlib.sha256(f"{platform.node()} {places.folder.path.resolve()}".encode(errors="replace")).hexdigest()[:16]
    prefix = f".peoplecount-backup-{of}-"
    for left in folder.glob(f"{prefix}*"):
        rmtree(left, ignore_errors=True)  # follows no links
    with tempfile.TemporaryDirectory(dir=folder, prefix=prefix) as room:  # 0700
        yield room


def _is_wanted(name: str, places: Places, *, with_key: bool) -> bool:
    if name == DATABASE:
        return places.database is not None and places.database.exists()
    return places.files()[name].exists() and (with_key or name != KEY)


def _copy(name: str, source: Path, target: Path) -> None:
    if name == KEY:
        with source.open("rb") as key, own_file(target) as copy:
            copyfileobj(key, copy)
    else:
        copy_sqlite(source, target, LogUnavailable)


@dataclass(frozen=True, slots=True)
class Restored:
    """What putting a backup back has done, beside that."""

    aside: Path | None
    """Where what was there before has been moved to, if there was anything."""

    ended: EndedAccess


def restore_backup(places: Places, backup: BackupFile, now: datetime, who: str, *, replace: bool = False) -> Restored:
    """Put back what is in ``backup``; ``who`` does is noted in the audit log.

    Streams begin anew after it: ids of events that came after the backup may be known to programs and must not come
    again for others. So do sessions, screens and one-time links, which may have been ended since. ``root`` does it with
    the rights of whoever owns the folder. Raises ``BackupRefused``, and ``LogError`` for a backup of a newer version;
    then nothing has changed.
    """
    try:
        with as_owner_of(places.folder.path):
            return _restore(places, backup, now, who, replace=replace)
    except OSError as error:
        raise BackupRefused(f"it cannot be put back: {error.strerror or error} ({error.filename})") from error


def _restore(places: Places, backup: BackupFile, now: datetime, who: str, *, replace: bool) -> Restored:
    places.folder.make()
    if not places.folder.leader_lock.try_acquire():
        raise BackupRefused(f"the service runs with {places.folder.path}: stop it, then run this again")
    targets = {name: places.files()[name] for name in backup.list.files}
    new = {name: path.with_name(f".{path.name}.restored") for name, path in targets.items()}
    try:
        _require_room(targets.values(), replace=replace)
        for name, path in new.items():
            _remove(path)  # of a call that was interrupted
            backup.take_out(name, path)
        if DATABASE in new:
            _require_known_tables(new[DATABASE])
        done = _begin_anew(new, backup, now, who)
        return dataclasses.replace(done, aside=_exchange(targets, new, now))
    finally:
        for path in new.values():
            with suppress(OSError):
                _remove(path)
        places.folder.leader_lock.release()


def _require_room(targets: Collection[Path], *, replace: bool) -> None:
    for path in targets:
        if path.is_symlink():
            raise BackupRefused(
                f"{path} is a link, and it is not known whether what it leads to is to be replaced. Remove the link, "
                "and lay it again when all is back"
            )
    there = [path for path in targets if path.exists()]
    if there and not replace:
        names = ", ".join(str(path) for path in there)
        raise BackupRefused(f"{names}: there already. With --replace they are moved aside, and nothing is deleted")


def _require_known_tables(database: Path) -> None:
    """Into those of a newer program nothing would be written until that is back."""
    connection = SQLiteConnection(database)
    try:
        revision = current(connection)
    except DatabaseError as error:
        raise BackupRefused(f"its database cannot be read: {error}") from error
    finally:
        connection.disconnect()
    if revision is not None and revision > expected():  # they are numbered with leading zeros
        raise BackupRefused(f"it is of a newer version: {too_new(revision)}")


def _begin_anew(new: Mapping[str, Path], backup: BackupFile, now: datetime, who: str) -> Restored:
    """While they are still apart, so that nobody ever finds an older log that is not known as such."""
    log, store = SQLiteEventLog(new[LOG]), LocalStore(new[STORE])
    webhooks = WebhookBook(new[WEBHOOKS]) if WEBHOOKS in new else None
    try:
        log.open()
        store.open()
        if webhooks is not None:
            webhooks.open()
        store.save_mark(log.start_epoch())
        done = Restored(None, end_all_access(store))
        store.note_change(_note(done, backup, now, who))
    finally:
        log.close()
        store.close()
        if webhooks is not None:
            webhooks.close()
    return done


def _note(done: Restored, backup: BackupFile, now: datetime, who: str) -> Change:
    made: dict[str, Value] = {"made": utc_text(backup.list.made_at)}
    return Change(now, who, "put back", Subject.BACKUP, backup.path.name, after=made | done.ended.facts)


def _exchange(targets: Mapping[str, Path], new: Mapping[str, Path], now: datetime) -> Path | None:
    """Move what is there aside, and what is new into its place; where one cannot be moved, all are where they were."""
    aside: Path | None = None
    with ExitStack() as undo:
        for name, path in targets.items():
            for old in (path, *(path.with_name(path.name + companion) for companion in COMPANIONS)):
                if old.exists():
                    aside = path.parent / f"{ASIDE}-{now:%Y%m%dT%H%M%S%fZ}"
                    if not aside.exists():
                        aside.mkdir(mode=0o700)
                        undo.callback(aside.rmdir)
                    _move(old, aside / old.name, undo)
            _move(new[name], path, undo)
        undo.pop_all()
    return aside


def _move(source: Path, target: Path, undo: ExitStack) -> None:
    source.rename(target)
    undo.callback(target.rename, source)


def _remove(path: Path) -> None:
    for one in (path, *(path.with_name(path.name + companion) for companion in COMPANIONS)):
        one.unlink(missing_ok=True)
