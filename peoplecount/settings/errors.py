"""What is wrong with the settings."""

from __future__ import annotations

from collections.abc import Iterable


class SettingsError(Exception):
    """Settings that cannot be used; ``faults`` says each in words, without any secret.

    ``warnings`` are told with them: a misspelt name is often why another setting is missing.
    """

    def __init__(self, faults: Iterable[str], warnings: Iterable[str] = ()) -> None:
        self.faults = tuple(faults)
        self.warnings = tuple(warnings)
        count = len(self.faults)
        head = "One setting is wrong" if count == 1 else f"{count} settings are wrong"
        lines = [f"{head}:", *(f"  - {fault}" for fault in self.faults)]
        if self.warnings:
            lines += ["And this is odd:", *(f"  - {warning}" for warning in self.warnings)]
        super().__init__("\n".join(lines))
