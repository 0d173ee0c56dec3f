"""The data folder: the log, the local store, the key and the leader lock, found under one path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from peoplecount.eventlog.folder import require_suitable_folder
from peoplecount.eventlog.leader_lock import LeaderLock
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import UnsuitableFolder
from peoplecount.eventlog.sealer import FileSealer
from peoplecount.eventlog.sqlite_log import SQLiteEventLog


@dataclass(frozen=True, slots=True)
class DataFolder:
    """What one process holds of the folder."""

    path: Path
    log: SQLiteEventLog
    store: LocalStore
    sealer: FileSealer
    leader_lock: LeaderLock

    @classmethod
    def at(cls, path: Path) -> DataFolder:
        """The folder at ``path``; nothing of it is touched yet."""
        return cls(
            path=path,
            log=SQLiteEventLog(path / "events.sqlite"),
            store=LocalStore(path / "store.sqlite"),
            sealer=FileSealer(path / "seal.key"),
            leader_lock=LeaderLock(path / "leader.lock"),
        )

    def make(self) -> None:
        """Make the folder where it is missing. Raises ``UnsuitableFolder`` where it cannot hold a log."""
        _make_folder(self.path)
        require_suitable_folder(self.path)

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


def open_data_folder(path: Path) -> DataFolder:
    """The folder at ``path``, open. Raises what ``DataFolder.open`` raises."""
    folder = DataFolder.at(path)
    folder.open()
    return folder


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UnsuitableFolder(
            f"{path} cannot hold the data: it cannot be made ({error.strerror}). Make it and give this user the right "
            "to write in it, or set DATA_DIR to another folder"
        ) from error
