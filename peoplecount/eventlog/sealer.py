"""Sealing: secrets as they are kept, readable with the key file only."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

_PREFIX = "sealed:"


class SealBroken(ValueError):
    """A text cannot be sealed or unsealed, because the key is missing, spoilt or another one."""


class FileSealer:
    """Seals texts with the key in a file, which is made at the first use, readable by its owner only.

    The file holds one Fernet key a line: the first one seals, all of them unseal, so that a key is changed by
    putting a new one on top.
    """

    def __init__(self, key_path: Path) -> None:
        self._key_path = key_path
        self._keys: MultiFernet | None = None

    def seal(self, text: str) -> str:
        """``text`` as it may be kept: ``sealed:`` and a token. Raises ``SealBroken``."""
        return _PREFIX + self._opened().encrypt(text.encode()).decode("ascii")

    def unseal(self, text: str) -> str:
        """What ``seal`` was given; a text without the prefix is clear already. Raises ``SealBroken``."""
        if not text.startswith(_PREFIX):
            return text
        try:
            return self._opened().decrypt(text.removeprefix(_PREFIX).encode()).decode()
        except InvalidToken:
            # Not "from": nothing of the text may reach a log.
            raise SealBroken(
                f"the key in {self._key_path} does not open a sealed secret: it was sealed with another key, or is "
                "damaged. Put back the key file that belongs to this data, or enter the secret again"
            ) from None

    def _opened(self) -> MultiFernet:
        if self._keys is None:
            self._keys = self._load()
        return self._keys

    def _load(self) -> MultiFernet:
        try:
            if not self._key_path.exists():
                _make_key_file(self._key_path)
            lines = self._key_path.read_text(encoding="ascii", errors="replace").split()
        except OSError as error:
            raise SealBroken(f"the key file {self._key_path} cannot be made or read: {error.strerror}") from error
        if not lines:
            raise SealBroken(self._spoilt())
        try:
            return MultiFernet([Fernet(line) for line in lines])
        except ValueError:
            raise SealBroken(self._spoilt()) from None

    def _spoilt(self) -> str:
        return f"{self._key_path} holds no key: one line of 44 characters, as this program made it, is expected"


def _make_key_file(path: Path) -> None:
    """Make the file whole or not at all; of several processes the first one's key stays."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # O_EXCL, 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)  # unlike a rename, a link never takes the place of what is there
    finally:
        Path(name).unlink()
