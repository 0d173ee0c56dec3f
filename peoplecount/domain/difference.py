"""The difference between what a camera shows and what is counted here, in a sentence."""

from __future__ import annotations

from peoplecount.domain.figures import Figures


def difference(shown: Figures | None, ours: Figures | None, reason: str = "") -> str:
    """How far our figures of today and the camera's running totals are apart, and why.

    Both in the same sense of in and out; ``None`` is unknown. ``reason`` completes "..., because" where one is known:
    ``it reset its totals at 14:02``.
    """
    if ours is None:
        return "Nothing is counted here yet today."
    if shown is None:
        return "What the camera shows is not known."
    apart = ours - shown
    if not apart:
        return "The same as the camera shows."
    because = f", because {reason}" if reason else ""
    return f"{_capital(_words(apart))} than the camera shows{because}."


def _words(apart: Figures) -> str:
    """``3 more in and 2 fewer out``; a direction without a difference is left out, an equal one said once."""
    if apart.entered == apart.left:
        return f"{_amount(apart.entered)} in and out each"
    sides = ((apart.entered, "in"), (apart.left, "out"))
    return " and ".join(f"{_amount(people)} {side}" for people, side in sides if people)


def _amount(people: int) -> str:
    return f"{abs(people)} {'more' if people > 0 else 'fewer'}"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
