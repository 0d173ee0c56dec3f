"""What keeps passwords from being read where they are stored."""

from __future__ import annotations

from typing import Protocol

SEALED = "sealed:"
"""How a sealed text begins in the database; a text without it is what it says, as in views of old installations."""


class Sealer(Protocol):
    """Seals and unseals texts with a key that is not in the database."""

    def seal(self, text: str) -> str:
        """Make ``text`` unreadable."""
        ...

    def unseal(self, text: str) -> str:
        """Make it readable again. Raises where the key is another one, or the text was changed."""
        ...
