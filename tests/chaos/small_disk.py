"""A small disk for the data folder, so that it can be full."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.chaos.janitor import Janitor

MEGABYTES = 192
"""Roomy for the log of a round and the copies SQLite makes."""


class SmallDisk:
    """A file system of its own in memory, where this user may mount one; a plain folder elsewhere.

    ``is_small`` says which. On a plain folder a disk cannot be full, and the blow is left out.
    """

    def __init__(self, folder: Path, janitor: Janitor) -> None:
        folder.mkdir(mode=0o700)
        self.folder = folder
        options = f"size={MEGABYTES}m,mode=0700"
        command = ["mount", "-t", "tmpfs", "-o", options, "peoplecount-chaos", folder]
        try:
            self.is_small = subprocess.run(command, capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            self.is_small = False
        if self.is_small:
            janitor.mount(folder)

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def fill(self) -> None:
        """Leave not a byte."""
        with self._filler.open("ab", buffering=0) as filler:
            block = b"\0" * 65536
            while block:
                try:
                    filler.write(block)
                except OSError:
                    block = block[: len(block) // 2]

    def empty(self) -> None:
        """Give the space back."""
        self._filler.unlink(missing_ok=True)

    def close(self) -> None:
        """Let it go, with all that is on it."""
        if self.is_small and os.path.ismount(self.folder):
            subprocess.run(["umount", "-l", self.folder], capture_output=True, check=False)
            self.is_small = False
