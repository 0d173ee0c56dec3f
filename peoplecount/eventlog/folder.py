"""Where a log can live: on a disk of this machine."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from peoplecount.eventlog.log import UnsuitableFolder

_MOUNTINFO = Path("/proc/self/mountinfo")

_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "beegfs", "gpfs"}
    | {"fuse.sshfs", "fuse.s3fs", "fuse.rclone", "fuse.glusterfs", "fuse.ceph", "fuse.davfs", "davfs"}
)
_OF_THE_HOST = frozenset(
    {"9p", "drvfs", "fuse.drvfs", "vboxsf", "prl_fs", "vmhgfs", "fuse.vmhgfs-fuse", "fuse.prl_fsd"}
    | {"osxfs", "fakeowner", "grpcfuse", "fuse.grpcfuse"}
)
"""Folders of the system around this one: of Windows under WSL, of the host in a virtual machine or Docker Desktop."""

_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class _Mount:
    point: PurePosixPath
    kind: str
    details: str


def require_suitable_folder(folder: Path, mountinfo: str | None = None) -> None:
    """Refuse a folder that cannot hold a log; it must exist. Raises ``UnsuitableFolder``.

    The kind of file system is known on Linux only; on Windows shares are, and elsewhere all is taken for good.
    ``mountinfo`` is the text of ``/proc/self/mountinfo`` (proc(5)), read where it is not given.
    """
    found = folder.resolve()  # on Windows the letter of a network drive becomes the name of its share
    if is_share(found):
        raise _unsuitable(folder, f"{found.drive} is a network drive")
    _require_local_disk(found, _read_mountinfo() if mountinfo is None else mountinfo)
    _require_writable(folder)


def _require_local_disk(folder: Path, mountinfo: str) -> None:
    mount = _mount_of(PurePosixPath(folder.as_posix()), mountinfo)
    if mount is None:
        return
    if mount.kind in _NETWORK:
        where = f"a network drive ({mount.kind})"
    elif mount.kind in _OF_THE_HOST or "drvfs" in mount.details:
        where = f"a folder of the surrounding system ({mount.kind}), as Windows drives are under WSL"
    else:
        return
    raise _unsuitable(folder, f"{mount.point} is {where}")


def is_share(path: PurePath) -> bool:
    """Whether it is on another Windows machine: ``//server/share``, or longer ``//?/UNC/server/share``."""
    drive = path.drive.replace("\\", "/")
    if drive.startswith(("//?/", "//./")):
        return drive.upper().startswith("//?/UNC/")
    return drive.startswith("//")


def _unsuitable(folder: Path, why: str) -> UnsuitableFolder:
    return UnsuitableFolder(
        f"{folder} cannot hold the data: {why}. The event log is a SQLite file in WAL mode, whose "
        "processes share memory, and such drives do not give them that: counts would be lost. Set DATA_DIR to a folder "
        "on a disk of this machine, such as /var/lib/peoplecount or, under WSL, a folder in your Linux home "
        "(/home/..., not /mnt/c/...)"
    )


def _mount_of(folder: PurePosixPath, mountinfo: str) -> _Mount | None:
    """The mount with the longest point that leads to ``folder``; of equal ones the last, which covers the others."""
    found: _Mount | None = None
    for mount in _mounts(mountinfo):
        leads_there = folder.is_relative_to(mount.point)
        if leads_there and (found is None or len(mount.point.parts) >= len(found.point.parts)):
            found = mount
    return found


def _mounts(mountinfo: str) -> Iterator[_Mount]:
    """Lines read ``ID PARENT DEVICE ROOT POINT OPTIONS [OPTIONAL...] - KIND SOURCE OPTIONS``."""
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if separator and len(fields) >= 6:
            kind, _, details = after.partition(" ")
            yield _Mount(PurePosixPath(_unescaped(fields[4])), kind, details)


def _unescaped(text: str) -> str:
    """Blanks in paths are written as a backslash and ``040``; bytes above ASCII stand as they are."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), text)


def _read_mountinfo() -> str:
    try:
        return _MOUNTINFO.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def _require_writable(folder: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UnsuitableFolder(
            f"{folder} cannot hold the data: nothing can be written there ({error.strerror}). Give this user the right "
            "to write in it, or set DATA_DIR to another folder"
        ) from error
