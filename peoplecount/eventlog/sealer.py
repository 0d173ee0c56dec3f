"""Sealing: secrets as they are kept, readable with the key file only."""

from __future__ import annotations

from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from peoplecount.eventlog.key_file import KeyFile, SealBroken

_PREFIX = "sealed:"

__all__ = ["FileSealer", "SealBroken"]


class FileSealer:
    """Seals texts with the key in a file, which is made when something is sealed for the first time.

    A key is changed by putting a new one on top: it seals from then on, and all of them unseal.
    """

    def __init__(self, key_path: Path) -> None:
        self.key_file = KeyFile(key_path)

    def seal(self, text: str) -> str:
        """``text`` as it may be kept: ``sealed:`` and a token. Raises ``SealBroken``."""
        return _PREFIX + _all_of(self.key_file.keys(make=True)).encrypt(text.encode()).decode("ascii")

    def unseal(self, text: str) -> str:
        """What ``seal`` was given; a text without the prefix is clear already. Raises ``SealBroken``."""
        if not text.startswith(_PREFIX):
            return text
        try:
            return _all_of(self.key_file.keys()).decrypt(_token(text)).decode()
        except InvalidToken:
            # Not "from": nothing of the text may reach a log.
            raise SealBroken(
                f"the key in {self.key_file.path} does not open a sealed secret: it was sealed with another key, or is "
                "damaged. Put back the key file that belongs to this data, or enter the secret again "
                "(`python -m peoplecount camera password`)"
            ) from None

    def renew(self, text: str) -> str:
        """``text`` sealed with the first key; as it is where it is so already, or clear. Raises ``SealBroken``."""
        if not text.startswith(_PREFIX) or self._is_by_first_key(text):
            return text
        return self.seal(self.unseal(text))

    def _is_by_first_key(self, text: str) -> bool:
        try:
            _all_of(self.key_file.keys()[:1]).decrypt(_token(text))
        except InvalidToken:
            return False
        return True


def _all_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _token(text: str) -> bytes:
    return text.removeprefix(_PREFIX).encode()
