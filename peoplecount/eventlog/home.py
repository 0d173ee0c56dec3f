"""What tells a data folder on this machine from all others, also after a restart."""

from __future__ import annotations

import hashlib
import platform
from contextlib import suppress
from pathlib import Path

_MACHINE_ID = Path("/etc/machine-id")


def home_at(path: Path) -> str:
    """The folder at ``path``, on this machine."""
    machine = platform.node()
    with suppress(OSError, UnicodeDecodeError):
        machine += _MACHINE_ID.read_text(encoding="ascii")
    return hashlib.blake2b(f"{machine}\n{path.resolve()}".encode(), digest_size=8).hexdigest()


def machine_name(path: Path) -> str:
    """The same with the name that people know the machine by."""
    return f"{platform.node()}/{home_at(path)}"
