"""Backups of an installation: made while it runs, put back while it stands still."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfile

from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LogUnavailable
from peoplecount.eventlog.sqlite_copy import COMPANIONS, copy_sqlite
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from peoplecount.services.backup_file import (
    DATABASE,
    KEY,
    LOG,
    STORE,
    BackupFile,
    BackupList,
    BackupRefused,
    write_backup,
)
from peoplecount.services.user_sessions import end_all_sessions

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

        The database before the log: then the log has all that the database has, and goes on from there. The key comes
        last: nothing that is sealed with a newer one is in what was copied before it.
        """
        log, key = self.folder.log_path, self.folder.sealer.key_file.path
        database = self.database or self.folder.path / DATABASE
        return {STORE: self.folder.store_path, DATABASE: database, LOG: log, KEY: key}


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
        with (
            tempfile.TemporaryDirectory(dir=target.parent, prefix=".peoplecount-backup-") as temporary,
            places.folder.sealer.key_file.held(),
        ):
            copies: dict[str, Path] = {}
            for name in wanted:
                copies[name] = Path(temporary, name)
                tell(name)
                _copy(name, places.files()[name], copies[name])
            return write_backup(target, now, program, described, copies)
    except OSError as error:
        raise BackupRefused(f"no backup can be made in {target.parent}: {error.strerror or error}") from error


def _is_wanted(name: str, places: Places, *, with_key: bool) -> bool:
    if name == DATABASE:
        return places.database is not None and places.database.exists()
    return places.files()[name].exists() and (with_key or name != KEY)


def _copy(name: str, source: Path, target: Path) -> None:
    if name == KEY:
        copyfile(source, target)
    else:
        copy_sqlite(source, target, LogUnavailable)


def restore_backup(places: Places, backup: BackupFile, now: datetime, *, replace: bool = False) -> Path | None:
    """Put back what is in ``backup``; where what was there before has been moved to, if there was anything.

    Streams begin anew after it: ids of events that came after the backup may be known to programs and must not come
    again for others. Everybody has to sign in again. Raises ``BackupRefused``, and ``LogError`` for a backup of a newer
    version; then nothing has changed.
    """
    places.folder.make()
    if not places.folder.leader_lock.try_acquire():
        raise BackupRefused(f"the service runs with {places.folder.path}: stop it, then run this again")
    targets = {name: places.files()[name] for name in backup.list.files}
    new = {name: path.with_name(f".{path.name}.restored") for name, path in targets.items()}
    try:
        there = [path for path in targets.values() if path.exists()]
        if there and not replace:
            names = ", ".join(str(path) for path in there)
            raise BackupRefused(f"{names}: there already. With --replace they are moved aside, and nothing is deleted")
        for name, path in new.items():
            _remove(path)  # of a call that was interrupted
            backup.take_out(name, path)
        _begin_anew(new)
        return _exchange(places, targets, new, now)
    except OSError as error:
        raise BackupRefused(f"it cannot be put back: {error.strerror or error} ({error.filename})") from error
    finally:
        for path in new.values():
            with suppress(OSError):
                _remove(path)
        places.folder.leader_lock.release()


def _begin_anew(new: Mapping[str, Path]) -> None:
    """While they are still apart, so that nobody ever finds an older log that is not known as such."""
    log, store = SQLiteEventLog(new[LOG]), LocalStore(new[STORE])
    try:
        log.open()
        store.open()
        store.save_mark(log.start_epoch())
        end_all_sessions(store)
    finally:
        log.close()
        store.close()


def _exchange(places: Places, targets: Mapping[str, Path], new: Mapping[str, Path], now: datetime) -> Path | None:
    """Move what is there aside, and what is new into its place."""
    aside: Path | None = None
    for name, path in targets.items():
        for old in (path, *(path.with_name(path.name + companion) for companion in COMPANIONS)):
            if old.exists():
                aside = path.parent / f"{ASIDE}-{now:%Y%m%dT%H%M%S%fZ}"
                aside.mkdir(mode=0o700, exist_ok=True)
                old.rename(aside / old.name)
        _give_to_owner(new[name], places.folder.path)
        new[name].rename(path)
    if aside is not None:
        _give_to_owner(aside, places.folder.path)
    return aside


def _give_to_owner(path: Path, folder: Path) -> None:
    """To whom the folder belongs, where an administrator does this for the service."""
    if os.name == "posix" and os.geteuid() == 0:
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _remove(path: Path) -> None:
    for one in (path, *(path.with_name(path.name + companion) for companion in COMPANIONS)):
        one.unlink(missing_ok=True)
