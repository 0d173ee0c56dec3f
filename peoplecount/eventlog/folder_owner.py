"""What an administrator does in a folder of the service's user is done with that user's rights."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ROOT = 0


@contextmanager
def as_owner_of(folder: Path) -> Iterator[None]:
    """In the block ``root`` is whoever owns ``folder``, or the nearest one above it that is there.

    Then what is made belongs to them, and a link that they have laid there leads no further than they may go
    themselves. Nothing changes for other users. All threads of the process change; use it in commands only. Raises
    ``OSError`` where the process may not.
    """
    owner = _owner_of(folder) if hasattr(os, "geteuid") and os.geteuid() == _ROOT else None
    if owner is None or owner.st_uid == _ROOT:
        yield
        return
    before = os.getegid(), os.getgroups()
    try:
        _become(owner, folder)
        yield
    finally:
        with suppress(OSError):  # where it could not be, it is as it was
            os.seteuid(_ROOT)
            os.setegid(before[0])
            os.setgroups(before[1])


def _become(owner: os.stat_result, folder: Path) -> None:
    group, groups = _groups_of(owner)
    try:
        os.setgroups(groups)
        os.setegid(group)
        os.seteuid(owner.st_uid)
    except OSError as error:
        reason = f"{error.strerror}; it belongs to user {owner.st_uid}, so run this as that user"
        raise PermissionError(error.errno, reason, str(folder)) from error


def _groups_of(owner: os.stat_result) -> tuple[int, list[int]]:
    """Theirs and not the folder's, which may be one of administrators."""
    import pwd  # noqa: PLC0415  Windows has none

    try:
        user = pwd.getpwuid(owner.st_uid)
    except KeyError:  # a user without a name, as in some containers
        return owner.st_gid, [owner.st_gid]
    return user.pw_gid, os.getgrouplist(user.pw_name, user.pw_gid)


def _owner_of(folder: Path) -> os.stat_result | None:
    """Of a link whoever laid it, unless that was ``root``: else they could choose in whose folder ``root`` writes."""
    for place in (folder, *folder.parents):
        with suppress(OSError):
            found = place.lstat()
            return found if stat.S_ISLNK(found.st_mode) and found.st_uid != _ROOT else place.stat()
    return None
