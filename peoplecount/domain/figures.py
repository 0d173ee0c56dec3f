"""Figures: people in and out, together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """People who went in and people who went out. Differences of figures may be below zero."""

    entered: int = 0
    left: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(self.entered + other.entered, self.left + other.left)

    def __sub__(self, other: Figures) -> Figures:
        return Figures(self.entered - other.entered, self.left - other.left)

    def __bool__(self) -> bool:
        return bool(self.entered or self.left)

    def swapped(self, swap: bool = True) -> Figures:  # noqa: FBT001, FBT002 - reads as a sentence: figures.swapped(is_swapped)
        """The same with in and out exchanged, as a line drawn backwards tells them."""
        return Figures(self.left, self.entered) if swap else self


NOBODY = Figures()
