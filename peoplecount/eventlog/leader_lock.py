"""The leader lock: of all processes on this machine at most one polls."""

from __future__ import annotations

import os
from pathlib import Path

from filelock import FileLock, Timeout

from peoplecount.eventlog.log import LogUnavailable


class LeaderLock:
    """A lock file held by the process that leads; the system frees it when that process dies.

    It only makes takeover quick. Correctness comes from the log, which refuses appends of an older term.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: tuple[int, int] | None = None
        self._lock = FileLock(
            path,
            thread_local=False,  # its default is per greenlet under gevent, which loses track of the lock
            blocking=False,
            fallback_to_soft=False,
            preserve_lock_file=True,
            on_acquired=self._remember,
        )

    def try_acquire(self) -> bool:
        """Whether this process leads now; never waits. Raises ``LogUnavailable`` if the file cannot be used."""
        if self.still_holds():
            return True
        self.release()
        try:
            self._lock.acquire()
        except Timeout:
            return False
        except OSError as error:
            raise LogUnavailable(f"{self._path} cannot be locked: {error.strerror}") from error
        return True

    def still_holds(self) -> bool:
        """Whether the lock is held, and on the file that others would see.

        Somebody may have deleted the file: then another process can lock a new one of that name, and this one
        should give up the lead.
        """
        if self._held is None:
            return False
        try:
            return _identity(os.stat(self._path)) == self._held
        except OSError:
            return False

    def release(self) -> None:
        """Let another process lead; may be called twice."""
        self._lock.release(force=True)
        self._held = None

    def _remember(self, descriptor: int) -> None:
        self._held = _identity(os.fstat(descriptor))
        # For people who wonder who leads; nothing reads it.
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
