"""Whether the database may be asked to let us in: a login that is refused too often is locked by its server."""

from __future__ import annotations

from typing import Protocol


class SignInGate(Protocol):
    """Counts sign-ins that are refused, together with everybody else who uses the same login here."""

    def take(self) -> str:
        """Leave for one attempt; its outcome is due.

        Raises ``SignInsHeldBack`` where there is none for a while, and ``CircuitOpen`` where others are just trying.
        """
        ...

    def accepted(self, leave: str) -> None:
        """The login was taken."""
        ...

    def refused(self, leave: str | None) -> None:
        """It was not; ``None`` where somebody was in and was to come in once more."""
        ...

    def released(self, leave: str) -> None:
        """It was not even looked at, or nobody knows."""
        ...


class _OpenGate:
    """For databases that know no logins."""

    def take(self) -> str:
        return ""

    def accepted(self, leave: str) -> None:
        pass

    def refused(self, leave: str | None) -> None:
        pass

    def released(self, leave: str) -> None:
        pass


OPEN_GATE: SignInGate = _OpenGate()
