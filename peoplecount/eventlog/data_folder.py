"""The data folder: the log, the local store, the key and the leader lock, found under one path."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from peoplecount.eventlog.folder import require_suitable_folder
from peoplecount.eventlog.history_sums import HistorySums
from peoplecount.eventlog.leader_lock import LeaderLock
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import EventLog, SharedLog, UnsuitableFolder
from peoplecount.eventlog.sealer import FileSealer
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from peoplecount.eventlog.store import Store
from peoplecount.eventlog.webhook_book import WebhookBook

_LOG, _STORE, _WEBHOOKS = "events.sqlite", "store.sqlite", "webhooks.sqlite"

_OUR_NAMES = (
    *(_LOG, _STORE, _WEBHOOKS, "history.sqlite", "peoplecount.db"),
    *("seal.key", ".seal.key", "leader.lock", "streams.lock", "webhooks.lock"),
)
_BESIDE = ("demo", "simulator-port", "before-restore")
"""How everything begins that we keep in the folder; the demo's folder lies in it, too, unless it is this one, and what
was there before a backup was put back."""

_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class LeadLock(Protocol):
    """What only one process has at a time."""

    def try_acquire(self) -> bool:
        """Take it if it is free; whether it is ours."""
        ...

    def still_holds(self) -> bool:
        """Whether it is still ours."""
        ...

    def release(self) -> None:
        """Give it back; may be called twice."""
        ...


class Membership(Protocol):
    """Who is there, among all machines."""

    @property
    def name(self) -> str:
        """Ours."""
        ...

    def join(self) -> None:
        """Be there from now on. Raises ``LogUnavailable``."""
        ...

    def is_there(self) -> bool:
        """Whether nobody else can take us for gone yet."""
        ...

    def members(self) -> tuple[str, ...]:
        """The names of all who are there, ours among them."""
        ...

    def others(self) -> tuple[str, ...]:
        """The names of those who are there while we are not. Raises ``LogUnavailable``."""
        ...

    def follows_one_that_was_lost(self) -> bool:
        """Whether a process of this machine has ended and not said so; it is there no longer from now on.

        Raises ``LogUnavailable``.
        """
        ...

    def leave(self) -> None:
        """Be there no longer; may be called twice."""
        ...


@dataclass(frozen=True, slots=True)
class Shared:
    """What machines have together that share the log."""

    log: SharedLog
    membership: Membership


@dataclass(frozen=True, slots=True)
class DataFolder:
    """What one process holds of the folder."""

    path: Path
    log: EventLog
    store: Store
    sealer: FileSealer
    leader_lock: LeadLock
    sums: HistorySums
    webhooks: WebhookBook
    shared: Shared | None = None
    """Where the log is not in the folder, but where other machines have it, too."""

    @classmethod
    def at(cls, path: Path) -> DataFolder:
        """The folder at ``path``; nothing of it is touched yet."""
        return cls(
            path=path,
            log=SQLiteEventLog(path / _LOG),
            store=LocalStore(path / _STORE),
            sealer=FileSealer(path / "seal.key"),
            leader_lock=LeaderLock(path / "leader.lock"),
            sums=HistorySums(path / "history.sqlite"),
            webhooks=WebhookBook(path / _WEBHOOKS),
        )

    @property
    def log_path(self) -> Path:
        """The log's file."""
        return self.path / _LOG

    @property
    def shares_log(self) -> bool:
        """Whether the log is not in the folder, but where other machines have it, too."""
        return self.shared is not None

    @property
    def has_log(self) -> bool:
        """Whether a service has kept a log here, or may have elsewhere."""
        return self.shares_log or self.log_path.is_file()

    @property
    def store_path(self) -> Path:
        """The local store's file."""
        return self.path / _STORE

    @property
    def webhooks_path(self) -> Path:
        """The file of the book of webhooks; there once there was one."""
        return self.path / _WEBHOOKS

    def make(self) -> None:
        """Make the folder where it is missing, and keep other users of this machine out.

        Raises ``UnsuitableFolder`` where it cannot hold a log.
        """
        _make_folder(self.path)
        require_suitable_folder(self.path)
        _keep_others_out(self.path)

    def open(self) -> None:
        """Open what is in it, and make it where it is missing. Call it after a fork, not before.

        Raises ``UnsuitableFolder``, ``LogUnavailable`` and ``LocalStoreUnavailable``. Whether the log was rewound is
        for the leader to find out, with ``discover_rewind``.
        """
        self.make()
        try:
            self.log.open()
            self.store.open()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of everything; may be called twice."""
        self.leader_lock.release()
        self.log.close()
        self.store.close()
        self.sums.close()
        self.webhooks.close()


def open_data_folder(path: Path) -> DataFolder:
    """The folder at ``path``, open. Raises what ``DataFolder.open`` raises."""
    folder = DataFolder.at(path)
    folder.open()
    return folder


def _make_folder(path: Path) -> None:
    try:
        for folder in reversed((path, *path.parents)):  # parents=True would not give them the mode
            folder.mkdir(mode=0o700, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise UnsuitableFolder(
            f"{path} cannot hold the data: {error.filename} is a file, not a folder. Move it away, or set DATA_DIR to "
            "another folder"
        ) from error
    except OSError as error:
        raise UnsuitableFolder(
            f"{path} cannot hold the data: it cannot be made ({error.strerror}). Make it and give this user the right "
            "to write in it, or set DATA_DIR to another folder"
        ) from error


def _keep_others_out(path: Path) -> None:
    """Close what an earlier start, or whoever made the folder, left open to others.

    The folder itself only where nothing but ours lies in it: it may be somebody's home or ``/var/lib``. In a folder of
    somebody else's nothing is touched: they may lay links there, and change what they lead to meanwhile.
    """
    if not _is_ours(path.stat()):
        return
    entries = list(path.iterdir())
    if all(entry.name.startswith(_OUR_NAMES + _BESIDE) for entry in entries):
        _close_to_others(path, path.stat())  # first: from then on nobody else puts anything into it
    for entry in entries:
        with suppress(OSError):  # it may have gone meanwhile
            status = entry.lstat()
            if entry.name.startswith(_OUR_NAMES + _BESIDE) and stat.S_ISREG(status.st_mode):  # no link: see above
                _close_to_others(entry, status)


def _close_to_others(path: Path, status: os.stat_result) -> None:
    """Take from others what they may do, where it is ours, still there, and on a disk that knows of owners."""
    with suppress(OSError):
        if _is_ours(status) and status.st_mode & _FOR_OTHERS:
            path.chmod(stat.S_IMODE(status.st_mode) & ~_FOR_OTHERS)


def _is_ours(status: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
