"""Where a camera answers, as people write it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+(%25[\w.]+)?\]", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9._~%/-]*", re.ASCII)
"""Neither ``@`` nor ``;`` nor ``=``: a path is shown and logged, and with these it may be half of a password."""

LONGEST = 400

_REFUSED = (
    "this is not a camera's address (it is not repeated here, it may hold a password): 192.0.2.7, 192.0.2.7:8080, "
    f"camera.example and http(s)://camera.example:8080/path are allowed, {LONGEST} characters at most; user and "
    "password have places of their own"
)


def base_address(text: str) -> str:
    """``text`` as a base address without a slash at its end: ``http://192.0.2.7``.

    A host or IP address may stand alone and gets ``http://``, as in the views of old installations.
    Raises ``ValueError``, which quotes nothing of ``text``.
    """
    said = text.strip()
    if said.count(":") > 1 and "://" not in said and "[" not in said:
        said = f"[{said}]"  # an IPv6 address alone
    parts = _split(said if "://" in said else f"http://{said}")
    if parts is None:
        raise ValueError(_REFUSED)
    return parts


def inner_address(value: object) -> str:
    """Where a recorder finds a camera, as a row holds it; empty where it says nothing. Raises ``ValueError``."""
    said = "" if value is None else str(value).strip()
    return base_address(said) if said else ""


def _split(url: str) -> str | None:
    if len(url) > LONGEST or not url.isprintable():  # urlsplit drops line breaks without a word
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or parts.query or parts.fragment:
        return None
    host = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    if not _HOST.fullmatch(host) or port == 0 or not _PATH.fullmatch(parts.path):
        return None
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
