"""With this folder on ``PYTHONPATH`` our own modules see what they would see on Windows; libraries see this system.

Python imports it at its start. What Windows lacks is taken from the modules that ours are given: of the standard
library by its documentation ("Availability: Unix"), and gunicorn, which imports ``fcntl``. Files that are open can be
neither renamed nor deleted by anybody.
"""

from __future__ import annotations

import builtins
import os
import select
import signal
import socket
import sqlite3
import sys
import time
import types
from typing import Any

import windows_files

MISSING_MODULES = frozenset({"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "gunicorn"})


def _connect(database: str, *arguments: Any, **more: Any) -> sqlite3.Connection:
    """SQLite knows this system's files; those of Windows by the other name."""
    return sqlite3.connect(str(database).replace("?vfs=win32-", "?vfs=unix-"), *arguments, **more)


OTHER_VALUES: dict[str, dict[str, object]] = {
    "sys": {"platform": "win32"},
    "os": {"name": "nt"},
    "signal": {},
    "select": {},
    "socket": {},
    "sqlite3": {"connect": _connect},
    "time": {},
}

MISSING_NAMES = {
    "os": frozenset(
        [
            "fork",
            "forkpty",
            "killpg",
            "setsid",
            "getuid",
            "geteuid",
            "getgid",
            "getegid",
            "setuid",
            "seteuid",
            "setgid",
            "setegid",
            "getgroups",
            "setgroups",
            "getgrouplist",
            "initgroups",
            "chown",
            "lchown",
            "fchown",
            "fchmod",
            "statvfs",
            "fstatvfs",
            "mkfifo",
            "mknod",
            "nice",
            "getloadavg",
            "sched_getaffinity",
            "uname",
            "wait",
            "waitid",
            "WNOHANG",
            "lockf",
            "posix_fadvise",
            "sendfile",
            "register_at_fork",
            "O_CLOEXEC",
            "O_NOFOLLOW",
            "O_DIRECTORY",
            "O_SYNC",
            "posix_spawn",
            "pread",
            "pwrite",
            "fdatasync",
            "sync",
            "memfd_create",
            "openpty",
            "ttyname",
            "sysconf",
            "confstr",
        ]
    ),
    "signal": frozenset(
        [
            "SIGHUP",
            "SIGKILL",
            "SIGQUIT",
            "SIGUSR1",
            "SIGUSR2",
            "SIGCHLD",
            "SIGALRM",
            "SIGPIPE",
            "alarm",
            "setitimer",
            "pthread_sigmask",
            "sigwait",
        ]
    ),
    "select": frozenset({"poll", "epoll", "PIPE_BUF"}),
    "socket": frozenset({"AF_UNIX", "SO_REUSEPORT", "TCP_USER_TIMEOUT", "TCP_INFO", "MSG_DONTWAIT", "MSG_NOSIGNAL"}),
    "time": frozenset({"tzset", "clock_settime", "clock_gettime", "CLOCK_BOOTTIME", "CLOCK_REALTIME"}),
    "sqlite3": frozenset[str](),
    "sys": frozenset[str](),
}


class _Seen(types.ModuleType):
    """A module of this system as far as Windows has it."""

    def __init__(self, real: types.ModuleType) -> None:
        super().__init__(real.__name__)
        self.__dict__.update(OTHER_VALUES[real.__name__])
        self.__dict__["_real"] = real

    def __getattr__(self, name: str) -> Any:
        real = self.__dict__["_real"]
        if name in MISSING_NAMES[real.__name__]:
            raise AttributeError(f"module {real.__name__!r} has no attribute {name!r} on Windows")
        return getattr(real, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.__dict__["_real"], name, value)


SEEN = {module.__name__: _Seen(module) for module in (os, select, signal, socket, sqlite3, sys, time)}
_real_import = builtins.__import__


def _import(
    name: str,
    globals: dict[str, Any] | None = None,  # noqa: A002  the names of the function this stands for
    locals: dict[str, Any] | None = None,  # noqa: A002
    fromlist: tuple[str, ...] | None = (),
    level: int = 0,
) -> types.ModuleType:
    asking = (globals or {}).get("__spec__")
    importer = asking.name if asking else (globals or {}).get("__name__", "")
    if importer.partition(".")[0] == "peoplecount" and level == 0:
        top = name.partition(".")[0]
        if top in MISSING_MODULES:
            raise ModuleNotFoundError(f"No module named {name!r} on Windows", name=name)
        if name in SEEN:
            return SEEN[name]
    return _real_import(name, globals, locals, fromlist, level)


builtins.__import__ = _import
windows_files.install()
