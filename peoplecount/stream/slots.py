"""How many streams an address has open, counted over all processes of this machine."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Protocol

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger(__name__)

MOST_SLOTS = 10_000
"""Of one address. With 48 bits for the address, places stay far below the 63 bits that a file's may have."""


class Slots(Protocol):
    """Gives each address so many places and no more."""

    def take(self, address: str, most: int) -> int | None:
        """One of ``most`` places that is free now; ``None`` where none is."""
        ...

    def give_back(self, address: str, slot: int) -> None:
        """Free a place that was taken here."""
        ...


class OwnSlots:
    """Places of this process alone."""

    def __init__(self) -> None:
        self._taken: dict[str, set[int]] = {}
        self._lock = threading.Lock()

    def take(self, address: str, most: int) -> int | None:
        """See ``Slots``."""
        with self._lock:
            mine = self._taken.setdefault(address, set())
            slot = next((one for one in range(most) if one not in mine and self._claim(address, one)), None)
            if slot is not None:
                mine.add(slot)
            elif not mine:
                del self._taken[address]
            return slot

    def give_back(self, address: str, slot: int) -> None:
        """See ``Slots``."""
        with self._lock:
            mine = self._taken.get(address, set())
            if slot in mine:
                mine.remove(slot)
                self._yield(address, slot)
            if not mine:
                self._taken.pop(address, None)

    def _claim(self, address: str, slot: int) -> bool:  # noqa: ARG002
        return True

    def _yield(self, address: str, slot: int) -> None:
        pass


class SharedSlots(OwnSlots):
    """Places shared by all processes that use the same file.

    A place is a lock on one byte of it, far behind its end, where the address says. The system frees the locks of a
    process that dies, so there is nothing to clean up and no clock to trust; taking one costs a system call and no
    disk. Opened when first needed: locks do not survive a fork. Where there are no such locks (Windows, where one
    process serves) or the file cannot be used, each process counts for itself.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._file: int | None = None
        self._has_warned = False

    def close(self) -> None:
        """Free all places; may be called twice."""
        with self._lock:
            descriptor, self._file = self._file, None
        if descriptor is not None:
            os.close(descriptor)

    def _claim(self, address: str, slot: int) -> bool:
        if sys.platform == "win32":
            return True
        try:
            fcntl.lockf(self._opened(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(address, slot))
        except OSError as error:
            if error.errno in {errno.EACCES, errno.EAGAIN}:
                return False
            if not self._has_warned:
                self._has_warned = True
                logger.warning("streams are counted by each process for itself: %s: %s", self._path, error.strerror)
        return True

    def _yield(self, address: str, slot: int) -> None:
        if sys.platform != "win32" and self._file is not None:
            with contextlib.suppress(OSError):
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _place(address, slot))

    def _opened(self) -> int:
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._file


def _place(address: str, slot: int) -> int:
    digest = hashlib.blake2b(address.encode(), digest_size=6).digest()
    return int.from_bytes(digest) * MOST_SLOTS + slot
