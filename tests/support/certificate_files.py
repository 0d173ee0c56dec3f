"""Certificates of the service itself, as files an administrator would have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from peoplecount.simulator.certificates import self_signed

A_MONTH = timedelta(days=30)


def write_certificate(folder: Path, *, good_for: timedelta = A_MONTH, host: str = "127.0.0.1") -> tuple[Path, Path]:
    """A new certificate and its key, in the place of those that are in the folder."""
    began = datetime.now(UTC) - timedelta(days=1)
    _, cert, key = self_signed("peoplecount", host, began, datetime.now(UTC) + good_for)
    (folder / "cert.pem").write_bytes(cert)
    (folder / "key.pem").write_bytes(key)
    return folder / "cert.pem", folder / "key.pem"
