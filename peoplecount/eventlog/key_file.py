"""The key file: what secrets are sealed with, kept apart from where they are."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet
from filelock import FileLock, Timeout

from peoplecount.eventlog.whole_file import name_whole_file


class SealBroken(ValueError):
    """A text cannot be sealed or unsealed, because the key is missing, spoilt or another one."""


class KeyInUse(Exception):
    """Somebody else is just changing the key."""


class KeyFile:
    """One Fernet key a line, readable by its owner only: the first one seals, all of them open.

    It is replaced as a whole or not at all, so that whoever reads it finds the keys of before or those of after. What
    is changed by somebody else is seen at the next use.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[object, tuple[str, ...]] = (None, ())
        """What the file looked like, and its keys."""

    def keys(self, *, make: bool = False) -> tuple[str, ...]:
        """The keys; with ``make`` a file that is missing is made. Raises ``SealBroken``.

        A file that goes missing or is spoilt while it is in use does no harm until the end of the process.
        """
        try:
            return self._keys(make=make)
        except SealBroken:
            if self._read[1]:
                return self._read[1]
            raise

    def add(self) -> None:
        """Put a new key on top. Raises ``SealBroken``."""
        self._replace((Fernet.generate_key().decode("ascii"), *self._keys(make=False)))

    def keep_first(self) -> None:
        """Forget all keys but the first one. Raises ``SealBroken``."""
        self._replace(self._keys(make=False)[:1])

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else changes the keys meanwhile. Raises ``KeyInUse``."""
        lock = FileLock(self.path.with_name(f"{self.path.name}.lock"), blocking=False, thread_local=False)
        try:
            with lock:
                yield
        except Timeout:
            raise KeyInUse("somebody else is just changing the key; wait for that to end") from None

    def _keys(self, *, make: bool) -> tuple[str, ...]:
        try:
            if make and not self._read[1] and not self.path.exists():
                self._make()
            looks = _looks(self.path)
            if self._read[0] != looks:
                self._read = looks, self._checked(self.path.read_text(encoding="ascii", errors="replace").split())
        except FileNotFoundError:
            raise SealBroken(
                f"the key file {self.path} is missing. Put back the one that belongs to this data, or enter the secret "
                "again (`python -m peoplecount camera password`)"
            ) from None
        except OSError as error:
            raise SealBroken(f"the key file {self.path} cannot be made or read: {error.strerror}") from error
        return self._read[1]

    def _checked(self, lines: Iterable[str]) -> tuple[str, ...]:
        keys = tuple(lines)
        try:
            MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise SealBroken(
                f"{self.path} holds no key: one line of 44 characters, as this program made it, is expected"
            ) from None
        return keys

    def _make(self) -> None:
        """Make it whole or not at all; of several processes the first one's key stays."""
        new = self._written((Fernet.generate_key().decode("ascii"),))
        try:
            with suppress(FileExistsError):
                name_whole_file(new, self.path)
        finally:
            new.unlink(missing_ok=True)
        _keep(self.path.parent)

    def _replace(self, keys: Iterable[str]) -> None:
        try:
            new = self._written(keys)
            try:
                new.replace(self.path)
            finally:
                new.unlink(missing_ok=True)
            _keep(self.path.parent)
        except OSError as error:
            raise SealBroken(f"the key file {self.path} cannot be changed: {error.strerror}") from error

    def _written(self, keys: Iterable[str]) -> Path:
        """A file beside it that is on the disk."""
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")  # O_EXCL, 0600
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.writelines(f"{key}\n" for key in keys)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            Path(name).unlink()
            raise
        return Path(name)


def _looks(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_ino, status.st_size


def _keep(folder: Path) -> None:
    """See to it that the folder knows of a new file after a power cut; Windows has no way to say so, nor needs one."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
