"""Where to go on after signing in: to a page of ours, and to none of somebody else's."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

HOME = "/"

_PLAIN = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]{0,2000}")
"""One slash in front: browsers read ``//`` and ``/\\`` as the beginning of another host's address, and drop tabs and
line breaks wherever they stand."""


def own_path(wanted: str) -> str:
    """``wanted`` where it is a path of ours, else the dashboard."""
    if not _PLAIN.fullmatch(wanted):
        return HOME
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc else wanted
