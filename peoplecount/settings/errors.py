"""What is wrong with the settings."""

from __future__ import annotations

from collections.abc import Iterable


class SettingsError(Exception):
    """Settings that cannot be used; ``faults`` says each in words, without any secret."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        head = "One setting is wrong" if count == 1 else f"{count} settings are wrong"
        super().__init__("\n".join([f"{head}:", *(f"  - {fault}" for fault in self.faults)]))
