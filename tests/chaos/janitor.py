"""The janitor: ends what a run has started, however the run itself ends.

A process of its own that reads from a pipe what there is to end. When the other end is gone (also after a SIGKILL,
after which nobody else could), it ends all of that and goes too.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys


class Janitor:
    """The run's own end of the pipe. Use it as a context manager."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, start_new_session=True, cwd="/"
        )

    def group(self, number: int) -> None:
        """A process group to kill."""
        self._note(f"group {number}")

    def ended(self, number: int) -> None:
        """It has ended: its number may soon be somebody else's."""
        self._note(f"ended {number}")

    def mount(self, folder: object) -> None:
        """A folder to unmount."""
        self._note(f"mount {folder}")

    def folder(self, folder: object) -> None:
        """A folder to remove."""
        self._note(f"folder {folder}")

    def _note(self, line: str) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(f"{line}\n".encode())
        self._child.stdin.flush()

    def __enter__(self) -> Janitor:
        return self

    def __exit__(self, *error: object) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(30)


def clean_up(lines: list[str]) -> None:
    """End everything, newest first: who was started later may need who was there before."""
    of: dict[str, list[str]] = {"group": [], "mount": [], "folder": []}
    for line in lines:
        what, _, which = line.strip().partition(" ")
        if what != "ended":
            of[what].insert(0, which)
        elif which in of["group"]:
            of["group"].remove(which)
    for number in of["group"]:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(int(number), signal.SIGKILL)
    for folder in of["mount"]:
        subprocess.run(["umount", "-l", folder], check=False, capture_output=True)
    for folder in of["folder"]:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # meant for the run, at whose end it is our turn
    clean_up(sys.stdin.readlines())
