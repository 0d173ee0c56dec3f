"""The file that a backup is: a ZIP archive with copies of what an installation holds, and a list of them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from peoplecount.domain.event import parse_utc, utc_text
from peoplecount.eventlog.whole_file import name_whole_file

NAMES = ("events.sqlite", "store.sqlite", "peoplecount.db", "seal.key", "webhooks.sqlite")
"""What may be in it."""

LOG, STORE, DATABASE, KEY, WEBHOOKS = NAMES

_NAME = re.compile(r"peoplecount-[0-9]{8}T[0-9]{6}Z\.zip")
_LIST = "backup.json"
_FORMAT = 1
_QUICK = 1
"""Of ten levels of compression: half the size for a fifth of the time."""

_CHUNK = 1 << 20
_LONGEST_LIST = 1 << 16

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, LookupError, NotImplementedError, RuntimeError, ValueError)
"""What the archive's reader comes to where its bytes are not what they were."""


class BackupRefused(Exception):
    """A backup cannot be made or put back; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in a backup."""

    size: int
    """Bytes."""

    digest: str
    """SHA-256 in hexadecimal."""


@dataclass(frozen=True, slots=True)
class BackupList:
    """What is in a backup."""

    made_at: datetime
    """UTC."""

    program: str
    """The version of the program that made it."""

    database: str
    """Where the database is, without login: for people."""

    files: Mapping[str, Kept] = field(default_factory=dict)
    """By name, see ``NAMES``."""

    def text(self) -> str:
        """JSON."""
        files = {name: {"size": kept.size, "sha256": kept.digest} for name, kept in self.files.items()}
        head = {"format": _FORMAT, "madeAt": utc_text(self.made_at), "program": self.program}
        return json.dumps(head | {"database": self.database, "files": files}, indent=1)

    @classmethod
    def read(cls, text: bytes) -> BackupList:
        """Raises ``ValueError``, ``LookupError`` or ``TypeError`` for what is none."""
        told: dict[str, Any] = json.loads(text)
        if told["format"] != _FORMAT:
            raise BackupRefused(
                f"it was made by version {told['program']} of this program, and in a way that this one does not know "
                f"(format {told['format']}, known is {_FORMAT}); install that version"
            )
        files = {str(name): Kept(int(one["size"]), str(one["sha256"])) for name, one in told["files"].items()}
        if not {LOG, STORE} <= files.keys() <= set(NAMES):
            raise BackupRefused(f"it holds {', '.join(files) or 'nothing'}: this program did not make it")
        return cls(parse_utc(told["madeAt"]), str(told["program"]), str(told["database"]), files)


def write_backup(
    path: Path, made_at: datetime, program: str, database: str, files: Mapping[str, Path], made_in: Path | None = None
) -> BackupList:
    """Make the file, which is there whole or not at all, readable by its owner only. Raises ``BackupRefused``.

    Until it is whole it is in ``made_in``, a folder on the same disk; by default beside ``path``.
    """
    try:
        with _being_made(path.name, made_in or path.parent) as (new, out):
            kept: dict[str, Kept] = {}
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_QUICK) as archive:
                for name, file in files.items():
                    with file.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
                        kept[name] = _copied(source, target)
                made = BackupList(made_at, program, database, kept)
                archive.writestr(_LIST, made.text())
            out.flush()
            os.fsync(out.fileno())
            out.close()  # Windows renames no file that is open
            name_whole_file(new, path)
    except FileExistsError:
        raise BackupRefused(f"{path} is there already; name another file") from None
    except OSError as error:
        raise BackupRefused(f"{path} cannot be written: {error.strerror}") from error
    return made


class BackupFile:
    """A backup that can be read. Use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Raises ``BackupRefused`` where it is none."""
        self.path = path
        try:
            self._archive = zipfile.ZipFile(path)
            with self._archive.open(_LIST) as file:
                self.list = BackupList.read(file.read(_LONGEST_LIST))
        except BackupRefused as error:
            raise BackupRefused(f"{path} cannot be put back: {error}") from None
        except OSError as error:
            raise BackupRefused(f"{path} cannot be read: {error.strerror or error}") from error
        except (*_DAMAGED, TypeError, AttributeError) as error:
            raise BackupRefused(f"{path} is no backup of this program, or it is damaged") from error

    def __enter__(self) -> BackupFile:
        return self

    def __exit__(self, *error: object) -> None:
        self._archive.close()

    def take_out(self, name: str, target: Path) -> None:
        """Copy one of its files to ``target``, which must not exist. Raises ``BackupRefused`` where it is damaged."""
        try:
            with self._archive.open(name) as source, own_file(target) as out:
                found = _copied(source, out, self.list.files[name].size)
                out.flush()
                os.fsync(out.fileno())
        except _DAMAGED as error:
            raise BackupRefused(f"{self.path} is damaged: {name} cannot be read from it") from error
        except OSError as error:
            raise BackupRefused(f"{target} cannot be written: {error.strerror or error}") from error
        if found != self.list.files[name]:
            raise BackupRefused(f"{self.path} is damaged: {name} is not as it was when it was kept")


def newest_first(folder: Path) -> Sequence[Path]:
    """Backups in a folder by their names, which tell when they were made: those that ``name_of`` has given."""
    files = (file for file in folder.iterdir() if _NAME.fullmatch(file.name))
    return sorted((file for file in files if stat.S_ISREG(file.lstat().st_mode)), reverse=True)


def older_than_newest(folder: Path, number: int, made: Path) -> Sequence[Path]:
    """Backups in a folder but the newest ``number``, to which belongs ``made`` whatever the clock says."""
    others = [file for file in newest_first(folder) if file.name != made.name]
    return others[number - 1 :]


def name_of(moment: datetime) -> str:
    """The name of a backup that is made at ``moment``."""
    return f"peoplecount-{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}.zip"


@contextmanager
def _being_made(name: str, folder: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A file that goes again."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=f".{name}.")  # O_EXCL, 0600
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield Path(name), out
    finally:
        with suppress(OSError):
            Path(name).unlink()


def own_file(target: Path) -> IO[bytes]:
    """A new file that nobody else may read."""
    return os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb")


def _copied(source: IO[bytes], target: IO[bytes], most: int | None = None) -> Kept:
    """Copy, up to a little more than ``most`` bytes: what unpacks to more than it should is damaged anyway."""
    digest, size = hashlib.sha256(), 0
    while (most is None or size <= most) and (chunk := source.read(_CHUNK)):
        target.write(chunk)
        digest.update(chunk)
        size += len(chunk)
    return Kept(size, digest.hexdigest())
