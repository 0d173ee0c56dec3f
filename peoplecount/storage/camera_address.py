"""Where a camera answers, as people write it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+(%25[\w.]+)?\]", re.ASCII)
_ALLOWED = "192.0.2.7, 192.0.2.7:8080, camera.example and http(s)://camera.example:8080/path are allowed"


def base_address(text: str) -> str:
    """``text`` as a base address without a slash at its end: ``http://192.0.2.7``. Raises ``ValueError``.

    A host or IP address may stand alone and gets ``http://``, as in the views of old installations.
    """
    said = text.strip()
    if said.count(":") > 1 and "://" not in said and "[" not in said:
        said = f"[{said}]"  # an IPv6 address alone
    parts = _split(said if "://" in said else f"http://{said}")
    if parts is None:
        raise ValueError(f"{_without_credentials(text)!r} is not a camera's address: {_ALLOWED}")
    return parts


def _split(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or parts.query or parts.fragment:
        return None
    host = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    if not _HOST.fullmatch(host) or port == 0 or re.search(r"\s", parts.path):
        return None
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def _without_credentials(text: str) -> str:
    return re.sub(r"[^/@]*@", "…@", text)
