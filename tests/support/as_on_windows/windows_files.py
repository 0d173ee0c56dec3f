"""Files as Windows has them: what is open can be neither renamed nor deleted, and many a name is not allowed.

An audit hook (``sys.addaudithook``) is told of all that Python does with files, whichever library asks for it, and may
refuse it. What C libraries do by themselves, such as SQLite, it does not see; that has a Windows side of its own.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import PurePath
from types import FrameType
from typing import Any

FORBIDDEN = frozenset('<>:"|?*')
"""In names (Microsoft's "Naming Files, Paths, and Namespaces")."""

WITH_A_SIDE_OF_THEIR_OWN = ("filelock", "tempfile")
"""Libraries that do otherwise on Windows."""

Identity = tuple[int, int]


def install() -> None:
    """From now on, for the whole process."""
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    look = _LOOKS.get(event)
    if look is None:
        return
    asking = sys._getframe(1)
    by = asking.f_back if _library(asking) == "pathlib" and asking.f_back else asking
    if _library(by) not in WITH_A_SIDE_OF_THEIR_OWN:
        look(asking, arguments)


def _library(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _rename(asking: FrameType, arguments: tuple[Any, ...]) -> None:
    source, target, source_folder, target_folder = arguments
    source, target = _path(source, source_folder), _path(target, target_folder)
    _demand_name(target)
    _demand_closed(source)
    if os.path.lexists(target) and source != target:
        if asking.f_code.co_name == "rename":  # pathlib's; its ``replace`` replaces
            raise FileExistsError(errno.EEXIST, "Cannot create a file when that file already exists", target)
        _demand_closed(target)


def _remove(_: FrameType, arguments: tuple[Any, ...]) -> None:
    _demand_closed(_path(*arguments))


def _open(_: FrameType, arguments: tuple[Any, ...]) -> None:
    path, _mode, flags = arguments
    if not isinstance(path, int) and flags & os.O_CREAT:
        _demand_name(os.fsdecode(path))


def _mkdir(_: FrameType, arguments: tuple[Any, ...]) -> None:
    _demand_name(os.fsdecode(arguments[0]))


_LOOKS: dict[str, Callable[[FrameType, tuple[Any, ...]], None]] = {
    "os.rename": _rename,
    "os.remove": _remove,
    "open": _open,
    "os.mkdir": _mkdir,
}


def _path(path: str | bytes | os.PathLike[str], folder: int) -> str:
    told = os.fsdecode(path)
    return told if folder == -1 else os.path.join(os.readlink(f"/proc/self/fd/{folder}"), told)


def _demand_name(path: str) -> None:
    name = PurePath(path).name
    if FORBIDDEN & set(name) or name.endswith((".", " ")):
        raise OSError(errno.EINVAL, "The filename, directory name, or volume label syntax is incorrect", path)


def _demand_closed(path: str) -> None:
    try:
        status = os.stat(path)
    except OSError:
        return  # what is asked for says so itself
    if stat.S_ISREG(status.st_mode) and (status.st_dev, status.st_ino) in _open_files():
        held = "The process cannot access the file because it is being used by another process"
        raise PermissionError(errno.EACCES, held, path)


def _open_files() -> Iterator[Identity]:
    """Those that any process has open, as far as may be seen."""
    for process in os.listdir("/proc"):
        if process.isdecimal():
            with suppress(OSError):
                for descriptor in os.listdir(f"/proc/{process}/fd"):
                    with suppress(OSError):
                        status = os.stat(f"/proc/{process}/fd/{descriptor}")
                        yield status.st_dev, status.st_ino
