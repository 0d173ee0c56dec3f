"""A file that is there whole or not at all: made under another name, then given its own."""

from __future__ import annotations

import errno
import os
from pathlib import Path

_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK}
"""How file systems say that they have none: FAT, exFAT and some network shares."""


def name_whole_file(new: Path, path: Path) -> None:
    """Give ``new``, which is whole and closed, the name ``path``; it may keep its own besides.

    Raises ``FileExistsError``: unlike ``Path.replace``, this takes the place of nothing.
    """
    if os.name == "nt":
        new.rename(path)  # where a rename replaces nothing, and ReFS, exFAT and shares have no links
        return
    try:
        os.link(new, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # the name is ours from now on
        new.replace(path)
