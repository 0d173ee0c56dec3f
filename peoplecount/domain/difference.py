"""The difference between what a camera shows and what is counted here, in a sentence."""

from __future__ import annotations

from peoplecount.domain.figures import Figures
from peoplecount.domain.sentence import say, whole


def difference(shown: Figures | None, ours: Figures | None, reason: str = "") -> str:
    """How far our figures of today and the camera's running totals are apart, and why.

    Both in the same sense of in and out; ``None`` is unknown. ``reason`` completes "..., because" where one is known:
    ``it reset its totals at 14:02``.
    """
    if ours is None:
        return say("Nothing is counted here yet today.")
    if shown is None:
        return say("What the camera shows is not known.")
    apart = ours - shown
    if not apart:
        return say("The same as the camera shows.")
    if reason:
        return whole(say("%(apart)s than the camera shows, because %(reason)s", apart=_words(apart), reason=reason))
    return whole(say("%(apart)s than the camera shows", apart=_words(apart)))


def _words(apart: Figures) -> str:
    """``3 more in and 2 fewer out``; a direction without a difference is left out, an equal one said once."""
    if apart.entered == apart.left:
        return say("%(amount)s in and out each", amount=_amount(apart.entered))
    if not apart.left:
        return say("%(amount)s in", amount=_amount(apart.entered))
    if not apart.entered:
        return say("%(amount)s out", amount=_amount(apart.left))
    return say("%(entered)s in and %(left)s out", entered=_amount(apart.entered), left=_amount(apart.left))


def _amount(people: int) -> str:
    number = str(abs(people))
    return say("%(number)s more", number=number) if people > 0 else say("%(number)s fewer", number=number)
